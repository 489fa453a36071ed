"""The supervisor and its worker processes: restart, reload, drain."""

import concurrent.futures
import os
import signal
import threading
import time

import pytest

from wire import Closed


@pytest.fixture
def two(start, guest):
    host = start("serve", guest("faults"), "--workers", "2")
    end = time.monotonic() + 10
    while time.monotonic() < end and len(host.children()) < 2:
        time.sleep(0.02)
    return host


def test_as_many_workers_as_asked_for(two):
    assert len(two.children()) == 2


def test_worker_that_dies_is_replaced(two):
    before = two.children()
    os.kill(before[0], signal.SIGKILL)
    end = time.monotonic() + 10
    while time.monotonic() < end and (len(two.children()) < 2 or before[0] in two.children()):
        time.sleep(0.05)
    after = two.children()
    assert len(after) == 2 and before[0] not in after and before[1] in after
    for _ in range(20):
        assert two.ask("/status?code=200").status == 200


def load(host, until: threading.Event) -> tuple[int, int]:
    """Asks again and again, on a new connection each time: how many were answered, how many were not."""
    good = bad = 0
    while not until.is_set():
        try:
            good += host.ask("/status?code=200").status == 200
        except (OSError, Closed):
            bad += 1
    return good, bad


def under_load(host, act) -> tuple[int, int]:
    until = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(load, host, until) for _ in range(4)]
        time.sleep(0.5)
        act()
        time.sleep(2)
        until.set()
        counts = [future.result() for future in asked]
    return sum(good for good, _ in counts), sum(bad for _, bad in counts)


def test_killing_a_worker_loses_only_its_own_requests(two):
    good, bad = under_load(two, lambda: os.kill(two.children()[0], signal.SIGKILL))
    assert good > 100
    assert bad <= 8


def test_reload_loses_nothing(two):
    before = set(two.children())
    good, bad = under_load(two, lambda: os.kill(two.process.pid, signal.SIGHUP))
    assert good > 100 and bad == 0
    end = time.monotonic() + 10
    while time.monotonic() < end and before & set(two.children()):
        time.sleep(0.05)
    assert len(two.children()) == 2 and not before & set(two.children())


def test_stop_lets_open_requests_finish(two):
    with two.open() as wire:
        wire.request("GET", "/sleep?ms=1000")
        time.sleep(0.3)
        os.kill(two.process.pid, signal.SIGTERM)
        assert wire.answer().text.startswith("slept ")
    assert two.process.wait(20) == 0


def test_stop_does_not_wait_for_idle_connections(two):
    with two.open() as wire:
        wire.request("GET", "/status?code=200")
        wire.answer()
        begin = time.monotonic()
        assert two.stop() == 0
        assert time.monotonic() - begin < 5


def test_no_worker_outlives_the_supervisor(two):
    workers = two.children()
    os.kill(two.process.pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while time.monotonic() < end and any(os.path.exists(f"/proc/{pid}") for pid in workers):
        time.sleep(0.05)
    assert not [pid for pid in workers if os.path.exists(f"/proc/{pid}")]


def test_address_in_use(command, guest, two):
    done = command("serve", guest("hello"), "--addr", f"127.0.0.1:{two.port}", timeout=30)
    assert done.returncode != 0
    assert f"127.0.0.1:{two.port}" in done.stderr
