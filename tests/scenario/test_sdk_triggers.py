"""Handlers of Redis messages made with Spin's own SDKs, and SDKs whose components are refused."""

import time

import pytest
from redis_server import Server
from sdk_app import component

MANIFEST = """
spin_manifest_version = 2

[application]
name = "{name}"
version = "0.1.0"
authors = ["A Tester <tester@example.com>"]
description = ""

[variables]
redis_address = {{ required = true }}

[application.trigger.redis]
address = "{{{{ redis_address }}}}"

[[trigger.redis]]
channel = "messages"
component = "message"

[component.message]
source = "{source}"
allowed_outbound_hosts = ["redis://127.0.0.1:*"]
[component.message.variables]
redis_address = "{{{{ redis_address }}}}"
[component.message.build]
command = "npm run build"
"""


@pytest.fixture(scope="module")
def server():
    running = Server()
    yield running
    running.stop()


@pytest.mark.parametrize("name", ["rust-3", "rust-4", "rust-5", "js-fermyon", "python-3"])
def test_messages(up, server, tmp_path, name):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(name=name, source=component(f"{name}-message")))
    host = up(tmp_path, "--variable", f"redis_address={server.url}")
    host.wait_for_log("subscribed to", 300)
    with server.client() as direct:
        direct("DEL", "seen")
    publish_and_see(server, [b"one", "zwölf".encode()])
    with server.client() as direct:
        direct("PUBLISH", "messages", "fail")
    host.wait_for_log("message fail", 60)
    assert any("zwölf" in line for line in host.lines)
    server.kill()
    server.start()
    end = time.monotonic() + 30
    with server.client() as direct:
        while not direct("PUBSUB", "NUMSUB", "messages")[1]:
            assert time.monotonic() < end, host.log
            time.sleep(0.05)
    publish_and_see(server, [b"after the restart"])
    assert host.stop() == 0


def publish_and_see(server, messages: list[bytes]) -> None:
    end = time.monotonic() + 60
    with server.client() as direct:
        for message in messages:
            assert direct("PUBLISH", "messages", message) == 1
        while (seen := direct("LRANGE", "seen", 0, -1)) != messages:
            if sorted(seen) == sorted(messages):
                return
            assert time.monotonic() < end, seen
            time.sleep(0.02)


@pytest.mark.parametrize(
    ("name", "advice"),
    [("rust-6", "spin-sdk 5 for Rust"), ("python-4", "spin-sdk 3 with componentize-py 0.17 for Python")],
)
@pytest.mark.parametrize("verb", ["serve", "up", "inspect", "compile"])
def test_components_for_wasi_0_3_are_refused_with_what_to_do(command, tmp_path, name, advice, verb):
    source = component(name)
    options = {"serve": [source], "up": ["--from", source], "inspect": [source], "compile": [source, "-o", str(tmp_path / "x")]}
    done = command(verb, *options[verb], timeout=60)
    assert done.returncode != 0
    assert "this component is for WASI 0.3 (wasi:http/handler@0.3.0-rc-2026-03-15)" in done.stderr
    assert advice in done.stderr and "@spinframework/build-tools 1 for JavaScript" in done.stderr
