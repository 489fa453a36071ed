"""`withy doctor`: what it finds, and what it mends."""

import json
import os
import socket
import subprocess

import pytest

from conftest import free_port

MANIFEST = """
spin_manifest_version = 2
[application]
name = "patient"
[[trigger.http]]
route = "/..."
component = "app"
[component.app]
source = "{hello}"
"""


@pytest.fixture(autouse=True)
def port(monkeypatch) -> int:
    """Where the application would listen."""
    port = free_port()
    monkeypatch.setenv("SPIN_HTTP_LISTEN_ADDR", f"127.0.0.1:{port}")
    return port


@pytest.fixture
def manifest(guest, tmp_path):
    def write(text: str):
        names = ["hello", "front", "catalogue"]
        (tmp_path / "spin.toml").write_text(text.format(**{name: guest(name) for name in names}))
        return tmp_path

    return write


def test_nothing_is_wrong(command, manifest):
    done = command("doctor", cwd=manifest(MANIFEST))
    assert (done.returncode, done.stdout) == (0, "nothing is wrong with ./spin.toml\n")


PROBLEMS = MANIFEST + """
[variables]
token = {{ required = true }}
[[trigger.http]]
route = "/twice"
component = "front"
[[trigger.http]]
route = "/twice"
component = "missing"
[component.front]
source = "{front}"
[component.missing]
source = "missing.wasm"
[component.text]
source = "text.wasm"
"""


def test_each_problem_is_named(command, manifest):
    folder = manifest(PROBLEMS)
    (folder / "text.wasm").write_text("this is text")
    (folder / ".gitignore").write_text("target")
    done = command("doctor", "--from", str(folder), cwd="/")
    assert done.returncode == 1
    for words in [
        'component "front" imports withy:compose/catalogue',
        'component "missing": ',
        "missing.wasm is not there, and there is no command to build it",
        "not WebAssembly",
        'component "text" is never run',
        "the route /twice is given twice",
        "set SPIN_VARIABLE_TOKEN",
        ".gitignore does not name .spin/",
        "7 problems\n",
        "1 of them can be mended: withy doctor --fix\n",
    ]:
        assert words in done.stdout
    assert (folder / ".gitignore").read_text() == "target"


def test_what_can_be_mended_is(command, guest, manifest):
    text = MANIFEST.replace("{hello}", "out.wasm") + f'[component.app.build]\ncommand = "cp {guest("hello")} out.wasm"\n'
    folder = manifest(text)
    (folder / ".gitignore").write_text("target")
    done = command("doctor", cwd=folder)
    assert (done.returncode, "`withy build`" in done.stdout) == (1, True)
    done = command("doctor", "--fix", cwd=folder)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("mended:") == 2
    assert (folder / ".gitignore").read_text() == "target\n.spin/\n"
    assert command("doctor", cwd=folder).returncode == 0


def test_dependencies_count(command, manifest):
    text = MANIFEST.replace("{hello}", "{front}") + '[component.app.dependencies]\n"withy:compose" = {{ component = "back" }}\n'
    done = command("doctor", cwd=manifest(text + '[component.back]\nsource = "{catalogue}"\n'))
    assert done.returncode == 0, done.stdout


def test_middleware_is_run(command, manifest):
    text = MANIFEST.replace('component = "app"', 'component = "app"\ndependencies = {{ middleware = ["log"] }}')
    folder = manifest(text + '[component.log]\nsource = "{front}"\n')
    assert not [finding for finding in findings(command, folder) if "is never run" in finding["text"]]


def test_the_program_of_a_trigger(command, manifest, tmp_path):
    folder = manifest(MANIFEST + '[[trigger.timer]]\ncomponent = "app"\n')
    [found] = findings(command, folder)
    assert "trigger-timer" in found["text"]
    (tmp_path / "trigger-timer").write_text("#!/bin/sh\n")
    (tmp_path / "trigger-timer").chmod(0o755)
    assert findings(command, folder, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}) == []


def test_components_of_other_triggers_are_run(command, manifest):
    text = MANIFEST + """
[application.trigger.mqtt]
address = "mqtt://localhost"
[[trigger.mqtt]]
topic = "t"
component = {{ source = "{hello}" }}
[[trigger.redis]]
channel = "c"
address = "redis://localhost"
component = {{ source = "{hello}" }}
"""
    done = command("doctor", cwd=manifest(text))
    assert done.returncode == 0, done.stdout + done.stderr


def findings(command, folder, *options: str, **more) -> list[dict]:
    """What is found, for programs; the status says whether problems are left."""
    done = command("doctor", "--json", *options, cwd=folder, **more)
    answer = json.loads(done.stdout)
    problems = [finding for finding in answer["findings"] if finding["kind"] == "problem"]
    assert (answer["problems"], done.returncode) == (len(problems), int(bool(problems))), done.stderr
    return answer["findings"]


def test_json(command, manifest):
    folder = manifest(MANIFEST)
    assert findings(command, folder) == []
    (folder / ".gitignore").write_text("target\n")
    [found] = findings(command, folder)
    assert (found["kind"], found["can_be_mended"]) == ("problem", True)
    [found] = findings(command, folder, "--fix")
    assert (found["kind"], found["can_be_mended"]) == ("mended", False)


@pytest.mark.parametrize(
    "line", ["", "spin_manifest_version = \"2\"", "spin_manifest_version = 3", "spin_version = 2", "spin_manifest_version = 1"]
)
def test_the_version_of_the_manifest(command, manifest, line):
    folder = manifest(MANIFEST.replace("spin_manifest_version = 2", line))
    [found] = findings(command, folder)
    assert (found["can_be_mended"], "spin_manifest_version = 2" in found["text"]) == (True, True)
    [found] = findings(command, folder, "--fix")
    assert found["kind"] == "mended"
    assert findings(command, folder) == []
    assert (folder / "spin.toml").read_text().count("_version") == 1


def test_a_manifest_with_another_mistake(command, manifest):
    folder = manifest(MANIFEST.replace("source =", "sorce ="))
    before = (folder / "spin.toml").read_text()
    [found] = findings(command, folder, "--fix")
    assert ("did you mean 'source'?" in found["text"], found["kind"]) == (True, "problem")
    assert (folder / "spin.toml").read_text() == before


BUILD = MANIFEST.replace("{hello}", "app.wasm") + "[component.app.build]\ncommand = [{commands}]\n"


@pytest.mark.parametrize(
    ("commands", "named"),
    [
        ("'frobnicate --all'", ["frobnicate"]),
        ("'cd src && frobnicate; tinygoo | true'", ["frobnicate", "tinygoo"]),
        ("'X=1 ./make && .venv/bin/pip install'", []),
        ("'${NO_SUCH_VARIABLE:-frobnicate} x'", ["frobnicate"]),
        ("'echo \"frobnicate; nothing\" && echo done'", []),
        ("'cp a b', 'frobnicate'", ["frobnicate"]),
    ],
)
def test_tools_that_are_not_installed(command, manifest, guest, commands, named):
    folder = manifest(MANIFEST)
    (folder / "spin.toml").write_text(BUILD.replace("{commands}", commands))
    texts = [finding["text"] for finding in findings(command, folder) if "is needed" in finding["text"]]
    assert len(texts) == len(named)
    for text, name in zip(texts, named):
        assert f"`{name}` is needed, which is not installed" in text


def test_where_a_tool_is_from(command, manifest, tmp_path):
    folder = manifest(MANIFEST)
    (folder / "spin.toml").write_text(BUILD.replace("{commands}", "'cargo build --target wasm32-wasip2'"))
    (tmp_path / "empty").mkdir()
    texts = [finding["text"] for finding in findings(command, folder, env={"PATH": str(tmp_path / "empty")})]
    assert any("`cargo` is needed, which is not installed: Rust, from https://rustup.rs" in text for text in texts)


@pytest.fixture
def tools(tmp_path):
    """A path with a Rust whose targets are files."""
    folder = tmp_path / "tools"
    (folder / "lib/rustlib").mkdir(parents=True)
    for name, does in [
        ("cargo", "true"),
        ("rustc", f"echo {folder}"),
        ("rustup", f'[ "$1 $2" = "target add" ] && mkdir {folder}/lib/rustlib/"$3"'),
    ]:
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize("spelled", ["--target wasm32-wasip2", "--target=wasm32-wasip2"])
def test_a_target_of_rust(command, manifest, guest, tools, spelled):
    folder = manifest(MANIFEST + f"[component.app.build]\ncommand = 'cargo build {spelled} --release'\n")
    [found] = findings(command, folder, env=tools)
    assert ("`rustup target add wasm32-wasip2`" in found["text"], found["can_be_mended"]) == (True, True)
    [found] = findings(command, folder, "--fix", env=tools)
    assert found["kind"] == "mended"
    assert findings(command, folder, env=tools) == []


def test_the_target_that_rust_dropped(command, manifest, tools):
    folder = manifest(MANIFEST + "[component.app.build]\ncommand = 'cargo build --target wasm32-wasi'\n")
    [found] = findings(command, folder, env=tools)
    assert "wasm32-wasip2 makes components" in found["text"]


def test_a_port_that_is_taken(command, manifest, port):
    with socket.create_server(("127.0.0.1", port)):
        [found] = findings(command, manifest(MANIFEST))
    assert (found["kind"], f"127.0.0.1:{port} is in use" in found["text"]) == ("note", True)


def test_labels_without_a_definition(command, manifest, tmp_path):
    folder = manifest(MANIFEST + 'key_value_stores = ["default", "cart"]\nsqlite_databases = ["notes"]\n')
    texts = [finding["text"] for finding in findings(command, folder)]
    assert len(texts) == 2
    assert "[key_value_store.cart]" in texts[0] and "[sqlite_database.notes]" in texts[1]
    (tmp_path / "runtime.toml").write_text('[key_value_store.cart]\ntype = "memory"\n[sqlite_database.notes]\ntype = "spin"\n')
    assert findings(command, folder, "--runtime-config-file", "runtime.toml") == []
    (tmp_path / "runtime.toml").write_text("[key_value_store.cart]\ntype = 5\n")
    assert "runtime.toml:2:" in findings(command, folder, env={"RUNTIME_CONFIG_FILE": "runtime.toml"})[0]["text"]


def test_grants_that_are_missing(command, manifest, guest):
    folder = manifest(MANIFEST)
    (folder / "spin.toml").write_text(MANIFEST.format(hello=guest("sqlite")))
    [found] = findings(command, folder)
    assert (found["kind"], 'sqlite_databases = ["default"]' in found["text"]) == ("note", True)
    with open(folder / "spin.toml", "a") as file:
        file.write('sqlite_databases = ["default"]\n')
    assert findings(command, folder) == []


def test_files_that_are_not_there(command, manifest):
    folder = manifest(MANIFEST + 'files = ["*.txt", "pages", {{ source = "static", destination = "/" }}]\n')
    texts = [finding["text"] for finding in findings(command, folder)]
    assert ["pages, one of its files, is not there" in texts[0], "static" in texts[1], len(texts)] == [True, True, 2]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(command, manifest):
    folder = manifest(MANIFEST)
    (folder / ".spin").mkdir(mode=0o500)
    assert ".spin may not be written by this user" in findings(command, folder)[0]["text"]


PREVIEW = """(component (import "wasi:http/types@0.2.0-rc-2023-11-10" (instance (export "f" (func)))))"""


def test_a_component_for_a_preview_of_wasi(command, manifest, tmp_path):
    folder = manifest(MANIFEST)
    (folder / "spin.toml").write_text(MANIFEST.replace("{hello}", "old.wasm"))
    subprocess.run(["wasm-tools", "parse", "-", "-o", folder / "old.wasm"], input=PREVIEW.encode(), check=True)
    assert any("preview of WASI 0.2" in finding["text"] for finding in findings(command, folder))
