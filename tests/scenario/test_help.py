"""Help in all its forms: text, manual pages, completions in the shells themselves."""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from documented import options_of, verbs_of


def needs(program: str) -> str:
    path = shutil.which(program)
    if not path:
        pytest.skip(f"no {program} on the path")
    return path


@pytest.fixture(scope="module")
def script(withy, tmp_path_factory):
    """script("bash"): the file of completions for a shell."""

    def write(shell: str):
        path = tmp_path_factory.mktemp("completions") / ("_withy" if shell == "zsh" else f"withy.{shell}")
        path.write_bytes(subprocess.run([withy, "completions", shell], capture_output=True, check=True).stdout)
        return path

    return write


# --- text ---


def test_help_of_a_verb_is_what_the_verb_says(command):
    assert command("help", "up").stdout == command("up", "--help").stdout
    assert command("help").stdout == command("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["help", "upp"], 'did you mean "up"?'),
        (["help", "--man", "upp"], 'did you mean "up"?'),
        (["up", "--help=html"], '"html" is none of them'),
        (["completions"], "bash|zsh|fish"),
        (["completions", "tcsh"], "bash|zsh|fish"),
    ],
)
def test_mistakes(command, arguments, words):
    done = command(*arguments)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr


# --- manual pages ---


def test_manual_pages_are_well_formed_and_whole(withy, command):
    mandoc = needs("mandoc")
    for verb in ["", *verbs_of(withy)]:
        page = command("help", "--man", *verb.split()[:1]).stdout
        lint = subprocess.run([mandoc, "-T", "lint", "-W", "warning"], input=page, capture_output=True, text=True).stdout
        complaints = [line for line in lint.splitlines() if "missing date" not in line]
        assert complaints == []
        shown = subprocess.run([mandoc, "-T", "ascii"], input=page, capture_output=True, text=True, check=True).stdout
        shown = re.sub(r".\x08", "", shown)
        for name in options_of(withy, verb) if verb else verbs_of(withy):
            assert re.search(rf"^ +.*{re.escape(name.split()[0])}\b", shown, flags=re.M), name


# --- completions ---

CASES = [
    (["withy", "comp"], {"compile", "completions"}),
    (["withy", "up", "--form"], {"--format"}),
    (["withy", "up", "--format", ""], {"plain", "json"}),
    (["withy", "new", "-t", "http-c"], {"http-c"}),
    (["withy", "completions", ""], {"bash", "zsh", "fish"}),
    (["withy", "up", "--from", "na"], {"names"}),
    (["withy", "serve", "na"], {"names"}),
    (["withy", "up", "--env", "na"], set()),
    (["withy", "registry", "pu"], {"push", "pull"}),
    (["withy", "registry", "push", "--from", "na"], {"names"}),
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "names").mkdir()
    return tmp_path


@pytest.mark.parametrize(("words", "expected"), [*CASES, (["withy", "up", "--format", "=", "pl"], {"plain"})])
def test_bash_completes(script, folder, words, expected):
    bash = needs("bash")
    line = " ".join(f"'{word}'" for word in words)
    code = f". {script('bash')}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _withy; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run([bash, "--norc", "-c", code], cwd=folder, capture_output=True, text=True, timeout=60)
    assert (set(done.stdout.split()), done.stderr) == (expected, "")


@pytest.mark.parametrize(("words", "expected"), CASES)
def test_fish_completes(script, folder, words, expected):
    fish = needs("fish")
    code = f"source {script('fish')}; complete -C '{' '.join(words)}'"
    done = subprocess.run(
        [fish, "--no-config", "-c", code], cwd=folder, capture_output=True, text=True, timeout=60,
        env={**os.environ, "HOME": str(folder), "TERM": "dumb"},
    )
    offered = {line.split("\t")[0].rstrip("/") for line in done.stdout.splitlines()}
    if expected:
        assert offered == expected, done.stderr
    assert not done.stderr


def test_zsh_completes(script, folder):
    zsh = needs("zsh")
    path = script("zsh")
    (folder / ".zshrc").write_text(
        f"fpath=({path.parent} $fpath)\nautoload -Uz compinit\ncompinit -u -D\nPS1='%%'\nunsetopt beep list_beep\n"
    )
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execve(zsh, [zsh, "-i"], {"ZDOTDIR": str(folder), "HOME": str(folder), "TERM": "dumb", "PATH": os.environ["PATH"]})
    seen = ""
    try:
        for typed, expected in [
            ("", "%"),
            ("withy comple\t", "completions"),
            (" f\t", "fish"),
            ("\x15withy up --find\t", "--find-free-port"),
            ("\x15withy up --format j\t", "json"),
            ("\x15withy new -t http-p\t", "http-py"),
            ("\x15withy serve na\t", "names/"),
            ("\x15withy registry log\t", "login"),
            ("\x15withy registry push --fro\t", "--from"),
        ]:
            os.write(terminal, typed.encode())
            got, end = "", time.monotonic() + 30
            while expected not in got and time.monotonic() < end:
                if select.select([terminal], [], [], 0.2)[0]:
                    got += os.read(terminal, 65536).decode(errors="replace")
            seen += got
            assert expected in got, seen
    finally:
        os.write(terminal, b"\x15exit\r")
        os.close(terminal)
        os.waitpid(child, 0)
