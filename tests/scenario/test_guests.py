"""Components of several languages under `withy serve`."""

import concurrent.futures
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

# Seconds that the first answer of a large component may take: its code is compiled before, unless the cache has it.
COMPILING = 300


@pytest.fixture(scope="module")
def origin():
    """A server for guests to call: /echo, /slow, /status/N."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            if self.headers.get("transfer-encoding") == "chunked":
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            status = int(self.path.rsplit("/", 1)[1]) if self.path.startswith("/status/") else 200
            content = b"%s %s %s" % (self.command.encode(), self.path.encode(), body)
            if self.path == "/big":
                content = b"z" * 20000000
            self.send_response(status)
            self.send_header("content-type", "text/x-origin")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


def test_composed_pair(serve):
    host = serve("composed")
    assert host.ask("/").text == (
        "vase 120 EUR rare fragile signed #glas #grün grams 1500\nrock 3 EUR common heavy #stone #grün\n"
    )
    assert host.ask("/find?name=rock").text == "rock 3 EUR common heavy #stone #grün\n"
    assert host.ask("/find?name=moon").text == "sold out\n"
    assert host.ask("/find?name=").text == "limit 200 -5000000000\n"
    assert host.ask("/find?name=zebra").text == "unknown zebra\n"
    assert host.ask("/mirror").text == "same\n"
    assert host.ask("/baskets").text == (
        "alive 2\nholds 1\nholds 1\nholds 2\nholds 3\nlimit 3 9\nAnn's basket holds 4 for 129\nalive 1\nalive 0\n"
    )


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("hello", ["/"]),
        ("echo", ["/", "/upper", "/count"]),
        ("composed", ["/", "/find?name=vase", "/mirror", "/baskets", "/gone"]),
        ("faults", ["/status?code=201", "/trap", "/handle", "/error", "/child?of=incoming-body", "/recurse"]),
        ("hello-rs", ["/", "/count", "/panic"]),
        ("handler-js", ["/"]),
    ],
)
def test_nothing_tells_whether_shims_were_eliminated(start, guest, name, paths):
    answers = []
    for flags in ((), ("--keep-shims",)):
        host = start("serve", guest(name), *flags)
        each = [host.ask(path, "POST", body=b"some words", timeout=COMPILING) for path in paths]
        answers.append([(answer.status, answer.body) for answer in each])
        host.end()
    assert answers[0] == answers[1]


def test_fresh_instance_for_each_request(serve):
    host = serve("faults")
    assert [host.ask("/calls").text for _ in range(5)] == ["1\n"] * 5


def test_reused_instances(start, guest):
    host = start("serve", guest("faults"), "--reuse", "3", "--workers", "1")
    assert [host.ask("/calls").text for _ in range(7)] == ["1\n", "2\n", "3\n"] * 2 + ["1\n"]


def test_instance_that_trapped_is_not_reused(start, guest):
    host = start("serve", guest("faults"), "--reuse", "100", "--workers", "1")
    assert [host.ask("/calls").text for _ in range(2)] == ["1\n", "2\n"]
    assert host.ask("/trap").status == 500
    assert host.ask("/calls").text == "1\n"


def test_environment(start, guest, tmp_path):
    host = start("serve", guest("faults"), "--env", "ONE=1", "--env", "TWO=a=b", env={"SECRET": "s"})
    assert sorted(host.ask("/env").text.splitlines()) == ["ONE=1", "TWO=a=b"]


def test_output_of_the_guest(serve):
    host = serve("faults")
    assert host.ask("/log?text=something").status == 200
    host.wait_for_log("out: something")
    host.wait_for_log("err: something")


def test_clocks_and_random(serve):
    host = serve("faults")
    assert abs(int(host.ask("/clock").text) - time.time()) < 5
    assert re.fullmatch(r"slept (\d+) ms\n", host.ask("/sleep?ms=60").text)
    values = {host.ask("/random?bytes=16").body for _ in range(20)}
    assert len(values) == 20 and all(len(value) == 16 for value in values)


def test_outgoing_request(serve, origin):
    host = serve("proxy")
    answer = host.ask("/", headers=[("x-url", f"http://{origin}/some/path?q=1")])
    assert answer.text == "GET /some/path?q=1 "
    assert answer.header("content-type") == "text/x-origin"
    assert host.ask(f"/?url={origin}/status/404").status == 404
    sent = host.ask(f"/?url={origin}/echo", "POST", body=b"q" * 100000)
    assert sent.body == b"POST /echo " + b"q" * 100000
    assert host.ask(f"/?url={origin}/big").body == b"z" * 20000000


def test_outgoing_request_that_fails(serve):
    host = serve("proxy")
    assert host.ask("/?url=127.0.0.1:1/").status == 502
    assert host.ask("/?url=no-such-name.invalid/").status == 502


def test_outgoing_requests_at_once(serve, origin):
    host = serve("proxy")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: host.ask(f"/?url={origin}/echo/{n}"), range(100)))
    assert [answer.text for answer in answers] == [f"GET /echo/{n} " for n in range(100)]


def test_rust(serve):
    host = serve("hello-rs")
    assert host.ask("/some/where").text == "Hello from Rust at /some/where\n"
    assert host.ask("/", "POST", body=b"shout").text == "SHOUT"
    assert host.ask("/fail").status == 500
    assert host.ask("/panic").status == 500
    host.wait_for_log("on purpose")
    assert host.ask("/").status == 200


def test_javascript(serve, origin):
    host = serve("hello-js")
    assert host.ask("/", timeout=COMPILING).text == "Hello from JavaScript\n"
    answer = host.ask("/json?a=1&b=2", "POST", [("x-one", "1")], b"a body")
    seen = json.loads(answer.text)
    assert seen["method"] == "POST" and seen["query"] == {"a": "1", "b": "2"}
    assert seen["headers"]["x-one"] == "1" and seen["body"] == "a body"
    assert host.ask("/stream?parts=4").text == "part 1\npart 2\npart 3\npart 4\n"
    body = bytes(range(256)) * 2000
    assert host.ask("/echo", "POST", body=body).body == body
    assert host.ask(f"/fetch?url=http://{origin}/from/js").text == "GET /from/js "
    assert host.ask("/random").text != host.ask("/random").text
    assert host.ask("/throw").status == 500
    host.wait_for_log("on purpose")


def test_javascript_at_once(serve):
    host = serve("hello-js")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(host.ask, ["/", "/stream?parts=2"] * 50))
    assert {answer.status for answer in answers} == {200}


def test_python(serve):
    """Its SDK imports nearly all of Spin's interfaces, whatever the program uses."""
    host = serve("hello-py")
    assert host.ask("/", timeout=COMPILING).text == "Hello from Python\n"
    assert host.ask("/", "POST", body=b"shout").text == "SHOUT"
    assert host.ask("/raise").status == 500
