"""Fixtures that start the command as a user does and look at it only from outside.

WITHY_BIN names the command (default build/withy), WITHY_GUESTS the folder of components (default build/guests, filled
by tests/guests/build)."""

import mmap
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

import tls_server
import wire

# What runs in a shell's background ignores SIGINT, and would hand that on to every command.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[2]


def flagged(verb: str, *args: str) -> list[str]:
    """The arguments, with those of WITHY_FLAGS behind a verb that runs guests."""
    flags = os.environ.get("WITHY_FLAGS", "").split() if verb in ("run", "serve", "up", "call") else []
    return [verb, *flags, *args]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# What a supervisor says of a worker and then starts it again: nobody else would notice.
CRASH = re.compile(r"died of signal (4|5|6|7|8|11|31)\b")


class Host:
    """A running withy."""

    def __init__(self, command: list[str], port: int, cwd: Path | None = None, env: dict | None = None):
        self.port = port
        self.command = command
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def wait_until_up(self, timeout: float = 120) -> "Host":
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.reader.join(5)
                pytest.fail(f"{' '.join(self.command)} ended with {self.process.returncode}:\n{self.log}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.02)
        self.kill()
        pytest.fail(f"{' '.join(self.command)} did not listen within {timeout} s:\n{self.log}")

    def wait_for_log(self, text: str, timeout: float = 10) -> str:
        """The first line of output with the text in it."""
        end = time.monotonic() + timeout
        while True:
            for line in self.lines:
                if text in line:
                    return line
            if time.monotonic() > end:
                pytest.fail(f"no {text!r} in the output within {timeout} s:\n{self.log}")
            time.sleep(0.02)

    def ask(self, path: str, method: str = "GET", headers=(), body: bytes | None = None, timeout: float = 300):
        return wire.ask(self.port, path, method, headers, body, timeout)

    def open(self, **options) -> wire.Wire:
        return wire.Wire(self.port, **options)

    def children(self) -> list[int]:
        """The process numbers of its workers."""
        pid = self.process.pid
        listing = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(number) for number in listing.split()]

    def wait_for_workers(self, count: int, timeout: float = 60) -> None:
        """Until so many serve: each has a socket of its own that listens from then on."""
        end = time.monotonic() + timeout
        while self.listening() < count:
            if time.monotonic() > end:
                pytest.fail(f"no {count} workers within {timeout} s:\n{self.log}")
            time.sleep(0.02)

    def listening(self) -> int:
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[3] == "0A" and int(row[1].rsplit(":")[1], 16) == self.port for row in rows)

    def stop(self, timeout: float = 40) -> int:
        """Ends it as a user would and says how it ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"did not end within {timeout} s of SIGTERM:\n{self.log}")
        self.reader.join(5)
        return self.process.returncode

    def end(self) -> None:
        """Ends what a test left running: asked first, so that it checks for leaks; a guest that never ends is killed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                status = self.process.wait(5)
                self.reader.join(5)
                assert status == 0, f"{' '.join(self.command)} ended with {status}:\n{self.log}"
            except subprocess.TimeoutExpired:
                pass
        self.kill()
        self.reader.join(5)
        assert not CRASH.search(self.log), f"{' '.join(self.command)} crashed:\n{self.log}"

    def kill(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(10)


@pytest.fixture(scope="session")
def withy() -> str:
    path = Path(os.environ.get("WITHY_BIN", ROOT / "build" / "withy"))
    assert path.exists(), f"{path} is not there: build it first, or set WITHY_BIN"
    return str(path)


@pytest.fixture(scope="session")
def sanitized(withy) -> bool:
    """Whether the command was built with AddressSanitizer, which reserves more address space than any limit leaves."""
    with open(withy, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"__asan_init") >= 0


@pytest.fixture(scope="session")
def counts_together(withy) -> bool:
    """Whether limits count for all memories and tables of an instance together: not with a prebuilt engine."""
    with open(withy, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"libwasmtime.so") < 0


@pytest.fixture(scope="session")
def guest():
    """guest("hello"): the path of a test component."""
    folder = Path(os.environ.get("WITHY_GUESTS", ROOT / "build" / "guests"))

    def find(name: str) -> str:
        path = folder / f"{name}.wasm"
        assert path.exists(), f"{path} is not there: run tests/guests/build"
        return str(path.resolve())

    return find


@pytest.fixture(scope="session")
def started():
    """All hosts of the session, so that none outlives it."""
    hosts: list[Host] = []
    yield hosts
    for host in hosts:
        host.kill()


@pytest.fixture
def start(withy, started):
    """start("serve", FILE, "--flag"): a host of this test's own; it is killed at the end."""
    mine: list[Host] = []

    def begin(verb: str, *args: str, cwd: Path | None = None, env: dict | None = None, port: int | None = None) -> Host:
        port = port or free_port()
        flag = "--listen" if verb == "up" else "--addr"
        host = Host([withy, *flagged(verb, *args), flag, f"127.0.0.1:{port}"], port, cwd, env)
        mine.append(host)
        started.append(host)
        return host.wait_until_up()

    yield begin
    for host in mine:
        host.end()


@pytest.fixture
def up(withy, started):
    """up(FOLDER, "--flag"): the application of a folder, not waited for: it may listen nowhere, or end."""
    mine: list[Host] = []

    def begin(folder: Path, *flags: str, env: dict | None = None) -> Host:
        port = free_port()
        host = Host([withy, "up", "--listen", f"127.0.0.1:{port}", *flags], port, folder, env)
        mine.append(host)
        started.append(host)
        return host

    yield begin
    for host in mine:
        host.end()


@pytest.fixture(scope="module")
def serve(withy, guest, started):
    """serve("echo"): a host of a guest that the tests of one file share."""
    hosts: dict[tuple[str, ...], Host] = {}

    def begin(name: str, *args: str, env: dict | None = None) -> Host:
        key = (name, *args, *sorted((env or {}).items()))
        if key not in hosts or hosts[key].process.poll() is not None:
            port = free_port()
            hosts[key] = Host(
                [withy, *flagged("serve", guest(name), "--addr", f"127.0.0.1:{port}", *args)], port, env=env
            )
            started.append(hosts[key])
            hosts[key].wait_until_up()
        return hosts[key]

    yield begin
    for host in hosts.values():
        host.end()


@pytest.fixture
def command(withy):
    """command("run", FILE, ...): runs to its end; answers what subprocess.run does, with text."""

    def run(*args: str, stdin: str | bytes = b"", env: dict | None = None, cwd: Path | None = None, timeout: float = 120):
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [withy, *(flagged(*args) if args else [])],
            input=data,
            capture_output=True,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            timeout=timeout,
        )
        done.stdout = done.stdout.decode(errors="replace")
        done.stderr = done.stderr.decode(errors="replace")
        return done

    return run


@pytest.fixture
def stops():
    """stops(SERVER): it is stopped at the end."""
    running = []

    def keep(server):
        running.append(server)
        return server

    yield keep
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Signs certificates of servers and clients."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    return tls_server.Authority(tmp_path_factory.mktemp("authority"))
