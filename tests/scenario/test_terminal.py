"""What a person sees on a terminal, and programs elsewhere do not: colours, and progress of long work."""

import os
import pty
import re
import subprocess
import time

import pytest


@pytest.fixture
def on_terminal(withy):
    """on_terminal("compile", FILE): what it says, with standard output and error on a terminal."""

    def run(*arguments: str, env: dict | None = None, cwd=None) -> str:
        ours, theirs = pty.openpty()
        variables = {**os.environ, "TERM": "xterm", **(env or {})}
        if not env or "NO_COLOR" not in env:
            variables.pop("NO_COLOR", None)
        process = subprocess.Popen([withy, *arguments], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=variables, cwd=cwd)
        os.close(theirs)
        said, end = b"", time.monotonic() + 300
        while time.monotonic() < end:
            try:
                said += os.read(ours, 65536)
            except OSError:  # it has ended
                break
        process.wait(60)
        os.close(ours)
        return said.decode(errors="replace")

    return run


def test_mistakes_are_coloured_for_people_alone(on_terminal, command):
    assert on_terminal("inspect", "missing.wasm").startswith("\x1b[1;31mwithy:\x1b[0m missing.wasm: ")
    for env in [{"NO_COLOR": "1"}, {"TERM": "dumb"}]:
        assert on_terminal("inspect", "missing.wasm", env=env).startswith("withy: missing.wasm: ")
    assert command("inspect", "missing.wasm").stderr.startswith("withy: missing.wasm: ")


def test_findings_are_coloured_by_their_kind(on_terminal, guest, tmp_path):
    (tmp_path / "spin.toml").write_text(
        'spin_manifest_version = 2\n[application]\nname = "app"\n[[trigger.http]]\nroute = "/"\n'
        f'component = {{ source = "{guest("hello")}" }}\n'
    )
    (tmp_path / ".gitignore").write_text("target\n")
    assert "\x1b[1;31m-\x1b[0m ./.gitignore does not name" in on_terminal("doctor", cwd=tmp_path)
    assert "\x1b[32mmended:\x1b[0m ./.gitignore does not name" in on_terminal("doctor", "--fix", cwd=tmp_path)


def test_a_long_compilation_shows_that_it_goes_on(on_terminal, guest, tmp_path):
    output = tmp_path / "out.cwasm"
    said = on_terminal("compile", "--no-cache", guest("hello-js"), "--output", str(output))
    assert output.exists(), said
    assert re.search(r"\r\x1b\[Kcompiling  \d+ s", said)
    assert said.endswith("\r\x1b[K")
