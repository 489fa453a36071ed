"""Incoming https: --tls-cert and --tls-key of serve and up."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time

import pytest



@pytest.fixture(scope="module")
def files(authority):
    cert, key = authority.certificate("DNS:localhost")
    return ["--tls-cert", str(cert), "--tls-key", str(key)]


@pytest.fixture
def client(authority):
    def make(**options):
        context = ssl.create_default_context(cafile=str(authority.ca))
        for name, value in options.items():
            setattr(context, name, value)
        return context

    return make


def connect(host, context, timeout=20):
    return http.client.HTTPSConnection("localhost", host.port, context=context, timeout=timeout)


def ask(host, context, method, path, body=None):
    connection = connect(host, context)
    connection.request(method, path, body)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_requests_over_tls(start, guest, files, client, version):
    host = start("serve", guest("echo"), "--workers", "1", *files)
    host.wait_for_log("Serving https://127.0.0.1:")
    only = getattr(ssl.TLSVersion, version)
    context = client(minimum_version=only, maximum_version=only)
    body = os.urandom(3 << 20)
    assert ask(host, context, "POST", "/", body) == (200, body)
    connection = connect(host, context)
    for number in range(20):  # on one connection
        connection.request("POST", "/", b"%d" % number)
        assert connection.getresponse().read() == b"%d" % number
    connection.close()


def test_many_connections_and_workers(start, guest, files, client):
    host = start("serve", guest("hello"), "--workers", "2", *files)
    host.wait_for_workers(2)
    context = client()
    for _ in range(50):
        assert ask(host, context, "GET", "/")[1] == b"Hello, world!"
    os.kill(host.process.pid, signal.SIGHUP)
    host.wait_for_log("reloading")
    for _ in range(50):
        assert ask(host, context, "GET", "/")[1] == b"Hello, world!"
    assert host.stop() == 0


APPLICATION = """
spin_manifest_version = 2
[application]
name = "tls"
[[trigger.http]]
route = "/cgi/..."
component = "cgi"
executor = {{ type = "wagi" }}
[[trigger.http]]
route = "/faults/..."
component = "faults"
[component.cgi]
source = "{cgi}"
[component.faults]
source = "{faults}"
"""


def test_an_application_knows_that_it_is_https(start, guest, files, client, tmp_path):
    (tmp_path / "spin.toml").write_text(APPLICATION.format(cgi=guest("cgi"), faults=guest("faults")))
    env = {"SPIN_TLS_CERT": files[1], "SPIN_TLS_KEY": files[3]}
    host = start("up", "--workers", "1", "--format", "json", cwd=tmp_path, env=env)
    base = json.loads(host.wait_for_log("base_url"))["base_url"]
    assert base == f"https://127.0.0.1:{host.port}"
    text = ask(host, client(), "GET", "/cgi/x?env")[1].decode()
    assert f"X_FULL_URL=https://localhost:{host.port}/cgi/x?env\n" in text and "HTTPS=on\n" in text


def test_clients_that_do_not_speak_tls_hurt_nobody(start, guest, files, client):
    host = start("serve", guest("hello"), "--workers", "1", *files)
    context = client()
    held = [socket.create_connection(("127.0.0.1", host.port), 5) for _ in range(20)]
    for at, one in enumerate(held):
        one.sendall([b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"\x16\x03\x01", b"", os.urandom(500)][at % 4])
    held[0].settimeout(10)
    assert not held[0].recv(100).startswith(b"HTTP")
    strict = ssl.create_default_context()
    with pytest.raises(ssl.SSLError):
        connect(host, strict).request("GET", "/")
    old = client()
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert ask(host, old, "GET", "/")[0] == 200
    assert ask(host, context, "GET", "/")[0] == 200
    for one in held:
        one.close()
    assert ask(host, context, "GET", "/")[0] == 200
    assert host.stop() == 0


def test_a_stop_finishes_what_is_open(start, guest, files, client):
    host = start("serve", guest("faults"), "--workers", "1", *files)
    connection = connect(host, client())
    connection.request("GET", "/sleep?ms=1500")
    time.sleep(0.5)
    os.kill(host.process.pid, signal.SIGTERM)
    assert connection.getresponse().read().startswith(b"slept")
    assert host.process.wait(20) == 0


def test_what_is_wrong_with_the_files_is_said_at_the_start(command, guest, files, authority, tmp_path):
    def serve(*args):
        done = command("serve", guest("hello"), "--addr", "127.0.0.1:0", *args)
        assert done.returncode not in (0, 134)
        return done.stderr

    other = authority.certificate("DNS:other")
    (tmp_path / "no.pem").write_text("nothing")
    assert "--tls-cert and --tls-key go together" in serve(*files[:2])
    assert "TLS: certificate /no/such.pem" in serve("--tls-cert", "/no/such.pem", "--tls-key", files[3])
    assert "no.pem" in serve("--tls-cert", str(tmp_path / "no.pem"), "--tls-key", files[3])
    assert "key values mismatch" in serve("--tls-cert", files[1], "--tls-key", str(other[1]))
    assert "TLS: certificate" in serve("--workers", "2", "--tls-cert", files[1], "--tls-key", "/no/such.key")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_reload_takes_new_files(start, guest, authority, client, tmp_path, workers):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def renew() -> int:
        """Puts a new certificate into place; its serial number."""
        for made, place in zip(authority.certificate("DNS:localhost"), [cert, key], strict=True):
            shutil.copy(made, place)
        return int(ssl._ssl._test_decode_cert(str(cert))["serialNumber"], 16)

    def given() -> int:
        with socket.create_connection(("127.0.0.1", host.port), 10) as plain:
            with client().wrap_socket(plain, server_hostname="localhost") as secure:
                return int(secure.getpeercert()["serialNumber"], 16)

    old = renew()
    host = start("serve", guest("hello"), "--workers", workers, "--tls-cert", str(cert), "--tls-key", str(key))
    assert given() == old
    kept = connect(host, client())
    kept.connect()
    for _ in range(3):
        new = renew()
        os.kill(host.process.pid, signal.SIGHUP)
        end = time.monotonic() + 10
        while given() != new:
            assert time.monotonic() < end, host.log
            time.sleep(0.05)
    if workers == "1":
        kept.request("GET", "/")
        assert kept.getresponse().read() == b"Hello, world!"
        key.write_text("nothing")
        os.kill(host.process.pid, signal.SIGHUP)
        host.wait_for_log("the old certificate goes on")
        assert given() == new
    assert host.stop() == 0


def test_curl_with_http2_offered_falls_back(start, guest, files, authority):
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    host = start("serve", guest("hello"), "--workers", "1", *files)
    done = subprocess.run(
        ["curl", "-sS", "--cacert", str(authority.ca), f"https://localhost:{host.port}/"], capture_output=True, timeout=20
    )
    assert done.stdout == b"Hello, world!", done.stderr
