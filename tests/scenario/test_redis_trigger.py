"""Messages of Redis, handled by components under `withy up`."""

import time

import pytest
from conftest import Host
from redis_server import Server

HEAD = """
spin_manifest_version = 2
[application]
name = "messages"
[application.trigger.redis]
address = "{url}"
[variables]
channel = {{ default = "named" }}
[component.m]
source = "{source}"
allowed_outbound_hosts = ["redis://127.0.0.1:*"]
"""


@pytest.fixture
def servers(stops):
    return lambda *options: stops(Server(*options))


@pytest.fixture
def app(up, guest, tmp_path):
    """app(server, "[[trigger.redis]] ...", "--flag"): runs, without waiting for an HTTP port."""
    def begin(server, triggers, *flags, log="subscribed to") -> Host:
        text = HEAD.format(url=server.url, source=guest("messages")) + triggers
        (tmp_path / "spin.toml").write_text(text)
        host = up(tmp_path, *flags)
        if log:
            host.wait_for_log(log, 60)
        return host

    return begin


def trigger(channel="c", **more) -> str:
    lines = [f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in more.items()]
    return "\n".join(["[[trigger.redis]]", f'channel = "{channel}"', 'component = "m"', *lines, ""])


def wait_for(direct, name: str, count: int, timeout: float = 20) -> list[bytes]:
    end = time.monotonic() + timeout
    while True:
        found = direct("LRANGE", name, 0, -1)
        if len(found) >= count or time.monotonic() > end:
            return found
        time.sleep(0.02)


def test_messages_of_several_channels_and_servers(app, servers):
    one, two = servers(), servers("--requirepass", "secret")
    host = app(one, trigger("a") + trigger("{{ channel }}") + trigger("a", address=f"redis://:secret@127.0.0.1:{two.port}"))
    host.wait_for_log(f"1 channel of 127.0.0.1:{two.port}", 20)
    host.wait_for_log(f"2 channels of 127.0.0.1:{one.port}", 20)
    with one.client() as direct, two.client() as other:
        assert direct("PUBLISH", "a", f"{one.url} push seen first") == 1
        assert direct("PUBLISH", "named", f"{one.url} push seen second") == 1
        assert direct("PUBLISH", "nobody", f"{one.url} push seen third") == 0
        assert sorted(wait_for(direct, "seen", 2)) == [b"first", b"second"]
        other("AUTH", "secret")
        assert other("PUBLISH", "a", f"{one.url} push from-two x") == 1
        assert wait_for(direct, "from-two", 1) == [b"x"]
    assert "secret" not in host.log


def test_components_that_share_a_channel_all_get_it(app, servers):
    server = servers()
    app(server, trigger("c") + trigger("c", id="another"))
    with server.client() as direct:
        assert direct("PUBLISH", "c", f"{server.url} push seen x") == 1
        assert wait_for(direct, "seen", 2) == [b"x", b"x"]


def test_every_function_of_the_first_interface(app, servers):
    server = servers()
    app(server, trigger())
    with server.client() as direct:
        direct("PUBLISH", "c", f"{server.url} all")
        assert wait_for(direct, "all", 1) == [b"good"]


def test_many_messages_are_handled_at_once_and_none_is_lost(app, servers):
    server = servers()
    app(server, trigger())
    with server.client() as direct:
        for _ in range(20):
            direct("PUBLISH", "c", f"{server.url} wait gate waited x")
        for i in range(500):
            direct("PUBLISH", "c", f"{server.url} push seen {i}")
        found = wait_for(direct, "seen", 500, 60)
        assert sorted(int(word) for word in found) == list(range(500))
        assert direct("LLEN", "waited") == 0
        direct("RPUSH", "gate", *range(20))
        assert len(wait_for(direct, "waited", 20)) == 20


def test_a_message_that_cannot_be_handled_hurts_no_other(app, servers):
    server = servers()
    host = app(server, trigger(), "--timeout", "500")
    with server.client() as direct:
        for action in ("fail", "trap", "loop"):
            direct("PUBLISH", "c", f"{server.url} {action}")
        direct("PUBLISH", "c", f"{server.url} push seen x")
        assert wait_for(direct, "seen", 1) == [b"x"]
    host.wait_for_log("the component returned an error")
    host.wait_for_log("the component trapped")
    host.wait_for_log("it took longer than its time")


def test_tries_and_dead_letters(app, servers):
    server = servers()
    app(server, trigger(retries=2, dead_letter="dead"))
    with server.client() as direct:
        direct("PUBLISH", "c", f"{server.url} once tries seen x")
        direct("PUBLISH", "c", f"{server.url} trap")
        assert wait_for(direct, "seen", 1) == [b"x"]
        assert wait_for(direct, "dead", 1) == [f"{server.url} trap".encode()]
        assert direct("GET", "tries") == b"2"
        assert direct("LLEN", "dead") == 1


def test_server_restarts(app, servers):
    server = servers()
    host = app(server, trigger())
    for _ in range(2):
        server.kill()
        time.sleep(0.3)
        server.start()
        with server.client() as direct:
            end = time.monotonic() + 20
            while direct("PUBLISH", "c", f"{server.url} push seen x") == 0 and time.monotonic() < end:
                time.sleep(0.05)
            assert wait_for(direct, "seen", 1)[0] == b"x"
    assert sum("no subscription at" in line for line in host.lines) == 2


def test_server_is_down_at_first(app, servers):
    server = servers()
    server.kill()
    host = app(server, trigger(), log="no subscription at")
    server.start()
    host.wait_for_log("subscribed to", 20)


def test_wrong_password(app, servers):
    server = servers("--requirepass", "right")
    server.kill()  # so that the fixture's url need not know it
    server.start()
    host = app(server, trigger(address=f"redis://:wrong@127.0.0.1:{server.port}"), log="WRONGPASS")
    assert "wrong@" not in host.log


def test_one_worker_subscribes_and_another_after_it(app, servers):
    server = servers()
    http = '[[trigger.http]]\nroute = "/..."\nstatic_response = { body = "here" }\n'
    host = app(server, trigger() + http, "--workers", "3")
    host.wait_until_up().wait_for_workers(3)
    with server.client() as direct:
        assert direct("PUBLISH", "c", f"{server.url} push seen 1") == 1
        assert wait_for(direct, "seen", 1) == [b"1"]
        for _ in range(2):
            host.process.send_signal(1)
            time.sleep(1)
        end = time.monotonic() + 20
        while direct("PUBSUB", "NUMSUB", "c") != [b"c", 1] and time.monotonic() < end:
            time.sleep(0.05)
        assert direct("PUBLISH", "c", f"{server.url} push seen 2") == 1
        assert wait_for(direct, "seen", 2) == [b"1", b"2"]
    assert host.ask("/").text == "here"


def test_reload_in_one_process(app, servers):
    server = servers()
    host = app(server, trigger())
    host.process.send_signal(1)
    host.wait_for_log("reloaded")
    with server.client() as direct:
        end = time.monotonic() + 20
        while direct("PUBSUB", "NUMSUB", "c") != [b"c", 1] and time.monotonic() < end:
            time.sleep(0.05)
        assert direct("PUBLISH", "c", f"{server.url} push seen 2") == 1
        assert wait_for(direct, "seen", 1) == [b"2"]


def test_stopping_waits_for_what_is_being_handled(app, servers):
    server = servers()
    host = app(server, trigger())
    with server.client() as direct:
        direct("PUBLISH", "c", f"{server.url} wait gate seen x")
        time.sleep(0.5)
        host.process.send_signal(15)
        time.sleep(0.3)
        assert host.process.poll() is None
        assert direct("PUBSUB", "NUMSUB", "c") == [b"c", 0]
        direct("RPUSH", "gate", "go")
        assert wait_for(direct, "seen", 1) == [b"x"]
    assert host.process.wait(20) == 0


def test_component_without_a_handler(command, servers, guest, tmp_path):
    (tmp_path / "spin.toml").write_text(HEAD.format(url="redis://127.0.0.1", source=guest("hello")) + trigger())
    done = command("up", cwd=tmp_path)
    assert done.returncode != 0 and "fermyon:spin/inbound-redis" in done.stderr
    (tmp_path / "spin.toml").write_text(HEAD.format(url="nonsense", source=guest("messages")) + trigger())
    done = command("up", cwd=tmp_path)
    assert done.returncode != 0 and "redis://" in done.stderr
