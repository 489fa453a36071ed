"""The supervisor and its worker processes: restart, reload, drain."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from wire import Closed


@pytest.fixture
def two(start, guest):
    host = start("serve", guest("faults"), "--workers", "2")
    host.wait_for_workers(2)
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


class Load:
    """Clients that ask again and again: half of them on a new connection each time, half on one for as long as it lasts.
    A request counts as lost when it was sent on a connection that was accepted and is not answered in full."""

    def __init__(self, host, path="/status?code=200", clients=6):
        self.host, self.path = host, path
        self.good = self.refused = 0
        self.lost: list[str] = []
        self.until = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.client, args=(at % 2 == 0,)) for at in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.until.set()
        for thread in self.threads:
            thread.join(60)

    def client(self, keeps: bool) -> None:
        while not self.until.is_set():
            try:
                wire = self.host.open()
            except ConnectionRefusedError:
                with self.lock:
                    self.refused += 1
                time.sleep(0.05)
                continue
            with wire:
                while self.one(wire, keeps) and keeps and not self.until.is_set():
                    pass

    def one(self, wire, keeps: bool) -> bool:
        """Whether the connection lasts."""
        try:
            wire.request("GET", self.path, [] if keeps else [("connection", "close")])
            answer = wire.answer()
            assert answer.status == 200 and answer.complete, answer
        except (OSError, Closed, AssertionError) as error:
            with self.lock:
                self.lost.append(repr(error))
            return False
        with self.lock:
            self.good += 1
        return (answer.header("connection") or "") != "close"

    def more(self, count: int, timeout: float = 30) -> None:
        """Waits for that many answers more."""
        wanted, end = self.good + count, time.monotonic() + timeout
        while self.good < wanted:
            assert time.monotonic() < end, f"{self.good} of {wanted} answers; {self.lost}\n{self.host.log}"
            time.sleep(0.02)


def wait_for(what, timeout: float = 15) -> bool:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


def owner_of(host, wire) -> int:
    """The worker that has the other end of a connection."""
    ours = wire.socket.getsockname()[1]
    ends = f":{host.port:04X}", f":{ours:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[1].endswith(ends[0]) and words[2].endswith(ends[1]):
            for pid in host.children():
                for entry in Path(f"/proc/{pid}/fd").iterdir():
                    try:
                        if os.readlink(entry) == f"socket:[{words[9]}]":
                            return pid
                    except FileNotFoundError:
                        pass
    return 0


def test_killing_a_worker_loses_exactly_its_open_requests(two):
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(two.open()) for _ in range(30)]
        for wire in wires:
            wire.request("GET", "/status?code=200")
            wire.answer()
        owners = [owner_of(two, wire) for wire in wires]
        victim, other = two.children()
        assert set(owners) == {victim, other}
        for wire in wires:
            wire.request("GET", "/sleep?ms=500")
        time.sleep(0.2)
        os.kill(victim, signal.SIGKILL)
        for wire, owner in zip(wires, owners):
            if owner == victim:
                with pytest.raises((Closed, ConnectionResetError)):
                    wire.answer()
            else:
                assert wire.answer().text.startswith("slept ")
    assert wait_for(lambda: len(two.children()) == 2)


def test_killing_workers_under_load_loses_only_what_was_open(two):
    with Load(two) as load:
        for _ in range(3):
            load.more(50)
            before = len(load.lost)
            os.kill(two.children()[0], signal.SIGKILL)
            load.more(100)
            assert len(load.lost) - before <= len(load.threads)
            assert wait_for(lambda: len(two.children()) == 2)
    assert load.refused == 0


def test_reloading_again_and_again_loses_nothing(two):
    seen = set(two.children())
    with Load(two) as load:
        for _ in range(4):
            before = set(two.children())
            os.kill(two.process.pid, signal.SIGHUP)
            assert wait_for(lambda: len(two.children()) == 2 and not before & set(two.children())), two.log
            seen |= set(two.children())
            load.more(50)
    assert load.lost == [] and load.refused == 0
    assert len(seen) >= 10


@pytest.mark.parametrize("workers", ["1", "2"])
def test_stop_under_load_loses_nothing(start, guest, workers):
    host = start("serve", guest("faults"), "--workers", workers)
    with Load(host, "/sleep?ms=5") as load:
        load.more(100)
        os.kill(host.process.pid, signal.SIGTERM)
        assert host.process.wait(20) == 0
        assert wait_for(lambda: load.refused > 0)
    assert load.lost == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_new_connections_are_refused_while_it_drains(start, guest, workers):
    host = start("serve", guest("faults"), "--workers", workers)
    with host.open() as wire:
        wire.request("GET", "/sleep?ms=1500")
        time.sleep(0.4)
        os.kill(host.process.pid, signal.SIGTERM)
        time.sleep(0.4)
        with pytest.raises(ConnectionRefusedError):
            host.open()
        assert wire.answer().text.startswith("slept ")
    assert host.process.wait(20) == 0


def test_worker_that_cannot_start_again_leaves_requests_to_the_others(start, guest, tmp_path):
    file = tmp_path / "gone.wasm"
    file.write_bytes(Path(guest("faults")).read_bytes())
    host = start("serve", str(file), "--workers", "2")
    assert wait_for(lambda: len(host.children()) == 2)
    for _ in range(20):
        assert host.ask("/status?code=200").status == 200
    file.unlink()
    victim = host.children()[0]
    os.kill(victim, signal.SIGKILL)
    host.wait_for_log("starting it again in 1600 ms", 20)
    for _ in range(20):
        assert host.ask("/status?code=200", timeout=5).status == 200
    file.write_bytes(Path(guest("faults")).read_bytes())
    assert wait_for(lambda: len(host.children()) == 2, 20)
    for _ in range(20):
        assert host.ask("/status?code=200", timeout=5).status == 200


def test_reload_to_a_file_that_is_broken_keeps_the_old_workers(start, guest, tmp_path):
    file = tmp_path / "changing.wasm"
    file.write_bytes(Path(guest("faults")).read_bytes())
    host = start("serve", str(file), "--workers", "2")
    host.wait_for_workers(2)
    before = set(host.children())
    file.write_bytes(b"broken")
    os.kill(host.process.pid, signal.SIGHUP)
    host.wait_for_log("the old one goes on")
    for _ in range(20):
        assert host.ask("/status?code=200").status == 200
    assert wait_for(lambda: set(host.children()) == before)


# --- applications ---

MANIFEST = """
spin_manifest_version = 2
[application]
name = "edited"
[[trigger.http]]
route = "{route}"
component = "one"
[component.one]
source = "{source}"
environment = {{ EDITION = "{edition}" }}
"""


def edit(path: Path, guest, route: str, edition: str) -> None:
    text = MANIFEST.format(route=route, source=guest("faults"), edition=edition)
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)


@pytest.fixture
def application(start, guest, tmp_path):
    manifest = tmp_path / "spin.toml"
    edit(manifest, guest, "/...", "first")
    host = start("up", "--from", str(manifest), "--workers", "2", cwd=tmp_path)
    host.wait_for_workers(2)
    return host, manifest


def test_reload_sees_an_edited_manifest_and_loses_nothing(application, guest):
    host, manifest = application
    assert "first" in host.ask("/env").text
    with Load(host) as load:
        for edition in ["second", "third"]:
            before = set(host.children())
            edit(manifest, guest, "/...", edition)
            os.kill(host.process.pid, signal.SIGHUP)
            assert wait_for(lambda: len(host.children()) == 2 and not before & set(host.children())), host.log
            for _ in range(10):
                assert edition in host.ask("/env").text
            load.more(30)
    assert load.lost == [] and load.refused == 0


def test_reload_with_a_broken_manifest_keeps_the_application(application):
    host, manifest = application
    before = set(host.children())
    manifest.write_text("spin_manifest_version = 2\n[application\n")
    os.kill(host.process.pid, signal.SIGHUP)
    host.wait_for_log("the old one goes on")
    assert "spin.toml" in host.log
    for _ in range(10):
        assert "first" in host.ask("/env").text
    assert wait_for(lambda: set(host.children()) == before)


def test_killing_a_worker_of_an_application_is_survived(application):
    host, _ = application
    with Load(host) as load:
        os.kill(host.children()[0], signal.SIGKILL)
        load.more(100)
    assert len(load.lost) <= len(load.threads) and load.refused == 0


def test_stop_of_an_application_under_load_loses_nothing(application):
    host, _ = application
    with Load(host, "/sleep?ms=5") as load:
        load.more(100)
        os.kill(host.process.pid, signal.SIGTERM)
        assert host.process.wait(20) == 0
    assert load.lost == []


# --- stopping ---


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


# --- one worker, in the foreground: it reloads beside what it serves ---


def reload(host, wanted: str = "reloaded") -> None:
    """Waits until it is done, as the log tells it."""
    before = host.log.count(wanted)
    os.kill(host.process.pid, signal.SIGHUP)
    assert wait_for(lambda: host.log.count(wanted) > before), host.log


@pytest.fixture
def alone(start, guest, tmp_path):
    manifest = tmp_path / "spin.toml"
    edit(manifest, guest, "/...", "first")
    host = start("up", "--from", str(manifest), "--workers", "1", cwd=tmp_path)
    assert "first" in host.ask("/env").text
    return host, manifest


def test_a_single_worker_reloads_again_and_again_and_loses_nothing(start, guest, tmp_path):
    file = tmp_path / "changing.wasm"
    file.write_bytes(Path(guest("faults")).read_bytes())
    host = start("serve", str(file), "--workers", "1")
    with Load(host) as load:
        for _ in range(6):
            reload(host)
            load.more(50)
    assert load.lost == [] and load.refused == 0
    file.with_suffix(".new").write_bytes(Path(guest("hello")).read_bytes())
    file.with_suffix(".new").rename(file)
    reload(host)
    assert host.ask("/").text == "Hello, world!"
    assert not host.children()


def test_a_single_worker_sees_an_edited_manifest_and_loses_nothing(alone, guest):
    host, manifest = alone
    with Load(host, "/sleep?ms=5") as load:
        for edition in ["second", "third", "fourth"]:
            edit(manifest, guest, "/...", edition)
            reload(host)
            for _ in range(10):
                assert edition in host.ask("/env").text
            load.more(30)
    assert load.lost == [] and load.refused == 0


def test_what_a_single_worker_replaced_finishes_its_requests(alone, guest):
    host, manifest = alone
    with contextlib.ExitStack() as stack:
        wires = []
        for turn in range(4):  # one more than may be retired at once
            wire = stack.enter_context(host.open())
            wire.request("GET", "/sleep?ms=5000")
            wires.append(wire)
            time.sleep(0.1)
            edit(manifest, guest, "/...", f"edition {turn}")
            reload(host, "reloaded" if turn < 3 else "reloading later")
        assert "edition 2" in host.ask("/env").text
        for wire in wires:
            assert wire.answer().text.startswith("slept ")
        assert wait_for(lambda: "edition 3" in host.ask("/env").text)


def test_a_single_worker_stops_while_what_it_replaced_still_answers(alone):
    host, _ = alone
    with host.open() as wire:
        wire.request("GET", "/sleep?ms=1000")
        time.sleep(0.3)
        reload(host)
        os.kill(host.process.pid, signal.SIGTERM)
        assert wire.answer().text.startswith("slept ")
    assert host.process.wait(20) == 0


def test_a_single_worker_keeps_what_it_serves_when_the_new_is_broken(alone, guest):
    host, manifest = alone
    with Load(host) as load:
        manifest.write_text("spin_manifest_version = 2\n[application\n")
        reload(host, "the old one goes on")
        assert "spin.toml" in host.log
        for _ in range(10):
            assert "first" in host.ask("/env").text
        manifest.write_text(MANIFEST.format(route="/...", source="gone.wasm", edition="second"))
        reload(host, "the old one goes on")
        assert "first" in host.ask("/env").text
        edit(manifest, guest, "/...", "third")
        reload(host)
        assert "third" in host.ask("/env").text
    assert load.lost == [] and load.refused == 0

@pytest.mark.parametrize("workers", ["1", "2"])
def test_told_twice_to_stop_it_cuts_what_is_open(start, guest, workers):
    host = start("serve", guest("faults"), "--workers", workers)
    host.wait_for_workers(int(workers))
    with host.open() as wire:
        wire.request("GET", "/sleep?ms=30000")
        time.sleep(0.3)
        os.kill(host.process.pid, signal.SIGTERM)
        time.sleep(0.5)
        assert host.process.poll() is None
        os.kill(host.process.pid, signal.SIGTERM)
        assert host.process.wait(10) == 0
        with pytest.raises((Closed, ConnectionResetError)):
            wire.answer()
    host.reader.join(5)
    assert "died of signal" not in host.log


@pytest.mark.parametrize("workers", ["1", "2"])
def test_stop_signals_at_any_moment_of_a_stop_leave_it_orderly(start, guest, tmp_path, workers):
    manifest = tmp_path / "spin.toml"
    edit(manifest, guest, "/...", "first")
    for _ in range(5):
        host = start("up", "--from", str(manifest), "--workers", workers, "--temp", str(tmp_path), cwd=tmp_path)
        host.wait_for_workers(int(workers))
        assert host.ask("/status?code=200").status == 200
        while host.process.poll() is None:
            os.kill(host.process.pid, signal.SIGTERM)
            time.sleep(0.0005)
        assert host.process.returncode == 0, host.log
        host.reader.join(5)
        assert "died of signal" not in host.log
    assert [path.name for path in tmp_path.glob("withy-up*")] == []
