"""SQLite databases of applications: every kind of value, errors, transactions, deadlines, limits, several workers."""

import concurrent.futures
import sqlite3
import time
from pathlib import Path

import pytest

MANIFEST = """
spin_manifest_version = 2
[application]
name = "sql"
[[trigger.http]]
route = "/..."
component = "sql"
[component.sql]
source = "{sqlite}"
sqlite_databases = ["default"]
"""


@pytest.fixture
def app(start, guest, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(sqlite=guest("sqlite")))
    return lambda *args, **options: start("up", *args, cwd=tmp_path, **options)


def said(host, *statements: str, path: str = "/", timeout: float = 60) -> list[str]:
    answer = host.ask(path, "POST", [], "\n".join(statements).encode(), timeout)
    assert answer.status == 200, host.log
    return answer.text.splitlines()


def test_values(app):
    host = app()
    assert said(host, "CREATE TABLE v (i INTEGER, r REAL, t TEXT, b BLOB, n)") == ["ok"]
    assert said(host, "INSERT INTO v VALUES (?, ?, ?, ?, ?)\ti:-9223372036854775807\tr:-1500\tt:grün\tb:\x01\x02\tn:") == ["ok"]
    assert said(host, "INSERT INTO v VALUES (?1, ?2, ?3, ?4, NULL)\ti:0\tr:0\tt:\tb:") == ["ok"]
    assert said(host, "SELECT i, r, t, b, n AS none FROM v ORDER BY rowid") == [
        "i|r|t|b|none",
        "i:-9223372036854775807|r:-1500|t:grün|b:\x01\x02|n:",
        "i:0|r:0|t:|b:|n:",
    ]
    assert said(host, "SELECT typeof(t), typeof(b), typeof(?) FROM v LIMIT 1\tb:x")[1] == "t:text|t:blob|t:blob"
    assert said(host, "SELECT i FROM v WHERE i > ?\ti:5") == ["i"]
    assert said(host, "INSERT INTO v (i) VALUES (7) RETURNING i, i + 1 AS more") == ["i|more", "i:7|i:8"]


def test_errors(app):
    host = app()
    assert said(host, "SELEC 1") == ['error io near "SELEC": syntax error']
    assert said(host, "SELECT * FROM absent") == ["error io no such table: absent"]
    assert said(host, "SELECT ?, ?\ti:1") == ["error io the statement has 2 parameters, and 1 were given"]
    assert said(host, "SELECT 1; SELECT 2") == ["error io more than one statement; execute them one by one"]
    assert said(host, "SELECT 1 AS one ; -- and a remark") == ["one", "i:1"]
    assert said(host, "-- only a remark") == ["ok"]
    assert said(host, "CREATE TABLE u (k INTEGER PRIMARY KEY)", "INSERT INTO u VALUES (1)", "INSERT INTO u VALUES (1)") == [
        "ok", "ok", "error io UNIQUE constraint failed: u.k",
    ]
    assert said(host, "SELECT CAST(x'ff41' AS TEXT) AS t") == ["error io the text in column 't' is not valid UTF-8"]
    assert said(host, "PRAGMA foreign_keys") == ["foreign_keys", "i:1"]


def test_columns_whose_name_is_no_text(app, tmp_path):
    host = app()
    said(host, "CREATE TABLE odd (xyz)")
    host.stop()
    with sqlite3.connect(tmp_path / ".spin" / "sqlite_db.db") as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = CAST(x'435245415445205441424c45206f646420287879ff29' AS TEXT) WHERE name = 'odd'")
    db.close()
    assert said(app(), "INSERT INTO odd VALUES (1)", "SELECT * FROM odd")[-2:] == ["xy?", "i:1"]


def test_statements_that_come_again(app):
    """What was prepared before is tried at once, and done anew where it takes longer than it may then."""
    host = app("--workers", "1")
    assert said(host, "CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT, b BLOB)") == ["ok"]
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
    for limit in [10, 300_000, 20, 300_000]:
        assert said(host, count + f"SELECT count(*) AS c FROM n\ti:{limit}") == ["c", f"i:{limit}"]
    fill = count + "INSERT INTO t (v) SELECT 'value ' || i FROM n RETURNING k"
    assert [len(said(host, fill + f"\ti:{limit}")) for limit in [3, 50_000, 3]] == [4, 50_001, 4]
    assert said(host, "SELECT count(*) AS c, min(k) AS a, max(k) AS z FROM t") == ["c|a|z", "i:50006|i:1|i:50006"]
    big = ["UPDATE t SET b = zeroblob(?) WHERE k = 1\ti:1000000", "SELECT length(hex(b)) AS n FROM t WHERE k = ?\ti:1"]
    for _ in range(3):
        assert said(host, *big) == ["ok", "n", "i:2000000"]
    for _ in range(2):
        assert said(host, "INSERT OR FAIL INTO t (k) VALUES (?), (?)\ti:60000\ti:1", "DELETE FROM t WHERE k = ?\ti:60000") == [
            "error io UNIQUE constraint failed: t.k", "ok",
        ]
    for _ in range(2):
        assert said(host, "BEGIN", "DELETE FROM t WHERE k = ?\ti:5", "SELECT k FROM t WHERE k IN (?, 6)\ti:5", "ROLLBACK") == [
            "ok", "ok", "k", "i:6", "ok",
        ]
    assert said(host, "SELECT k FROM t WHERE k IN (?, 6)\ti:5") == ["k", "i:5", "i:6"]


def test_short_statements_while_another_connection_writes(app, tmp_path):
    host = app("--workers", "1")
    assert said(host, "CREATE TABLE t (k INTEGER)", "INSERT INTO t VALUES (?)\ti:1") == ["ok", "ok"]
    other = sqlite3.connect(tmp_path / ".spin/sqlite_db.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waits = pool.submit(said, host, "INSERT INTO t VALUES (?)\ti:2")
        time.sleep(0.1)
        assert said(host, "SELECT k FROM t WHERE k > ?\ti:0") == ["k", "i:1"]
        assert not waits.done()
        other.execute("COMMIT")
        assert waits.result(30) == ["ok"]
    for number in range(1500):
        assert said(host, f"INSERT INTO t VALUES (?)\ti:{number}") == ["ok"]
    assert said(host, "SELECT count(*) AS c FROM t") == ["c", "i:1502"]
    assert (tmp_path / ".spin/sqlite_db.db-wal").stat().st_size < 1_500 * 4_200


def test_databases_that_are_not_the_components(app, start, guest, tmp_path):
    host = app()
    assert said(host, "SELECT 1", path="/?db=other") == ["error access-denied"]
    host.stop()
    manifest = tmp_path / "spin.toml"
    manifest.write_text(manifest.read_text().replace('sqlite_databases = ["default"]', ""))
    assert said(app(), "SELECT 1") == ["error access-denied"]


def test_label_that_is_not_configured(command, guest, tmp_path):
    text = MANIFEST.format(sqlite=guest("sqlite")).replace('["default"]', '["default", "shop"]')
    (tmp_path / "spin.toml").write_text(text)
    done = command("up", "--listen", "127.0.0.1:0", cwd=tmp_path, timeout=30)
    assert done.returncode != 0
    assert "[sqlite_database.shop]" in done.stderr


def test_data_is_in_spins_file_and_survives(app, tmp_path):
    host = app()
    said(host, "CREATE TABLE t (x)", "INSERT INTO t VALUES ('kept')")
    host.kill()
    file = tmp_path / ".spin" / "sqlite_db.db"
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT x FROM t").fetchall() == [("kept",)]
        db.execute("INSERT INTO t VALUES ('more')")
    db.close()
    assert said(app(), "SELECT x FROM t") == ["x", "t:kept", "t:more"]


def test_in_memory(app, tmp_path):
    host = app("--state-dir", "", "--workers", "2")
    host.wait_for_workers(2)
    said(host, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)")
    assert {tuple(said(host, "SELECT x FROM t")) for _ in range(10)} == {("x", "i:1")}
    host.stop()
    assert not (tmp_path / ".spin" / "sqlite_db.db").exists()
    assert said(app("--state-dir", ""), "SELECT x FROM t")[0].startswith("error io no such table")


def test_a_transaction_ends_with_its_request(app):
    host = app("--workers", "1")
    said(host, "CREATE TABLE t (x)")
    assert said(host, "BEGIN", "INSERT INTO t VALUES (1)", "SELECT count(*) AS n FROM t") == ["ok", "ok", "n", "i:1"]
    assert said(host, "SELECT count(*) AS n FROM t") == ["n", "i:0"]
    assert said(host, "BEGIN", "INSERT INTO t VALUES (1)", "COMMIT", "SELECT last_insert_rowid() AS r") == ["ok", "ok", "ok", "r", "i:1"]
    assert said(host, "SELECT count(*) AS n, last_insert_rowid() AS r FROM t") == ["n|r", "i:1|i:0"]


def test_a_connection_is_as_new(app):
    host = app("--workers", "1")
    said(host, "CREATE TEMP TABLE mine (x)", "INSERT INTO mine VALUES (1)")
    assert said(host, "SELECT * FROM mine")[0].startswith("error io no such table")
    said(host, "PRAGMA foreign_keys = OFF")
    assert said(host, "PRAGMA foreign_keys") == ["foreign_keys", "i:1"]


def test_other_files_are_out_of_reach(app, tmp_path):
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE secret (x)").connection.close()
    before = other.stat().st_mtime_ns
    host = app()
    for statement in [f"ATTACH '{other}' AS o", f"ATTACH '{other}' || '' AS o", f"VACUUM INTO '{tmp_path}/copy.db'",
                      "SELECT load_extension('x')", "PRAGMA hard_heap_limit = 1", "PRAGMA temp_store_directory = '/'",
                      "SELECT readfile('/etc/passwd')", "ATTACH ':memory:' AS m"]:
        assert said(host, statement)[0].startswith("error io "), statement
    assert "allow_attach_file" in said(host, f"ATTACH '{other}' AS o")[0]
    assert said(host, "VACUUM") == ["ok"]
    assert not (tmp_path / "copy.db").exists() and other.stat().st_mtime_ns == before


def test_deadline(app):
    host = app("--workers", "1", "--timeout", "300")
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: host.ask("/", "POST", [], endless.encode()), range(8)))
    assert time.monotonic() - begin < 5
    assert not any(answer.complete or answer.body for answer in answers)
    assert said(host, "SELECT 1 AS one") == ["one", "i:1"]


def test_deadline_while_another_writes(app, tmp_path):
    host = app("--workers", "1", "--timeout", "300")
    said(host, "CREATE TABLE t (x)")
    with sqlite3.connect(tmp_path / ".spin" / "sqlite_db.db", isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        assert not host.ask("/", "POST", [], b"INSERT INTO t VALUES (1)").complete
        assert said(host, "SELECT count(*) AS n FROM t") == ["n", "i:0"]
        db.execute("ROLLBACK")
    db.close()
    assert said(host, "INSERT INTO t VALUES (2)") == ["ok"]
    assert said(host, "SELECT x FROM t") == ["x", "i:2"]


def test_large_results(app):
    host = app("--workers", "1")
    series = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {}) SELECT {} FROM n"
    assert said(host, series.format(100000, "x, x * 2"), path="/?count=1") == ["100000 rows, 1600000 bytes"]
    assert said(host, "SELECT zeroblob(100000000)", path="/?count=1") == ["1 rows, 100000000 bytes"]
    assert "134217728 bytes" in said(host, series.format(3, "zeroblob(60000000)"), path="/?count=1")[0]
    assert said(host, "SELECT zeroblob(200000000)") == ["error io string or blob too big"]
    assert said(host, "SELECT 1 AS one") == ["one", "i:1"]


def test_workers_write_together(app):
    host = app("--workers", "2")
    host.wait_for_workers(2)
    said(host, "CREATE TABLE n (x INTEGER)", "INSERT INTO n VALUES (0)")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda _: said(host, "UPDATE n SET x = x + 1 RETURNING x")[1], range(300)))
    assert sorted(int(text[2:]) for text in seen) == list(range(1, 301))


def test_the_file_is_replaced_while_it_is_open(app, tmp_path):
    host = app("--workers", "1")
    said(host, "CREATE TABLE t (x)")
    for name in ("sqlite_db.db", "sqlite_db.db-wal", "sqlite_db.db-shm"):
        (tmp_path / ".spin" / name).unlink(missing_ok=True)
    assert said(host, "SELECT * FROM t")[0].startswith("error io no such table")
    assert said(host, "CREATE TABLE t (x)") == ["ok"]


def test_a_file_that_is_no_database(app, tmp_path):
    (tmp_path / ".spin").mkdir()
    (tmp_path / ".spin" / "sqlite_db.db").write_bytes(b"no database at all\n" * 100)
    assert said(app(), "SELECT 1")[0].endswith("file is not a database")


def test_statements_before_the_start(app, tmp_path):
    (tmp_path / "make.sql").write_text("CREATE TABLE t (x);\nINSERT INTO t VALUES ('from a file');\n")
    host = app("--sqlite", "@make.sql", "--sqlite", "INSERT INTO t VALUES ('given'); INSERT INTO t VALUES ('too')")
    assert said(host, "SELECT x FROM t") == ["x", "t:from a file", "t:given", "t:too"]


@pytest.mark.parametrize(
    ("flag", "text"), [("SELEC", "syntax error"), ("@absent.sql", "absent.sql"), ("@spin.toml:shop", "'shop' is not configured")]
)
def test_statements_before_the_start_that_fail(command, guest, tmp_path, flag, text):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(sqlite=guest("sqlite")))
    done = command("up", "--listen", "127.0.0.1:0", "--sqlite", flag, cwd=tmp_path, timeout=30)
    assert done.returncode != 0
    assert text in done.stderr and f"--sqlite {flag}" in done.stderr


@pytest.fixture
def of_version(start, guest, tmp_path):
    def begin(version: int, *args):
        (tmp_path / "spin.toml").write_text(MANIFEST.format(sqlite=guest(f"sqlite-{version}")))
        return start("up", "--workers", "1", *args, cwd=tmp_path)

    return begin


def test_first_version(of_version):
    host = of_version(1)
    assert said(host, "CREATE TABLE t (i, r, t, b, n)", "INSERT INTO t VALUES (?, ?, ?, ?, ?)\ti:7\tr:1500\tt:grün\tb:xy\tn:") == ["ok", "ok"]
    assert said(host, "SELECT * FROM t") == ["i|r|t|b|n", "i:7|r:1500|t:grün|b:xy|n:"]
    assert said(host, "SELEC") == ['error io near "SELEC": syntax error']
    assert said(host, "SELECT 1", path="/?db=other") == ["error access-denied"]
    assert said(host, "SELECT 1 AS one", path="/?stale=1") == ["one", "i:1", "error invalid-connection"]
    # what is left open ends with the instance
    assert said(host, "BEGIN", "DELETE FROM t", path="/?keep=1") == ["ok", "ok"]
    assert said(host, "SELECT count(*) AS n FROM t") == ["n", "i:1"]


def test_third_version(of_version):
    host = of_version(3)
    assert said(
        host, "CREATE TABLE t (x)", "INSERT INTO t VALUES (?)\ti:5", "INSERT INTO t VALUES (6), (7)", "UPDATE t SET x = x + 1", "SELECT x FROM t",
    ) == ["ok 0 0", "ok 1 1", "ok 2 3", "ok 3 3", "x", "i:6", "i:7", "i:8"]  # fmt: skip
    assert said(host, "SELECT 1", path="/?db=other") == ["error access-denied"]


def test_the_synchronous_part_of_a_later_version(start, guest, tmp_path):
    component = tmp_path / "later.wasm"
    component.write_bytes(Path(guest("sqlite-3")).read_bytes().replace(b"sqlite@3.0.0", b"sqlite@3.1.0"))
    (tmp_path / "spin.toml").write_text(MANIFEST.format(sqlite=component))
    assert said(start("up", cwd=tmp_path), "SELECT 1 AS one") == ["one", "i:1"]


def test_as_many_connections_as_there_may_be(app):
    host = app("--workers", "1")
    assert said(host, "SELECT 1 AS one", path="/?more=255") == ["one", "i:1"]
    assert said(host, "SELECT 1 AS one", path="/?more=256") == ["error io too many open connections", "one", "i:1"]


def test_labels_of_the_runtime_configuration(app, tmp_path):
    manifest = tmp_path / "spin.toml"
    manifest.write_text(manifest.read_text().replace('["default"]', '["default", "shop", "memory"]'))
    (tmp_path / "runtime.toml").write_text(
        '[sqlite_database.shop]\ntype = "spin"\npath = "data/shop.db"\nallow_attach_file = true\n'
        '[sqlite_database.memory]\ntype = "spin"\n[sqlite_database.other]\ntype = "spin"\n'
    )
    (tmp_path / "shop.sql").write_text("CREATE TABLE t (x); INSERT INTO t VALUES ('shop')")
    host = app("--runtime-config-file", "runtime.toml", "--sqlite", "@shop.sql:shop", "--workers", "2")
    host.wait_for_workers(2)
    assert said(host, "SELECT x FROM t", path="/?db=shop") == ["x", "t:shop"]
    assert said(host, "CREATE TABLE t (x)", "INSERT INTO t VALUES ('memory')", path="/?db=memory") == ["ok", "ok"]
    assert {tuple(said(host, "SELECT x FROM t", path="/?db=memory")) for _ in range(10)} == {("x", "t:memory")}
    assert said(host, "SELECT x FROM t") == ["error io no such table: t"]
    assert said(host, "SELECT 1", path="/?db=other") == ["error access-denied"]
    assert said(host, f"ATTACH '{tmp_path}/.spin/sqlite_db.db' AS other", path="/?db=shop") == ["ok"]
    with sqlite3.connect(tmp_path / "data" / "shop.db") as db:
        assert db.execute("SELECT x FROM t").fetchall() == [("shop",)]
    db.close()


def test_serve_has_a_default_database(start, guest, tmp_path):
    host = start("serve", guest("sqlite"), cwd=tmp_path)
    assert said(host, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)", "SELECT x FROM t") == ["ok", "ok", "x", "i:1"]
