"""Components of Spin's first generation: fermyon:spin/inbound-http, http, config and key-value without a version."""

import http.server
import threading

import pytest

MANIFEST = """
spin_manifest_version = 2
[application]
name = "first"
[variables]
greeting = {{ default = "hello" }}
[[trigger.http]]
route = "/..."
component = "first"
[[trigger.http]]
route = "/hidden/..."
component = "other"
[component.first]
source = "{guest}"
key_value_stores = ["default"]
allowed_outbound_hosts = ["http://127.0.0.1:{port}", "http://self", "http://127.0.0.1:1"]
[component.first.variables]
word = "{{{{ greeting }}}} world"
[component.other]
source = "{guest}"
"""


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do(self):
        length = int(self.headers.get("content-length", 0))
        body = f"{self.command} {self.path} ".encode() + self.rfile.read(length)
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("location", "http://127.0.0.1:2/elsewhere")
        elif self.path.startswith("/moved/"):  # by STATUS, TIMES more
            status, times = self.path.removeprefix("/moved/").split("/")
            self.send_response(int(status))
            self.send_header("location", str(int(times) - 1) if times != "1" else "/there")
        else:
            self.send_response(207)
        self.send_header("x-seen", self.headers.get("x-sent", "nothing"))
        if self.path == "/latin":
            self.send_header("x-latin", "caf\xe9")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served.server_address[1]
    served.shutdown()


@pytest.fixture
def first(start, guest, tmp_path, server):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(guest=guest("first"), port=server))
    return start("up", "--workers", "1", cwd=tmp_path)


def test_request_is_given_as_a_value(first):
    answer = first.ask("/a/b?c=d", "POST", [("X-Own", "1"), ("spin-path-info", "forged")], b"the body")
    lines = answer.text.split("\n")
    assert lines[0] == "post /a/b?c=d"
    assert "x-own: 1" in lines and "spin-path-info: /a/b" in lines and "spin-component-route: " in lines
    assert lines[-2:] == ["0", "the body"]  # params are empty since long
    assert (answer.status, answer.header("x-generation"), answer.header("content-type")) == (200, "first", "text/plain")
    assert answer.header("content-length") == str(len(answer.body))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_every_method_of_the_interface_arrives(first, method):
    assert first.ask("/x", method).text.startswith(method.lower() + " /x")


def test_head_gets_the_length_without_the_body(first):
    answer = first.ask("/big/1000", "HEAD")
    assert (answer.status, answer.header("content-length"), answer.body) == (200, "1000", b"")


def test_other_methods_are_not_allowed(first):
    assert first.ask("/x", "TRACE").status == 405
    assert first.ask("/x", "PROPFIND").status == 405


@pytest.mark.parametrize("status, seen", [(204, 204), (302, 302), (599, 599), (600, 600), (99, 500), (601, 500), (0, 500)])
def test_status(first, status, seen):
    answer = first.ask(f"/status/{status}")
    assert (answer.status, answer.body) == (seen, b"")


def test_chunked_and_large_bodies(first):
    with first.open() as wire:
        wire.send("POST /x HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        assert wire.answer().text.endswith("\nabcde")
    body = bytes(range(256)) * 20000
    assert first.ask("/x", "POST", body=body).body.endswith(body)
    assert first.ask("/big/30000000").body == b"x" * 30000000


def test_trap_is_500(first):
    answer = first.ask("/trap")
    assert (answer.status, answer.body) == (500, b"")
    first.wait_for_log("the component trapped")


def test_config(first):
    assert first.ask("/config/word").text == "hello world"
    assert first.ask("/config/nothing").text == "error provider"
    assert first.ask("/config/No-Name").text == "error invalid-key"


def test_key_value(first):
    def run(*lines):
        return first.ask("/kv", "POST", body="\n".join(lines).encode()).text.split("\n")[:-1]

    assert run("open default", "set 0 a one", "get 0 a", "exists 0 a", "keys 0", "delete 0 a", "get 0 a", "exists 0 a") == [
        "0", "", "one", "yes", "a ", "", "error no-such-key", "no"
    ]
    assert run("open secret", "get 0 a", "close 7", "delete 300 x") == [
        "error access-denied", "error invalid-store", "", "error invalid-store"
    ]
    assert run("open default", "open default", "close 0", "get 0 a", "get 1 a", "open default", "delete 0 a") == [
        "0", "1", "", "error invalid-store", "error no-such-key", "0", ""
    ]
    answers = run(*["open default"] * 257)
    assert answers[:256] == [str(n) for n in range(256)] and answers[256] == "error store-table-full"


def test_sending_requests(first, server):
    def send(line, body=b""):
        return first.ask("/send", "POST", body=line.encode() + b"\n" + body).text

    here = f"http://127.0.0.1:{server}"
    answer = send(f"1 {here}/path?q=1 X-Sent:this content-length:99 host:forged", b"payload")
    assert answer.startswith("207\n") and "x-seen: this\n" in answer and answer.endswith("\n\nPOST /path?q=1 payload")
    assert send(f"5 {here}/x").endswith("\n\n")  # HEAD
    for number, method in enumerate(["GET", "POST", "PUT", "DELETE", "PATCH"]):
        assert send(f"{number} {here}/x").endswith(f"\n\n{method} /x ")
    assert send("0 http://127.0.0.1:2/") == "error destination-not-allowed"
    first.wait_for_log('allowed_outbound_hosts = ["http://127.0.0.1:2"]')
    assert send(f"0 {here}/moved") == "error destination-not-allowed"  # where it leads to
    answer = send(f"1 {here}/moved/302/1 X-Sent:this", b"payload")
    assert answer.startswith("207\n") and "x-seen: this\n" in answer and answer.endswith("\n\nGET /there ")
    assert send(f"2 {here}/moved/307/10 X-Sent:this", b"payload").endswith("\n\nPUT /there payload")
    assert send(f"2 {here}/moved/307/11", b"payload") == "error runtime-error"
    assert send("0 nowhere") == "error invalid-url"
    assert send("0 ftp://127.0.0.1/") == "error invalid-url"
    assert send("0 http://127.0.0.1:1/") == "error runtime-error"
    assert send(f"0 {here}/latin") == "error runtime-error"
    assert "\n\nget /x" in send("0 /x")


def test_component_without_hosts_reaches_nothing(first):
    answer = first.ask("/hidden/x")
    assert "spin-path-info: /x" in answer.text
    # it has no allowed_outbound_hosts, and cannot ask for its own application either
    refused = first.ask("/send", "POST", body=b"0 http://other.spin.internal/x\n")
    assert refused.text == "error destination-not-allowed"
