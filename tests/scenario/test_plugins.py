"""Plug-ins: programs that are verbs of withy."""

import json
import os
import subprocess
from pathlib import Path

import pytest

SHOW = """#!/bin/sh
echo "$0" "$#" "$@"
echo "$SPIN_BIN_PATH $SPIN_VERSION"
cat
exit 7
"""


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def run(withy, home):
    def begin(*args: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess:
        variables = {"HOME": str(home), "XDG_DATA_HOME": "", "PATH": f"{home}/bin:/usr/bin:/bin", **env}
        return subprocess.run([withy, *args], input=stdin, capture_output=True, text=True, timeout=60,
                              env={**os.environ, **variables})

    return begin


def program(path: Path, text: str = SHOW) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


PLACES = [".local/share/withy/plugins/hello/hello", ".local/share/spin/plugins/hello/hello", "bin/withy-hello"]


@pytest.mark.parametrize("place", PLACES)
def test_a_plugin_is_a_verb(run, withy, home, place):
    path = program(home / place)
    done = run("hello", "--list", "a b", "-x", stdin="input\n")
    assert done.returncode == 7
    first, second, third = done.stdout.splitlines()
    assert first == f"{path} 3 --list a b -x"
    assert second.split()[0] == os.path.realpath(withy) and second.split()[1].count(".") == 2
    assert third == "input"


def test_the_first_place_counts(run, home):
    for place in PLACES:
        program(home / place)
    assert run("hello").stdout.startswith(str(home / PLACES[0]))
    listed = json.loads(run("plugins", "list", "--json").stdout)
    assert [plugin["path"] for plugin in listed if plugin["name"] == "hello"] == [str(home / PLACES[0])]


def test_verbs_of_withy_come_first(run, home):
    program(home / "bin/withy-inspect")
    assert "withy inspect" in run("inspect", "--help").stdout


@pytest.mark.parametrize("name", ["helo", "../hello", "-hello", ""])
def test_no_such_plugin(run, home, name):
    program(home / PLACES[1])
    program(home / ".local/share/spin/hello")
    done = run(name)
    assert done.returncode == 2
    assert f'unknown verb "{name}"' in done.stderr


def test_a_plugin_that_cannot_be_run(run, home):
    program(home / PLACES[0], "no program")
    done = run("hello")
    assert done.returncode == 74
    assert f"withy: {home / PLACES[0]}: Exec format error" in done.stderr


def test_list(run, home):
    assert run("plugins", "list").stdout == "No plug-ins found\n"
    assert run("plugins", "list", "--json").stdout == "[]\n"
    program(home / PLACES[1])
    timer = program(home / "bin/trigger-timer")
    program(home / "bin/other")
    (home / ".local/share/spin/plugins/empty").mkdir()
    manifests = home / ".local/share/spin/plugins/manifests"
    manifests.mkdir()
    (manifests / "hello.json").write_text(json.dumps({"name": "hello", "version": "1.2.3", "description": "Says hello",
                                                      "license": "MIT", "spinCompatibility": ">=2.0", "packages": []}))
    (manifests / "empty.json").write_text("{")
    assert run("plugins", "list").stdout == f"hello 1.2.3  {home / PLACES[1]}\n    Says hello\ntrigger-timer  {timer}\n"
    assert json.loads(run("plugins", "list", "--json").stdout) == [
        {"name": "hello", "version": "1.2.3", "description": "Says hello", "path": str(home / PLACES[1])},
        {"name": "trigger-timer", "path": str(timer)},
    ]
    assert run("plugins", "list", "x").returncode == 2
    assert run("plugins").returncode == 2
