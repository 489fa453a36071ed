"""Messages of MQTT, handled by components under `withy up`."""

import time

import pytest
from conftest import Host
from mqtt_broker import Broker

HEAD = """
spin_manifest_version = 2
[application]
name = "messages"
[application.trigger.mqtt]
address = "{url}"
username = "{user}"
password = "{{{{ secret }}}}"
keep_alive_interval = "30"
[variables]
secret = {{ default = "{password}" }}
[component.s]
source = "{source}"
allowed_outbound_hosts = ["mqtt://127.0.0.1:*"]
"""


@pytest.fixture
def brokers(stops):
    return lambda *lines, **login: stops(Broker(*lines, **login))


@pytest.fixture
def app(up, guest, tmp_path):
    def begin(url, triggers, *flags, user="", password="", log="subscribed to") -> Host:
        text = HEAD.format(url=url, source=guest("subscriber"), user=user, password=password)
        (tmp_path / "spin.toml").write_text(text + triggers)
        host = up(tmp_path, *flags)
        if log:
            host.wait_for_log(log, 60)
        return host

    return begin


def trigger(topic="in", qos=1, **more) -> str:
    lines = [f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in more.items()]
    return "\n".join(["[[trigger.mqtt]]", f'topic = "{topic}"', f'qos = "{qos}"', 'component = "s"', *lines, ""])


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_messages_are_handled(app, brokers, qos):
    broker = brokers()
    app(broker.url, trigger("in/+", qos) + trigger("other/#", qos))
    listener = broker.listen(3, "seen")
    broker.publish("in/a", f"{broker.url} pass one", qos)
    broker.publish("other/a/b", f"{broker.url} pass two", qos)
    broker.publish("in/a/b", f"{broker.url} pass not", qos)
    broker.publish("other", f"{broker.url} pass three", qos)
    assert sorted(listener.messages()) == ["1 seen in/a one", "1 seen other three", "1 seen other/a/b two"]


def test_login_and_many_messages(app, brokers):
    broker = brokers(user="user", password="secret")
    login = ("-u", "user", "-P", "secret")
    host = app(broker.url, trigger(), user="user", password="secret")
    for _ in range(30):
        broker.publish("in", f"{broker.url} fail", 1, login)
    time.sleep(1)
    assert sum("returned an error" in line for line in host.lines) == 30
    assert "secret" not in host.log


def test_wrong_password(app, brokers):
    broker = brokers(user="user", password="secret")
    host = app(broker.url, trigger(), user="user", password="guess", log="not authorized")
    assert "guess" not in host.log


def test_tries_and_dead_letters(app, brokers):
    broker = brokers()
    host = app(broker.url, trigger(retries=2, dead_letter="dead"))
    listener = broker.listen(1, "dead")
    broker.publish("in", f"{broker.url} trap", 1)
    assert listener.messages() == [f"1 dead {broker.url} trap"]
    assert sum("the component trapped" in line for line in host.lines) == 3


def test_broker_restarts(app, brokers):
    broker = brokers()
    host = app(broker.url, trigger())
    broker.kill()
    time.sleep(0.3)
    broker.start()
    end = time.monotonic() + 20
    while sum("subscribed to" in line for line in host.lines) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    listener = broker.listen(1, "seen")
    broker.publish("in", f"{broker.url} pass x", 1)
    assert listener.messages() == ["1 seen in x"]


@pytest.mark.parametrize("qos", [1, 2])
def test_named_client_gets_what_came_while_it_was_away(app, brokers, qos):
    broker = brokers()
    url = f"{broker.url}?client_id=keeper"
    host = app(url, trigger(qos=qos))
    assert host.stop() == 0
    broker.publish("in", f"{broker.url} pass x", qos)
    listener = broker.listen(1, "seen")
    app(url, trigger(qos=qos), log=None)
    assert listener.messages() == ["1 seen in x"]


def test_reload_keeps_one_subscription(app, brokers):
    broker = brokers()
    http = '[[trigger.http]]\nroute = "/..."\nstatic_response = { body = "here" }\n'
    host = app(f"{broker.url}?client_id=keeper", trigger() + http, "--workers", "2")
    host.wait_until_up().wait_for_workers(2)
    host.process.send_signal(1)
    time.sleep(2)
    listener = broker.listen(2, "seen")
    broker.publish("in", f"{broker.url} pass one", 1)
    broker.publish("in", f"{broker.url} pass two", 1)
    assert sorted(listener.messages()) == ["1 seen in one", "1 seen in two"]


def test_mistakes(command, guest, tmp_path):
    def says(text: str) -> str:
        (tmp_path / "spin.toml").write_text(text)
        done = command("up", cwd=tmp_path)
        assert done.returncode != 0
        return done.stderr

    head = HEAD.format(url="mqtt://h", source=guest("subscriber"), user="", password="")
    assert "no topic that can be subscribed to" in says(head + trigger("a/#/b"))
    assert "'qos' must be a number from 0 to 2" in says(head + trigger(qos=3))
    assert "handle-message" in says(head.replace("subscriber", "hello") + trigger())
    assert "mqtt://" in says(head.replace("mqtt://h", "http://h") + trigger())
    assert "unknown key 'host'" in says(head.replace("username", "host") + trigger())
