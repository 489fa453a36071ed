"""Bodies of any size pass through without being gathered: streaming and back-pressure."""

import threading
import time

import pytest


def rss_of(pid: int) -> int:
    """Resident bytes of a process."""
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


@pytest.mark.parametrize("path", ["/", "/splice"])
def test_response_begins_before_the_request_ends(serve, path):
    with serve("echo").open() as wire:
        wire.send(f"POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n")
        assert wire.head().status == 200
        for part in [b"first", b"second", b"third"]:
            wire.send(b"%x\r\n%s\r\n" % (len(part), part))
            got = b""
            while len(got) < len(part):
                got += wire.chunk()
            assert got == part
        wire.send("0\r\n\r\n")
        assert wire.chunk() == b""


@pytest.mark.parametrize("path", ["/", "/splice"])
def test_megabytes_come_back_while_they_are_sent(serve, path):
    block = bytes(range(256)) * 1024
    blocks = 128
    with serve("echo").open() as wire:
        wire.request("POST", path, [("content-length", str(len(block) * blocks))])
        sender = threading.Thread(target=lambda: [wire.send(block) for _ in range(blocks)])
        sender.start()
        answer = wire.answer()
        sender.join()
    assert answer.complete
    assert answer.body == block * blocks


def test_client_that_does_not_read_stops_the_one_that_sends(start, guest):
    host = start("serve", guest("echo"), "--workers", "1")
    block = b"x" * 65536
    total = 256 << 20
    sent = 0
    with host.open(receive_buffer=65536, timeout=2) as wire:
        wire.request("POST", "/", [("content-length", str(total))])
        with pytest.raises(TimeoutError):
            while sent < total:
                sent += wire.socket.send(block)
        assert sent < 64 << 20
        workers = host.children() or [host.process.pid]
        assert max(rss_of(pid) for pid in workers) < 300 << 20
        other = host.ask("/upper", "POST", body=b"meanwhile")
        assert other.body == b"MEANWHILE"


def test_upload_is_not_gathered(start, guest):
    host = start("serve", guest("echo"), "--workers", "1")
    size = 200 << 20
    block = b"y" * (1 << 20)
    with host.open(timeout=60) as wire:
        wire.request("POST", "/count", [("content-length", str(size))])
        for _ in range(size // len(block)):
            wire.send(block)
        assert wire.answer().body == str(size).encode()
    workers = host.children() or [host.process.pid]
    assert max(rss_of(pid) for pid in workers) < 150 << 20


def test_large_download(serve):
    answer = serve("faults").ask("/big?bytes=50000000")
    assert len(answer.body) == 50000000
    assert answer.body == b"0123456789" * 5000000


def test_parts_come_as_they_are_written(serve):
    begin = time.monotonic()
    with serve("faults").open() as wire:
        wire.request("GET", "/big?bytes=64000&pause=100")
        wire.head()
        first = wire.chunk()
        assert first and time.monotonic() - begin < 0.3
        total = len(first)
        while part := wire.chunk():
            total += len(part)
        assert total == 64000
        assert time.monotonic() - begin >= 0.4


def test_client_that_goes_away_ends_the_guest(start, guest):
    host = start("serve", guest("faults"), "--workers", "1")
    with host.open() as wire:
        wire.request("GET", "/big?bytes=2000000000")
        wire.head()
    time.sleep(0.5)
    pids = host.children() or [host.process.pid]
    before = sum(cpu_of(pid) for pid in pids)
    time.sleep(0.5)
    assert sum(cpu_of(pid) for pid in pids) - before < 0.25
    assert host.ask("/status?code=200").status == 200


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    with open(f"/proc/{pid}/stat") as stat:
        numbers = stat.read().rsplit(")", 1)[1].split()
    return (int(numbers[11]) + int(numbers[12])) / 100
