"""Components that are damaged or made to hurt, through the built command: each is an error that names the file and the
place in it, within bounded time and memory, and never a signal."""

import os
import random
import re
import resource
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

import binary
from binary import component, many, number, section
from conftest import Host, free_port

SECONDS = 30  # generous, machines are shared; what is not bounded takes for ever
ADDRESS_SPACE = 3 << 30
RESIDENT = 1200 << 20


class Verdict:
    """How a command ended."""

    def __init__(self, args, status: int, text: str, seconds: float, resident: int):
        self.args, self.status, self.text, self.seconds, self.resident = args, status, text, seconds, resident

    def __repr__(self) -> str:
        return f"{self.args}: {self.status} after {self.seconds:.2f} s with {self.resident >> 20} MiB: {self.text[:600]}"

    @property
    def bounded(self) -> bool:
        """It ended by itself, not by a signal, an assertion or a sanitizer."""
        return 0 <= self.status < 128 and self.status != 1 and self.seconds < SECONDS and self.resident < RESIDENT

    def refused(self, *words: str) -> bool:
        return self.bounded and self.status > 1 and all(word in self.text for word in words)

    @property
    def has_place(self) -> bool:
        return re.search(r"offset 0x[0-9a-f]+: ", self.text) is not None


@pytest.fixture
def judge(withy, sanitized):
    """judge("inspect", FILE): runs to its end, with little address space, and measures."""

    def limit():
        if not sanitized:
            resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))

    def run(*args: str, seconds: float = SECONDS, stop_after: float | None = None) -> Verdict:
        begin = time.monotonic()
        process = subprocess.Popen(
            [withy, *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=limit
        )
        timers = [threading.Timer(seconds, process.kill)]
        if stop_after:
            timers.append(threading.Timer(stop_after, process.terminate))
        for timer in timers:
            timer.start()
        text = process.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        for timer in timers:
            timer.cancel()
        process.stderr.close()
        return Verdict(args, process.returncode, text, time.monotonic() - begin, usage.ru_maxrss * 1024)

    return run


@pytest.fixture
def write(tmp_path):
    def put(content: bytes, name: str = "hostile.wasm") -> str:
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return put


# --- damaged ---


@pytest.mark.parametrize("name", ["hello", "composed", "cli"])
def test_cut_components(judge, guest, write, name):
    whole = Path(guest(name)).read_bytes()
    chance = random.Random(name)
    lengths = {*range(1, 24), *(chance.randrange(24, len(whole)) for _ in range(40)), len(whole) - 1}
    for length in sorted(lengths):
        verdict = judge("inspect", write(whole[:length]))
        if length == 8:
            assert verdict.status == 0, verdict  # the empty component
        elif verdict.status != 0:
            assert verdict.refused("hostile.wasm"), (length, verdict)
            assert length < 8 or verdict.has_place, (length, verdict)
        else:
            assert verdict.bounded, (length, verdict)  # cut between two sections


def flipped(content: bytes, chance: random.Random, flips: int) -> bytes:
    out = bytearray(content)
    for _ in range(flips):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


@pytest.mark.parametrize("name", ["hello", "composed", "kv", "cli-rs"])
def test_flipped_bits_inspected(judge, guest, write, name):
    whole = Path(guest(name)).read_bytes()
    chance = random.Random(name)
    # What is not code lies at the end in what the tools write: more of the flips go there.
    for at in range(80):
        part = whole if at % 4 == 0 else whole[-6000:]
        damaged = whole[: len(whole) - len(part)] + flipped(part, chance, 1 + at % 3)
        verdict = judge("inspect", write(damaged))
        assert verdict.bounded, (at, verdict)
        assert verdict.status == 0 or verdict.refused("hostile.wasm"), (at, verdict)
        if verdict.status == 65:
            assert verdict.has_place, (at, verdict)


@pytest.mark.parametrize("seed", range(24))
def test_flipped_bits_served(withy, guest, write, started, tmp_path, seed):
    """A damaged component is refused, or it runs as what it says now; either way the command ends as it should."""
    whole = Path(guest("hello")).read_bytes()
    chance = random.Random(seed)
    file = write(flipped(whole[:-1] if seed % 5 == 4 else whole, chance, 1 + seed % 4))
    port = free_port()
    address = f"127.0.0.1:{port}"
    host = Host(
        [withy, "serve", file, "--addr", address, "--workers", "1", "--timeout", "2000", "--unmet-imports", "trap"],
        port,
        env={"WITHY_CACHE_DIR": str(tmp_path / "cache")},
    )
    started.append(host)
    end = time.monotonic() + SECONDS
    while host.process.poll() is None and not any(line.startswith("Serving") for line in host.lines):
        assert time.monotonic() < end, host.log
        time.sleep(0.01)
    if host.process.poll() is None:
        for _ in range(2):
            assert 200 <= host.ask("/", timeout=SECONDS).status <= 599
        assert host.stop() == 0, host.log
    else:
        host.reader.join(5)
        assert 1 < host.process.returncode < 128, host.log
        assert "hostile.wasm" in host.log


# --- made to hurt ---

HUGE = number(0xFFFFFFFF)
TOO_LONG = b"\xff" * 5 + b"\x0f"  # six bytes of LEB128

BAD = {
    **{f"giant count in section {kind}": component(section(kind, HUGE)) for kind in range(1, 12) if kind not in (1, 4, 9)},
    **{f"giant count and bytes in section {kind}": component(section(kind, HUGE + b"\0" * 65536)) for kind in (2, 3, 5, 6, 7, 8, 10)},
    "giant section": component(b"\7" + HUGE),
    "number too long": component(b"\7" + TOO_LONG),
    "unknown section": component(section(99, b"")),
    "giant name": component(section(binary.IMPORT, b"\1\0" + HUGE + b"abc")),
    "name that is not UTF-8": component(binary.types(binary.func()), section(binary.IMPORT, b"\1\0\2\xc3\x28\1\0")),
    "giant tuple": component(binary.types(b"\x6f" + HUGE)),
    "giant record": component(binary.types(b"\x72" + HUGE)),
    "giant flags": component(binary.types(b"\x6e" + HUGE)),
    "giant function": component(binary.types(b"\x40" + HUGE)),
    "type of itself": component(binary.types(b"\x70\0")),
    "instance of nothing": component(section(binary.INSTANCE, many([b"\0\0\0"]))),
    "components in components": binary.nested_components(2000),
    "instance types in instance types": binary.nested_instance_types(300_000),
    "lists of lists": binary.nested_lists(100_000),
    "doubled tuples": binary.doubled_tuples(64),
    "doubled instances": binary.doubled_instances(40),
    "import of one name twice": binary.many_imports(2, same=True),
    "imports of one name": binary.many_imports(200_000, same=True),
    "other version": b"\0asm\x0e\0\1\0",
    "other layer": b"\0asm\x0d\0\2\0",
}


@pytest.mark.parametrize("what", BAD)
def test_hostile_component_is_refused(judge, write, what):
    verdict = judge("inspect", write(BAD[what]))
    assert verdict.refused("hostile.wasm"), verdict
    if verdict.status == 65 and not what.startswith("other"):
        assert verdict.has_place, verdict


LARGE = {
    "doubled instance types": binary.doubled_instance_types(64),
    "wide tuple": binary.wide_tuple(900_000),
    "many imports": binary.many_imports(100_000, same=False),
    "many custom sections": component(*[section(0, binary.name("x"))] * 200_000),
}


@pytest.mark.parametrize("what", LARGE)
def test_large_component_stays_within_bounds(judge, write, what):
    verdict = judge("inspect", write(LARGE[what]))
    assert verdict.bounded, verdict
    assert verdict.status == 0 or "hostile.wasm" in verdict.text, verdict


CORE = {
    "memories": binary.core_memories(100, 1),
    "memories beyond the limit": binary.core_memories(3, 60000),
    "giant table": binary.core_table(0xFFFFFFFF),
    "table beyond the limit": binary.core_table(10_000_000),
    "locals": binary.core_locals(0xFFFFFFFF),
    "many locals": binary.core_locals(49_000),
    "blocks": binary.core_blocks(200_000),
    "giant function section": binary.core_module(section(3, HUGE)),
    "giant code section": binary.core_module(section(10, HUGE)),
    "body beyond the section": binary.core_module(section(1, many([b"\x60\0\0"])), section(3, many([b"\0"])), section(10, b"\1" + HUGE)),
}


@pytest.mark.parametrize("what", CORE)
def test_hostile_core_module(judge, write, what):
    verdict = judge("run", "--no-cache", write(CORE[what]))
    assert verdict.refused("hostile.wasm"), verdict


# --- what is no component ---


@pytest.mark.parametrize("verb", ["inspect", "serve", "run", "compile"])
@pytest.mark.parametrize("kind", ["folder", "device", "pipe", "module", "text"])
def test_what_is_no_component(judge, tmp_path, verb, kind):
    path = tmp_path / "odd.wasm"
    if kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(binary.CORE if kind == "module" else b"(component)")
    args = ["--addr", f"127.0.0.1:{free_port()}"] if verb == "serve" else []
    verdict = judge(verb, str(path), *args)
    assert verdict.refused("odd.wasm"), verdict
    assert verdict.text.count("odd.wasm: ") == 1, verdict


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("verb", ["inspect", "serve", "run", "compile"])
def test_unreadable_file(judge, guest, tmp_path, verb):
    path = tmp_path / "closed.wasm"
    path.write_bytes(Path(guest("hello")).read_bytes())
    path.chmod(0)
    assert judge(verb, str(path)).refused("closed.wasm", "denied")


# --- compiled ahead of time ---


@pytest.fixture(scope="module")
def compiled(withy, guest, tmp_path_factory) -> bytes:
    out = tmp_path_factory.mktemp("compiled") / "cli.cwasm"
    assert subprocess.run([withy, "compile", guest("cli"), "-o", str(out)]).returncode == 0
    return out.read_bytes()


@pytest.mark.parametrize("verb", ["inspect", "run"])
def test_cut_compiled_file(judge, compiled, write, verb):
    for length in [8, 9, 100, 279, 280, 281, 1000, len(compiled) // 2, len(compiled) - 1]:
        assert judge(verb, write(compiled[:length], "cut.cwasm")).refused("cut.cwasm"), length


@pytest.mark.parametrize("verb", ["inspect", "run"])
def test_flipped_compiled_file(judge, compiled, write, verb):
    chance = random.Random(1)
    places = [*range(8, 300, 9), *(chance.randrange(len(compiled)) for _ in range(20))]
    for place in places:
        damaged = bytearray(compiled)
        damaged[place] ^= 1 << chance.randrange(8)
        assert judge(verb, write(bytes(damaged), "bent.cwasm")).refused("bent.cwasm"), place


def test_compiled_by_another_version(judge, compiled, write):
    version = bytearray(compiled)
    version[24:56] = b"99.0.0".ljust(32, b"\0")
    verdict = judge("run", write(bytes(version), "other.cwasm"))
    assert verdict.refused("other.cwasm", "99.0.0", "compile"), verdict


# --- files that change while they are used ---


@pytest.mark.parametrize(
    ("name", "workers", "path"),
    [("faults", "1", "/status?code=200"), ("composed", "2", "/baskets"), ("hello-js", "1", "/"), ("hello-rs", "2", "/")],
)
def test_file_that_is_overwritten_while_served(start, guest, tmp_path, name, workers, path):
    file = tmp_path / "changing.wasm"
    file.write_bytes(Path(guest(name)).read_bytes())
    host = start("serve", str(file), "--workers", workers)
    host.wait_for_workers(int(workers))
    before = host.ask(path)
    assert before.status == 200
    pids = host.children() or [host.process.pid]
    with open(file, "wb"):  # what a build does before it writes anew
        for _ in range(10):
            assert host.ask(path).body == before.body
            if name == "faults":
                assert host.ask("/trap").status == 500
    assert (host.children() or [host.process.pid]) == pids


def test_compiled_file_that_is_overwritten_while_served(command, start, guest, tmp_path):
    file = tmp_path / "changing.cwasm"
    assert command("compile", guest("faults"), "-o", str(file)).returncode == 0
    host = start("serve", str(file), "--workers", "1")
    assert host.ask("/status?code=200").status == 200
    with open(file, "wb"):
        assert host.ask("/trap").status == 500
        assert host.ask("/status?code=200").status == 200
    assert host.process.poll() is None


# --- little address space ---


@pytest.mark.parametrize("megabytes", [200, 1000, 8000, 64000, 140000])
def test_little_address_space(withy, sanitized, guest, started, megabytes):
    if sanitized:
        pytest.skip("sanitizers need address space themselves")
    port = free_port()
    words = f"ulimit -v {megabytes}000; exec {withy} serve {guest('hello')} --addr 127.0.0.1:{port} --workers 1"
    host = Host(["sh", "-c", words], port)
    started.append(host)
    host.wait_until_up()
    for _ in range(50):
        assert host.ask("/").body == b"Hello, world!"
    assert host.stop() == 0
    assert sum("ulimit -v" in line for line in host.lines) == 1, host.log


@pytest.mark.parametrize("megabytes", [30, 50, 100, 130])
@pytest.mark.parametrize("verb", ["run", "serve", "compile"])
def test_too_little_address_space(withy, sanitized, guest, tmp_path, megabytes, verb):
    if sanitized:
        pytest.skip("sanitizers need address space themselves")
    rest = {"run": f"{guest('cli')} args", "serve": f"{guest('hello')} --addr 127.0.0.1:{free_port()} --workers 2"}
    rest["compile"] = f"{guest('hello')} -o {tmp_path}/hello.aot"
    done = subprocess.run(
        ["sh", "-c", f"ulimit -v {megabytes}000; exec {withy} {verb} {rest[verb]}"], capture_output=True, timeout=60
    )
    assert done.returncode not in (0, 134) and done.returncode > 0, done.stderr
    if b"while loading shared libraries" in done.stderr:
        return  # a prebuilt engine is a shared library: its loader refuses before the command runs
    assert b"ulimit -v" in done.stderr and b"WY_MIN_ADDRESS_BYTES" in done.stderr
    assert done.stderr.count(b"\n") == 1, done.stderr


def test_little_address_space_for_a_command(withy, sanitized, guest):
    if sanitized:
        pytest.skip("sanitizers need address space themselves")
    done = subprocess.run(
        ["sh", "-c", f"ulimit -v 8000000; exec {withy} run {guest('cli')} args"], capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(b"\n") == 1 and b"ulimit -v" in done.stderr
