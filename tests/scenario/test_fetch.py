"""What the host itself fetches: components by URL, and variables from a Vault server.

Vault is played by a small server that follows its HTTP API for the KV secrets engine, version 2 (the real one
is in no package of the distribution)."""

import hashlib
import http.server
import json
import threading
from pathlib import Path

import pytest


class Server:
    """Answers GET with what `answer(path, headers)` says: a status, fields and a body; counts the questions."""

    def __init__(self, answer):
        self.asked: list[str] = []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                owner.asked.append(self.path)
                status, fields, body = answer(self.path, self.headers)
                self.send_response(status)
                for name, value in {**fields, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def server():
    servers: list[Server] = []

    def begin(answer) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield begin
    for one in servers:
        one.stop()


HELLO = """
spin_manifest_version = 2
[application]
name = "fetched"
[[trigger.http]]
route = "/..."
component = "hello"
[component.hello]
source = {{ url = "{url}", digest = "sha256:{digest}" }}
"""


def write_hello(folder: Path, url: str, digest: str) -> Path:
    (folder / "spin.toml").write_text(HELLO.format(url=url, digest=digest))
    return folder


def test_a_component_is_downloaded_once(start, guest, server, tmp_path):
    content = Path(guest("hello")).read_bytes()

    def answer(path, _headers):
        return (302, {"location": "/there"}, b"") if path == "/here" else (200, {}, content)

    store = server(answer)
    write_hello(tmp_path, store.url + "/here", hashlib.sha256(content).hexdigest())
    for _ in range(2):
        host = start("up", "--cache-dir", str(tmp_path / "cache"), cwd=tmp_path)
        assert host.ask("/").status == 200
        host.stop()
    assert store.asked == ["/here", "/there"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, b"something else"), ["has not the digest", "/c.wasm"]),
        ((404, b""), ["status 404"]),
        ((500, b""), ["status 500"]),
    ],
)
def test_what_is_not_the_component_is_refused(command, server, tmp_path, answer, words):
    store = server(lambda *_: (answer[0], {}, answer[1]))
    write_hello(tmp_path, store.url + "/c.wasm", "0" * 64)
    done = command("up", "--cache-dir", str(tmp_path / "cache"), "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert done.returncode in (65, 66, 74)
    for word in ['component "hello"', *words]:
        assert word in done.stderr
    assert not list((tmp_path / "cache").glob("components/*"))


def test_a_server_that_is_not_there(command, server, tmp_path):
    gone = server(lambda *_: (200, {}, b""))
    gone.stop()
    write_hello(tmp_path, gone.url + "/c.wasm", "0" * 64)
    done = command("up", "--cache-dir", str(tmp_path / "cache"), "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert done.returncode == 74
    assert gone.url.removeprefix("http://") in done.stderr


SECRETS = """
spin_manifest_version = 2
[application]
name = "secrets"
[variables]
word = {{ required = true, secret = true }}
other = {{ default = "the default" }}
[[trigger.http]]
route = "/..."
component = "vars"
[component.vars]
source = "{vars}"
[component.vars.variables]
word = "<{{{{ word }}}}>"
other = "{{{{ other }}}}"
"""

PROVIDER = """
[[variables_provider]]
type = "vault"
url = "{url}"
token = "s.token"
mount = "secret"
prefix = "app/one"
"""


class Vault:
    """GET /v1/secret/data/PATH: the newest version of a secret; 403 without the token, 404 where there is none."""

    def __init__(self, server):
        self.secrets: dict[str, dict | None] = {}
        self.broken = False
        self.server = server(self.answer)

    def answer(self, path, headers):
        if self.broken:
            return 503, {}, json.dumps({"errors": ["Vault is sealed"]}).encode()
        if headers.get("x-vault-token") != "s.token":
            return 403, {}, json.dumps({"errors": ["permission denied"]}).encode()
        name = path.removeprefix("/v1/secret/data/")
        if name not in self.secrets:
            return 404, {}, json.dumps({"errors": []}).encode()
        data = {"data": self.secrets[name], "metadata": {"version": 1, "destroyed": False, "deletion_time": ""}}
        return 200, {"content-type": "application/json"}, json.dumps({"request_id": "x", "data": data}).encode()


@pytest.fixture
def vault(server):
    return Vault(server)


@pytest.fixture
def secrets(guest, vault, tmp_path):
    (tmp_path / "spin.toml").write_text(SECRETS.format(vars=guest("vars")))
    (tmp_path / "runtime.toml").write_text(PROVIDER.format(url=vault.server.url))
    return tmp_path


def said(host, path: str) -> str:
    answer = host.ask(path)
    assert answer.status == 200
    return answer.text


@pytest.mark.parametrize("workers", ["1", "2"])
def test_variables_from_vault(start, vault, secrets, workers):
    vault.secrets["app/one/word"] = {"value": "one"}
    host = start("up", "--workers", workers, "--runtime-config-file", "runtime.toml", cwd=secrets)
    assert said(host, "/spin?name=word") == "<one>\n"
    assert said(host, "/wasi?name=word") == "<one>\n"
    assert said(host, "/spin?name=other") == "the default\n"
    vault.secrets["app/one/word"] = {"value": "tw\u00f6"}
    vault.secrets["app/one/other"] = {"value": "known"}
    assert said(host, "/spin?name=word") == "<tw\u00f6>\n"
    assert said(host, "/wasi") == "word=<tw\u00f6>\nother=known\n"
    vault.broken = True
    assert said(host, "/spin?name=word").startswith("error provider ")
    assert "status 503" in said(host, "/wasi?name=other")
    vault.broken = False
    vault.secrets["app/one/word"] = {"password": "x"}
    assert "value" in said(host, "/spin?name=word")
    assert "s.token" not in host.log


def test_vault_refuses_or_has_nothing(command, vault, secrets):
    done = command("up", "--runtime-config-file", "runtime.toml", "--listen", "127.0.0.1:0", cwd=secrets)
    assert done.returncode == 66
    assert "required variables have no value: word" in done.stderr
    (secrets / "runtime.toml").write_text(PROVIDER.format(url=vault.server.url).replace("s.token", "s.other"))
    done = command("up", "--runtime-config-file", "runtime.toml", "--listen", "127.0.0.1:0", cwd=secrets)
    assert done.returncode == 74
    assert "the token may not read it" in done.stderr
    assert "s.other" not in done.stderr


def test_vault_is_away(command, vault, secrets):
    vault.server.stop()
    done = command("up", "--runtime-config-file", "runtime.toml", "--listen", "127.0.0.1:0", cwd=secrets)
    assert done.returncode == 74
    assert "the variable 'word' from Vault" in done.stderr
