"""Applications of guests made with Spin's SDKs, with the manifests that the SDKs' templates write."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import ROOT

MANIFEST = """
spin_manifest_version = 2

[application]
name = "{name}"
version = "0.1.0"
authors = ["A Tester <tester@example.com>"]
description = "What an SDK's template makes"

[variables]
redis_address = {{ required = true }}
postgres_address = {{ required = true }}
mysql_address = {{ required = true }}
mqtt_address = {{ required = true }}
mqtt_user = {{ default = "ann" }}
mqtt_password = {{ required = true, secret = true }}
origin = {{ required = true }}
greeting = {{ default = "Grüße" }}

[[trigger.http]]
route = "/..."
component = "app"

[component.app]
source = "{source}"
environment = {{ MOOD = "calm" }}
files = [{{ source = "assets", destination = "/" }}]
exclude_files = ["**/node_modules"]
allowed_outbound_hosts = {hosts}
key_value_stores = ["default"]
sqlite_databases = ["default"]
ai_models = ["llama2-chat", "all-minilm-l6-v2"]

[component.app.variables]
redis_address = "{{{{ redis_address }}}}"
postgres_address = "{{{{ postgres_address }}}}"
mysql_address = "{{{{ mysql_address }}}}"
mqtt_address = "{{{{ mqtt_address }}}}"
mqtt_user = "{{{{ mqtt_user }}}}"
mqtt_password = "{{{{ mqtt_password }}}}"
origin = "{{{{ origin }}}}"
greeting = "{{{{ greeting }}}}, {{{{ mqtt_user }}}}"

[component.app.build]
command = "cargo build --target wasm32-wasip2 --release"
watch = ["src/**/*.rs", "Cargo.toml"]
"""


def component(name: str) -> str:
    """The path of a guest; the test is skipped where its SDK cannot be had."""
    folder = Path(os.environ.get("WITHY_GUESTS", ROOT / "build" / "guests"))
    path = folder / f"sdk-{name}.wasm"
    for reason in folder.glob("sdk-*.skipped"):
        if path.name.startswith(reason.stem):
            pytest.skip(f"{reason.stem}: {reason.read_text()}")
    assert path.exists(), f"{path} is not there: run tests/guests/sdk/build"
    return str(path.resolve())


class Origin:
    """An HTTP server for guests to ask: /hello, and /echo says what came."""

    def __init__(self):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if self.headers.get("transfer-encoding") == "chunked":
                    while size := int(self.rfile.readline().split(b";")[0], 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                color = self.headers.get("x-color", "no color")
                content = b"hello" if self.path == "/hello" else f"{self.command} {color} ".encode() + body
                self.send_response(200 if self.path == "/hello" else 201)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
