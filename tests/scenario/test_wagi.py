"""The executor "wagi": programs that answer in the manner of CGI."""

import time

import pytest

from wire import Closed

MANIFEST = """
spin_manifest_version = 2
[application]
name = "wagi"
[[trigger.http]]
route = "/cgi/:user/..."
component = "cgi"
executor = {{ type = "wagi" }}
[[trigger.http]]
route = "/plain"
component = "cgi"
executor = {{ type = "wagi", argv = "prog --path=${{SCRIPT_NAME}} ${{ARGS}} end", entrypoint = "_start" }}
[component.cgi]
source = "{guest}"
environment = {{ OWN = "of the manifest", SERVER_SOFTWARE = "forged" }}
"""


@pytest.fixture
def wagi(start, guest, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(guest=guest("cgi")))
    return start("up", "--workers", "1", "--timeout", "20000", cwd=tmp_path)


def test_every_variable(wagi):
    answer = wagi.ask(
        "/cgi/ann%20b/in%2fside/x?env", "POST",
        [("Content-Type", "text/csv"), ("X-Some-Thing", "1"), ("x-some-thing", "2"), ("Authorization", "Basic secret"),
         ("Proxy", "evil"), ("spin-path-info", "forged"), ("x-latin", "café")],
        b"four",
    )
    env = dict(line.split("=", 1) for line in answer.text.splitlines())
    port = env.pop("REMOTE_PORT", None)
    assert port is None and "HTTP_AUTHORIZATION" not in env and "HTTP_PROXY" not in env and "HTTP_CONNECTION" not in env
    assert env.pop("X_CLIENT_ADDR").startswith("127.0.0.1:")
    assert env.pop("HTTP_X_LATIN") == "café"
    assert env == {
        "AUTH_TYPE": "",
        "CONTENT_LENGTH": "4",
        "CONTENT_TYPE": "text/csv",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "HTTP_CONTENT_LENGTH": "4",
        "HTTP_CONTENT_TYPE": "text/csv",
        "HTTP_HOST": "test",
        "HTTP_X_SOME_THING": "1, 2",
        "OWN": "of the manifest",
        "PATH_INFO": "/in%2fside/x",
        "PATH_TRANSLATED": "/in/side/x",
        "QUERY_STRING": "env",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_HOST": "127.0.0.1",
        "REMOTE_USER": "",
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "/cgi/:user",
        "SERVER_NAME": "test",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "WAGI/1",
        "X_BASE_PATH": "/",
        "X_COMPONENT_ROUTE": "/cgi/:user",
        "X_FULL_URL": "http://test/cgi/ann%20b/in%2fside/x?env",
        "X_MATCHED_ROUTE": "/cgi/:user/...",
        "X_PATH_MATCH_USER": "ann%20b",
        "X_RAW_COMPONENT_ROUTE": "/cgi/:user/...",
        "X_RAW_PATH_INFO": "/in%2fside/x",
    }


def test_arguments(wagi):
    assert wagi.ask("/cgi/a/b?x=1&y=2").text == "0 [/cgi/a/b]\n1 [x=1]\n2 [y=2]\n"
    assert wagi.ask("/plain?x&y").text == "0 [prog]\n1 [--path=/plain]\n2 [x]\n3 [y]\n4 [end]\n"
    assert wagi.ask("/plain").text == "0 [prog]\n1 [--path=/plain]\n2 []\n3 [end]\n"


def test_bodies_stream_through(wagi):
    body = bytes(range(256)) * 8192
    answer = wagi.ask("/plain?echo", "POST", body=body)
    assert (answer.status, answer.body) == (200, body)
    assert wagi.ask("/plain?echo").body == b""
    with wagi.open() as wire:
        # the length is not said, so that it is received first
        wire.send("POST /plain?echo HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        assert wire.answer().body == b"abcde"
        wire.send("POST /plain?echo HTTP/1.1\r\nhost: test\r\ncontent-length: 6\r\n\r\nabc")
        assert wire.head().status == 200  # it answers before it has all
        assert wire.chunk() == b"abc"
        wire.send("def")
        assert wire.chunk() == b"def"


def test_output_is_sent_as_it_comes(wagi):
    with wagi.open() as wire:
        begin = time.monotonic()
        wire.request("GET", "/plain?slow")
        assert wire.head().status == 200
        assert wire.chunk() == b"line 0\n"
        assert time.monotonic() - begin < 0.9
        assert wire.chunk() == b"line 1\n"


def test_status_location_and_fields(wagi):
    answer = wagi.ask("/plain?status=418")
    assert (answer.status, answer.text) == (418, "body of 418\n")
    answer = wagi.ask("/plain?location")
    assert (answer.status, answer.header("location"), answer.body) == (302, "/elsewhere", b"")
    answer = wagi.ask("/plain?fields")
    assert answer.header("set-cookie") == "a=1, b=2" and answer.header("x-own") == "kept"
    assert answer.text == "ok\n"
    assert wagi.ask("/plain?length=5").header("content-length") == "5"
    assert wagi.ask("/plain?status=200", "HEAD").body == b""


@pytest.mark.parametrize(
    "what, status, said",
    [
        ("nothing", 500, "the program wrote nothing to its standard output"),
        ("headless", 500, "does not end with an empty line"),
        ("insufficient", 500, "names neither content-type, status nor location"),
        ("endless-head", 500, "is too large"),
        ("bad-status", 502, "has a status that is none"),
        ("bad-field", 500, "something that HTTP forbids"),
        ("exit=3", 500, "exited with status 1"),
        ("trap", 500, "the component trapped"),
    ],
)
def test_what_a_program_does_wrong(wagi, what, status, said):
    answer = wagi.ask(f"/plain?{what}")
    assert (answer.status, answer.body) == (status, b"")
    wagi.wait_for_log(said)


def test_an_exit_in_the_middle(wagi):
    assert wagi.ask("/plain?exit=0").text == "done\n"
    for what in ["exit=9", "length=9"]:
        with wagi.open() as wire, pytest.raises((Closed, AssertionError)):
            wire.request("GET", f"/plain?{what}")
            assert wire.answer().complete
            assert what == "nothing"


def test_what_is_no_program_is_refused(command, guest, tmp_path):
    text = MANIFEST.format(guest=guest("hello"))
    (tmp_path / "spin.toml").write_text(text)
    done = command("up", "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert done.returncode != 0 and "does not export wasi:cli/run@0.2: it is no program for the executor 'wagi'" in done.stderr
    (tmp_path / "core.wasm").write_bytes(b"\0asm\1\0\0\0")
    (tmp_path / "spin.toml").write_text(MANIFEST.format(guest="core.wasm"))
    done = command("up", "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert done.returncode != 0 and "wasm-tools component new" in done.stderr
    (tmp_path / "spin.toml").write_text(text.replace('entrypoint = "_start"', 'entrypoint = "main"'))
    done = command("up", "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert done.returncode != 0 and "12:91" in done.stderr and "'entrypoint' may only be" in done.stderr
