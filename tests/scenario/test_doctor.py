"""`withy doctor`: what it finds, and what it mends."""

import pytest

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
