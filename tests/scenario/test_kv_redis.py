"""Key-value stores on a Redis server, chosen by the runtime configuration."""

import concurrent.futures

import pytest
from redis_server import Server

MANIFEST = """
spin_manifest_version = 2
[application]
name = "kv"
[[trigger.http]]
route = "/..."
component = "kv"
[component.kv]
source = "{kv}"
key_value_stores = ["default", "other"]
"""

RUNTIME = """
[key_value_store.default]
type = "redis"
url = "{url}"
[key_value_store.other]
type = "redis"
url = "{url}/3"
default_ttl_seconds = 100
"""


@pytest.fixture
def server():
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def app(start, guest, tmp_path, server):
    def begin(*flags, url=server.url):
        (tmp_path / "spin.toml").write_text(MANIFEST.format(kv=guest("kv")))
        (tmp_path / "runtime.toml").write_text(RUNTIME.format(url=url))
        return start("up", "--runtime-config-file", str(tmp_path / "runtime.toml"), *flags, cwd=tmp_path)

    return begin


def said(host, path: str) -> str:
    answer = host.ask(path)
    assert answer.status == 200
    return answer.text


@pytest.mark.parametrize("side", ["spin", "wasi"])
def test_store(app, side, server):
    host = app()
    assert said(host, f"/{side}/get?key=k") == "none\n"
    assert said(host, f"/{side}/exists?key=k") == "false\n"
    assert said(host, f"/{side}/set?key=k&value=two") == "ok\n"
    assert said(host, f"/{side}/get?key=k") == "two\n"
    assert said(host, f"/{side}/exists?key=k") == "true\n"
    assert said(host, f"/{side}/set?key=l&value=") == "ok\n"
    assert said(host, f"/{side}/get?key=l") == "\n"
    assert said(host, f"/{side}/keys").split() == ["k", "l"]
    assert said(host, f"/{side}/get?key=k&store=other") == "none\n"
    assert said(host, f"/{side}/delete?key=k") == "ok\n"
    assert said(host, f"/{side}/exists?key=k") == "false\n"
    assert [said(host, f"/{side}/count?key=n") for _ in range(3)] == ["1\n", "2\n", "3\n"]


def test_other_programs_see_plain_keys(app, server):
    host = app()
    with server.client() as direct:
        said(host, "/spin/set?key=k&value=v")
        assert direct("GET", "k") == b"v"
        direct("SET", "theirs", "x")
        direct("SET", b"\xff\xfe", "no text")
        direct("RPUSH", "list", "x")
        assert said(host, "/spin/keys").split() == ["k", "list", "theirs"]
        assert said(host, "/wasi/get?key=theirs") == "x\n"
        assert said(host, "/spin/get?key=list").startswith("error other ")
        assert said(host, "/wasi/increment?key=n&delta=5") == "5\n"
        assert direct("GET", "n") == b"5"
        assert said(host, "/wasi/increment?key=k").startswith("error other ")


def test_batch(app):
    host = app()
    lines = said(host, "/wasi/many?key=m&value=v").splitlines()
    assert lines == ["m-0=v", "m-1=v", "m-2=v", "m-3=none"]
    assert said(host, "/wasi/keys").split() == ["m-0"]


def test_many_keys_come_in_pages_in_order(app, server):
    with server.client() as direct:
        names = [f"key-{i:05}-{'x' * (i % 50)}" for i in range(20000)]
        for at in range(0, len(names), 1000):
            direct("MSET", *(word for name in names[at : at + 1000] for word in (name, "v")))
    host = app()
    assert said(host, "/wasi/keys").split() == sorted(names)
    assert said(host, "/spin/keys").split() == sorted(names)


def test_nothing_is_lost(app):
    host = app()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda _: int(said(host, "/wasi/increment?key=i")), range(200)))
        assert sorted(seen) == list(range(1, 201))
        list(pool.map(lambda _: said(host, "/wasi/cas?key=c"), range(100)))
    assert said(host, "/wasi/get?key=c") == "100\n"


def test_keys_of_a_store_with_a_time_to_live_end(app, server):
    host = app()
    with server.client() as direct:
        direct("SELECT", "3")

        def ends(key: str) -> bool:
            left = direct("PTTL", key)
            assert left == -1 or 1000 < left <= 100_000, f"{key}: {left}"
            return left > 0

        assert said(host, "/spin/set?key=k&value=v&store=other") == "ok\n" and ends("k")
        assert said(host, "/wasi/many?key=m&value=v&store=other").startswith("m-0=v\n") and ends("m-0")
        assert said(host, "/wasi/cas?key=c&store=other") == "1\n" and ends("c")
        direct("PERSIST", "c")
        assert said(host, "/wasi/cas?key=c&store=other") == "2\n" and ends("c")
        assert said(host, "/wasi/increment?key=n&delta=9007199254740993&store=other") == "9007199254740993\n"
        assert ends("n")
        direct("PERSIST", "n")
        assert said(host, "/wasi/increment?key=n&store=other") == "9007199254740994\n" and not ends("n")
        assert said(host, "/wasi/increment?key=k&store=other").startswith("error other ")
        direct("SELECT", "0")
        assert said(host, "/spin/set?key=k&value=v") == "ok\n" and not ends("k")


def test_server_restarts_in_the_middle(app, server):
    host = app()
    assert said(host, "/spin/set?key=k&value=v") == "ok\n"
    server.kill()
    assert said(host, "/spin/get?key=k").startswith("error other ")
    server.start()
    assert said(host, "/spin/get?key=k") == "none\n"
    assert said(host, "/spin/set?key=k&value=v") == "ok\n"


def test_wrong_password(app, server):
    with server.client() as direct:
        direct("CONFIG", "SET", "requirepass", "right")
    host = app(url=f"redis://:wrong@127.0.0.1:{server.port}")
    text = said(host, "/spin/get?key=k")
    assert text.startswith("error other ") and "WRONGPASS" in text and "wrong@" not in text + host.log


def test_malformed_url_is_found_at_the_start(command, guest, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(kv=guest("kv")))
    (tmp_path / "runtime.toml").write_text(RUNTIME.format(url="http://:secret@x"))
    done = command("up", "--runtime-config-file", "runtime.toml", cwd=tmp_path)
    assert done.returncode != 0
    assert "[key_value_store.default]" in done.stderr and "redis://" in done.stderr and "secret" not in done.stderr
