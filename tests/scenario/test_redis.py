"""fermyon:spin/redis against a real server, and against one that misbehaves."""

import concurrent.futures
import threading
import time

import pytest
from conftest import free_port
from redis_server import Scripted, Server

MANIFEST = """
spin_manifest_version = 2
[application]
name = "redis"
[[trigger.http]]
route = "/..."
component = "redis"
[component.redis]
source = "{source}"
allowed_outbound_hosts = [{hosts}]
"""


@pytest.fixture(scope="module")
def server():
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def own_server(stops):
    """own_server("--requirepass", "x"): a server of this test's own."""
    return lambda *options: stops(Server(*options))


@pytest.fixture
def scripted(stops):
    return lambda serve: stops(Scripted(serve))


def said(host, path: str, body: bytes | None = None) -> str:
    answer = host.ask(path, "POST" if body else "GET", body=body)
    assert answer.status == 200, host.log
    return answer.text


def do(host, url: str, *lines: str) -> list[str]:
    return said(host, f"/do?address={url}", "\n".join(lines).encode()).splitlines()


def test_every_function(serve, server):
    host = serve("redis")
    at = f"address={server.url}"
    with server.client() as direct:
        direct("FLUSHALL")
        assert said(host, f"/get?{at}&key=k") == "none\n"
        assert said(host, f"/set?{at}&key=k&value=one") == "ok\n"
        assert direct("GET", "k") == b"one"
        assert said(host, f"/get?{at}&key=k") == "one\n"
        assert said(host, f"/incr?{at}&key=n") == "1\n"
        assert said(host, f"/incr?{at}&key=n") == "2\n"
        assert said(host, f"/sadd?{at}&key=s&value=a") == "1\n"
        assert said(host, f"/sadd?{at}&key=s&value=a") == "0\n"
        assert said(host, f"/sadd?{at}&key=s&value=b") == "1\n"
        assert sorted(said(host, f"/smembers?{at}&key=s").split()) == ["a", "b"]
        assert said(host, f"/srem?{at}&key=s&value=a") == "1\n"
        assert said(host, f"/del?{at}&key=k") == "1\n"
        assert said(host, f"/del?{at}&key=k") == "0\n"
        direct("SUBSCRIBE", "c")
        assert said(host, f"/publish?{at}&key=c&value=hello") == "ok\n"
        assert direct.read() == [b"message", b"c", b"hello"]


def test_errors_of_the_interface(serve, server):
    host = serve("redis")
    at = f"address={server.url}"
    with server.client() as direct:
        direct("SET", "text", "x")
        direct("DEL", "list")
        direct("RPUSH", "list", "x")
        direct("SADD", "odd", b"\xff")
    assert said(host, f"/sadd?{at}&key=text&value=a") == "error type-error\n"
    assert said(host, f"/get?{at}&key=list") == "error type-error\n"
    assert said(host, f"/smembers?{at}&key=odd") == "error type-error\n"
    assert said(host, f"/incr?{at}&key=text").startswith("error other ERR value is not an integer")
    for address in ("nothing", "http://127.0.0.1", "redis://", "redis://host:port", "redis://h:70000", "redis://h/x"):
        assert said(host, f"/get?address={address}&key=k") == "error invalid-address\n"
    refused = said(host, f"/get?address=redis://127.0.0.1:{free_port()}&key=k")
    assert refused.startswith("error other ") and "refused" in refused


def test_execute(serve, server):
    host = serve("redis")
    with server.client() as direct:
        direct("DEL", "e", "h", "nope")
    assert do(host, server.url, "SET e #-12", "GET e", "GET nope", "INCRBY e #2", "PING", "FOO", "DEL e") == [
        "status OK", "binary -12", "nil", "int64 -10", "status PONG",
        "error other ERR unknown command 'FOO', with args beginning with: ", "int64 1",
    ]  # fmt: skip
    assert do(host, server.url, "HSET h a 1 b 2", "HGETALL h", "HMGET h a x", "LRANGE nope #0 #-1") == [
        "int64 2", "binary a", "binary 1", "binary b", "binary 2", "binary 1", "nil",
    ]  # fmt: skip
    nested = do(host, server.url, "COMMAND INFO get")
    assert nested[:2] == ["binary get", "int64 2"] and len(nested) > 6
    for command in ("SUBSCRIBE c", "MONITOR", "CLIENT REPLY OFF", "HELLO 3"):
        assert do(host, server.url, command)[0].startswith("error other ")
    assert do(host, server.url, "PING") == ["status PONG"]


def test_what_belongs_to_a_connection_stays_with_its_handle(serve, server):
    host = serve("redis")
    with server.client() as direct:
        direct("SET", "m", "1")
    assert do(host, server.url, "MULTI", "INCR m", "INCR m", "EXEC", "GET m") == [
        "status OK", "status QUEUED", "status QUEUED", "int64 2", "int64 3", "binary 3",
    ]  # fmt: skip
    assert do(host, server.url, "MULTI", "INCR m") == ["status OK", "status QUEUED"]
    assert do(host, server.url, "SELECT 5", "GET m") == ["status OK", "nil"]
    assert do(host, server.url, "GET m") == ["binary 3"]
    assert do(host, f"{server.url}/5", "GET m", "SET m five") == ["nil", "status OK"]
    assert do(host, server.url, "GET m") == ["binary 3"]
    assert do(host, f"{server.url}/5", "GET m", "DEL m") == ["binary five", "int64 1"]
    assert do(host, f"{server.url}/99", "GET m")[0].startswith("error other ")


def test_blocking_command_keeps_nobody_else_waiting(serve, server):
    host = serve("redis", "--workers", "1")
    with server.client() as direct, concurrent.futures.ThreadPoolExecutor(1) as pool:
        direct("DEL", "queue")
        waiting = pool.submit(do, host, server.url, "BLPOP queue #20")
        time.sleep(0.3)
        began = time.monotonic()
        assert do(host, server.url, "PING") == ["status PONG"]
        assert time.monotonic() - began < 5
        direct("RPUSH", "queue", "here")
        assert waiting.result(10) == ["binary queue", "binary here"]


def test_password(serve, own_server):
    server = own_server("--requirepass", "se:cr@t")
    host = serve("redis")
    at = f"127.0.0.1:{server.port}"
    assert do(host, f"redis://:se%3Acr%40t@{at}", "PING") == ["status PONG"]
    assert do(host, f"redis://default:se%3Acr%40t@{at}/2", "PING") == ["status PONG"]
    wrong = do(host, f"redis://:guess@{at}", "PING")[0]
    assert wrong.startswith("error other ") and "WRONGPASS" in wrong and "guess" not in wrong
    assert "NOAUTH" in do(host, f"redis://{at}", "GET x")[0]
    assert "t@" not in host.log and "guess" not in host.log


def test_many_at_once_share_connections(serve, server):
    host = serve("redis", "--workers", "1")
    with server.client() as direct, concurrent.futures.ThreadPoolExecutor(32) as pool:
        direct("DEL", "many")
        before = int(dict(line.split(b":") for line in direct("INFO", "stats").split(b"\r\n") if b":" in line)[b"total_connections_received"])
        at = f"address={server.url}"
        seen = list(pool.map(lambda _: int(said(host, f"/incr?{at}&key=many")), range(500)))
        assert sorted(seen) == list(range(1, 501))
        after = int(dict(line.split(b":") for line in direct("INFO", "stats").split(b"\r\n") if b":" in line)[b"total_connections_received"])
        assert after - before <= 4


def test_server_restarts_in_the_middle(serve, own_server):
    server = own_server()
    host = serve("redis")
    at = f"address={server.url}"
    for _ in range(4):
        assert said(host, f"/set?{at}&key=k&value=v") == "ok\n"
    server.kill()
    gone = said(host, f"/get?{at}&key=k")
    assert gone.startswith("error other ") and "refused" in gone
    server.start()
    assert said(host, f"/get?{at}&key=k") == "none\n"
    assert said(host, f"/set?{at}&key=k&value=again") == "ok\n"


def test_connection_lost_in_a_transaction(serve, scripted):
    def once(connection, read):
        while words := read():
            if words[0] == "MULTI":
                connection.sendall(b"+OK\r\n")
            elif words[0] == "PING":
                connection.sendall(b"+PONG\r\n")
            else:
                return

    server = scripted(once)
    lines = do(serve("redis"), server.url, "MULTI", "SET a 1", "EXEC")
    assert lines[0] == "status OK"
    assert all(line.startswith("error other ") for line in lines[1:]) and len(lines) == 3


@pytest.mark.parametrize(
    "garbage",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$-7\r\n", b"$5\r\nabc", b"*1\r\n" * 20, b"\x00" * 100, b"+a\r\n+b\r\n"],
)
def test_garbage_from_the_server(serve, scripted, garbage):
    def speak(connection, read):
        while read():
            connection.sendall(garbage)
            if garbage == b"$5\r\nabc":
                return

    host = serve("redis")
    lines = do(host, scripted(speak).url, "GET a", "GET b", "GET c")
    assert lines and not any(line.startswith("binary") for line in lines)
    assert host.ask("/get?address=nothing").text == "error invalid-address\n"


def test_answer_slower_than_the_deadline_is_nobodys(serve, scripted):
    """The answer to a command that was given up comes late, before the next one's: each gets its own."""
    late = threading.Event()

    def speak(connection, read):
        while words := read():
            if words[-1] == "slow":
                late.wait(30)
            connection.sendall(b"$%d\r\n%s\r\n" % (len(words[-1]), words[-1].encode()))

    server = scripted(speak)
    host = serve("redis", "--workers", "1", "--timeout", "700")
    at = f"address={server.url}"
    assert said(host, f"/get?{at}&key=warm") == "warm\n"
    answer = host.ask(f"/get?{at}&key=slow")
    assert answer.status == 504 or not answer.complete or answer.body == b""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        next_one = pool.submit(said, host, f"/get?{at}&key=next")
        time.sleep(0.2)
        late.set()
        assert next_one.result(10) == "next\n"
    assert server.accepted == 1


def test_client_leaves_in_the_middle(serve, scripted):
    late = threading.Event()

    def speak(connection, read):
        while words := read():
            if words[-1] == "slow":
                late.wait(30)
            connection.sendall(b"*2\r\n$3\r\none\r\n$%d\r\n%s\r\n" % (len(words[-1]), words[-1].encode()))

    host = serve("redis", "--workers", "1")
    server = scripted(speak)
    with host.open() as wire:
        wire.request("POST", f"/do?address={server.url}", body=b"LRANGE slow")
        time.sleep(0.3)
    time.sleep(0.2)
    late.set()
    for word in ("a", "b"):
        assert do(host, server.url, f"LRANGE {word}") == ["binary one", f"binary {word}"]


def test_results_at_the_limit(serve, server):
    host = serve("redis")
    at = f"address={server.url}"
    limit = 128 << 20
    assert said(host, f"/big?{at}&bytes={limit}") == f"{limit}\n"
    large = said(host, f"/big?{at}&bytes={limit + 1000}")
    assert large.startswith("error other ") and "larger" in large
    assert do(host, server.url, "DEL key", "PING") == ["int64 1", "status PONG"]


def test_not_permitted(start, guest, server, tmp_path):
    allowed = f'"redis://127.0.0.1:{server.port}"'
    (tmp_path / "spin.toml").write_text(MANIFEST.format(source=guest("redis"), hosts=allowed))
    host = start("up", cwd=tmp_path)
    assert do(host, server.url, "PING") == ["status PONG"]
    assert do(host, f"redis://localhost:{server.port}", "PING") == ["error invalid-address"]
    host.wait_for_log(f'allowed_outbound_hosts = ["redis://localhost:{server.port}"]')
    assert do(host, f"redis://user:secret@127.0.0.2:{server.port}", "PING") == ["error invalid-address"]
    host.wait_for_log(f'allowed_outbound_hosts = ["redis://127.0.0.2:{server.port}"]')
    assert "secret" not in host.log


def test_as_many_connections_as_configured(start, guest, server, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(source=guest("redis"), hosts='"redis://127.0.0.1:*"'))
    (tmp_path / "runtime.toml").write_text("[outbound_redis]\nmax_connections = 1\n")
    host = start("up", "--runtime-config-file", "runtime.toml", "--workers", "1", cwd=tmp_path)
    with server.client() as direct, concurrent.futures.ThreadPoolExecutor(1) as pool:
        direct("DEL", "gate")
        assert do(host, server.url, "PING") == ["status PONG"]
        waiting = pool.submit(do, host, server.url, "BLPOP gate #20")
        time.sleep(0.5)
        assert do(host, server.url, "PING") == ["error too-many-connections"]
        direct("RPUSH", "gate", "x")
        assert waiting.result(10) == ["binary gate", "binary x"]
        assert do(host, server.url, "PING") == ["status PONG"]
