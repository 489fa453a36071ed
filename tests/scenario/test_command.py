"""The command line itself: help, mistakes, inspect, compile, files that are no components."""

import subprocess
import json
import os
import re
import time
from pathlib import Path

import pytest

from binary import CORE, CORE_MODULE, CUSTOM, name, section

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


# A value that is good for each option with a value, by how its help calls the value.
VALUES = {"NAME=VALUE": "A=b", "HOST::GUEST[:ro]": "/tmp::/data:ro", "FILE": "FILE", "MS": "1000", "BYTES": "64M", "N": "2",
          "refuse|trap": "trap", "DIR": "DIR", "HOST:PORT": "127.0.0.1:0", "PATH": ".", "ID": "a",
          "NAME": "a", "SQL": "SELECT 1", "plain|json": "json", "KEY=VALUE": "a=b", "REFERENCE": "no/such//x"}


# One goes only with the other.
TOGETHER = {"--tls-cert": ["--tls-key", "key.pem"], "--tls-key": ["--tls-cert", "certificate.pem"]}


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_the_help_is_taken(command, verb, tmp_path):
    """Each option by itself: what fails is the file that is not there, not the command line."""
    lines = command(verb, "--help").stdout.split("Options:\n")[1].splitlines()
    options = [line[:33].split() for line in lines if "--help" not in line]
    assert options
    for words in options:
        letter = words.pop(0).rstrip(",") if not words[0].startswith("--") else None
        name, *value = words
        value = [VALUES[word].replace("FILE", str(tmp_path / "f")).replace("DIR", str(tmp_path)) for word in value]
        rest = TOGETHER.get(name, []) + ([] if verb == "up" else ["/no/such.wasm"])
        for form in [[name, *value], [f"{name}={value[0]}"] if value else [name], [letter, *value] if letter else [name, *value]]:
            done = command(verb, *form, *rest, cwd=tmp_path, timeout=20)
            assert done.returncode not in (0, 2), (form, done.stderr)
            assert "such" in done.stderr or "spin.toml" in done.stderr, (form, done.stderr)


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


def test_validate(command, guest, tmp_path):
    done = command("inspect", "--validate", guest("hello-py"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "valid\n", "")
    # (type (list 7)), and a core module whose function lacks its i32
    list_of_nothing = b"\7\3\1\x70\7"
    module = b"\0asm\1\0\0\0" + b"\1\5\1\x60\0\1\x7f" + b"\3\2\1\0" + b"\x0a\4\1\2\0\x0b"
    cases = [(list_of_nothing, "offset 0xb: unknown type 7"), (bytes([1, len(module)]) + module, "offset 0x22: type mismatch")]
    for content, text in cases:
        path = tmp_path / "bad.wasm"
        path.write_bytes(b"\0asm\x0d\0\1\0" + content)
        done = command("inspect", "--validate", str(path))
        assert done.returncode == 65 and done.stdout == ""
        assert f"{path}: {text}" in done.stderr


def test_inspect_json(command, guest):
    done = command("inspect", "--json", guest("hello-py"))
    assert done.returncode == 0
    text = json.dumps(json.loads(done.stdout))
    assert "fermyon:spin/redis@2.0.0" in text and "wasi:http/incoming-handler@0.2.0" in text


GUESTS = ["hello", "composed", "kv", "vars", "proxy", "files", "hello-rs", "hello-js", "hello-py", "cli", "cli-rs"]


@pytest.mark.parametrize("name", GUESTS)
def test_inspect_of_every_guest(command, guest, name):
    done = command("inspect", "--json", guest(name))
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert set(told) == {"file", "imports", "exports", "wit"}
    assert told["file"] == guest(name) and told["exports"]
    for interface in told["imports"]:
        assert set(interface) == {"name", "provider", "functions"}
        assert f"import {interface['name']}" in told["wit"]
        for function in interface["functions"]:
            assert function["name"] and function["status"] in ("provided", "not-implemented", "unmet")
    # What names nothing that was not defined or brought in: `use` closes the gap between interfaces.
    assert "unnamed-" not in told["wit"]
    assert command("inspect", guest(name)).stdout.startswith(told["wit"])


@pytest.mark.parametrize("name", GUESTS)
def test_inspect_plan_of_every_guest(command, guest, name):
    told = json.loads(command("inspect", "--plan", "--json", guest(name)).stdout)
    steps = [step for step in told["steps"] if step["module"] is not None]
    assert told["core_instances"] == len(steps) > 0
    assert len(told["steps"]) == len(steps) + told["left_out"]
    assert told["memory"]["count"] == sum(step["memory"]["count"] for step in steps)
    assert told["memory"]["min"] == sum(step["memory"]["min"] for step in steps) >= 65536
    assert told["memory"]["max"] >= told["memory"]["min"]
    for place, step in enumerate(told["steps"]):
        if step["module"] is None:
            continue
        assert told["modules"][step["module"]]["bytes"] > 8
        for item in step["imports"]:
            origin = set(item) - {"module", "name"}
            assert origin in ({"step", "export"}, {"later_step", "export"}, {"builtin"}, {"component", "function"}, {"interface", "function"})
            assert item.get("step", -1) < place < item.get("later_step", len(told["steps"]))
    for kept in told["kept"]:
        assert kept["shim"] < kept["fixup"] and kept["why"]
    text = command("inspect", "--plan", guest(name)).stdout
    assert len(re.findall(r"^step \d+: ", text, flags=re.M)) == len(told["steps"])
    assert text.count(": left out") == told["left_out"] and text.count("\nkept: ") == len(told["kept"])


def test_inspect_plan_tells_what_was_left_out(command, guest):
    text = command("inspect", "--plan", guest("hello")).stdout
    assert text.startswith("2 component instances, 1 core instance; 2 steps of shim and fixup left out")
    assert "of the host" in text and "an instance takes 1 memory: " in text


def test_inspect_brings_in_types_of_other_interfaces_by_use(command, guest):
    text = command("inspect", guest("hello")).stdout
    assert "use wasi:io/streams@0.2.0.{" in text
    assert "use types.{incoming-request, response-outparam};" in text, "within a package the short name will do"
    assert text.count("package wasi:io@0.2.0 {") == 1


def test_compile_and_serve(command, start, guest, tmp_path):
    out = tmp_path / "hello.cwasm"
    done = command("compile", guest("hello"), "-o", str(out))
    assert done.returncode == 0
    assert start("serve", str(out)).ask("/").body == b"Hello, world!"


def test_compiled_file_stands_beside_the_component(command, guest, tmp_path):
    (tmp_path / "cli.wasm").write_bytes(Path(guest("cli")).read_bytes())
    assert command("compile", "--no-cache", "cli.wasm", cwd=tmp_path).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cli.cwasm", "cli.wasm"]
    assert "one" in command("run", "cli.cwasm", "args", "one", cwd=tmp_path).stdout
    told = json.loads(command("inspect", "--json", "cli.cwasm", cwd=tmp_path).stdout)
    assert told["wit"] == json.loads(command("inspect", "--json", "cli.wasm", cwd=tmp_path).stdout)["wit"]


def test_compiled_file_is_read_once(command, guest, tmp_path):
    plain, ahead = tmp_path / "cli.wasm", tmp_path / "cli.cwasm"
    plain.write_bytes(Path(guest("cli")).read_bytes())
    assert command("compile", "--no-cache", str(plain), "-o", str(ahead)).returncode == 0
    time.sleep(2.3)  # a file that has just changed may change again unseen
    records = {}
    for file in plain, ahead:
        env = {"WITHY_CACHE_DIR": str(tmp_path / file.suffix)}
        assert "one" in command("run", str(file), "args", "one", env=env).stdout
        records[file] = len(list(tmp_path.joinpath(file.suffix).rglob("*.known")))
    assert records[ahead] == records[plain] + 1, "it is remembered that the file is undamaged"
    ahead.write_bytes(ahead.read_bytes()[:-1] + b"?")
    assert "damaged" in command("run", str(ahead), "args", "one", env=env).stderr


def test_core_modules_that_nothing_uses(command, guest, tmp_path):
    """A thread maps modules ahead of whoever links; it may be at one of these when the rest is there."""
    file = tmp_path / "cli.wasm"
    padded = [CORE + section(CUSTOM, name("padding") + bytes([k]) * size) for k, size in enumerate([1 << 20] + [31_000] * 31)]
    file.write_bytes(Path(guest("cli")).read_bytes() + b"".join(section(CORE_MODULE, module) for module in padded))
    time.sleep(2.3)  # of a file that has just changed nothing is mapped ahead
    for _ in range(20):
        done = command("run", str(file), "args", "one")
        assert done.returncode == 0, done.stderr


def test_compiling_what_is_compiled_is_refused(command, guest, tmp_path):
    out = tmp_path / "hello.cwasm"
    assert command("compile", guest("hello"), "-o", str(out)).returncode == 0
    done = command("compile", str(out), "-o", str(tmp_path / "again.cwasm"))
    assert done.returncode == 65
    assert "compiled ahead of time already" in done.stderr
    assert not (tmp_path / "again.cwasm").exists()


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


LACKING = """(component
  (import "fermyon:spin/key-valu@2.0.0" (instance (export "open" (func))))
  (import "acme:unheard/of@1.0.0" (instance (export "it" (func)))))"""


def test_all_imports_that_cannot_be_met_are_listed(command, tmp_path):
    file = tmp_path / "lacking.wasm"
    subprocess.run(["wasm-tools", "parse", "-", "-o", file], input=LACKING.encode(), check=True)
    done = command("serve", file, "--addr", "127.0.0.1:0")
    assert done.returncode != 0
    assert "acme:unheard/of@1.0.0" in done.stderr and "--unmet-imports" in done.stderr
    nearest = next(line for line in done.stderr.splitlines() if "fermyon:spin/key-valu@2.0.0" in line)
    assert "fermyon:spin/key-value@2.0.0" in nearest
