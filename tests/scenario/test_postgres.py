"""fermyon:spin/postgres against a real server: types, errors, transactions, deadlines, restarts, limits."""

import concurrent.futures
import time
from pathlib import Path

import pytest
from conftest import free_port
from database_server import Postgres
from redis_server import Scripted

MANIFEST = """
spin_manifest_version = 2
[application]
name = "postgres"
[[trigger.http]]
route = "/..."
component = "sql"
[component.sql]
source = "{source}"
allowed_outbound_hosts = [{hosts}]
"""


@pytest.fixture(scope="module")
def server():
    running = Postgres()
    yield running
    running.stop()


@pytest.fixture
def app(start, guest, tmp_path):
    def begin(*args, hosts='"postgres://127.0.0.1:*", "postgres://localhost:*"', component="postgres", **options):
        (tmp_path / "spin.toml").write_text(MANIFEST.format(source=guest(component), hosts=hosts))
        return start("up", *args, cwd=tmp_path, **options)

    return begin


def said(host, address: str, *lines: str, path: str = "/") -> list[str]:
    answer = host.ask(path, "POST", [], "\n".join([address, *lines]).encode(), 60)
    assert answer.status == 200, host.log
    return answer.text.splitlines()


def test_types(app, server):
    host = app()
    assert said(
        host, server.url,
        "execute DROP TABLE IF EXISTS types",
        "execute CREATE TABLE types (y bool, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, t text, v varchar(9), c char(3), b bytea)",
        "execute INSERT INTO types VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        "\ty:1\ti16:-32768\ti32:-2147483648\ti64:-9223372036854775808\tf32:1500\tf64:-2250\tt:grün\tt:var\tt:ch\tb:\x01\x02",
        "execute INSERT INTO types VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)" + "\tn:" * 10,
        "query SELECT * FROM types ORDER BY y NULLS LAST",
    ) == [
        "ok 0", "ok 0", "ok 1", "ok 1",
        "y y|i2 i16|i4 i32|i8 i64|f4 f32|f8 f64|t t|v t|c t|b b",
        "y:1|i16:-32768|i32:-2147483648|i64:-9223372036854775808|f32:1500|f64:-2250|t:grün|t:var|t:ch |b:\x01\x02",
        "|".join(["n:"] * 10),
    ]  # fmt: skip
    assert said(host, server.url, "query SELECT 1.5::numeric AS n, now() AS d, NULL::uuid AS u, '{1}'::int[] AS a") == [
        "n ?|d ?|u ?|a ?", "?:|?:|n:|?:",
    ]  # fmt: skip
    assert said(host, server.url, "query SELECT ''::text AS t, ''::bytea AS b, false AS y") == ["t t|b b|y y", "t:|b:|y:0"]
    # a text stands for what the place asks for
    assert said(host, server.url, "query SELECT $1::date + 1 > '2024-02-29' AS y, $2 = 7 AS n\tt:2024-02-29\tt:7") == ["y y|n y", "y:1|y:1"]


def test_rows_that_are_changed_are_counted(app, server):
    host = app()
    assert said(
        host, server.url, "execute DROP TABLE IF EXISTS counted", "execute CREATE TABLE counted (n int)",
        "execute INSERT INTO counted SELECT generate_series(1, 10)", "execute UPDATE counted SET n = n + 1 WHERE n > $1\ti32:4",
        "execute DELETE FROM counted WHERE n = 1", "execute SELECT 1", "query INSERT INTO counted VALUES (5) RETURNING n",
    ) == ["ok 0", "ok 0", "ok 10", "ok 6", "ok 1", "ok 1", "n i32", "i32:5"]  # fmt: skip


def test_errors(app, server):
    host = app()

    def refused(*lines):
        return said(host, server.url, *lines)[-1]

    assert refused("query SELEC 1").startswith('error query-failed ERROR:  syntax error at or near "SELEC"')
    assert refused("query SELECT * FROM nowhere").startswith('error query-failed ERROR:  relation "nowhere" does not exist')
    assert refused("query SELECT 1; SELECT 2").startswith("error query-failed ERROR:  cannot insert multiple commands")
    assert refused("query SELECT $1::int, $2::int\ti32:1").startswith("error query-failed ERROR:  bind message supplies 1")
    for kind in ["i8", "u8", "u16", "u32", "u64"]:
        assert refused(f"query SELECT $1\t{kind}:1").startswith("error value-conversion-failed parameter 1")
    assert refused("query SELECT $1::text\tt:a\x00b").startswith("error bad-parameter parameter 1")
    assert refused("execute COPY (SELECT 1) TO STDOUT").startswith("error query-failed COPY")
    assert refused("query SELECT 1 AS one") == "i32:1"
    # an error does not end the connection
    assert said(host, server.url, "query SELECT 1/0", "query SELECT 1 AS one")[1:] == ["one i32", "i32:1"]


def test_addresses(app, server):
    host = app()
    keys = f"host=127.0.0.1 port={server.port} user=tester password='p w@d/1' dbname=postgres"
    assert said(host, keys, "query SELECT 1 AS one") == ["one i32", "i32:1"]
    named = server.url.replace("127.0.0.1", "localhost")
    assert said(host, named, "query SELECT 1 AS one") == ["one i32", "i32:1"]
    for mode, encrypted in [("disable", 0), ("prefer", 1), ("allow", 0)]:
        text = "query SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert said(host, f"{server.url}?sslmode={mode}", text)[1] == f"y:{encrypted}"
    assert "certificate verify failed" in said(host, named + "?sslmode=require")[0]
    for address, text in [
        ("nonsense", "no PostgreSQL URL"),
        ("postgres://u:secret%zz@h/", "no PostgreSQL URL"),
        ("postgres:///postgres", "names no host"),
        ("host=/var/run/postgresql user=postgres", "Unix sockets"),
        (server.url + "?sslkey=/etc/passwd", "'sslkey' is not supported"),
        ("postgres://h/?service=x", "'service' is not supported"),
        ("postgres://a,b/", "several hosts"),
        ("postgres://127.0.0.1:99999/", "port"),
    ]:
        first = said(host, address)[0]
        assert first.startswith("error connection-failed ") and text in first and "secret" not in first, address
    assert "p w@d" not in host.log and "p%20w" not in host.log


def test_tls_with_a_known_certificate(app, server):
    host = app(env={"SSL_CERT_FILE": f"{server.folder}/server.crt"})
    text = "query SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    named = server.url.replace("127.0.0.1", "localhost")
    assert said(host, named + "?sslmode=require", text) == ["ssl y", "y:1"]
    assert "does not match host name" in said(host, server.url + "?sslmode=require", text)[0]


def test_wrong_password(app, server):
    host = app(env={"PGPASSWORD": "p w@d/1"})
    for wrong in ["wrong", "", None]:
        secret = "" if wrong is None else f":{wrong}"
        address = f"postgres://tester{secret}@127.0.0.1:{server.port}/postgres"
        assert 'password authentication failed for user "tester"' in said(host, address)[0]


def test_a_database_that_is_not_there(app, server):
    line = said(app(), server.url.removesuffix("postgres") + "absent")[0]
    assert line.startswith("error connection-failed ") and 'database "absent" does not exist' in line


def test_hosts_that_are_not_permitted(app, server):
    host = app(hosts=f'"postgres://example.com", "mysql://127.0.0.1:{server.port}"')
    line = said(host, server.url)[0]
    assert line == f"error connection-failed address postgres://127.0.0.1:{server.port} is not permitted"
    host.wait_for_log(f'allowed_outbound_hosts = ["postgres://127.0.0.1:{server.port}"]')


def test_nobody_listens(app):
    line = said(app(), f"postgres://a:b@127.0.0.1:{free_port()}/c")[0]
    assert line.startswith("error connection-failed ") and "Connection refused" in line


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 100, b"N" + b"\xff" * 5000, b""])
def test_garbage(app, garbage):
    def serve(connection, _):
        connection.recv(100)
        connection.sendall(garbage)

    scripted = Scripted(serve)
    host = app()
    assert said(host, f"postgres://a:b@127.0.0.1:{scripted.port}/c")[0].startswith("error connection-failed ")
    scripted.stop()


def test_a_transaction_ends_with_its_request(app, server):
    host = app("--workers", "1")
    said(host, server.url, "execute DROP TABLE IF EXISTS tx", "execute CREATE TABLE tx (n int)")
    assert said(
        host, server.url, "execute BEGIN", "execute INSERT INTO tx VALUES (1)", "query SELECT count(*) AS n FROM tx"
    ) == ["ok 0", "ok 1", "n i64", "i64:1"]  # fmt: skip
    assert said(host, server.url, "query SELECT count(*) AS n FROM tx") == ["n i64", "i64:0"]
    assert said(host, server.url, "execute BEGIN", "query SELECT 1/0")[-1].startswith("error query-failed")
    said(host, server.url, "execute BEGIN", "execute INSERT INTO tx VALUES (1)", "execute COMMIT")
    assert said(host, server.url, "query SELECT count(*) AS n FROM tx") == ["n i64", "i64:1"]
    assert server.ask("SELECT count(*) FROM pg_locks WHERE relation = 'tx'::regclass") == "0"


def test_a_connection_is_as_new(app, server):
    host = app("--workers", "1")
    who = "query SELECT pg_backend_pid() AS pid"
    first = said(host, server.url, who)
    assert said(host, server.url, who) == first, "it is kept"
    said(host, server.url, "execute SET search_path = elsewhere", "execute CREATE TEMP TABLE mine (n int)")
    said(host, server.url, "execute SELECT set_config('my.own', 'x', false)")
    said(host, server.url, "execute SELECT 1 INTO TEMP own_table")
    assert said(host, server.url, "query SELECT current_setting('search_path') AS p", who) == ["p t", 't:"$user", public', *first]
    for text in ["SELECT * FROM mine", "SELECT * FROM own_table"]:
        assert said(host, server.url, f"query {text}")[0].startswith("error query-failed"), text
    assert said(host, server.url, "query SELECT current_setting('my.own') AS own") == ["own t", "t:"]


def test_deadline(app, server):
    host = app("--workers", "1", "--timeout", "400")
    text = "\n".join([server.url, "query SELECT 'mine', pg_sleep(30)"]).encode()
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: host.ask("/", "POST", [], text), range(8)))
    assert time.monotonic() - begin < 5 and not any(answer.complete for answer in answers)
    end = time.monotonic() + 5
    while server.ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%''mine''%' AND pid <> pg_backend_pid()") != "0":
        assert time.monotonic() < end, "the server still works on it"
        time.sleep(0.1)
    assert said(host, server.url, "query SELECT 1 AS one") == ["one i32", "i32:1"]


def test_the_server_restarts(app):
    server = Postgres()
    try:
        host = app("--workers", "1")
        assert said(host, server.url, "query SELECT 1 AS one") == ["one i32", "i32:1"]
        server.restart()
        assert said(host, server.url, "query SELECT 2 AS two") == ["two i32", "i32:2"]
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(said, host, server.url, "query SELECT pg_sleep(30)", "query SELECT 1")
            while server.ask("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)'") != "1":
                time.sleep(0.05)
            server.kill()
            lines = asked.result(20)
        assert all(line.startswith("error connection-failed ") for line in lines), lines
        (server.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        assert said(host, server.url)[0].startswith("error connection-failed ")
        server.start()
        assert said(host, server.url, "query SELECT 3 AS three") == ["three i32", "i32:3"]
    finally:
        server.stop()


def test_many_at_once(app, server):
    host = app("--workers", "1")
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        seen = list(pool.map(lambda n: said(host, server.url, f"query SELECT {n} AS n, pg_sleep(0.05)::text AS s")[1], range(60)))
    assert seen == [f"i32:{n}|t:" for n in range(60)]


def test_connections_that_there_may_be(app, server, tmp_path):
    (tmp_path / "runtime.toml").write_text("[outbound_pg]\nmax_connections = 2\n")
    host = app("--workers", "1", "--runtime-config-file", "runtime.toml")
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'"
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        url = server.url + "?application_name=counted"
        asked = [pool.submit(said, host, url, "query SELECT 1 AS one, pg_sleep(0.2)::text AS s") for _ in range(12)]
        seen = set()
        while not all(future.done() for future in asked):
            seen.add(int(server.ask(count)))
        assert [future.result()[1] for future in asked] == ["i32:1|t:"] * 12
    assert max(seen) == 2
    # another address gets the place of an idle one
    assert said(host, server.url, "query SELECT 1 AS one") == ["one i32", "i32:1"]


def test_a_guest_that_holds_all_connections(app, server):
    host = app("--workers", "1", "--timeout", "20000")
    one = ["query SELECT 1 AS one", "one i32", "i32:1"]
    begin = time.monotonic()
    assert said(host, server.url, one[0], path="/?keep=63") == one[1:]
    assert said(host, server.url, one[0], path="/?keep=64") == [
        "error connection-failed this component holds all 64 connections to the server's address that a worker may "
        "have (WY_MAX_SQL_SHARE); drop one before opening another"
    ]
    assert said(host, server.url, one[0]) == one[1:]
    assert time.monotonic() - begin < 10


def test_a_guest_that_holds_all_connections_by_configuration(app, server, tmp_path):
    (tmp_path / "runtime.toml").write_text("[outbound_pg]\nmax_connections = 2\n")
    host = app("--workers", "1", "--timeout", "20000", "--runtime-config-file", "runtime.toml")
    busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%''other''' AND state = 'active'"

    def beside_another(more: int) -> list[str]:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            other = pool.submit(said, host, server.url, "query SELECT pg_sleep(1)::text AS s, 'other'")
            while server.ask(busy) != "1":
                time.sleep(0.02)
            begin = time.monotonic()
            lines = said(host, server.url, "query SELECT 1 AS one", path=f"/?keep={more}")
            assert other.done() and time.monotonic() - begin < 10, "it waits for the one that another has"
            assert len(other.result()) == 2
            return lines

    assert beside_another(1) == ["one i32", "i32:1"]
    assert beside_another(2) == [
        "error connection-failed this component holds all 2 connections to servers of this kind that a worker may "
        "have (max_connections); drop one before opening another"
    ]


def test_connections_that_another_component_left(start, guest, server, tmp_path):
    text = MANIFEST.format(source=guest("postgres"), hosts='"postgres://127.0.0.1:*"')
    head, component = text.split("[[trigger.http]]")
    more = component.replace('"/..."', '"/other/..."').replace('"sql"', '"other"').replace(".sql", ".other")
    (tmp_path / "spin.toml").write_text(f"{head}[[trigger.http]]{component}[[trigger.http]]{more}")
    host = start("up", "--workers", "1", "--timeout", "20000", cwd=tmp_path)
    for path in ["/?keep=63", "/other/?keep=63", "/"]:
        assert said(host, server.url, "query SELECT 1 AS one", path=path) == ["one i32", "i32:1"], path


def test_large_results(app, server):
    host = app("--workers", "1")
    assert said(host, server.url, "query SELECT n, 2 * n FROM generate_series(1, 100000) n", path="/?count=1") == [
        "100000 rows, 1600000 bytes"
    ]
    assert said(host, server.url, "query SELECT repeat('x', 100000000)", path="/?count=1") == ["1 rows, 100000000 bytes"]
    begin = time.monotonic()
    lines = said(
        host, server.url, "query SELECT repeat('x', 1000) FROM generate_series(1, 1000), generate_series(1, 1000) b", "query SELECT 1",
    )  # fmt: skip
    assert lines[0].startswith("error other ") and "134217728 bytes" in lines[0]
    assert time.monotonic() - begin < 30
    assert said(host, server.url, "query SELECT 1 AS one") == ["one i32", "i32:1"]


def test_the_library_is_missing(app, server, tmp_path):
    (tmp_path / "libpq.so.5").write_bytes(b"not a library")
    line = said(app(env={"LD_LIBRARY_PATH": str(tmp_path)}), server.url)[0]
    assert line.startswith("error connection-failed ") and "libpq5" in line


def test_first_version(app, server):
    host = app(component="postgres-1")
    assert said(
        host, server.url, "execute DROP TABLE IF EXISTS first", "execute CREATE TABLE first (n int, t text)",
        "execute INSERT INTO first VALUES ($1, $2)\ti32:7\tt:x", "query SELECT n, t, NULL::date AS d, now() AS o FROM first",
    ) == ["ok 0", "ok 0", "ok 1", "n i32|t t|d ?|o ?", "i32:7|t:x|n:|?:"]  # fmt: skip
    assert said(host, server.url, "query SELECT nonsense")[0].startswith("error query-failed ERROR:")
    assert said(host, "postgres://example.com/", "query SELECT 1")[0].startswith("error connection-failed address ")
    assert said(host, server.url, "query SELECT $1\tu8:1")[0].startswith("error value-conversion-failed ")


def test_third_version(app, server):
    host = app(component="postgres-3")
    text = "query SELECT $1::date AS d, $2::time AS t, $3::timestamp AS dt, $4::timestamptz AS ts, $5::int AS i, $6::uuid AS u"
    kinds = "d date|t time|dt dt|ts ts|i i32|u ?"
    for values in [
        ["date:2024.2.29", "time:23.59.59.123456000", "dt:2024.2.29.1.2.3.4000", "ts:1709168523", "i32:5"],
        ["date:1999.12.31", "time:0.0.0.0", "dt:1999.12.31.23.59.59.999999000", "ts:-1", "i32:-5"],
        ["date:1600.3.1", "time:12.0.0.1000", "dt:1582.10.15.0.0.0.0", "ts:946684799", "n:"],
        ["date:-43.3.15", "time:24.0.0.0", "dt:9999.12.31.23.59.59.0", "ts:253402300799", "n:"],
    ]:
        assert said(host, server.url, "\t".join([text, *values, "n:"])) == [kinds, "|".join([*values, "n:"])]
    assert said(host, server.url, "query SELECT '1582-10-15'::date::text AS a, $1::date::text AS b\tdate:1582.10.15")[1] == "t:1582-10-15|t:1582-10-15"
    assert said(host, server.url, "query SELECT $1::date\tdate:2024.13.1")[0].startswith("error value-conversion-failed parameter 1")
    assert said(host, server.url, "query SELECT 'infinity'::date")[0].startswith("error value-conversion-failed a value of column 'date'")
    assert said(host, server.url, "query SELECT 'a'::bytea AS b, 1.5::float4 AS f, true AS y, 1.5 AS n")[1] == "b:a|f32:1500|y:1|?:"
    assert said(host, server.url, "query SELECT 1/0")[0].startswith("error query-failed ERROR:")


TYPES_4 = [  # expression, number of the type, how the guest writes it
    ("'0b3c9d3e-8f5a-4f0e-9c1d-2a7b6c5d4e3f'::uuid", "13", "0b3c9d3e-8f5a-4f0e-9c1d-2a7b6c5d4e3f"),
    ("""'{"a": [1, "grün"]}'::jsonb""", "14", '{"a": [1, "grün"]}'),
    ("123456789012345678901234567890.12345::numeric", "15", "123456789012345678901234567890.12345"),
    ("-0.00012::numeric", "15", "-0.00012"), ("10000::numeric", "15", "10000"), ("'NaN'::numeric", "15", "NaN"),
    ("0.0::numeric", "15", "0.0"), ("50000000.5::numeric(20,3)", "15", "50000000.500"), ("'-Infinity'::numeric", "15", "-Infinity"),
    ("'[1,5)'::int4range", "16", "[1,5)"), ("'(,7]'::int4range", "16", "(,8)"), ("'(,)'::int8range", "17", "(,)"),
    ("'[-9000000000,9000000000]'::int8range", "17", "[-9000000000,9000000001)"), ("'(1.5,2.50]'::numrange", "18", "(1.5,2.50]"),
    ("'{1,NULL,-3}'::int4[]", "19", "1;null;-3"), ("'{}'::int4[]", "19", ""), ("'{9000000000}'::int8[]", "20", "9000000000"),
    ("'{1.50,NULL}'::numeric[]", "21", "1.50;null"), ("""'{a,"b \\"c\\\\",NULL,"NULL",""}'::text[]""", "22", 'a;b "c\\;null;NULL;'),
    ("'{x,y}'::varchar[]", "22", "x;y"), ("'1 year 2 mons 3 days 04:05:06.7'::interval", "23", "14m 3d 14706700000us"),
    ("'2024-02-29'::date", "9", "2024-2-29"), ("7", "3", "7"), ("'t'::text", "7", "t"), ("NULL::uuid", "13", "null"),
]  # fmt: skip


def test_fourth_version(app, server):
    host = app(component="postgres-4")
    for expression, kind, written in TYPES_4:
        assert said(host, server.url, f"query SELECT {expression} AS v") == [kind, written], expression
        # the value as a parameter is the value that it was
        lines = said(host, server.url, f"query SELECT {expression} AS v", f"echo SELECT $1 IS NOT DISTINCT FROM {expression}")
        assert lines[-1] == "true", (expression, lines)
    assert said(host, server.url, "query SELECT 'empty'::int4range AS e, '{{1,2}}'::int4[] AS a, '{}'::json AS j, '10.0.0.1'::inet AS i") == [
        "16|19|json|inet", "? 1|? 44|? 2|? 8",
    ]  # fmt: skip
    assert said(host, server.url, "execute CREATE TEMP TABLE n (k int PRIMARY KEY)", "execute INSERT INTO n VALUES (1), (2)") == ["ok 0", "ok 2"]


def test_roots_of_a_connection(app, server):
    host = app("--workers", "1", component="postgres-4")
    ssl = "query SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    named = server.url.replace("127.0.0.1", "localhost")

    def trusting(roots: str, address: str) -> str:
        return said(host, address, roots + ssl, path=f"/?roots={len(roots)}")[-1]

    certificate = (server.folder / "server.crt").read_text()
    assert trusting(certificate, named) == "true"
    assert trusting(certificate, named + "?sslmode=verify-full") == "true"
    assert trusting(certificate, named + "?sslmode=disable") == "false"
    assert "does not match host name" in trusting(certificate, server.url)
    # no other connection is believed for that
    assert said(host, named + "?sslmode=require", ssl)[0].startswith("error connection-failed text=")
    other = "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n"
    assert trusting(other, named) == "error connection-failed text=the certificates given cannot be read"
    assert trusting("no certificate\n", named) == "error other text=the certificate is not in PEM form, or too large"


@pytest.mark.parametrize("version", ["4.0.0", "4.2.0"])
def test_neighbours_of_the_fourth_version(start, guest, tmp_path, server, version):
    component = tmp_path / "neighbour.wasm"
    component.write_bytes(Path(guest("postgres-4")).read_bytes().replace(b"postgres@4.1.0", b"postgres@" + version.encode()))
    (tmp_path / "spin.toml").write_text(MANIFEST.format(source=component, hosts='"postgres://127.0.0.1:*"'))
    assert said(start("up", cwd=tmp_path), server.url, "query SELECT 1 AS one") == ["3", "1"]


def test_errors_of_the_fourth_version(app, server):
    host = app(component="postgres-4")
    line = said(host, server.url, "execute CREATE TEMP TABLE n (k int PRIMARY KEY)", "execute INSERT INTO n VALUES (1), (1)")[-1]
    assert line.startswith(
        'error query-failed severity=ERROR code=23505 message=duplicate key value violates unique constraint "n_pkey" '
        "detail=Key (k)=(1) already exists. "
    )
    assert " table:n " in line and line.endswith("constraint:n_pkey")
    assert said(host, server.url, "query SELEC 1") == [
        'error query-failed severity=ERROR code=42601 message=syntax error at or near "SELEC" position:1'
    ]
    assert said(host, "postgres://example.com/")[0].startswith("error connection-failed text=address ")
    assert said(host, server.url, "query SELECT 'infinity'::date")[0].startswith("error value-conversion-failed text=")
