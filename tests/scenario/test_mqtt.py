"""fermyon:spin/mqtt against a real broker, and against one that misbehaves."""

import concurrent.futures
import socket
import threading
import time

import pytest
from conftest import free_port
from mqtt_broker import Broker

MANIFEST = """
spin_manifest_version = 2
[application]
name = "mqtt"
[[trigger.http]]
route = "/..."
component = "mqtt"
[component.mqtt]
source = "{source}"
allowed_outbound_hosts = [{hosts}]
"""


@pytest.fixture
def brokers(stops):
    return lambda *lines, **login: stops(Broker(*lines, **login))


@pytest.fixture(scope="module")
def broker():
    running = Broker()
    yield running
    running.stop()


@pytest.fixture
def scripted():
    """scripted(function of a connection): a broker that does what it is told; answers its address."""
    listeners = []

    def begin(serve):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept():
            while True:
                try:
                    connection, _ = listener.accept()
                    connection.settimeout(20)
                    serve(connection)
                    connection.close()
                except OSError:
                    if listener.fileno() < 0:
                        return

        threading.Thread(target=accept, daemon=True).start()
        return f"mqtt://127.0.0.1:{listener.getsockname()[1]}"

    yield begin
    for listener in listeners:
        listener.close()


def said(host, path: str) -> str:
    answer = host.ask(path)
    assert answer.status == 200, host.log
    return answer.text


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_publish(serve, broker, qos):
    listener = broker.listen(1)
    assert said(serve("mqtt"), f"/?address={broker.url}&topic=a/b&payload=hello&qos={qos}") == "ok\n"
    assert listener.messages() == [f"{qos} a/b hello"]


def test_address_with_a_name_for_the_client(serve, broker):
    listener = broker.listen(1)
    assert said(serve("mqtt"), f"/?address={broker.url}?client_id=me&topic=named") == "ok\n"
    assert listener.messages() == ["0 named hello"]


def test_errors_of_the_interface(serve, broker):
    host = serve("mqtt")
    for address in ("nothing", "http://127.0.0.1", "mqtt://", "mqtt://h:port", "mqtt://u:p@h"):
        assert said(host, f"/?address={address}") == "error invalid-address\n"
    refused = said(host, f"/?address=mqtt://127.0.0.1:{free_port()}")
    assert refused.startswith("error connection-failed ") and "refused" in refused
    for topic in ("a/%23/b".replace("%23", "+"), "+"):
        assert said(host, f"/?address={broker.url}&topic={topic}").startswith("error other ")


def test_password(serve, brokers):
    broker = brokers(user="user", password="secret")
    host = serve("mqtt")
    listener = broker.listen(1, login=("-u", "user", "-P", "secret"))
    assert said(host, f"/?address={broker.url}&user=user&password=secret&qos=1") == "ok\n"
    assert listener.messages() == ["1 topic hello"]
    wrong = said(host, f"/?address={broker.url}&user=user&password=guess&qos=1")
    assert wrong.startswith("error connection-failed ") and "guess" not in wrong + host.log
    assert said(host, f"/?address={broker.url}").startswith("error connection-failed not authorized")


def test_many_at_once_share_a_connection(serve, brokers):
    broker = brokers()
    host = serve("mqtt", "--workers", "1")
    listener = broker.listen(404)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        paths = [f"/?address={broker.url}&topic=t&payload={i}&qos={i % 3}" for i in range(400)]
        assert set(pool.map(lambda path: said(host, path), paths)) == {"ok\n"}
    assert said(host, f"/?address={broker.url}&topic=t&payload=end&times=4&qos=2") == "ok\n" * 4
    seen = [line.split()[2] for line in listener.messages()]
    assert sorted(int(word) for word in seen if word != "end") == list(range(400))


def test_broker_restarts_in_the_middle(serve, brokers):
    broker = brokers()
    host = serve("mqtt")
    for _ in range(3):
        assert said(host, f"/?address={broker.url}&qos=1") == "ok\n"
    broker.kill()
    assert said(host, f"/?address={broker.url}&qos=1").startswith("error connection-failed ")
    broker.start()
    assert said(host, f"/?address={broker.url}&qos=1") == "ok\n"


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00\x09", b"\x20\xff\xff\xff\xff", b"\x40\x02\x00\x01", b""])
def test_garbage_from_the_broker(serve, scripted, garbage):
    def speak(connection):
        connection.recv(1000)
        connection.sendall(garbage)

    answer = said(serve("mqtt"), f"/?address={scripted(speak)}&qos=1")
    assert answer.startswith("error connection-failed ")


def test_broker_that_confirms_nothing(serve, scripted):
    """The deadline ends it; the late confirmation confirms nothing else."""
    late = threading.Event()

    def speak(connection):
        connection.recv(1000)
        connection.sendall(b"\x20\x02\x00\x00")
        first = connection.recv(1000)
        late.wait(20)
        second = connection.recv(1000)
        assert first[-7:-5] != second[-7:-5]
        connection.sendall(b"\x40\x02" + first[-7:-5] + b"\x40\x02" + second[-7:-5])
        connection.recv(1000)

    host = serve("mqtt", "--workers", "1", "--timeout", "700")
    url = scripted(speak)
    answer = host.ask(f"/?address={url}&qos=1")
    assert answer.status == 504 or not answer.complete or answer.body == b""
    late.set()
    assert said(host, f"/?address={url}&qos=1") == "ok\n"


def test_large_payload(serve, broker):
    listener = broker.listen(1, "large")
    size = 20 << 20
    assert said(serve("mqtt"), f"/?address={broker.url}&topic=large&bytes={size}&qos=1") == "ok\n"
    assert len(listener.messages(60)[0]) == size + len("1 large ")
    over = said(serve("mqtt"), f"/?address={broker.url}&bytes={(128 << 20) + 1}&qos=1")
    assert over.startswith("error other ") and "larger" in over


def test_not_permitted(start, guest, broker, tmp_path):
    allowed = f'"mqtt://127.0.0.1:{broker.port}"'
    (tmp_path / "spin.toml").write_text(MANIFEST.format(source=guest("mqtt"), hosts=allowed))
    host = start("up", cwd=tmp_path)
    assert said(host, f"/?address={broker.url}&qos=1") == "ok\n"
    answer = said(host, f"/?address=mqtt://localhost:{broker.port}")
    assert answer == f"error connection-failed address mqtt://localhost:{broker.port} is not permitted\n"
    host.wait_for_log(f'allowed_outbound_hosts = ["mqtt://localhost:{broker.port}"]')


def test_as_many_connections_as_configured(start, guest, broker, scripted, tmp_path):
    late = threading.Event()

    def silent(connection):
        connection.recv(1000)
        connection.sendall(b"\x20\x02\x00\x00")
        publication = connection.recv(1000)
        late.wait(20)
        connection.sendall(b"\x40\x02" + publication[-7:-5])
        connection.recv(1000)

    (tmp_path / "spin.toml").write_text(MANIFEST.format(source=guest("mqtt"), hosts='"mqtt://127.0.0.1:*"'))
    (tmp_path / "runtime.toml").write_text("[outbound_mqtt]\nmax_connections = 1\nmax_payload_size_bytes = 5\n")
    host = start("up", "--runtime-config-file", "runtime.toml", "--workers", "1", cwd=tmp_path)
    url = scripted(silent)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(said, host, f"/?address={url}&qos=1")
        time.sleep(0.5)
        assert said(host, f"/?address={broker.url}&qos=1") == "error too-many-connections\n"
        late.set()
        assert waiting.result(10) == "ok\n"
    assert said(host, f"/?address={broker.url}&qos=1") == "ok\n"
    assert said(host, f"/?address={broker.url}&qos=1&payload=longer").startswith("error other the payload is larger")
