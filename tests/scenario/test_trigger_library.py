"""Programs made with withy_trigger.h: the example's timer, and one that tries the rest (tests/triggers/probe.c)."""

import functools
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import ROOT, Host

EXAMPLE = ROOT / "examples" / "trigger-timer"

PROBE = """
spin_manifest_version = 2
[application]
name = "probed"
[variables]
pipe = {{ default = "{pipe}" }}
[[trigger.probe]]
id = "p"
pipe = "{{{{ pipe }}}}"
topic = "in"
{more}
component = "{component}"
[component.s]
source = "{subscriber}"
[component.h]
source = "{hello}"
"""


@pytest.fixture(scope="session")
def programs(withy) -> Path:
    folder = Path(os.environ.get("WITHY_TRIGGERS", Path(withy).parent / "triggers"))
    assert (folder / "trigger-timer").exists(), f"{folder}/trigger-timer is not there: build it first"
    return folder.resolve()


@pytest.fixture(scope="session")
def tick() -> str:
    subprocess.run([EXAMPLE / "build"], check=True, capture_output=True, timeout=600)
    return str(EXAMPLE / "target" / "tick.wasm")


@pytest.fixture
def timer(tmp_path, tick):
    """The example's manifest somewhere else, with changes."""

    def make(*changes: tuple[str, str], more: str = "") -> Path:
        text = (EXAMPLE / "spin.toml").read_text().replace("target/tick.wasm", tick)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "spin.toml").write_text(text + more)
        return tmp_path

    return make


@pytest.fixture
def up(up, programs):
    return functools.partial(up, env={"PATH": f"{programs}:{os.environ['PATH']}"})


def ended(host: Host, status: int) -> str:
    assert host.process.wait(60) == status, host.log
    host.reader.join(5)
    return host.log


# --- the example ---


def test_each_is_called_once_in_a_test(up, timer):
    folder = timer()
    log = ended(up(folder, "--test"), 0)
    assert log.count("[three] Fizz") == 1 and log.count("[five] Buzz") == 1
    assert (folder / ".spin/logs/three_stdout.txt").read_text() == "Fizz\n"


def test_intervals(up, timer):
    host = up(timer(), "--speedup", "60")  # every 100 ms, and 166 ms
    begin = time.monotonic()
    while host.lines.count("[three] Fizz") < 12:
        assert time.monotonic() - begin < 30, host.log
        time.sleep(0.01)
    assert time.monotonic() - begin > 1
    assert host.lines.count("[three] Fizz") > host.lines.count("[five] Buzz") > 3
    assert host.stop() == 0


def test_speedup_of_the_manifest(up, timer):
    host = up(timer(("speedup = 2", "speedup = 60")))
    host.wait_for_log("[five] Buzz", 30)
    assert host.stop() == 0


@pytest.mark.parametrize("test", [True, False])
def test_a_component_that_traps(up, timer, test):
    folder = timer(('message = "Fizz"', 'other = "Fizz"'))
    if test:
        log = ended(up(folder, "--test"), 1)
        assert "[five] Buzz" in log
    else:
        host = up(folder, "--speedup", "100")
        end = time.monotonic() + 30
        while host.log.count("it trapped") < 3 and time.monotonic() < end:
            time.sleep(0.02)
        assert host.stop() == 0
        log = host.log
    assert 'three-timer-trigger: component "three" failed: it trapped' in log


@pytest.mark.parametrize(("change", "text", "status"), [
    (("interval_secs = 6", 'interval_secs = "6"'), "'interval_secs' must be a whole number", 65),
    (("interval_secs = 6", "interval_secs = 0"), "[[trigger.timer]] three-timer-trigger: 'interval_secs' must be", 65),
    (("interval_secs = 6", "interval_sec = 6"), "unknown key 'interval_sec'; there are: interval_secs", 65),
    (("speedup = 2", "speedup = 2\nspeed = 3"), "[application.trigger.timer]: unknown key 'speed'", 65),
])
def test_what_is_wrong_in_its_tables(up, timer, change, text, status):
    assert text in ended(up(timer(change)), status)


def test_a_component_without_the_function(up, timer, tick, guest):
    log = ended(up(timer((f'source = "{tick}"\n[component.three.var', f'source = "{guest("hello")}"\n[component.three.var'))), 69)
    assert 'component "three" does not export handle-timer-request' in log


def test_beside_requests(up, timer, guest):
    more = f'[[trigger.http]]\nroute = "/..."\ncomponent = "web"\n[component.web]\nsource = "{guest("hello")}"\n'
    host = up(timer(more=more), "--speedup", "60").wait_until_up()
    host.wait_for_log("[three] Fizz")
    assert host.ask("/").status == 200
    assert host.stop() == 0


def test_a_change_is_seen_after_a_reload(up, timer):
    host = up(timer(), "--speedup", "60")
    host.wait_for_log("[three] Fizz")
    timer(("Fizz", "Fuzz"))
    host.process.send_signal(signal.SIGHUP)
    host.wait_for_log("[three] Fuzz")
    assert host.stop() == 0


def test_settings_of_the_command_line(up, timer):
    folder = timer(('message = "Fizz"', 'message = "{{ word }}"'), more='[variables]\nword = { required = true }\n')
    log = ended(up(folder, "--test", "--variable", "word=given", "--follow", "three", "--log-dir", ""), 0)
    assert "[three] given" in log and "Buzz" not in log
    assert not (folder / ".spin/logs").exists()


# --- as Spin starts it ---


def lock(folder: Path, tick: str, **more) -> dict:
    """What Spin writes."""
    return {
        "spin_lock_version": 0,
        "metadata": {"name": "goodbye", "version": "0.1.0", "origin": f"file://{folder}/spin.toml",
                     "trigger": {"speedup": 2, "type": "timer"}, "triggers": {"timer": {"speedup": 2}}},
        "triggers": [{"id": "trigger-three", "trigger_type": "timer",
                      "trigger_config": {"component": "three", "interval_secs": 1}},
                     {"id": "other", "trigger_type": "sqs", "trigger_config": {"component": "three", "queue": "q"}}],
        "components": [{"id": "three", "source": {"content_type": "application/wasm", "source": f"file://{tick}"},
                        "config": {"message": "Fizz"}, **more}],
    }


def spin_starts(programs, folder: Path, app: dict, *args: str) -> subprocess.CompletedProcess:
    (folder / "work").mkdir()
    (folder / "work/spin.lock").write_text(json.dumps(app, indent=2))
    env = {**os.environ, "SPIN_LOCKED_URL": f"file://{folder}/work/spin.lock", "SPIN_WORKING_DIR": f"{folder}/work",
           "SPIN_LOCAL_APP_DIR": str(folder)}
    return subprocess.run([programs / "trigger-timer", *args], env=env, capture_output=True, text=True, timeout=60)


def test_spin_starts_it(programs, tmp_path, tick):
    done = spin_starts(programs, tmp_path, lock(tmp_path, tick), "--test")
    assert done.returncode == 0, done.stderr
    assert "[three] Fizz" in done.stderr
    assert (tmp_path / ".spin/logs/three_stdout.txt").read_text() == "Fizz\n"


def test_what_a_host_must_have(programs, tmp_path, tick):
    done = spin_starts(programs, tmp_path, lock(tmp_path, tick, host_requirements={"time_travel": "required"}), "--test")
    assert done.returncode == 69
    assert "'time_travel'" in done.stderr


def test_what_it_says_of_its_options(programs):
    done = subprocess.run([programs / "trigger-timer", "--launch-metadata-only"], capture_output=True, text=True, timeout=60)
    flags = json.loads(done.stderr)["all_flags"]
    assert done.returncode == 0 and done.stdout == ""
    assert {"long": "--speedup"} in flags and {"long": "--quiet", "short": "-q"} in flags
    assert not any("only" in flag["long"] for flag in flags)
    done = subprocess.run([programs / "trigger-timer", "--help-args-only"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "--speedup N" in done.stdout and "--log-dir" in done.stdout and "Usage" not in done.stdout
    done = subprocess.run([programs / "trigger-timer", "--help"], capture_output=True, text=True, timeout=60)
    assert "Usage: trigger-timer [OPTIONS]" in done.stdout


@pytest.mark.parametrize(("args", "text"), [([], "SPIN_LOCKED_URL is not set"), (["--spedup", "1"], "did you mean --speedup?"),
                                            (["word"], 'unexpected "word"')])
def test_started_by_hand(programs, args, text):
    done = subprocess.run([programs / "trigger-timer", *args], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert text in done.stderr


# --- the rest of the library ---


@pytest.fixture
def probe(up, tmp_path, guest):
    def begin(*flags: str, more: str = "", component: str = "s") -> Host:
        pipe = tmp_path / "pipe"
        if not pipe.exists():
            os.mkfifo(pipe)
        text = PROBE.format(pipe=pipe, more=more, component=component, subscriber=guest("subscriber"), hello=guest("hello"))
        (tmp_path / "spin.toml").write_text(text)
        return up(tmp_path, *flags)

    return begin


def send(folder: Path, text: str) -> None:
    with open(folder / "pipe", "w") as pipe:
        pipe.write(text)


@pytest.mark.parametrize("flags", [[], ["--from-thread"]])
def test_calls_with_arguments_and_results(probe, tmp_path, flags):
    host = probe("--tag", "it", *flags, more="number = 3")
    line = host.wait_for_log("it begins: ")
    assert json.loads(line.split(": ", 1)[1])["pipe"] == "{{ pipe }}"
    assert f"p s of {tmp_path}/pipe: 3" in host.log
    send(tmp_path, "x fail\nx trap\n")
    host.wait_for_log("it error: x fail")
    host.wait_for_log("it the guest trapped: x trap")
    send(tmp_path, "stop\n")
    log = ended(host, 5)
    assert "it ends" in log


def test_stopped_by_signal(probe, tmp_path):
    host = probe("--from-thread")
    host.wait_for_log("probed begins: ")
    assert host.stop() == 0
    assert "probed ends" in host.log


@pytest.mark.parametrize(("more", "component", "text"), [
    ("number = 11", "s", "'number' must be a whole number from 1 to 10"),
    ("quiet = 1", "s", "'quiet' must be true or false"),
    ("", "h", "does not export handle-message"),
])
def test_refusals(probe, more, component, text):
    host = probe(more=more, component=component)
    assert text in ended(host, 69 if component == "h" else 65)
