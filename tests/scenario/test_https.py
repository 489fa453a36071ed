"""Outgoing https: whom it believes, connections that are kept, and the exact error of each failure."""

import ssl

import pytest

import tls_server
from conftest import free_port

# Cases of wasi:http/types#error-code, by number.
CONNECTION_REFUSED = 6
TLS_PROTOCOL, TLS_CERTIFICATE, TLS_ALERT = 12, 13, 14


@pytest.fixture
def server(authority):
    started = []

    def start(names="IP:127.0.0.1,DNS:localhost", days=2, **options):
        started.append(tls_server.Server(*authority.certificate(names, days), **options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def proxy(serve, authority):
    return serve("proxy", "--workers", "1", env={"SSL_CERT_FILE": str(authority.ca)})


def ask(host, port, path="/", name="127.0.0.1", **options):
    return host.ask(f"/?timeout=3000&url=https://{name}:{port}{path}", **options)


def test_https_with_a_root_from_the_environment(proxy, server):
    https = server()
    answer = ask(proxy, https.port, "/hello?x=1")
    assert (answer.status, answer.body) == (200, b"GET /hello?x=1 0\n")
    assert https.requests[0][2]["host"] == f"127.0.0.1:{https.port}"
    answer = ask(proxy, https.port, "/there", method="POST", body=b"y" * 300000)
    assert answer.body == b"POST /there 300000\n"
    assert ask(proxy, https.port, "/big").body == b"x" * (5 << 20)


def test_names_are_checked_against_the_certificate(proxy, server):
    https = server("DNS:localhost")
    assert ask(proxy, https.port, name="localhost").status == 200
    answer = ask(proxy, https.port)
    assert (answer.status, answer.body) == (502, b"error %d\n" % TLS_CERTIFICATE)
    line = proxy.wait_for_log(f"no connection to https://127.0.0.1:{https.port}")
    assert "IP address mismatch" in line and "/CN=test server" in line


def test_a_connection_is_kept_and_used_again(proxy, server):
    https = server()
    for i in range(5):
        assert ask(proxy, https.port, f"/{i}").status == 200
    assert (https.connections, len(https.requests)) == (1, 5)


def test_a_kept_connection_that_was_closed_is_replaced(proxy, server):
    https = server(closes=True)
    for i in range(4):
        assert ask(proxy, https.port, f"/{i}").status == 200
    assert (https.connections, len(https.requests)) == (4, 4)


def test_http_and_https_do_not_share_connections(proxy, server):
    https = server()
    assert ask(proxy, https.port).status == 200
    assert proxy.ask(f"/?url=http://127.0.0.1:{https.port}/").status == 502
    assert ask(proxy, https.port).status == 200


def test_an_authority_that_is_not_known(serve, server):
    https = server()
    host = serve("proxy")
    answer = ask(host, https.port)
    assert answer.body == b"error %d\n" % TLS_CERTIFICATE
    assert "unable to get local issuer certificate" in host.wait_for_log("no connection to https://127.0.0.1")
    assert https.requests == []


def test_a_certificate_that_has_expired(proxy, server):
    https = server(days=-1)
    assert ask(proxy, https.port).body == b"error %d\n" % TLS_CERTIFICATE
    assert "certificate has expired" in proxy.wait_for_log(f"no connection to https://127.0.0.1:{https.port}")


def test_a_server_that_wants_a_certificate_sends_an_alert(proxy, server, authority):
    https = server(client_ca=authority.ca, newest=ssl.TLSVersion.TLSv1_2)
    assert ask(proxy, https.port).body == b"error %d\n" % TLS_ALERT


def test_a_server_that_is_too_old(proxy, server):
    assert ask(proxy, server(newest=ssl.TLSVersion.TLSv1_1).port).body == b"error %d\n" % TLS_ALERT


def test_a_server_without_tls(proxy):
    plain = tls_server.Banner(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert ask(proxy, plain.port).body == b"error %d\n" % TLS_PROTOCOL
    plain.stop()
    assert ask(proxy, free_port()).body == b"error %d\n" % CONNECTION_REFUSED


def test_roots_that_cannot_be_read(serve, server):
    host = serve("proxy", env={"SSL_CERT_FILE": "/no/such/roots.pem"})
    assert ask(host, server().port).body == b"error %d\n" % TLS_PROTOCOL
    assert "SSL_CERT_FILE=/no/such/roots.pem cannot be read" in host.wait_for_log("no connection to https://")


# --- [[client_tls]] of the runtime configuration ---

APPLICATION = """
spin_manifest_version = 2
[application]
name = "tls"
[[trigger.http]]
route = "/known/..."
component = "known"
[[trigger.http]]
route = "/other/..."
component = "other"
[component.known]
source = "{guest}"
allowed_outbound_hosts = ["https://*:*"]
[component.other]
source = "{guest}"
allowed_outbound_hosts = ["https://*:*"]
"""


@pytest.fixture
def application(start, guest, tmp_path):
    def begin(text: str, **env):
        (tmp_path / "spin.toml").write_text(APPLICATION.format(guest=guest("proxy")))
        (tmp_path / "runtime-config.toml").write_text(text)
        return start("up", "--workers", "1", "--runtime-config-file", "runtime-config.toml", cwd=tmp_path, env=env)

    return begin


def ask_as(host, component, port, name="localhost"):
    return host.ask(f"/{component}/?url=https://{name}:{port}/x", timeout=20)


def test_a_certificate_is_shown_by_the_components_it_is_for(application, server, authority):
    cert, key = authority.certificate("DNS:client")
    https = server(client_ca=authority.ca, newest=ssl.TLSVersion.TLSv1_2)
    host = application(f"""
[[client_tls]]
component_ids = ["known"]
hosts = ["LocalHost"]
ca_roots_file = "{authority.ca}"
client_cert_file = "{cert}"
client_private_key_file = "{key}"
""")
    assert ask_as(host, "known", https.port).body == b"GET /x 0\n"
    # another host, and another component: neither the root nor the certificate is for them
    assert ask_as(host, "known", https.port, "127.0.0.1").body == b"error %d\n" % TLS_CERTIFICATE
    assert ask_as(host, "other", https.port).body == b"error %d\n" % TLS_CERTIFICATE


def test_roots_are_believed_as_it_says(application, server, authority):
    https = server()
    entry = f'[[client_tls]]\ncomponent_ids = ["known"]\nhosts = ["localhost"]\n{{}}\n'
    roots = str(authority.ca)
    cases = [
        ("", True),  # the system's, which the environment names here
        ("ca_use_webpki_roots = false", False),
        ("ca_use_webpki_roots = false\nca_use_platform_roots = true", True),
        (f'ca_roots_file = "{roots}"', True),
    ]
    for line, is_believed in cases:
        host = application(entry.format(line), SSL_CERT_FILE=roots)
        expected = b"GET /x 0\n" if is_believed else b"error %d\n" % TLS_CERTIFICATE
        assert ask_as(host, "known", https.port).body == expected, line
        host.stop()


def test_client_tls_is_checked_at_the_start(command, guest, tmp_path, authority):
    (tmp_path / "spin.toml").write_text(APPLICATION.format(guest=guest("proxy")))
    entry = '[[client_tls]]\ncomponent_ids = ["known"]\nhosts = ["localhost"]\n'
    for line, said in [
        ('ca_roots_file = "none.pem"', "line 1: [[client_tls]]: ./none.pem: No such file"),
        (f'client_cert_file = "{authority.ca}"', "go together"),
        ("hosts = []", "runtime-config.toml:4:"),
    ]:
        (tmp_path / "runtime-config.toml").write_text(entry + line + "\n")
        done = command("up", "--runtime-config-file", "runtime-config.toml", "--listen", "127.0.0.1:0", cwd=tmp_path)
        assert done.returncode != 0 and said in done.stderr, done.stderr
