"""The command line itself: help, mistakes, inspect, compile, files that are no components."""

import json
import os
from pathlib import Path

import pytest

VERBS = ["serve", "run", "up", "inspect", "compile"]


def test_help(command):
    done = command("--help")
    assert done.returncode == 0
    for verb in VERBS:
        assert verb in done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb(command, verb):
    done = command(verb, "--help")
    assert done.returncode == 0
    assert f"withy {verb}" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("verb", VERBS)
def test_unknown_flag_suggests_the_nearest(command, verb):
    done = command(verb, "--hepl")
    assert done.returncode == 2
    assert "--hepl" in done.stderr and "--help" in done.stderr


@pytest.mark.parametrize(("wrong", "right"), [("--adr", "--addr"), ("--worker", "--workers"), ("--reuze", "--reuse")])
def test_unknown_flag_of_serve(command, guest, wrong, right):
    done = command("serve", wrong, "1", guest("hello"))
    assert done.returncode == 2
    assert wrong in done.stderr and right in done.stderr


def test_unknown_verb_suggests_the_nearest(command):
    done = command("serv")
    assert done.returncode == 2
    assert "serve" in done.stderr


@pytest.mark.parametrize(
    "args",
    [["serve"], ["run"], ["inspect"], [], ["serve", "--workers", "many", "HELLO"], ["serve", "HELLO", "--env", "novalue"],
     ["serve", "HELLO", "--addr"], ["serve", "HELLO", "--addr", "nonsense"]],
)
def test_wrong_use(command, guest, args):
    done = command(*[guest("hello") if arg == "HELLO" else arg for arg in args], timeout=20)
    assert done.returncode in (2, 65)
    assert done.stderr != ""


def test_version(command):
    done = command("--version")
    assert done.returncode == 0 and done.stdout.startswith("withy ")


@pytest.mark.parametrize("verb", ["serve", "run", "inspect", "compile"])
def test_file_that_is_not_there(command, verb):
    done = command(verb, "/no/such/file.wasm", timeout=20)
    assert done.returncode not in (0, 134)
    assert "/no/such/file.wasm" in done.stderr


@pytest.mark.parametrize("verb", ["serve", "run", "inspect", "compile"])
@pytest.mark.parametrize("kind", ["empty", "text", "cut", "module"])
def test_file_that_is_no_component(command, guest, tmp_path, verb, kind):
    whole = Path(guest("hello")).read_bytes()
    content = {"empty": b"", "text": b"hello\n", "cut": whole[: len(whole) // 2], "module": b"\0asm\1\0\0\0"}[kind]
    (tmp_path / "x.wasm").write_bytes(content)
    done = command(verb, str(tmp_path / "x.wasm"), timeout=20)
    assert done.returncode not in (0, 134) and done.returncode > 0
    assert "x.wasm" in done.stderr
    if kind == "cut":
        assert "0x" in done.stderr or "offset" in done.stderr


def test_inspect(command, guest):
    done = command("inspect", guest("kv"))
    assert done.returncode == 0
    for name in ["fermyon:spin/key-value@2.0.0", "wasi:keyvalue/atomics@0.2.0-draft2", "wasi:http/incoming-handler@0.2.0"]:
        assert name in done.stdout


def test_inspect_json(command, guest):
    done = command("inspect", "--json", guest("hello-py"))
    assert done.returncode == 0
    text = json.dumps(json.loads(done.stdout))
    assert "fermyon:spin/redis@2.0.0" in text and "wasi:http/incoming-handler@0.2.0" in text


@pytest.mark.parametrize("name", ["hello", "composed", "hello-rs", "hello-js", "cli"])
def test_inspect_knows_the_others(command, guest, name):
    assert command("inspect", guest(name)).returncode == 0


def test_compile_and_serve(command, start, guest, tmp_path):
    out = tmp_path / "hello.cwasm"
    done = command("compile", guest("hello"), "-o", str(out))
    assert done.returncode == 0
    assert start("serve", str(out)).ask("/").body == b"Hello, world!"


def test_compiled_file_of_another_make_is_refused(command, guest, tmp_path):
    out = tmp_path / "hello.cwasm"
    assert command("compile", guest("hello"), "-o", str(out)).returncode == 0
    data = bytearray(out.read_bytes())
    for at in range(0, len(data), max(1, len(data) // 50)):
        data[at] ^= 0xFF
    out.write_bytes(data)
    done = command("run", str(out), timeout=20)
    assert done.returncode > 0 and done.returncode != 134
    assert "hello.cwasm" in done.stderr


def test_cache_that_is_damaged_is_not_used(command, guest, tmp_path):
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    assert command("run", guest("cli"), "args", env=env).returncode == 0
    entries = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert entries
    for path in entries:
        os.chmod(path, 0o600)
        data = bytearray(path.read_bytes())
        for at in range(0, len(data), max(1, len(data) // 64)):
            data[at] ^= 0x5A
        path.write_bytes(data)
    done = command("run", guest("cli"), "args", "again", env=env)
    assert done.returncode == 0
    assert "again" in done.stdout


def test_cache_that_cannot_be_written(command, guest, tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    done = command("run", guest("cli"), "args", env={"XDG_CACHE_HOME": str(blocked)})
    assert done.returncode == 0
