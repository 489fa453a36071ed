"""`withy build` and `withy watch`."""

import concurrent.futures
import json
import shutil
import time

import pytest

MANIFEST = """
spin_manifest_version = 2
[application]
name = "built"
[[trigger.http]]
route = "/..."
component = "app"
[component.app]
source = "app/out.wasm"
[component.app.build]
command = ["cat kind", "cp ../$(cat kind).wasm out.wasm"]
workdir = "app"
watch = ["kind", "src/**/*.c"]
[component.app.profile.other.build]
command = "cp ../hello.wasm out.wasm"
[component.plain]
source = "{echo}"
"""


@pytest.fixture
def folder(guest, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(echo=guest("echo")))
    (tmp_path / "app" / "src" / "deep").mkdir(parents=True)
    (tmp_path / "app" / "kind").write_text("hello")
    for name in ["hello", "faults"]:
        shutil.copy(guest(name), tmp_path / f"{name}.wasm")
    return tmp_path


def test_commands_run_in_their_folder(command, folder):
    done = command("build", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "hello"
    assert "Building component app with `cat kind`" in done.stderr
    assert "Built 1 component\n" in done.stderr
    assert (folder / "app" / "out.wasm").read_bytes() == (folder / "hello.wasm").read_bytes()


def test_a_command_that_fails_ends_it(command, folder):
    (folder / "app" / "kind").write_text("nothing")
    done = command("build", cwd=folder)
    assert done.returncode == 74
    assert 'component "app": `cp ../$(cat kind).wasm out.wasm` ended with status 1' in done.stderr


def test_commands_are_listed_and_not_run(command, folder, guest):
    done = command("build", "--list", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "app: cat kind\napp: cp ../$(cat kind).wasm out.wasm\n")
    assert command("build", "--list", "--profile", "other", cwd=folder).stdout == "app: cp ../hello.wasm out.wasm\n"
    app, plain = json.loads(command("build", "--json", cwd=folder).stdout)
    assert app == {
        "component": "app", "source": "./app/out.wasm", "is_built": False, "folder": "./app",
        "commands": ["cat kind", "cp ../$(cat kind).wasm out.wasm"], "watch": ["kind", "src/**/*.c"],
    }  # fmt: skip
    assert (plain["source"], plain["is_built"], plain["commands"]) == (guest("echo"), True, [])
    assert not (folder / "app" / "out.wasm").exists()


@pytest.mark.parametrize("verb", [["build"], ["build", "--list"], ["build", "--json"], ["up"], ["up", "--build"]])
def test_a_component_that_is_not_there(command, folder, verb):
    for id, nearest in [("plane", "; did you mean 'plain'?"), ("nobody", "")]:
        done = command(*verb, "-c", "app", "-c", id, cwd=folder)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"--component-id {id}: the application has no such component{nearest}; it has: app plain\n" in done.stderr
    assert not (folder / "app" / "out.wasm").exists()


def test_only_one_component_or_profile(command, folder):
    assert command("build", "-c", "app", cwd=folder).returncode == 0
    done = command("build", "-c", "plain", cwd=folder)
    assert (done.returncode, "has no build command" in done.stderr) == (2, True)
    done = command("build", "--profile", "other", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")


def test_build_and_run(start, folder):
    assert start("up", "--build", cwd=folder).ask("/").status == 200
    (folder / "app" / "out.wasm").unlink()
    assert start("up", cwd=folder, env={"SPIN_ALWAYS_BUILD": "true"}).ask("/").status == 200


def test_build_up_passes_options_on(withy, started, folder):
    from conftest import Host, free_port

    port = free_port()
    host = Host([withy, "build", "--up", "--", "--listen", f"127.0.0.1:{port}"], port, folder)
    started.append(host)
    assert host.wait_until_up().ask("/").status == 200
    assert host.stop() == 0


@pytest.fixture
def watch(withy, started, folder):
    from conftest import Host, free_port

    hosts = []

    def begin(*args: str) -> Host:
        port = free_port()
        host = Host([withy, "watch", "--listen", f"127.0.0.1:{port}", *args], port, folder)
        hosts.append(host)
        started.append(host)
        return host.wait_until_up()

    yield begin
    for host in hosts:
        host.end()


def wait_for(condition, timeout: float = 30) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def kind_of(host) -> str:
    """Which guest answers: only one of them has a path /headers."""
    return "hello" if host.ask("/headers").text.startswith("Hello") else "faults"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_change_is_built_and_swapped_without_losing_a_request(watch, folder, workers):
    host = watch("--workers", workers)
    assert kind_of(host) == "hello"
    running = True

    def keep_asking() -> list[int]:
        seen = []
        while running:
            seen.append(host.ask("/headers").status)
        return seen

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(keep_asking) for _ in range(4)]
        (folder / "app" / "kind").write_text("faults")
        wait_for(lambda: kind_of(host) == "faults")
        (folder / "app" / "kind").write_text("hello")
        wait_for(lambda: kind_of(host) == "hello")
        running = False
        seen = [status for answers in asking for status in answers.result()]
    assert len(seen) > 10
    assert set(seen) == {200}
    assert host.stop() == 0


def test_what_cannot_be_built_leaves_the_old_one(watch, folder):
    host = watch()
    (folder / "app" / "kind").write_text("nothing")
    host.wait_for_log("ended with status 1")
    assert kind_of(host) == "hello"
    (folder / "app" / "kind").write_text("faults")
    wait_for(lambda: kind_of(host) == "faults")


def test_the_globs_say_what_is_looked_at(watch, folder):
    host = watch("--debounce", "50")
    builds = lambda: host.log.count("Built 1 component")  # noqa: E731
    assert builds() == 1
    (folder / "app" / "readme").write_text("nobody looks at this")
    time.sleep(1)
    assert builds() == 1
    (folder / "app" / "src" / "deep" / "x.c").write_text("int x;")
    wait_for(lambda: builds() == 2)
    (folder / "app" / "src" / "y.c").write_text("int y;")
    wait_for(lambda: builds() == 3)
    (folder / "spin.toml").write_text((folder / "spin.toml").read_text().replace("/...", "/new/..."))
    wait_for(lambda: host.ask("/").status == 404)
    assert host.ask("/new").status == 200


def test_without_building_the_component_itself_is_watched(watch, folder):
    shutil.copy(folder / "hello.wasm", folder / "app" / "out.wasm")
    host = watch("--skip-build")
    shutil.copy(folder / "faults.wasm", folder / "app" / "new.wasm")
    (folder / "app" / "new.wasm").rename(folder / "app" / "out.wasm")
    wait_for(lambda: kind_of(host) == "faults")
    assert "Building" not in host.log


def test_a_manifest_that_is_mended(watch, folder, withy, started):
    from conftest import Host, free_port

    text = (folder / "spin.toml").read_text()
    (folder / "spin.toml").write_text(text + "nonsense\n")
    port = free_port()
    host = Host([withy, "watch", "--listen", f"127.0.0.1:{port}"], port, folder)
    started.append(host)
    host.wait_for_log("spin.toml:")
    (folder / "spin.toml").write_text(text)
    assert host.wait_until_up().ask("/").status == 200
    assert host.stop() == 0
