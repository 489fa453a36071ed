"""OCI registries for tests: the distribution project's (docker-registry) on a port of its own, and one that gives
whatever a test tells it to."""

import hashlib
import http.server
import json
import threading
import urllib.parse
from pathlib import Path

from real_server import RealServer

USER, PASSWORD = "ann", "open sesame"
HTPASSWD = "ann:$2b$04$sM9IGcRLeUrF/goEE4LTS.Y7z/IiLUUYBEOgbMYsJjDdE1RCv7B0m\n"  # bcrypt of it

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
WASM = "application/wasm"


class Real(RealServer):
    """docker-registry."""

    name = "registry"

    def __init__(self, password: bool = False, certificate: tuple[Path, Path] | None = None, port: int | None = None):
        self.password = password
        self.certificate = certificate
        super().__init__(port)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def prepare(self) -> None:
        lines = [
            "version: 0.1",
            "log: {level: error, accesslog: {disabled: true}}",
            f"storage: {{filesystem: {{rootdirectory: {self.folder}/data}}, delete: {{enabled: true}}}}",
        ]
        tls = f", tls: {{certificate: {self.certificate[0]}, key: {self.certificate[1]}}}" if self.certificate else ""
        lines.append(f'http: {{addr: "{self.host}"{tls}}}')
        if self.password:
            (self.folder / "htpasswd").write_text(HTPASSWD)
            lines.append(f"auth: {{htpasswd: {{realm: test, path: {self.folder}/htpasswd}}}}")
        (self.folder / "registry.yml").write_text("\n".join(lines) + "\n")

    def command(self) -> list[str]:
        return ["docker-registry", "serve", str(self.folder / "registry.yml")]


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def descriptor(content: bytes, media_type: str) -> dict:
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


def manifest(layers: list[dict], config: dict | None = None) -> bytes:
    config = config or descriptor(b"{}", "application/vnd.wasm.config.v0+json")
    return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}).encode()


class Told:
    """Answers GET of a path with what `answers` has for it: bytes, a tuple of status, fields and body, or a function
    of the request's fields that returns one of both. With `token`, it asks for one at /token first."""

    def __init__(self, token: str | None = None):
        self.answers: dict[str, object] = {}
        self.asked: list[tuple[str, str, str | None]] = []  # method, path, authorization
        self.token = token
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                owner.asked.append((self.command, self.path, self.headers.get("authorization")))
                status, fields, body = owner.answer(self.path, self.headers)
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **fields}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                if fields.get("content-length", str(len(body))) != str(len(body)):
                    self.close_connection = True

            do_GET = do_HEAD = do_POST = do_PUT = handle_one

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str, headers) -> tuple[int, dict, bytes]:
        if self.token and path.startswith("/v2/") and headers.get("authorization") != f"Bearer {self.token}":
            realm = f'Bearer realm="http://{self.host}/token",service="s",scope="repository:x:pull"'
            return 401, {"www-authenticate": realm}, b"{}"
        found = self.answers.get(path, self.answers.get(urllib.parse.urlsplit(path).path))
        if path == "/v2/":
            found = found or b"{}"
        if callable(found):
            found = found(headers)
        if found is None:
            errors = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "not\nknown"}]}
            return 404, {}, json.dumps(errors).encode()
        return found if isinstance(found, tuple) else (200, {}, found)

    def put(self, repository: str, tag: str, layers: list[tuple[bytes, str]]) -> str:
        """An image; returns its digest."""
        for content, _ in layers:
            self.answers[f"/v2/{repository}/blobs/{digest(content)}"] = content
        content = manifest([descriptor(*layer) for layer in layers])
        self.answers[f"/v2/{repository}/manifests/{tag}"] = content
        self.answers[f"/v2/{repository}/manifests/{digest(content)}"] = content
        return digest(content)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
