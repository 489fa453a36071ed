"""What a component gets when a web server, a broker, Vault or a model's server fails, as the tables "When a server
fails" of their pages say, row by row. No message has a password or a token in it."""

import re
import socket
import time

import pytest
from conftest import ROOT, free_port
from llm_server import TOKEN, Provider
from mqtt_broker import Broker
from redis_server import Scripted
from test_fetch import PROVIDER, SECRETS
from test_fetch import Server as Vault
from test_llm import MANIFEST as LLM_MANIFEST
from test_llm import RUNTIME, infer
from test_mqtt import MANIFEST as MQTT_MANIFEST
from tls_server import Authority
from tls_server import Server as Https


def documented(page: str, heading: str = "When a server fails") -> dict[str, list[str]]:
    """A table of a page: what happens, and what each interface says."""
    text = (ROOT / "docs" / "capabilities" / f"{page}.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*\|$", text, flags=re.M)]
    return {row[0]: row[1:] for row in rows[2:]}


# --- servers that misbehave ---


def says(text: bytes):
    def serve(connection, _):
        connection.recv(1000)
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)  # an end and no reset, whatever else comes
        while connection.recv(65536):
            pass

    return serve


def says_nothing(connection, _):
    connection.recv(1000)
    time.sleep(20)


HANGS_UP, GARBAGE = says(b""), says(b"SSH-2.0-x\r\n\r\n")
CUT = says(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nthe first part")


def nobody(stops, _=None) -> str:
    return f"127.0.0.1:{free_port()}"


def unknown(stops, _=None) -> str:
    return "no-such-host.invalid:1"


def scripted(serve):
    return lambda stops, _=None: f"127.0.0.1:{stops(Scripted(serve)).port}"


# --- outgoing HTTP ---

HTTP_MANIFEST = """
spin_manifest_version = 2
[application]
name = "http"
[[trigger.http]]
route = "/..."
component = "proxy"
[[trigger.http]]
route = "/send"
component = "first"
[component.proxy]
source = "{proxy}"
allowed_outbound_hosts = [{hosts}]
[component.first]
source = "{first}"
allowed_outbound_hosts = [{hosts}]
"""

WIT = (ROOT / "wit" / "wasi-0.2" / "http.wit").read_text().split("variant error-code {")[1].split("\n  }")[0]
CASES = re.findall(r"^    ([A-Za-z][\w-]*)[(,]", WIT, flags=re.M)


def unbelieved(stops, folder) -> str:
    return f"127.0.0.1:{stops(Https(*Authority(folder).certificate('IP:127.0.0.1'))).port}"


# What happens, the URL, the server; the case of wasi:http.
HTTP = [
    ("not in `allowed_outbound_hosts`", "http://127.0.0.1:1", None, "HTTP-request-denied"),
    ("a name of `spin.internal` that is no component", "http://none.spin.internal", None, "destination-not-found"),
    ("an address in `block_networks`", "http://localhost:1", None, "destination-IP-prohibited"),
    ("no such name", "http://{}", unknown, "DNS-error"),
    ("nobody listens", "http://{}", nobody, "connection-refused"),
    ("no TLS", "https://{}", scripted(GARBAGE), "TLS-protocol-error"),
    ("a certificate that is not believed", "https://{}", unbelieved, "TLS-certificate-error"),
    ("it hangs up without an answer", "http://{}", scripted(HANGS_UP), "connection-terminated"),
    ("it hangs up within the head", "http://{}", scripted(says(b"HTTP/1.1 200 OK\r\ncont")), "HTTP-response-incomplete"),
    ("it hangs up within the body", "http://{}", scripted(CUT), "HTTP-response-incomplete"),
    ("an answer that is not HTTP", "http://{}", scripted(GARBAGE), "HTTP-protocol-error"),
    ("a head beyond 64 KiB", "http://{}", scripted(says(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 50000)), "HTTP-response-header-section-size"),
    ("no answer", "http://{}", scripted(says_nothing), "connection-read-timeout"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "url", "server", "case"), HTTP, ids=[row[0] for row in HTTP])
def test_http(start, guest, tmp_path, stops, what, url, server, case):
    url = url.format(server(stops, tmp_path) if server else "")
    hosts = '"*://*:*"' if case != "HTTP-request-denied" else '"http://other.example.com"'
    blocked = '["127.0.0.0/8", "::1/128"]' if case == "destination-IP-prohibited" else "[]"
    (tmp_path / "spin.toml").write_text(HTTP_MANIFEST.format(proxy=guest("proxy"), first=guest("first"), hosts=hosts))
    (tmp_path / "runtime.toml").write_text(f"[outbound_networking]\nblock_networks = {blocked}\n")
    host = start("up", "--workers", "1", "--timeout", "2000", "--runtime-config-file", "runtime.toml", cwd=tmp_path)
    answer = host.ask(f"/?timeout=500&url={url}/")
    assert answer.text == ("the first part" if what.endswith("body") else "") + f"error {CASES.index(case)}\n"
    assert documented("http")[what][0].startswith(f"`{case}`")
    first = host.ask("/send", "POST", body=f"0 {url}/".encode())
    if what == "no answer":  # that interface has no timeouts: the deadline
        assert first.status == 504
    else:
        assert first.text == "error " + ("destination-not-allowed" if not server and "allowed" in what else "runtime-error")


def test_a_web_server_restarts(serve, stops):
    first = Provider(lambda question: question.json("fine"))
    host = serve("proxy", "--workers", "1")
    ask = f"/?url={first.url}/"
    assert host.ask(ask, "POST", body=b"{}").text == '"fine"'
    first.stop()
    first.server.socket.close()
    assert host.ask(ask, "POST", body=b"{}").text == f"error {CASES.index('connection-refused')}\n"
    stops(Provider(lambda question: question.json("fine"), port=first.port))
    assert host.ask(ask, "POST", body=b"{}").text == '"fine"'


def test_rows_of_http():
    assert set(documented("http")) == {row[0] for row in HTTP} | {"it restarts"}


# --- MQTT ---


def broker(stops, _) -> str:
    return f"127.0.0.1:{stops(Broker(user='user', password='hidden')).port}"


ACCEPTS = b"\x20\x02\x00\x00"
MQTT = [
    ("malformed address", "mqtt://{}:port", unknown, "invalid-address\n"),
    ("not in `allowed_outbound_hosts`", "mqtt://{}", nobody, "connection-failed address mqtt://{} is not permitted\n"),
    ("nobody listens, no such name", "mqtt://{}", nobody, "connection-failed {}: connection refused\n"),
    ("nobody listens, no such name", "mqtt://{}", unknown, "connection-failed {}: cannot resolve the name"),
    ("no TLS, a certificate that is not believed", "mqtts://{}", scripted(GARBAGE), "connection-failed {}: TLS handshake: "),
    ("no TLS, a certificate that is not believed", "mqtts://{}", unbelieved, "connection-failed {}: the server's certificate is not accepted: "),
    ("wrong user or password", "mqtt://{}", broker, "connection-failed not authorized"),
    ("it hangs up", "mqtt://{}", scripted(HANGS_UP), "connection-failed the broker closed the connection\n"),
    ("it hangs up", "mqtt://{}", scripted(says(ACCEPTS)), "connection-failed the broker closed the connection\n"),
    ("an answer that cannot be read", "mqtt://{}", scripted(GARBAGE), "connection-failed "),
    ("an answer that cannot be read", "mqtt://{}", scripted(says(ACCEPTS + b"\xf0" * 9)), "connection-failed what the broker sends cannot be read\n"),
    ("no answer to the login", "mqtt://{}", scripted(says_nothing), "connection-failed no answer from the broker in time\n"),
]


@pytest.mark.parametrize(("what", "url", "server", "error"), MQTT)
def test_mqtt(start, guest, tmp_path, stops, what, url, server, error):
    place = server(stops, tmp_path)
    hosts = '"*://*:*"' if "permitted" not in error else '"mqtt://other.example.com"'
    (tmp_path / "spin.toml").write_text(MQTT_MANIFEST.format(source=guest("mqtt"), hosts=hosts))
    host = start("up", "--workers", "1", cwd=tmp_path)
    begun = time.monotonic()
    said = host.ask(f"/?address={url.format(place)}&user=user&password=guessed&qos=1").text
    assert said.startswith("error " + error.format(place))
    assert time.monotonic() - begun < 15
    assert "guessed" not in said + host.log
    assert documented("mqtt")[what][0].startswith(f"`{error.split()[0]}`")


def test_a_broker_that_confirms_nothing(serve, stops):
    def serves(connection, _):
        connection.recv(1000)
        connection.sendall(ACCEPTS)
        time.sleep(20)

    begun = time.monotonic()
    said = serve("mqtt").ask(f"/?address=mqtt://{scripted(serves)(stops)}&qos=1&keep=2").text
    assert said == "error connection-failed the broker does not answer\n"
    assert 1.5 < time.monotonic() - begun < 6
    assert documented("mqtt")["no confirmation"][0].endswith("`connection-failed` after the keep-alive interval, or a minute")


def test_rows_of_mqtt():
    """The others are seen with a broker as it should be: test_mqtt.py."""
    others = {"it restarts", "no confirmation", "a payload beyond 128 MiB, a topic to listen at", "256 connections in a worker"}
    assert set(documented("mqtt")) == {row[0] for row in MQTT} | others


# --- variables from Vault ---


def vault(status: int, body: bytes):
    return lambda stops, _: stops(Vault(lambda *_: (status, {}, body))).url.removeprefix("http://")


WORD = "the variable 'word' from Vault: "
REFUSED = b'{"errors": ["s.token is refused"]}'
VAULT = [
    ("nobody listens, no such name", nobody, "{}: connection refused"),
    ("nobody listens, no such name", unknown, "{}: cannot resolve the name"),
    ("no TLS, a certificate that is not believed", scripted(GARBAGE), "{}: TLS handshake: "),
    ("no TLS, a certificate that is not believed", unbelieved, "{}: the server's certificate is not accepted: "),
    ("it hangs up", scripted(HANGS_UP), "{}: the server closed the connection"),
    ("it hangs up", scripted(CUT), "{}: HTTP-response-incomplete"),
    ("it does not accept the token", vault(403, REFUSED), "it answered with status 403: the token may not read it"),
    ("any other status: it is sealed", vault(503, REFUSED), "it answered with status 503"),
    ("any other status: it is sealed", vault(302, REFUSED), "it answered with status 302"),
    ("an answer that cannot be read", scripted(GARBAGE), "{}: "),
    ("an answer that cannot be read", vault(200, b"<html>s.token"), "its answer is not JSON"),
    ("an answer that cannot be read", vault(200, b'{"data": {"data": {"value": 7}}}'), 'its answer has no text under the key "value"'),
    ("an answer beyond 2 MiB", vault(200, b" " * (2 << 20) + b"{}"), "{}: more than 2097152 bytes came"),
]


def variables(start, guest, folder, url: str, *flags: str):
    (folder / "spin.toml").write_text(SECRETS.format(vars=guest("vars")).replace("required = true", 'default = "d"'))
    (folder / "runtime.toml").write_text(PROVIDER.format(url=url))
    return start("up", "--workers", "1", *flags, "--runtime-config-file", "runtime.toml", cwd=folder)


@pytest.mark.parametrize(("what", "server", "words"), VAULT)
def test_vault(start, guest, tmp_path, stops, what, server, words):
    place = server(stops, tmp_path)
    host = variables(start, guest, tmp_path, ("https://" if "TLS" in what else "http://") + place)
    for path, error in [("/spin?name=word", "provider"), ("/wasi?name=word", "upstream"), ("/wasi", "upstream")]:
        said = host.ask(path).text
        assert said.startswith(f"error {error} {WORD}{words.format(place)}")
        assert "s.token" not in said + host.log
    assert documented("variables")[what] == ["`provider`", "`upstream`"]


def test_vault_restarts(start, guest, tmp_path, stops):
    body = b'{"data": {"data": {"value": "known"}}}'
    texts = [b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body), b""]

    def serve(connection, read):
        says(texts[0])(connection, read)

    host = variables(start, guest, tmp_path, "http://" + scripted(serve)(stops))
    for expected in ["<known>\n", "error provider ", "<known>\n"]:
        assert host.ask("/spin?name=word").text.startswith(expected)
        texts.reverse()


def test_vault_never_answers(start, guest, tmp_path, stops):
    host = variables(start, guest, tmp_path, "http://" + scripted(says_nothing)(stops), "--timeout", "300")
    begun = time.monotonic()
    for path in ["/spin?name=word", "/wasi?name=word"]:
        assert not host.ask(path).complete
    assert time.monotonic() - begun < 5


def test_a_secret_that_vault_has_not(start, guest, tmp_path, stops):
    host = variables(start, guest, tmp_path, "http://" + vault(404, b'{"errors": []}')(stops, None))
    assert [host.ask(path).text for path in ["/spin?name=word", "/wasi?name=word"]] == ["<d>\n"] * 2


def test_rows_of_vault():
    others = {"the secret is not there", "it restarts", "no answer"}
    assert set(documented("variables")) == {row[0] for row in VAULT} | others


# --- servers of language models ---


def model(status: int, body: bytes):
    def answer(question):
        question.whole(status, body, "application/json")

    return lambda stops, _: stops(Provider(answer)).url.removeprefix("http://")


SAYS = b'{"error": {"message": "not today"}}'
LLM = [
    ("nobody listens", nobody, "runtime-error {}: connection refused"),
    ("nobody listens", unknown, "runtime-error {}: cannot resolve the name"),
    ("nobody listens", scripted(HANGS_UP), "runtime-error {}: the server closed the connection"),
    ("nobody listens", scripted(CUT), "runtime-error {}: HTTP-response-incomplete"),
    ("nobody listens", unbelieved, "runtime-error {}: the server's certificate is not accepted: "),
    ("an answer that cannot be read", scripted(GARBAGE), "runtime-error {}: "),
    ("an answer that cannot be read", model(200, b"<html>"), "runtime-error "),
    ("an answer that cannot be read", model(200, b" " * (64 << 20) + b"{}"), "runtime-error "),
    ("the server says 400, 413 or 422", model(413, SAYS), "invalid-input "),
    ("it refuses the token", model(401, SAYS), "runtime-error "),
    ("it refuses the token", model(429, SAYS), "runtime-error "),
    ("it refuses the token", model(503, SAYS), "runtime-error "),
]


@pytest.mark.parametrize("api", ["default", "open_ai"])
@pytest.mark.parametrize(("what", "server", "error"), LLM)
def test_language_models(start, guest, tmp_path, stops, what, server, error, api):
    place = server(stops, tmp_path)
    url = ("https://" if server is unbelieved else "http://") + place
    (tmp_path / "spin.toml").write_text(LLM_MANIFEST.format(source=guest("llm")))
    (tmp_path / "runtime.toml").write_text(RUNTIME.format(url=url, token=TOKEN, api=api))
    host = start("up", "--workers", "1", "--runtime-config-file", "runtime.toml", cwd=tmp_path)
    said = infer(host)
    assert said.startswith("error " + error.format(place))
    assert TOKEN not in said + host.log
    row = next(cells for name, cells in documented("llm", "Errors").items() if name.startswith(what))
    assert row[0].startswith(f"`{error.split()[0]}`")
