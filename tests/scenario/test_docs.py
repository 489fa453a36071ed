"""The documentation says what the program says: verbs, options, limits, files."""

import re
import shlex
import subprocess

import pytest

from conftest import ROOT
from documented import options_of, verbs_of

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


def command_lines():
    for page in DOCS:
        for line in page.read_text().splitlines():
            match = re.match(r"(?:    |\$ )(?:build/)?withy (.*?)(?: +#.*)?$", line)
            if match:
                yield pytest.param(match[1], id=f"{page.name}: {match[1]}")


@pytest.mark.parametrize("line", list(command_lines()))
def test_command_lines_in_the_docs_use_what_exists(withy, line):
    words = shlex.split(line)
    assert words[0] in VERBS
    verb = next(name for name in verbs_of(withy) if words[: len(name.split())] == name.split())
    known = options_of(withy, verb)
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
    for header in sorted([ROOT / "include/withy.h", *(ROOT / "include/withy").glob("*.h")]):
        commented = False
        for line in header.read_text().splitlines():
            commented = line.rstrip().endswith("*/") or (commented and bool(line.strip()))
            if match := re.match(r"WITHY_API .*?(withy_\w+)\(", line):
                yield pytest.param(commented, match[1], id=f"{header.name}: {match[1]}")


@pytest.mark.parametrize("commented,name", list(declarations()))
def test_public_functions_are_documented_and_named_alike(commented, name):
    assert commented
    assert re.fullmatch(r"withy(_[a-z]+){1,3}", name)
