"""rediss:// and mqtts://: whom they believe, for components and for triggers."""

import pytest

from conftest import free_port
from mqtt_broker import Broker
from redis_server import Server

TRIGGER = """
spin_manifest_version = 2
[application]
name = "messages"
[[trigger.redis]]
address = "{url}"
channel = "c"
component = "m"
[component.m]
source = "{source}"
"""


@pytest.fixture(scope="module")
def redis(authority):
    certificate, key = authority.certificate("DNS:localhost")
    port = free_port()
    server = Server("--tls-port", str(port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key),
                    "--tls-ca-cert-file", str(authority.ca), "--tls-auth-clients", "no")  # fmt: skip
    server.tls_port = port
    yield server
    server.stop()


@pytest.fixture(scope="module")
def mqtt(authority):
    certificate, key = authority.certificate("DNS:localhost")
    port = free_port()
    broker = Broker(f"listener {port} 127.0.0.1", f"certfile {certificate}", f"keyfile {key}")
    broker.tls_port = port
    yield broker
    broker.stop()


def test_redis(serve, authority, redis):
    host = serve("redis", "--workers", "1", env={"SSL_CERT_FILE": str(authority.ca)})
    at = f"address=rediss://localhost:{redis.tls_port}"
    assert host.ask(f"/set?{at}&key=k&value=secret").text == "ok\n"
    assert host.ask(f"/get?{at}&key=k").text == "secret\n"
    assert host.ask(f"/big?{at}&key=big&bytes=5000000").text == "5000000\n"
    with redis.client() as direct:
        assert direct("GET", "k") == b"secret"


def test_mqtt(serve, authority, mqtt):
    host = serve("mqtt", "--workers", "1", env={"SSL_CERT_FILE": str(authority.ca)})
    listener = mqtt.listen(2)
    assert host.ask(f"/?address=mqtts://localhost:{mqtt.tls_port}&qos=2&payload=one").text == "ok\n"
    assert host.ask(f"/?address=ssl://localhost:{mqtt.tls_port}&qos=1&payload=two").text == "ok\n"
    assert listener.messages() == ["2 topic one", "1 topic two"]


def test_a_certificate_for_another_name_is_not_believed(serve, authority, redis, mqtt):
    env = {"SSL_CERT_FILE": str(authority.ca)}
    said = serve("redis", env=env).ask(f"/get?address=rediss://127.0.0.1:{redis.tls_port}&key=k").text
    assert said.startswith("error other ") and "certificate" in said
    said = serve("mqtt", env=env).ask(f"/?address=mqtts://127.0.0.1:{mqtt.tls_port}&qos=1").text
    assert said.startswith("error connection-failed ") and "certificate" in said


def test_a_certificate_of_an_unknown_authority_is_not_believed(serve, redis):
    said = serve("redis").ask(f"/get?address=rediss://localhost:{redis.tls_port}&key=k").text
    assert said.startswith("error other ") and "certificate" in said


def test_a_server_that_speaks_no_tls(serve, authority, redis):
    said = serve("redis", env={"SSL_CERT_FILE": str(authority.ca)}).ask(f"/get?address=rediss://localhost:{redis.port}&key=k")
    assert said.text.startswith("error other ")


def test_trigger(up, guest, authority, redis, tmp_path):
    url = f"rediss://localhost:{redis.tls_port}"
    (tmp_path / "spin.toml").write_text(TRIGGER.format(url=url, source=guest("messages")))
    host = up(tmp_path, env={"SSL_CERT_FILE": str(authority.ca)})
    host.wait_for_log("subscribed to 1 channel of localhost", 60)
    with redis.client() as direct:
        assert direct("PUBLISH", "c", f"{url} fail") == 1
    host.wait_for_log("the component returned an error")
