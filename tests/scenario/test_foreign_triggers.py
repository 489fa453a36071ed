"""Triggers that are programs of their own, started by `withy up` as Spin starts them."""

import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest
import trigger_program
from conftest import Host

MANIFEST = """
spin_manifest_version = 2
[application]
name = "mixed"
version = "1.2.3"
[application.trigger.timer]
speedup = 2
[variables]
greeting = {{ default = "hi" }}
secret = {{ required = true, secret = true }}
[[trigger.timer]]
id = "tick"
interval_secs = 3
component = "a"
[component.a]
source = "{source}"
environment = {{ A = "1" }}
key_value_stores = ["default"]
variables = {{ text = "{{{{ greeting }}}}" }}
files = ["assets/*"]
"""

HTTP = """
[[trigger.http]]
route = "/..."
component = "a"
"""

OTHER = """
[[trigger.other]]
component = "a"
"""


@pytest.fixture
def home(tmp_path):
    """Where plug-ins are looked for: not the home of whoever runs the tests."""
    return tmp_path / "home"


@pytest.fixture
def app(up, guest, tmp_path, home):
    (tmp_path / "app" / "assets").mkdir(parents=True)
    (tmp_path / "app" / "assets" / "a.txt").write_text("A")

    def begin(more: str, *flags, env=None) -> Host:
        (tmp_path / "app" / "spin.toml").write_text(MANIFEST.format(source=guest("hello")) + more)
        variables = {"HOME": str(home), "XDG_DATA_HOME": "", "SPIN_VARIABLE_SECRET": "x", "PATH": f"{home}/bin:/usr/bin:/bin",
                     **(env or {})}
        return up(tmp_path, "--from", "app", *flags, env=variables)

    return begin


def plugin(home: Path, kind: str, **behaviour) -> trigger_program.Trigger:
    folder = home / ".local/share/spin/plugins" / f"trigger-{kind}"
    return trigger_program.write(folder, f"trigger-{kind}", home / f"{kind}.notes", **behaviour)


def test_it_is_told_what_spin_tells(app, home, tmp_path, guest):
    timer = plugin(home, "timer")
    host = app("", "--env", "B=2")
    told = timer.wait_for("start")
    env, lock = told["env"], told["app"]
    assert told["args"] == []
    assert timer.events("metadata") == []  # there was nothing to ask for
    assert Path(env["SPIN_LOCAL_APP_DIR"]) == tmp_path / "app"
    assert env["SPIN_LOCKED_URL"] == f"file://{env['SPIN_WORKING_DIR']}/spin.lock"
    assert env["SPIN_BIN_PATH"].endswith("withy") and env["SPIN_VERSION"].count(".") == 2
    assert stat.S_IMODE(os.stat(env["SPIN_LOCKED_URL"][7:]).st_mode) == 0o600
    assert lock["spin_lock_version"] == 0
    assert lock["metadata"]["name"] == "mixed" and lock["metadata"]["version"] == "1.2.3"
    assert lock["metadata"]["triggers"] == {"timer": {"speedup": 2}}
    assert lock["metadata"]["trigger"] == {"type": "timer", "speedup": 2}
    assert lock["metadata"]["origin"] == f"file://{tmp_path}/app/spin.toml"
    assert lock["variables"] == {"greeting": {"default": "hi"}, "secret": {"secret": True}}
    assert lock["triggers"] == [
        {"id": "tick", "trigger_type": "timer", "trigger_config": {"component": "a", "interval_secs": 3}}]
    (component,) = lock["components"]
    assert component["id"] == "a" and component["env"] == {"A": "1", "B": "2"}
    assert component["metadata"]["key_value_stores"] == ["default"]
    assert component["config"] == {"text": "{{ greeting }}"}
    assert component["source"]["content_type"] == "application/wasm"
    assert Path(component["source"]["source"][7:]).samefile(guest("hello"))
    (files,) = component["files"]
    assert files["path"] == "/"
    assert (Path(files["source"][7:]) / "assets/a.txt").read_text() == "A"
    assert host.stop() == 0
    assert [event["number"] for event in timer.events("signal")] == [signal.SIGTERM]
    assert not Path(env["SPIN_WORKING_DIR"]).exists()


@pytest.mark.parametrize("place", [".local/share/withy/plugins/trigger-timer/trigger-timer", "bin/trigger-timer",
                                   "bin/withy-trigger-timer"])
def test_where_it_is_found(app, home, place):
    program = trigger_program.write((home / place).parent, Path(place).name, home / "notes")
    host = app("")
    program.wait_for("start")
    assert str(program.path) in host.log
    assert host.stop() == 0


def test_folders_of_plugins_can_be_named(app, home, tmp_path):
    program = trigger_program.write(tmp_path / "data/plugins/trigger-timer", "trigger-timer", home / "notes")
    home.mkdir()
    host = app("", env={"SPIN_DATA_DIR": str(tmp_path / "data")})
    program.wait_for("start")
    assert host.stop() == 0


@pytest.mark.parametrize(("kind", "text"), [("timer", "'timer' is not built in ('http', 'redis'"),
                                            ("htpp", "'htpp' is not built in (did you mean 'http'?)")])
def test_no_program(app, home, kind, text):
    if kind != "timer":
        plugin(home, "timer")
    host = app(f'[[trigger.{kind}]]\ncomponent = "a"\n' if kind != "timer" else "")
    assert host.process.wait(60) == 69
    host.reader.join(5)
    assert text in host.log and ".local/share/spin/plugins" in host.log and "on the PATH" in host.log


def test_several_triggers_run_together(app, home):
    timer, other = plugin(home, "timer"), plugin(home, "other")
    host = app(HTTP + OTHER).wait_until_up()
    assert host.ask("/").status == 200
    lock = timer.wait_for("start")["app"]
    other.wait_for("start")
    assert sorted(trigger["trigger_type"] for trigger in lock["triggers"]) == ["http", "other", "timer"]
    assert "trigger" not in lock["metadata"]
    assert host.ask("/").status == 200
    assert host.stop() == 0
    assert timer.events("signal") and other.events("signal")


def test_options_go_to_those_that_know_them(app, home):
    timer, other = plugin(home, "timer", flags=["--speedup", "--test", "--variable"]), plugin(home, "other", flags=["--url"])
    host = app(HTTP + OTHER, "--speedup", "7", "--url=x:y", "--test", "--quiet", "--variable", "greeting=hey")
    timer_args, other_args = timer.wait_for("start")["args"], other.wait_for("start")["args"]
    assert timer_args == ["--quiet", "--variable", "greeting=hey", "--speedup", "7", "--test"]
    assert other_args == ["--quiet", "--url=x:y"]
    assert host.stop() == 0


def test_options_that_nobody_knows(app, home):
    timer = plugin(home, "timer", flags=["--speedup"])
    host = app(HTTP, "--speedup", "7", "--sped", "7")
    assert host.process.wait(60) == 2
    host.reader.join(5)
    assert "unknown option --sped" in host.log
    assert not timer.events("start")


def test_unknown_option_without_such_triggers(withy, guest, tmp_path):
    manifest = MANIFEST.format(source=guest("hello")).replace("[[trigger.timer]]", "[[trigger.redis]]")
    (tmp_path / "spin.toml").write_text(manifest.replace("interval_secs = 3", 'channel = "c"\naddress = "redis://x"'))
    done = subprocess.run([withy, "up", "--lisen", "x"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "unknown option --lisen (did you mean --listen?)" in done.stderr


@pytest.mark.parametrize("metadata", ["", "{", "[]", '{"all_flags": 1}', "x" * 3_000_000])
def test_garbage_metadata(app, home, metadata):
    """What does not say which options it knows gets all of them, as in Spin."""
    timer = plugin(home, "timer", metadata=metadata)
    host = app("", "--speedup", "7", "--log-dir", "logs", "--timeout", "1000")
    assert timer.wait_for("start")["args"] == ["--log-dir", "logs", "--speedup", "7"]
    host.wait_for_log("does not say which options it knows")
    assert host.stop() == 0


def test_metadata_that_never_comes(app, home):
    timer = plugin(home, "timer", metadata="hang")
    host = app("", "--speedup", "7")
    timer.wait_for("start", timeout=60)
    assert host.stop() == 0


@pytest.mark.parametrize(("behaviour", "status"), [({"status": 3}, 3), ({"signal": 9}, 137), ({}, 0)])
def test_one_that_ends_takes_all_with_it(app, home, behaviour, status):
    plugin(home, "timer", lives=1.5, **behaviour)
    other = plugin(home, "other")
    host = app(HTTP + OTHER).wait_until_up()
    other.wait_for("start")
    assert host.process.wait(60) == status
    host.reader.join(5)
    assert "trigger timer ended with" in host.log
    assert other.events("signal")
    with pytest.raises(OSError):
        host.open()


def test_one_alone_passes_its_status_on(app, home):
    plugin(home, "timer", lives=0.1, status=7)
    assert app("").process.wait(60) == 7


def test_that_withys_own_triggers_end_too(app, home):
    timer = plugin(home, "timer")
    host = app(HTTP, "--workers", "2").wait_until_up()
    timer.wait_for("start")
    pids = host.children()
    own = next(pid for pid in pids if pid != timer.events("start")[0]["pid"])
    os.kill(own, signal.SIGKILL)
    assert host.process.wait(60) == 137
    assert timer.events("signal")


def test_one_that_ignores_being_asked_is_killed(app, home):
    timer = plugin(home, "timer", ignores=True, child=True)
    host = app("")
    pid, child = timer.wait_for("start")["pid"], timer.wait_for("child")["pid"]
    host.process.send_signal(signal.SIGTERM)
    timer.wait_for("signal")
    time.sleep(0.3)
    assert host.process.poll() is None
    host.process.send_signal(signal.SIGTERM)  # again: at once
    assert host.process.wait(5) == 137
    host.reader.join(5)
    assert "did not end: it is killed" in host.log
    for number in (pid, child):
        assert not Path(f"/proc/{number}/stat").exists() or " Z " in Path(f"/proc/{number}/stat").read_text()


def test_one_that_ignores_being_asked_is_killed_in_time(app, home):
    timer = plugin(home, "timer", ignores=True)
    host = app("")
    timer.wait_for("start")
    begin = time.monotonic()
    host.process.send_signal(signal.SIGTERM)
    assert host.process.wait(30) == 137
    assert 9 < time.monotonic() - begin < 20


def test_they_end_with_the_one_who_started_them(app, home):
    timer = plugin(home, "timer")
    host = app("")
    timer.wait_for("start")
    host.process.kill()
    timer.wait_for("signal")


def test_a_reload_gives_them_the_application_anew(app, home, tmp_path):
    timer = plugin(home, "timer")
    host = app(HTTP).wait_until_up()
    timer.wait_for("start")
    manifest = tmp_path / "app" / "spin.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace("interval_secs = 3", "interval_secs = ]"))
    host.process.send_signal(signal.SIGHUP)
    host.wait_for_log("the triggers go on as they are")
    assert not timer.events("signal")
    manifest.write_text(text.replace("interval_secs = 3", "interval_secs = 4"))
    host.process.send_signal(signal.SIGHUP)
    again = timer.wait_for("start", 2)
    assert again["app"]["triggers"][0]["trigger_config"]["interval_secs"] == 4 or \
        again["app"]["triggers"][1]["trigger_config"]["interval_secs"] == 4
    assert host.ask("/").status == 200
    assert host.stop() == 0


def test_one_that_ignores_a_reload_is_killed_and_started_again(app, home):
    timer = plugin(home, "timer", ignores=True)
    host = app("")
    timer.wait_for("start")
    host.process.send_signal(signal.SIGHUP)
    timer.wait_for("start", 2, 30)
    assert "did not end: it is killed" in host.log
    assert host.process.poll() is None


def test_help_shows_what_they_say(withy, home, tmp_path, guest):
    plugin(home, "timer")
    (tmp_path / "spin.toml").write_text(MANIFEST.format(source=guest("hello")))
    done = subprocess.run([withy, "up", "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "HOME": str(home), "XDG_DATA_HOME": ""})
    assert done.returncode == 0
    assert "Options of trigger-timer:" in done.stdout and "--timer-option    what the trigger says" in done.stdout


def test_without_the_default_stores_they_set_them_themselves(app, home):
    timer = plugin(home, "timer", flags=["--key-value", "--sqlite", "--state-dir"])
    host = app("", "--key-value", "a=b", "--sqlite", "SELECT 1", "--state-dir", "")
    assert timer.wait_for("start")["args"] == ["--state-dir", "", "--key-value", "a=b", "--sqlite", "SELECT 1"]
    assert host.stop() == 0
