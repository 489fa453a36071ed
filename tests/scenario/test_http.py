"""HTTP/1.1 as `withy serve` speaks it: framing both ways, connections, methods."""

import json

import pytest

from wire import Closed


def test_hello(serve):
    answer = serve("hello").ask("/")
    assert (answer.status, answer.body) == (200, b"Hello, world!")
    assert answer.header("content-type") == "text/plain"


def test_connection_is_kept_open(serve):
    with serve("hello").open() as wire:
        for _ in range(20):
            wire.request("GET", "/")
            assert wire.answer().body == b"Hello, world!"


def test_connection_is_closed_when_asked(serve):
    with serve("hello").open() as wire:
        wire.request("GET", "/", [("connection", "close")])
        assert wire.answer().body == b"Hello, world!"
        assert wire.rest() == b""


def test_http_1_0_closes_and_does_not_chunk(serve):
    with serve("hello").open() as wire:
        wire.send("GET / HTTP/1.0\r\nhost: test\r\n\r\n")
        raw = wire.rest()
    head, body = raw.split(b"\r\n\r\n", 1)
    assert b"200" in head.split(b"\r\n")[0]
    assert b"chunked" not in head.lower()
    assert body == b"Hello, world!"


def test_pipelined_requests_are_answered_in_order(serve):
    with serve("faults").open() as wire:
        wire.send(
            "GET /sleep?ms=100 HTTP/1.1\r\nhost: test\r\n\r\n"
            "GET /status?code=201 HTTP/1.1\r\nhost: test\r\n\r\n"
            "GET /status?code=202 HTTP/1.1\r\nhost: test\r\n\r\n"
        )
        assert [wire.answer().status for _ in range(3)] == [200, 201, 202]


def test_head_has_no_body(serve):
    with serve("hello").open() as wire:
        wire.request("HEAD", "/")
        answer = wire.answer("HEAD")
        assert (answer.status, answer.body) == (200, b"")
        wire.request("GET", "/")
        assert wire.answer().body == b"Hello, world!"


@pytest.mark.parametrize("code", [200, 201, 204, 304, 400, 404, 418, 500, 503, 599])
def test_status(serve, code):
    with serve("faults").open() as wire:
        wire.request("GET", f"/status?code={code}")
        answer = wire.answer()
        assert answer.status == code
        assert answer.body == (b"" if code in (204, 304) else b"as asked\n")
        wire.request("GET", "/status?code=202")
        assert wire.answer().status == 202


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_request_reaches_the_guest_whole(serve, method):
    host = serve("faults")
    headers = [("x-one", "1"), ("X-Two", "a  b"), ("x-one", "again"), ("x-empty", "")]
    answer = host.ask("/headers?a=b%20c&d", method, headers)
    seen = [json.loads(line) for line in answer.text.splitlines()]
    assert [":method", method] in seen
    assert [":scheme", "http"] in seen
    assert [":authority", "test"] in seen
    assert [":path", "/headers?a=b%20c&d"] in seen
    lowered = [(name.lower(), value) for name, value in seen]
    assert [value for name, value in lowered if name == "x-one"] == ["1", "again"]
    assert ("x-two", "a  b") in lowered
    assert ("x-empty", "") in lowered
    assert not [name for name, _ in lowered if name in ("connection", "transfer-encoding")]


def test_body_with_length_comes_back(serve):
    body = bytes(range(256)) * 4000
    assert serve("echo").ask("/", "POST", body=body).body == body


def test_body_in_chunks_comes_back(serve):
    with serve("echo").open() as wire:
        wire.send("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n")
        for part in [b"one", b"two" * 1000, b"3"]:
            wire.send(b"%x;ext=1\r\n%s\r\n" % (len(part), part))
        wire.send("0\r\n\r\n")
        assert wire.answer().body == b"one" + b"two" * 1000 + b"3"
        wire.request("POST", "/upper", body=b"again")
        assert wire.answer().body == b"AGAIN"


def test_content_length_of_the_guest_is_kept(serve):
    answer = serve("echo").ask("/?length=5", "POST", body=b"12345")
    assert answer.header("content-length") == "5"
    assert answer.header("transfer-encoding") is None
    assert answer.body == b"12345"


def test_trailers_pass_both_ways(serve):
    with serve("echo").open() as wire:
        wire.send(
            "POST / HTTP/1.1\r\nhost: test\r\nte: trailers\r\ntransfer-encoding: chunked\r\n\r\n"
            "3\r\nabc\r\n0\r\nx-sum: 294\r\n\r\n"
        )
        answer = wire.answer()
        assert answer.body == b"abc"
        assert ("x-sum", "294") in [(name.lower(), value) for name, value in answer.trailers]


def test_100_continue_comes_when_the_guest_reads(serve):
    with serve("echo").open() as wire:
        wire.send("POST / HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n")
        assert wire.head().status == 100
        wire.send("body")
        assert wire.answer().body == b"body"


def test_unread_body_does_not_spoil_the_next_request(serve):
    with serve("hello").open() as wire:
        wire.request("POST", "/", body=b"x" * 100000)
        assert wire.answer().body == b"Hello, world!"
        try:
            wire.request("GET", "/")
            assert wire.answer().body == b"Hello, world!"
        except (ConnectionError, Closed):
            pass  # closing the connection is right too


@pytest.mark.parametrize(
    "raw",
    [
        "GARBAGE\r\n\r\n",
        "GET / HTTP/9.9\r\nhost: test\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\nhost: test\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: test\r\nbad header\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_malformed_requests_are_refused(serve, raw):
    host = serve("hello")
    with host.open(timeout=10) as wire:
        wire.send(raw)
        answer = wire.rest()
    assert answer == b"" or answer.split(b" ")[1] in (b"400", b"501", b"505"), answer
    assert host.ask("/").status == 200


def test_head_too_large_is_refused(serve):
    host = serve("hello")
    with host.open(timeout=10) as wire:
        try:
            wire.send("GET / HTTP/1.1\r\nhost: test\r\n")
            for n in range(200):
                wire.send(f"x-{n}: {'v' * 1000}\r\n")
            wire.send("\r\n")
            answer = wire.rest()
            assert answer == b"" or answer.split(b" ")[1] == b"431"
        except ConnectionError:
            pass
    assert host.ask("/").status == 200


def test_request_in_small_pieces(serve):
    with serve("echo").open() as wire:
        for byte in b"POST /upper HTTP/1.1\r\nhost: test\r\ncontent-length: 3\r\n\r\nabc":
            wire.send(bytes([byte]))
        assert wire.answer().body == b"ABC"
