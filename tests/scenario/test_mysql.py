"""fermyon:spin/mysql against a real server: types, errors, transactions, deadlines, restarts, limits."""

import concurrent.futures
import time

import pytest
from conftest import free_port
from database_server import MariaDB
from redis_server import Scripted

MANIFEST = """
spin_manifest_version = 2
[application]
name = "mysql"
[[trigger.http]]
route = "/..."
component = "sql"
[component.sql]
source = "{source}"
allowed_outbound_hosts = [{hosts}]
"""


@pytest.fixture(scope="module")
def server():
    running = MariaDB()
    yield running
    running.stop()


@pytest.fixture
def app(start, guest, tmp_path):
    def begin(*args, hosts='"mysql://127.0.0.1:*", "mysql://localhost:*"', component="mysql", **options):
        (tmp_path / "spin.toml").write_text(MANIFEST.format(source=guest(component), hosts=hosts))
        return start("up", *args, cwd=tmp_path, **options)

    return begin


def said(host, address: str, *lines: str, path: str = "/") -> list[str]:
    answer = host.ask(path, "POST", [], "\n".join([address, *lines]).encode(), 60)
    assert answer.status == 200, host.log
    return answer.text.splitlines()


def test_types(app, server):
    host = app()
    names = ["i1", "u1", "i2", "u2", "i3", "u3", "i4", "u4", "i8", "u8", "f4", "f8", "c", "v", "t", "b", "vb", "bl"]
    types = [
        "TINYINT", "TINYINT UNSIGNED", "SMALLINT", "SMALLINT UNSIGNED", "MEDIUMINT", "MEDIUMINT UNSIGNED", "INT", "INT UNSIGNED",
        "BIGINT", "BIGINT UNSIGNED", "FLOAT", "DOUBLE", "CHAR(3)", "VARCHAR(9)", "TEXT", "BINARY(2)", "VARBINARY(9)", "BLOB",
    ]  # fmt: skip
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True))
    values = [
        "i8:-128", "u8:255", "i16:-32768", "u16:65535", "i32:-8388608", "u32:16777215", "i32:-2147483648", "u32:4294967295",
        "i64:-9223372036854775808", "u64:9223372036854775807", "f32:1500", "f64:-2250", "t:ch", "t:var", "t:grün", "b:xy", "b:\x01\x02", "b:",
    ]  # fmt: skip
    insert = f"execute INSERT INTO types VALUES ({', '.join('?' * len(names))})"
    kinds = ["i8", "u8", "i16", "u16", "i32", "u32", "i32", "u32", "i64", "u64", "f32", "f64", "t", "t", "t", "b", "b", "b"]
    assert said(
        host, server.url, "execute DROP TABLE IF EXISTS types", f"execute CREATE TABLE types ({columns})",
        "\t".join([insert, *values]), "\t".join([insert, *["n:"] * len(names)]), "query SELECT * FROM types ORDER BY i1 IS NULL",
    ) == [
        "ok 0", "ok 0", "ok 0", "ok 0",
        "|".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True)),
        "|".join(values), "|".join(["n:"] * len(names)),
    ]  # fmt: skip
    assert said(host, server.url, "query SELECT ? AS y, ? + 0 AS u, ? AS t\ty:1\tu64:7\tt:")[1] == "i8:1|u64:7|t:"


def test_types_without_a_value(app, server):
    host = app()
    lines = said(host, server.url, "query SELECT 1 AS one, 1.5 AS half", "query SELECT NULL AS empty, CAST(1.5 AS CHAR) AS text")
    assert lines == [
        "error value-conversion-failed column 'half' is of a type that the interface has no value for; CAST it in the statement",
        "empty b|text t" if lines[1].startswith("empty b") else "empty ?|text t",
        "n:|t:1.5",
    ]
    assert said(host, server.url, "query SELECT CAST(NULL AS DATE) AS d, CAST(NULL AS DECIMAL) AS n")[1] == "n:|n:"


def test_errors(app, server):
    host = app()

    def refused(*lines):
        return said(host, server.url, *lines)[-1]

    assert refused("query SELEC 1").startswith("error query-failed ERROR 1064: You have an error in your SQL syntax")
    assert refused("query SELECT * FROM nowhere").startswith("error query-failed ERROR 1146: Table 'app.nowhere' doesn't exist")
    assert refused("query SELECT 1; SELECT 2").startswith("error query-failed ERROR 1064")
    assert refused("query SELECT ?, ?\ti32:1") == "error query-failed the statement has 2 parameters, and 1 were given"
    assert refused("query SELECT * FROM mysql.user").startswith("error query-failed ERROR 1142")
    # an error does not end the connection
    assert said(host, server.url, "query SELECT nonsense", "query SELECT 1 AS one")[1:] == ["one i32", "i32:1"]


def test_addresses(app, server):
    host = app()
    assert said(host, server.url.replace("127.0.0.1", "localhost"), "query SELECT 1 AS one") == ["one i32", "i32:1"]
    assert said(host, server.url.replace("p%20w%40d%2F1", "p w@d/1"), "query SELECT 1 AS one") == ["one i32", "i32:1"]
    text = "query SHOW STATUS LIKE 'Ssl_cipher'"
    assert said(host, server.url, text)[1] == "t:Ssl_cipher|t:"
    assert said(host, server.url + "?ssl-mode=DISABLED", text)[1] == "t:Ssl_cipher|t:"
    assert said(host, server.url + "?ssl-mode=required")[0].startswith("error connection-failed ")
    for address, words in [
        ("nonsense", "no MySQL URL"),
        ("postgres://a:b@127.0.0.1/c", "no MySQL URL"),
        ("mysql://u:secret%zz@h/", "malformed"),
        ("mysql:///app", "names no host"),
        ("mysql://h:port/", "port"),
        (server.url + "?unix_socket=/x", "'unix_socket' is not supported"),
    ]:
        first = said(host, address)[0]
        assert first.startswith("error connection-failed ") and words in first and "secret" not in first, address
    assert "p w@d" not in host.log and "p%20w" not in host.log


def test_tls_with_a_known_certificate(app, server):
    host = app(env={"SSL_CERT_FILE": f"{server.folder}/server.crt"})
    text = "query SHOW STATUS LIKE 'Ssl_cipher'"
    named = server.url.replace("127.0.0.1", "localhost")
    assert said(host, named + "?ssl-mode=required", text)[1].startswith("t:Ssl_cipher|t:TLS_")
    assert said(host, server.url + "?ssl-mode=required", text)[0].startswith("error connection-failed ")


def test_wrong_password(app, server):
    for login in ["tester:wrong", "tester", "stranger:p%20w%40d%2F1"]:
        line = said(app(), f"mysql://{login}@127.0.0.1:{server.port}/app")[0]
        assert line.startswith("error connection-failed Access denied for user"), line


def test_a_database_that_is_not_there(app, server):
    line = said(app(), server.url.removesuffix("app") + "absent")[0]
    assert line.startswith("error connection-failed ") and "'absent'" in line


def test_hosts_that_are_not_permitted(app, server):
    host = app(hosts=f'"mysql://example.com", "postgres://127.0.0.1:{server.port}"')
    line = said(host, server.url)[0]
    assert line == f"error connection-failed address mysql://127.0.0.1:{server.port} is not permitted"
    host.wait_for_log(f'allowed_outbound_hosts = ["mysql://127.0.0.1:{server.port}"]')


def test_nobody_listens(app):
    line = said(app(), f"mysql://a:b@127.0.0.1:{free_port()}/c")[0]
    assert line.startswith("error connection-failed ") and "(111)" in line


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 100, b"\xff" * 5000, b""])
def test_garbage(app, garbage):
    def serve(connection, _):
        connection.sendall(garbage)

    scripted = Scripted(serve)
    assert said(app(), f"mysql://a:b@127.0.0.1:{scripted.port}/c")[0].startswith("error connection-failed ")
    scripted.stop()


def test_a_server_that_says_nothing(app):
    scripted = Scripted(lambda connection, _: time.sleep(20))
    host = app("--timeout", "500")
    assert not host.ask("/", "POST", [], f"mysql://a:b@127.0.0.1:{scripted.port}/c".encode()).complete
    scripted.stop()


def test_a_transaction_ends_with_its_request(app, server):
    host = app("--workers", "1")
    said(host, server.url, "execute DROP TABLE IF EXISTS tx", "execute CREATE TABLE tx (n int)")
    assert said(
        host, server.url, "execute START TRANSACTION", "execute INSERT INTO tx VALUES (1)", "query SELECT count(*) AS n FROM tx"
    ) == ["ok 0", "ok 0", "n i64", "i64:1"]  # fmt: skip
    assert said(host, server.url, "query SELECT count(*) AS n FROM tx") == ["n i64", "i64:0"]
    said(host, server.url, "execute BEGIN", "execute INSERT INTO tx VALUES (1)", "execute COMMIT")
    assert said(host, server.url, "query SELECT count(*) AS n FROM tx") == ["n i64", "i64:1"]
    said(host, server.url, "execute SET autocommit = 0", "execute INSERT INTO tx VALUES (2)")
    assert said(host, server.url, "query SELECT count(*) AS n FROM tx") == ["n i64", "i64:1"]
    said(host, server.url, "execute LOCK TABLES tx WRITE")
    assert server.ask("SET lock_wait_timeout = 5; INSERT INTO app.tx VALUES (3)") == ""


def test_a_connection_is_as_new(app, server):
    host = app("--workers", "1")
    who = "query SELECT connection_id() AS id"
    first = said(host, server.url, who)
    assert said(host, server.url, who) == first, "it is kept"
    said(host, server.url, "execute SET @mine = 1", "execute CREATE TEMPORARY TABLE mine (n int)", "execute SET sql_mode = 'ANSI'")
    seen = said(host, server.url, "query SELECT @mine IS NULL AS n, @@sql_mode = 'ANSI' AS m", "query SELECT * FROM mine", who)
    assert [seen[1], *seen[3:]] == ["i32:1|i32:0", *first] and seen[2].startswith("error query-failed ERROR 1146")
    assert said(host, server.url, "query SELECT 'grün' AS t, @@character_set_client AS c") == ["t t|c t", "t:grün|t:utf8mb4"]


def test_procedures(app, server):
    host = app("--workers", "1")
    server.ask("delimiter |\nCREATE OR REPLACE PROCEDURE app.two() BEGIN SELECT 1 AS one; SELECT 2 AS two; END |")
    assert said(host, server.url, "query CALL two()", "query SELECT 3 AS three") == ["one i32", "i32:1", "three i32", "i32:3"]


def test_deadline(app, server):
    host = app("--workers", "1", "--timeout", "400")
    text = "\n".join([server.url, "query SELECT 'mine', sleep(30)"]).encode()
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: host.ask("/", "POST", [], text), range(8)))
    assert time.monotonic() - begin < 5 and not any(answer.complete for answer in answers)
    end = time.monotonic() + 5
    while server.ask("SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%''mine%' AND id <> connection_id()") != "0":
        assert time.monotonic() < end, "the server still works on it"
        time.sleep(0.1)
    assert said(host, server.url, "query SELECT 1 AS one") == ["one i32", "i32:1"]


def test_the_server_restarts(app):
    server = MariaDB()
    try:
        host = app("--workers", "1")
        assert said(host, server.url, "query SELECT 1 AS one") == ["one i32", "i32:1"]
        server.restart()
        assert said(host, server.url, "query SELECT 2 AS two") == ["two i32", "i32:2"]
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(said, host, server.url, "query SELECT sleep(30)", "query SELECT 1")
            while server.ask("SELECT count(*) FROM information_schema.processlist WHERE info = 'SELECT sleep(30)'") != "1":
                time.sleep(0.05)
            server.kill()
            lines = asked.result(20)
        assert all(line.startswith("error connection-failed ") for line in lines), lines
        assert said(host, server.url)[0].startswith("error connection-failed ")
        server.start()
        assert said(host, server.url, "query SELECT 3 AS three") == ["three i32", "i32:3"]
    finally:
        server.stop()


def test_many_at_once(app, server):
    host = app("--workers", "1")
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        seen = list(pool.map(lambda n: said(host, server.url, f"query SELECT {n} AS n, sleep(0.05) AS s")[1], range(60)))
    assert seen == [f"i32:{n}|i32:0" for n in range(60)]


def test_a_guest_that_holds_all_connections(app, server):
    host = app("--workers", "1", "--timeout", "20000")
    assert said(host, server.url, "query SELECT 1 AS one", path="/?keep=63") == ["one i32", "i32:1"]
    line = said(host, server.url, "query SELECT 1 AS one", path="/?keep=64")[0]
    assert line.startswith("error connection-failed this component holds all 64 connections")
    assert said(host, server.url, "query SELECT 1 AS one") == ["one i32", "i32:1"]


def test_large_results(app, server):
    host = app("--workers", "1")
    assert said(host, server.url, "query SELECT seq, 2 * seq FROM seq_1_to_100000", path="/?count=1") == ["100000 rows, 1600000 bytes"]
    assert said(host, server.url, "query SELECT repeat('x', 100000000)", path="/?count=1") == ["1 rows, 100000000 bytes"]
    begin = time.monotonic()
    lines = said(host, server.url, "query SELECT repeat('x', 1000) FROM seq_1_to_100000000", "query SELECT 1")
    assert lines[0].startswith("error other ") and "134217728 bytes" in lines[0]
    assert time.monotonic() - begin < 30
    assert said(host, server.url, "query SELECT 1 AS one") == ["one i32", "i32:1"]


def test_the_library_is_missing(app, server, tmp_path):
    (tmp_path / "libmariadb.so.3").write_bytes(b"not a library")
    line = said(app(env={"LD_LIBRARY_PATH": str(tmp_path)}), server.url)[0]
    assert line.startswith("error connection-failed ") and "libmariadb3" in line


def test_first_version(app, server):
    host = app(component="mysql-1")
    assert said(
        host, server.url, "execute DROP TABLE IF EXISTS first", "execute CREATE TABLE first (n int, t text)",
        "execute INSERT INTO first VALUES (?, ?)\ti32:7\tt:x", "query SELECT n, t, NULL AS d FROM first",
    )[:3] == ["ok 0", "ok 0", "ok 0"]  # fmt: skip
    assert said(host, server.url, "query SELECT n, t FROM first") == ["n i32|t t", "i32:7|t:x"]
    assert said(host, server.url, "query SELECT nonsense")[0].startswith("error query-failed ERROR 1054")
    assert said(host, "mysql://example.com/", "query SELECT 1")[0].startswith("error connection-failed address ")
