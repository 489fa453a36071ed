"""Limits that a client or a guest can reach: what is beyond gets an answer that says so, memory stays bounded, and the
others are served."""

import concurrent.futures
import threading
import time

import pytest

from test_streams import rss_of

MIB = 1 << 20


def worker_of(host) -> int:
    return (host.children() or [host.process.pid])[0]


@pytest.fixture
def alone(start, guest):
    """alone("faults"): one worker, to be measured."""

    def begin(name: str, *args: str):
        return start("serve", guest(name), "--workers", "1", *args)

    return begin


class Peak:
    """The most resident memory that a process has while the block runs."""

    def __init__(self, pid: int):
        self.pid, self.bytes, self.over = pid, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self) -> None:
        while not self.over.wait(0.02):
            self.bytes = max(self.bytes, rss_of(self.pid))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.bytes = max(self.bytes, rss_of(self.pid))


def test_handles(alone, sanitized):
    """A guest that makes handles for ever meets the limit without a deadline, and what it held is given back."""
    host = alone("faults")
    with Peak(worker_of(host)) as peak:
        assert host.ask("/handles", timeout=120).status == 500
    host.wait_for_log("handle table is full (1000000 handles)")
    host.wait_for_log("fault_handles")
    assert sanitized or peak.bytes < 900 * MIB, peak.bytes // MIB
    assert host.ask("/status?code=200").status == 200


def test_instances(alone):
    """More requests at once than instances: the rest is told to come again, and may."""
    host = alone("faults", "--max-instances", "16")
    with concurrent.futures.ThreadPoolExecutor(48) as pool:
        answers = list(pool.map(lambda _: host.ask("/sleep?ms=1500"), range(48)))
    served = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status == 503]
    assert len(served) + len(refused) == 48
    assert 16 <= len(served) < 48 and refused
    assert all(answer.header("retry-after") for answer in refused)
    for _ in range(20):
        assert host.ask("/status?code=200").status == 200


def test_memory_of_all_instances_is_given_back(alone, sanitized):
    host = alone("faults", "--max-memory", str(64 * MIB))
    sizes = []
    for _ in range(4):
        for _ in range(10):
            assert host.ask("/grow", timeout=60).status == 500
        sizes.append(rss_of(worker_of(host)))
    assert host.ask("/status?code=200").status == 200
    assert sanitized or sizes[-1] < 400 * MIB, sizes
    assert sizes[-1] < sizes[1] + 64 * MIB, sizes


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("x-big", "v" * 60_000)], 200),
        ([("x-big", "v" * 70_000)], 431),
        ([(f"x-{at}", "v") for at in range(250)], 200),
        ([(f"x-{at}", "v") for at in range(300)], 431),
    ],
)
def test_headers(serve, headers, status):
    host = serve("faults")
    assert host.ask("/status?code=200", headers=headers).status == status


def test_request_line(serve):
    host = serve("faults")
    assert host.ask("/status?code=200&x=" + "y" * 60_000).status == 200
    assert host.ask("/status?code=200&x=" + "y" * 70_000).status in (414, 431)


def test_heads_that_never_end_take_little(alone, sanitized):
    host = alone("faults")
    wires = []
    with Peak(worker_of(host)) as peak:
        for _ in range(200):
            wire = host.open()
            wire.send("GET / HTTP/1.1\r\nhost: test\r\n" + "".join(f"x-{at}: {'v' * 200}\r\n" for at in range(250)))
            wires.append(wire)
        assert host.ask("/status?code=200").status == 200
    for wire in wires:
        wire.socket.close()
    assert sanitized or peak.bytes < 200 * MIB, peak.bytes // MIB


def test_pipelined_requests_wait_for_the_answers(alone, sanitized):
    """Requests ahead of their answers: reading stops."""
    host = alone("faults")
    request = b"GET /sleep?ms=20 HTTP/1.1\r\nhost: test\r\n\r\n" * 1000
    sent = 0
    with Peak(worker_of(host)) as peak, host.open(timeout=1) as wire:
        with pytest.raises(TimeoutError):
            while sent < 100 * MIB:
                sent += wire.socket.send(request)
    assert sanitized or peak.bytes < 150 * MIB, peak.bytes // MIB
    assert host.ask("/status?code=200").status == 200


def test_gigabyte_upload(alone, sanitized):
    host = alone("echo")
    size, block = 1 << 30, b"z" * (4 * MIB)
    with Peak(worker_of(host)) as peak, host.open(timeout=120) as wire:
        wire.request("POST", "/count", [("content-length", str(size))])
        for _ in range(size // len(block)):
            wire.send(block)
        assert wire.answer().body == str(size).encode()
    assert sanitized or peak.bytes < 120 * MIB, peak.bytes // MIB


def test_slow_reader_of_an_echo(alone, sanitized):
    """Who reads slowly slows the sending side of the same request, and nothing is gathered between."""
    host = alone("echo")
    size, block = 1 << 30, b"e" * MIB
    with Peak(worker_of(host)) as peak, host.open(timeout=60, receive_buffer=262144) as wire:
        wire.request("POST", "/", [("content-length", str(size))])
        sent = 0

        def send():
            nonlocal sent
            try:
                while sent < size:
                    sent += wire.socket.send(block)
            except OSError:
                pass  # the test is over

        sender = threading.Thread(target=send)
        sender.start()
        assert wire.head().status == 200
        got = 0
        for _ in range(40):
            got += len(wire.chunk())
            time.sleep(0.05)
        assert got > 0 and sent < 100 * MIB
        assert host.ask("/upper", "POST", body=b"meanwhile").body == b"MEANWHILE"
        wire.socket.shutdown(2)
        sender.join()
    assert sanitized or peak.bytes < 120 * MIB, peak.bytes // MIB


def test_readers_that_read_nothing(alone, sanitized):
    host = alone("faults")
    wires = []
    with Peak(worker_of(host)) as peak:
        for _ in range(50):
            wire = host.open(receive_buffer=65536)
            wire.request("GET", "/big?bytes=2000000000")
            wires.append(wire)
        time.sleep(1)
        assert host.ask("/status?code=200").status == 200
    for wire in wires:
        wire.socket.close()
    assert sanitized or peak.bytes < 300 * MIB, peak.bytes // MIB


def test_many_at_once_that_start_on_two_stacks(start, guest):
    """A start function that nothing eliminates runs on a stack of its own."""
    host = start("serve", guest("faults"), "--workers", "1", "--keep-shims")
    with concurrent.futures.ThreadPoolExecutor(80) as pool:
        answers = list(pool.map(lambda _: host.ask("/sleep?ms=1500"), range(80)))
    assert {answer.status for answer in answers} == {200}


def test_connections_that_ask_nothing(alone, sanitized):
    host = alone("faults")
    wires = [host.open() for _ in range(400)]
    assert host.ask("/status?code=200").status == 200
    assert sanitized or rss_of(worker_of(host)) < 150 * MIB
    for wire in wires:
        wire.socket.close()
