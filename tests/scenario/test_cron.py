"""Components called at the times of a schedule, under `withy up`."""

import re
import signal
import time

import pytest
from conftest import Host

HEAD = """
spin_manifest_version = 2
[application]
name = "scheduled"
"""


def component(name: str, source: str, action: str, expression: str = "* * * * * *", more: str = "") -> str:
    return f"""
[[trigger.cron]]
component = "{name}"
cron_expression = "{expression}"
{more}
[component.{name}]
source = "{source}"
variables = {{ action = "{action}" }}
"""


@pytest.fixture
def app(up, tmp_path):
    def begin(*parts: str, flags=()) -> Host:
        (tmp_path / "spin.toml").write_text(HEAD + "".join(parts))
        return up(tmp_path, *flags)

    return begin


@pytest.fixture
def scheduled(guest):
    return lambda name, action, *args, **more: component(name, guest("scheduled"), action, *args, **more)


def ticks(host: Host, name: str) -> list[int]:
    return [int(found[1]) for line in host.lines if (found := re.fullmatch(rf"\[{name}\] tick (\d+)", line))]


def wait_for_ticks(host: Host, name: str, count: int, timeout: float = 30) -> list[int]:
    end = time.monotonic() + timeout
    while len(ticks(host, name)) < count:
        assert time.monotonic() < end, host.log
        time.sleep(0.02)
    return ticks(host, name)


def test_every_second_and_every_other(app, scheduled):
    host = app(scheduled("a", "print"), scheduled("b", "print", "0/2 * * * * *"))
    host.wait_for_log("Calling at times: b, 0/2 * * * * *", 60)
    begin = time.time()
    a = wait_for_ticks(host, "a", 4)
    assert a == list(range(a[0], a[0] + len(a))) and abs(a[0] - begin) < 10
    assert all(tick % 2 == 0 for tick in wait_for_ticks(host, "b", 2))
    assert host.stop() == 0


def test_one_worker_calls_for_all(app, scheduled, guest):
    web = f'[[trigger.http]]\nroute = "/..."\ncomponent = "web"\n[component.web]\nsource = "{guest("hello")}"\n'
    host = app(scheduled("a", "print"), web, flags=["--workers", "3"]).wait_until_up()
    host.wait_for_workers(3)
    a = wait_for_ticks(host, "a", 3)
    assert len(a) == len(set(a))
    assert host.ask("/").status == 200
    host.process.send_signal(signal.SIGHUP)
    time.sleep(2)
    a = wait_for_ticks(host, "a", len(a) + 3)
    assert len(a) <= len(set(a)) + 1, "the old worker and the new one may meet in one second"
    assert host.stop() == 0


@pytest.mark.parametrize(("action", "text"), [("fail", "the component returned an error"), ("trap", "the component trapped")])
def test_failures_are_told_and_time_goes_on(app, scheduled, action, text):
    host = app(scheduled("a", action))
    end = time.monotonic() + 30
    while host.log.count(text) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    assert host.log.count(text) >= 2
    assert "a-cron-trigger: the call at a time of * * * * * * was not handled" in host.log
    assert host.stop() == 0


def test_tries(app, scheduled):
    host = app(scheduled("a", "fail", "0/30 * * * * *", more="retries = 2"))
    end = time.monotonic() + 60
    while host.log.count("returned an error") < 3 and time.monotonic() < end:
        time.sleep(0.05)
    assert host.log.count("returned an error") == 3


def test_calls_that_never_end(app, scheduled):
    """Others go on beside them; with a deadline they end."""
    host = app(scheduled("a", "hang"), scheduled("b", "print"), flags=["--timeout", "1500"])
    host.wait_for_log("it took longer than its time", 30)
    wait_for_ticks(host, "b", 3)
    assert len(ticks(host, "a")) >= 2
    assert host.stop() == 0


@pytest.mark.parametrize(("expression", "text"), [
    ("* * * * *", "put '0' in front"),
    ("99 * * * * *", "'99' is no second (0 to 59)"),
    ("* * * * FOO *", "'FOO' is no month"),
])
def test_mistakes_are_shown_in_the_manifest(app, scheduled, expression, text):
    host = app(scheduled("a", "print", expression))
    assert host.process.wait(60) == 65
    host.reader.join(5)
    assert text in host.log and "spin.toml:8:19:" in host.log


def test_component_without_the_function(app, guest):
    host = app(component("a", guest("hello"), "print"))
    assert host.process.wait(60) == 69
    host.reader.join(5)
    assert "does not export handle-cron-event" in host.log


def test_a_schedule_that_is_over(app, scheduled):
    host = app(scheduled("a", "print", "0 0 0 1 1 * 2000"))
    host.wait_for_log("a-cron-trigger: 0 0 0 1 1 * 2000 is never again", 60)
    assert host.stop() == 0
