"""An HTTPS server with a certificate authority of its own (made with openssl), with habits that a test chooses."""

import http.server
import socket
import ssl
import subprocess
import threading
import warnings
from pathlib import Path


class Authority:
    """A certificate authority, and server certificates by it. Files are PEM in `folder`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.ca = folder / "ca.pem"
        self._openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
            *("-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem"),
        )

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def certificate(self, names: str, days: int = 2) -> tuple[Path, Path]:
        """For `names` ("DNS:a.test,IP:127.0.0.1"); `days` below zero: it has expired. Certificate and key."""
        stem = f"server{len(list(self.folder.iterdir()))}"
        (self.folder / f"{stem}.ext").write_text(f"subjectAltName={names}\n")
        self._openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-subj", "/CN=test server", "-keyout", f"{stem}.key", "-out", f"{stem}.csr"),
        )
        self._openssl(
            *("x509", "-req", "-in", f"{stem}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-days", str(days), "-extfile", f"{stem}.ext", "-out", f"{stem}.pem"),
        )
        return self.folder / f"{stem}.pem", self.folder / f"{stem}.key"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers.get("transfer-encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        server = self.server.owner
        server.requests.append((self.command, self.path, dict(self.headers)))
        answer = f"{self.command} {self.path} {len(body)}\n".encode() if self.path != "/big" else b"x" * (5 << 20)
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        if server.closes:  # without having said so
            self.close_connection = True

    do_GET = do_POST = do_PUT = _answer

    def log_message(self, *_) -> None:
        pass


class Server:
    """HTTP/1.1 over TLS on a free port. `connections` counts, `requests` lists what came."""

    def __init__(self, certificate: Path, key: Path, *, closes: bool = False, newest=None, client_ca: Path | None = None):
        self.requests: list = []
        self.connections = 0
        self.closes = closes
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if newest:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = newest
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_ca)
        owner = self

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request, address):
                try:
                    request.settimeout(20)
                    secure = context.wrap_socket(request, server_side=True)
                except (OSError, ssl.SSLError):
                    return
                owner.connections += 1
                try:
                    self.RequestHandlerClass(secure, address, self)
                except OSError:
                    pass
                finally:
                    secure.close()

            def handle_error(self, *_):
                pass

        self.listener = Listener(("127.0.0.1", 0), _Handler)
        self.listener.owner = self
        self.port = self.listener.server_address[1]
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.listener.shutdown()
        self.listener.server_close()


class Banner:
    """Answers every connection with text that is not TLS, or (empty) with silence."""

    def __init__(self, text: bytes):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.text = text
        self.kept: list = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.kept.append(connection)
            if self.text:
                connection.sendall(self.text)

    def stop(self) -> None:
        self.socket.close()
        for connection in self.kept:
            connection.close()
