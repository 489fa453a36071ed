"""The documentation says what the program says: verbs, options, limits, files."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import oci_registry
from conftest import ROOT
from documented import help_of, options_of, verbs_of
from page import Command, Terminal, commands_of

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
VERBS = re.findall(r"^WY_VERB\((\w+)", (ROOT / "src/cli/verbs.def").read_text(), flags=re.M)
SHARED = {"serve", "up", "watch", "run", "call"}


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.*)$", (ROOT / "docs/commands.md").read_text(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def written(section: str) -> set[str]:
    """Options in the first column of a section's table."""
    cells = re.findall(r"^\| (.*?) (?<!\\)\|", section, flags=re.M)
    return {option for cell in cells for option in re.findall(r"`(--?[a-zA-Z][\w-]*)", cell)}


@pytest.mark.parametrize("first", VERBS)
def test_every_option_is_in_the_docs_and_the_other_way_round(withy, first):
    parts = sections()
    for verb in verbs_of(withy):
        if verb.split()[0] != first:
            continue
        expected = written(parts[f"withy {verb}"])
        if verb in SHARED:
            expected |= written(parts["Options of serve, up, watch, run and call"])
        if verb == "watch":
            expected |= written(parts["withy up"])
        assert expected | {"-h", "--help"} == options_of(withy, verb)


def test_the_manual_and_the_docs_know_the_same_variables(command):
    page = command("help", "--man").stdout.partition(".SH ENVIRONMENT")[2]
    cells = re.findall(r"^\| (`.*?) \|", sections()["Environment"], flags=re.M)
    assert set(re.findall(r"\\fB([A-Z_]+)\\fR$", page, flags=re.M)) == set(re.findall(r"`([A-Z_]+)`", " ".join(cells)))


WITH_OPTIONS_OF_OTHERS = {"up --speedup 10 --test"}  # of a trigger


def command_lines():
    """Of withy, also those in running text."""
    for page in DOCS:
        lines = [command.text.split("\n")[0] for command in commands_of(page)]
        for line in [*lines, *re.findall(r"`(withy [^`]+)`", page.read_text())]:
            match = re.match(r"(?:build/)?withy ([a-z-].*?)(?: +#.*)?$", line)
            if match:
                yield pytest.param(match[1], id=f"{page.name}: {match[1]}")


@pytest.mark.parametrize("line", list(command_lines()))
def test_command_lines_in_the_docs_use_what_exists(withy, line):
    words = shlex.split(line.replace("|", " "))
    if words[0].startswith("-") or line in WITH_OPTIONS_OF_OTHERS:
        return
    verbs = [name for name in verbs_of(withy) if words[: len(name.split())] == name.split()]
    assert verbs or words[0] in VERBS, words[0]
    known = options_of(withy, verbs[0]) if verbs else set()
    for word in words[1:]:
        if word.endswith(".wasm") and words[0] == "run":
            break  # what follows is the component's
        if word == "--":
            known = options_of(withy, "up")
            continue
        if word.startswith("-"):
            assert word.split("=")[0] in known


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_front_door_lists_its_verbs_as_the_readme_does():
    help_text = subprocess.run([ROOT / "do", "help"], capture_output=True, text=True, check=True).stdout
    verbs = set(re.findall(r"^  ([a-z]+)", help_text, flags=re.M))
    assert verbs == set(re.findall(r"^\| `\./do ([a-z]+)", (ROOT / "README.md").read_text(), flags=re.M))


def declarations():
    """Public functions, each with whether it or the group it stands in has a comment."""
    for header in sorted((ROOT / "include").rglob("*.h")):
        commented = False
        for line in header.read_text().splitlines():
            commented = line.rstrip().endswith("*/") or (commented and bool(line.strip()))
            if match := re.match(r"WITHY_API .*?(withy_\w+)\(", line):
                yield pytest.param(commented, match[1], id=f"{header.name}: {match[1]}")


@pytest.mark.parametrize("commented,name", list(declarations()))
def test_public_functions_are_documented_and_named_alike(commented, name):
    assert commented
    assert re.fullmatch(r"withy(_[a-z]+){1,3}", name)


# --- pieces of manifests and runtime configurations ---

RUNTIME = ("key_value_store", "sqlite_database", "variables_provider", "llm_compute", "client_tls", "outbound_")


def pieces():
    for page in DOCS:
        blocks = re.split(r"\n(?! {4}|\n)", page.read_text())
        for block in blocks:
            text = "\n".join(line[4:] for line in block.splitlines() if line.startswith("    ") or not line)
            if match := re.match(r"\n*\[\[?([a-z_]+)", text):
                name = re.search(r"\[.*", text)[0]
                yield pytest.param(text, match[1].startswith(RUNTIME), id=f"{page.name}: {name}")


def completed(piece: str) -> str:
    """A manifest around a piece of one: with the components and variables that it speaks of."""
    parts = ['spin_manifest_version = 2\n[application]\nname = "app"', piece]
    named = set(re.findall(r"^\[component\.([\w-]+)", piece, flags=re.M)) | set(re.findall(r'component = "([\w-]+)"', piece))
    for names in re.findall(r"middleware = \[(.*?)\]", piece):
        named |= set(re.findall(r'"([\w-]+)"', names))
    for name in sorted(named or {"app"}):
        if not re.search(rf"^\[component\.{name}\]", piece, flags=re.M):
            parts.append(f'[component.{name}]\nsource = "hello.wasm"')
    for name in sorted(set(re.findall(r"{{ (\w+) }}", piece))):
        if "[variables]" not in piece:
            parts.append(f'[variables.{name}]\ndefault = ""')
    return "\n".join(parts)


@pytest.mark.parametrize("piece,is_runtime", list(pieces()))
def test_pieces_of_manifests_are_read(command, tmp_path, piece, is_runtime):
    (tmp_path / "spin.toml").write_text(completed("" if is_runtime else piece))
    (tmp_path / "runtime.toml").write_text(piece if is_runtime else "")
    done = command("doctor", "--json", "--runtime-config-file", "runtime.toml", cwd=tmp_path)
    texts = [finding["text"] for finding in json.loads(done.stdout)["findings"]]
    assert not [text for text in texts if ".toml:" in text]


# --- running them ---

PAGES = [page for page in [*DOCS, *sorted((ROOT / "examples").glob("*/README.md"))] if commands_of(page)]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

# (page, what the line begins with): why it is not run here.
NOT_RUN = {
    ("README.md", "git clone"): "takes the address of the repository",
    ("README.md", "./do"): "builds and tests this tree, as was done to come here",
    ("docs/capabilities/llm.md", "./do"): "compiles llama.cpp for minutes; test_llm_local.py tests what comes of it",
    ("docs/embedding.md", "cc -o program"): "tests/install/run builds programs with the installed library",
    ("docs/tutorial.md", "rustup target add"): "tests/guests/build has installed it",
    ("docs/tutorial.md", "sudo"): "there is no systemd; what the unit starts is run by a test of its own",
    ("examples/embed/README.md", "cc -o"): "tests/install/run builds and runs the examples",
    ("examples/embed/README.md", "target/"): "tests/install/run builds and runs the examples",
    ("examples/embed-http/README.md", "cc -o"): "tests/install/run builds and runs the examples",
    ("examples/embed-http/README.md", "target/"): "tests/install/run builds and runs the examples",
    ("examples/trigger-timer/README.md", "cc -o"): "tests/install/run builds and runs the examples",
    ("examples/trigger-timer/README.md", "PATH="): "tests/install/run builds and runs the examples",
    ("docs/triggers/own.md", "cc -o"): "tests/install/run builds and runs the example",
}


def is_run(name: str, command) -> bool:
    return not any(name == page and command.text.startswith(begin) for page, begin in NOT_RUN)


def test_what_is_not_run_is_there():
    for page, begin in NOT_RUN:
        assert any(command.text.startswith(begin) for command in commands_of(ROOT / page)), (page, begin)


def is_synopsis(withy, command) -> bool:
    """`withy up [OPTIONS]`: what help says too."""
    words = command.text.split()
    if words[0] != "withy" or not re.search(r"\[OPTIONS\]|bash\|", command.text):
        return False
    assert any(f"Usage: {command.text}\n" in help_of(withy, verb) for verb in verbs_of(withy)), command.text
    return True


@pytest.fixture(scope="session")
def toolchains(tmp_path_factory):
    """The environment in which tests/guests/build finds compilers."""
    script = f"REPO={ROOT}; . {ROOT}/tests/guests/lib.sh; need_wasm_tools; need_clang; need_rust wasm32-wasip2; env -0"
    done = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=True, timeout=900)
    found = dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)
    clang = subprocess.run(
        ["sh", "-euc", f"REPO={ROOT}; . {ROOT}/tests/guests/lib.sh; need_clang; echo $CLANG"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    env = {name: found[name] for name in ("PATH", "RUSTUP_HOME", "CARGO_HOME", "RUSTUP_TOOLCHAIN") if name in found}
    return {**env, "CLANG": clang, "WITHY_CACHE_DIR": str(tmp_path_factory.mktemp("compiled"))}


@pytest.fixture(scope="session")
def examples(tmp_path_factory):
    """A copy of the examples, beside what their build scripts use."""
    top = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "examples", top / "examples", ignore=shutil.ignore_patterns("target", ".spin"))
    for name in ("tests", "wit", "include"):
        (top / name).symlink_to(ROOT / name)
    subprocess.run([top / "examples/counter/build"], check=True, capture_output=True, timeout=900)
    return top / "examples"


@pytest.fixture
def terminal(withy, guest, examples, toolchains, tmp_path):
    """A folder with the files that the pages speak of."""
    for name, what in [("hello", "hello"), ("component", "hello"), ("tool", "cli"), ("shop", "catalogue")]:
        (tmp_path / f"{name}.wasm").symlink_to(guest(what))
    subprocess.run(
        ["wasm-tools", "parse", ROOT / "tests/scenario/math.wat", "-o", tmp_path / "math.wasm"],
        check=True, env={**os.environ, **toolchains},
    )  # fmt: skip
    (tmp_path / "site.wasm").symlink_to(examples / "counter/target/site.wasm")
    (tmp_path / "pages").symlink_to(examples / "counter/pages")
    (tmp_path / "examples").symlink_to(examples)
    (tmp_path / "wit").symlink_to(ROOT / "wit/wasi-0.2")
    (tmp_path / "spin.toml").symlink_to(tmp_path / "app.toml")
    (tmp_path / "app.toml").write_text(
        'spin_manifest_version = 2\n[application]\nname = "app"\n[[trigger.http]]\nroute = "/..."\n'
        'component = { source = "hello.wasm" }\n'
    )
    for folder in ("bin", "build"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "withy").symlink_to(withy)
    own = {"PATH": f"{tmp_path / 'bin'}:{toolchains['PATH']}", "XDG_CONFIG_HOME": str(tmp_path / "config"), "PASSWORD": "x"}
    terminal = Terminal(tmp_path, {**toolchains, **own})
    yield terminal
    terminal.close()


@pytest.fixture
def registry_of_a_page(terminal, name):
    """The one on this machine that pages speak of."""
    if "127.0.0.1:5000" not in (ROOT / name).read_text():
        yield
        return
    one = oci_registry.Real(port=terminal.port("5000"))
    yield
    one.stop()


# Compiling the crates of Spin's SDK takes minutes: what was made of them is kept beside the guests.


def crates_of(project: Path) -> Path:
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, cwd=project).stdout
    name = hashlib.sha256(f"{(project / 'Cargo.toml').read_text()}{rustc}".encode()).hexdigest()[:16]
    cache = os.environ.get("XDG_CACHE_HOME", f"{os.environ['HOME']}/.cache")
    return Path(os.environ.get("WITHY_GUESTS_CACHE", f"{cache}/withy/guests")) / "tools" / f"crates-{name}"


def begin_with_crates(project: Path):
    if (project / "Cargo.toml").exists() and not (project / "target").exists() and crates_of(project).exists():
        subprocess.run(["cp", "-a", "--reflink=auto", crates_of(project), project / "target"], check=True)


def keep_crates(project: Path):
    if (project / "Cargo.toml").exists() and not crates_of(project).exists():
        work = Path(f"{crates_of(project)}.{os.getpid()}")
        subprocess.run(["cp", "-a", project / "target", work], check=True)
        work.rename(crates_of(project))


@pytest.mark.parametrize("name", NAMES)
def test_command_lines_of_a_page(withy, terminal, examples, registry_of_a_page, name):
    if name.startswith("examples/"):
        terminal.cwd = examples / name.split("/")[1]
    for command in commands_of(ROOT / name):
        if is_run(name, command) and not is_synopsis(withy, command):
            begin_with_crates(terminal.cwd)
            terminal.type(command)
    keep_crates(terminal.cwd)
    terminal.end_server()


def test_what_the_unit_of_the_tutorial_starts(withy, guest, terminal, tmp_path):
    unit = next(command.text for command in commands_of(ROOT / "docs/tutorial.md") if "counter.service" in command.text)
    started = re.search(r"^ExecStart=(.*)$", unit, flags=re.M)[1]
    folder = tmp_path / "srv"
    folder.mkdir()
    (folder / "tables.sql").write_text("CREATE TABLE IF NOT EXISTS visits (path TEXT PRIMARY KEY);")
    (folder / "spin.toml").write_text(
        (tmp_path / "app.toml").read_text()
        .replace('{ source = "hello.wasm" }', '"counter"')
        + f'[component.counter]\nsource = "none.wasm"\nprofile.release.source = "{guest("hello")}"\n'
    )  # fmt: skip
    for written, here in [("/usr/local/bin/withy", "withy"), ("/srv/counter", folder), ("/var/lib/counter", tmp_path / "state")]:
        assert written in started
        started = started.replace(written, str(here))
    terminal.type(Command(1, started))
    terminal.type(Command(1, "curl http://127.0.0.1:3000/.well-known/spin/health   # OK"))
    terminal.type(Command(1, f"kill -HUP {terminal.server.pid}"))
    terminal.type(Command(1, "curl http://127.0.0.1:3000/"))
    terminal.end_server()
    assert (tmp_path / "state" / "sqlite_db.db").exists()
