"""`withy new` and `withy add`: what a template makes can be read, built and run."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TEMPLATES = ["http-c", "http-go", "http-js", "http-py", "http-rust"]


def test_list(command):
    assert command("new", "--list").stdout.split() == TEMPLATES


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_makes_a_manifest_that_is_read(command, tmp_path, template):
    done = command("new", "-t", template, "my-app", "-d", "A greeting", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    files = [path for path in (tmp_path / "my-app").rglob("*") if path.is_file()]
    assert len(files) > 2
    for path in files:
        assert "%" not in path.read_text().replace("%}", "")
    assert 'description = "A greeting"' in (tmp_path / "my-app" / "spin.toml").read_text()
    done = command("add", "-t", template, "other", cwd=tmp_path / "my-app")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "my-app" / "spin.toml").read_text()
    assert 'route = "/other/..."' in text
    assert 'workdir = "other"' in text
    done = command("build", "-c", "nobody", cwd=tmp_path / "my-app")
    assert "no such component" in done.stderr  # so the manifest was read


def test_what_is_there_stays(command, tmp_path):
    assert command("new", "-t", "http-c", "app", cwd=tmp_path).returncode == 0
    (tmp_path / "app" / "app.c").write_text("mine")
    done = command("new", "-t", "http-c", "app", cwd=tmp_path)
    assert (done.returncode != 0, "not empty" in done.stderr) == (True, True)
    done = command("new", "--init", "-t", "http-c", "app", cwd=tmp_path / "app")
    assert (done.returncode != 0, "app.c" in done.stderr) == (True, True)
    assert (tmp_path / "app" / "app.c").read_text() == "mine"
    assert command("new", "--allow-overwrite", "-t", "http-c", "app", cwd=tmp_path).returncode == 0
    assert (tmp_path / "app" / "app.c").read_text() != "mine"
    done = command("add", "-t", "http-c", "app", cwd=tmp_path / "app")
    assert "has a component \"app\" already" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-t", "http-cc", "app"], "did you mean \"http-c\"?"),
        (["-t", "pascal", "app"], "there are: http-c http-go http-js http-py http-rust"),
        (["app"], "--template is needed"),
        (["-t", "http-c", "My_App"], "lower-case letters"),
        (["-t", "http-c", "../app"], "lower-case letters"),
        (["-t", "http-c"], "one operand"),
    ],
)
def test_mistakes(command, tmp_path, arguments, words):
    done = command("new", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_template_for_c_builds_and_runs(command, start, tmp_path):
    clang = shutil.which("clang") or shutil.which("clang-14") or shutil.which("clang-19")
    if not clang or not shutil.which("wasm-tools") or not shutil.which("wasm-ld" + clang.partition("clang")[2]):
        pytest.skip("no clang for WebAssembly, or no wasm-tools, on the path")
    assert command("new", "-t", "http-c", "hello", cwd=tmp_path).returncode == 0
    done = command("build", "--from", "hello", cwd=tmp_path, env={"CLANG": clang, "PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    assert start("up", "--from", "hello", cwd=tmp_path).ask("/").text == "Hello from hello\n"


def adapter() -> Path | None:
    """The adapter that tests/guests/build has fetched."""
    cache = os.environ.get("XDG_CACHE_HOME", f"{os.environ['HOME']}/.cache")
    tools = Path(os.environ.get("WITHY_GUESTS_CACHE", f"{cache}/withy/guests")) / "tools"
    return next(iter(sorted(tools.glob("adapter-*/wasi_snapshot_preview1.command.wasm"))), None)


def go_is_recent() -> bool:
    if not shutil.which("go"):
        return False
    version = re.search(r"go1\.(\d+)", subprocess.run(["go", "version"], capture_output=True, text=True).stdout)
    return bool(version) and int(version[1]) >= 21


def test_the_template_for_go_builds_and_runs(command, start, tmp_path):
    if not go_is_recent() or not shutil.which("wasm-tools") or not adapter():
        pytest.skip("no Go 1.21, no wasm-tools on the path, or no adapter")
    assert command("new", "-t", "http-go", "hello", cwd=tmp_path).returncode == 0
    code = (tmp_path / "hello/main.go").read_text()
    grow = """
\tvar kept [][]byte
\tfor r.URL.Path == "/much" && len(kept) < 64 {
\t\tkept = append(kept, make([]byte, 1<<20))
\t}
\tw.Header()"""
    (tmp_path / "hello/main.go").write_text(code.replace("\tw.Header()", grow, 1))
    done = command("build", "--from", "hello", cwd=tmp_path, env={"WASI_ADAPTER": str(adapter())}, timeout=900)
    assert done.returncode == 0, done.stderr
    host = start("up", "--from", "hello", cwd=tmp_path)
    for path in ["/", "/much"]:
        answer = host.ask(path)
        assert (answer.status, answer.text) == (200, "Hello from hello\n"), host.log
