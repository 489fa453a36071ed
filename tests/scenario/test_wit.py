"""`withy wit`: every package at hand prints as an equal one, and wasm-tools, where it is there, finds the same in it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT

CASES = ROOT / "tests/wit"
GOOD = sorted((CASES / "good").glob("*.wit"))
BAD = sorted((CASES / "bad").glob("*.wit"))
ROOTS = [root for root in (ROOT / "wit", ROOT.parent / "shared/wit") if root.exists()]
PACKAGE_LINE = re.compile(r"^\s*package\s+([\w%:-]+(?:@[\w.+-]+)?)\s*;", re.M)

REFERENCE = re.compile(r"([a-z][\w-]*:[a-z][\w-]*)/([\w%-]+)(?:@(\d[\w.+-]*\w))?")


def packages_below(root: Path) -> dict[tuple[Path, str], list[Path]]:
    """The files of each package: those of one folder that name it, and those beside them that name none."""
    found: dict[tuple[Path, str], list[Path]] = {}
    for folder in sorted({path.parent for path in root.rglob("*.wit")}):
        names = {file: PACKAGE_LINE.search(file.read_text()) for file in sorted(folder.glob("*.wit"))}
        named = {match[1] for match in names.values() if match}
        for file, match in names.items():
            if match or len(named) == 1:
                found.setdefault((folder, match[1] if match else next(iter(named))), []).append(file)
    return found


def all_packages():
    for root in ROOTS:
        for (folder, name), files in packages_below(root).items():
            yield pytest.param(root, folder, name, files, id=f"{root.parent.name}/{folder.relative_to(root)}/{name}")


def lay_out(to: Path, root: Path, folder: Path, name: str, files: list[Path]) -> Path:
    """The package by itself, with what it refers to, taken from the nearest folder, as `deps`. A version that is not at
    hand is replaced by another of its line."""
    others = packages_below(root)
    taken, todo = {name}, []

    def near(key) -> tuple:
        return (sum(a == b for a, b in zip(key[0].parts, folder.parts)), key[1])

    def put(paths: list[Path], where: Path) -> None:
        where.mkdir(parents=True)
        for path in paths:
            text = REFERENCE.sub(refer, path.read_text())
            (where / path.name).write_text(text)

    def refer(match) -> str:
        package, item, version = match.groups()
        line = f"{package}@{version}".rpartition(".")[0] if version else package
        fitting = [key for key in others if key[1] == (f"{package}@{version}" if version else package)]
        fitting = fitting or [key for key in others if version and key[1].rpartition(".")[0] == line]
        if not fitting or name.partition("@")[0] == package:
            return match[0]
        best = max(fitting, key=near)
        if best[1] not in taken:
            taken.add(best[1])
            todo.append(best)
        _, at, found = best[1].partition("@")
        return f"{package}/{item}{at}{found}"

    put(files, to)
    while todo:
        key = todo.pop()
        put(others[key], to / "deps" / re.sub(r"\W", "_", key[1]))
    return to


@pytest.fixture(scope="session")
def wasm_tools():
    path = shutil.which("wasm-tools")
    if not path:
        pytest.skip("wasm-tools is not on the path")
    return lambda *args: subprocess.run(
        [path, "component", "wit", "--no-docs", *map(str, args)], capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(("root", "folder", "name", "files"), list(all_packages()))
def test_what_is_printed_is_an_equal_package(command, wasm_tools, tmp_path, root, folder, name, files):
    whole = lay_out(tmp_path / "in", root, folder, name, files)
    first = command("wit", str(whole))
    reference = wasm_tools("--all-features", whole)
    assert (first.returncode == 0) == (reference.returncode == 0), first.stderr + reference.stderr
    if first.returncode:
        return
    printed = tmp_path / "printed.wit"
    printed.write_text(first.stdout)
    assert command("wit", str(printed)).stdout == first.stdout
    assert wasm_tools("--all-features", printed).stdout == reference.stdout


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_good_cases(command, wasm_tools, tmp_path, file):
    first = command("wit", str(file))
    assert first.stderr == ""
    printed = tmp_path / "printed.wit"
    printed.write_text(first.stdout)
    assert command("wit", str(printed)).stdout == first.stdout
    reference = wasm_tools("--all-features", file)
    assert reference.stderr == ""
    assert wasm_tools("--all-features", printed).stdout == reference.stdout
    assert command("wit", "--check", str(file)).stdout == ""


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_bad_cases(command, file):
    expected, _, rest = file.read_text().partition("\n")
    done = command("wit", "--check", str(file))
    assert done.returncode in (65, 66)
    message, line, caret = done.stderr.splitlines()
    assert message == f"withy: {file}:{expected.removeprefix('// ')}"
    assert caret.index("^") >= 2
    place = expected.removeprefix("// ").split(":")
    assert line.strip() == file.read_text().splitlines()[int(place[0]) - 1].strip()


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_the_reference_refuses_them_too(wasm_tools, file):
    accepts = file.read_text().splitlines()[1].startswith("// wasm-tools accepts this: ")
    assert (wasm_tools("--all-features", file).returncode == 0) == accepts


def test_docs_stay(command):
    text = command("wit", str(CASES / "good/everything.wit")).stdout
    for words in ["The package's own words.", "Every type there is.", "A record.", "in a block", "A method.", "A union of worlds."]:
        assert f"/// {words}\n" in text


def test_a_component_shows_its_own(command, guest, tmp_path):
    first = command("wit", guest("shapes-rs"))
    assert first.stderr == ""
    assert "export withy:shapes/store@1.2.3;" in first.stdout
    printed = tmp_path / "printed.wit"
    printed.write_text(first.stdout)
    assert command("wit", "--check", str(printed)).stderr == ""


def test_usage(command, tmp_path):
    assert command("wit").returncode == 2
    assert command("wit", str(tmp_path / "none.wit")).returncode in (66, 74)
    assert command("wit", str(tmp_path)).returncode == 66
