"""A server of language models as far as a client can tell: each test says what it answers."""

import contextlib
import http.server
import json
import socket
import ssl
import threading

TOKEN = "secret-token-0123"


class Question:
    """One request, and the means to answer it."""

    def __init__(self, handler):
        self.handler = handler
        self.path = handler.path
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.body = json.loads(self.content())

    def content(self) -> bytes:
        """A body comes with its length, or in pieces where its sender did not know that yet."""
        read = self.handler.rfile
        if "content-length" in self.headers:
            return read.read(int(self.headers["content-length"]))
        content = b""
        while size := int(read.readline(), 16):
            content += read.read(size)
            read.readline()
        read.readline()
        return content

    def head(self, status: int, **fields) -> None:
        self.handler.send_response(status)
        for name, value in fields.items():
            self.handler.send_header(name.replace("_", "-"), str(value))
        self.handler.end_headers()

    def whole(self, status: int, body: bytes, kind: str = "text/html") -> None:
        self.head(status, content_type=kind, content_length=len(body))
        self.handler.wfile.write(body)

    def json(self, answer, status: int = 200) -> None:
        self.whole(status, json.dumps(answer).encode(), "application/json")

    def stream(self) -> None:
        self.head(200, content_type="text/event-stream; charset=utf-8", transfer_encoding="chunked")

    def piece(self, data: bytes) -> None:
        self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.handler.wfile.flush()

    def event(self, answer) -> None:
        self.piece(b"data: " + (answer if isinstance(answer, bytes) else json.dumps(answer).encode()) + b"\n\n")

    def end(self) -> None:
        self.handler.wfile.write(b"0\r\n\r\n")

    def cut(self) -> None:
        """Closes the connection, whatever was promised."""
        self.handler.close_connection = True
        self.handler.wfile.flush()


class Provider:
    """`answer(question)` answers; what was asked is in `asked`."""

    def __init__(self, answer=None, port: int = 0, certificate=None):
        self.asked: list[Question] = []
        self.answer = answer
        self.connections: list[socket.socket] = []
        self.broken = threading.Event()  # somebody closed before the answer was over
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                owner.connections.append(self.connection)

            def do_POST(self):
                question = Question(self)
                owner.asked.append(question)
                try:
                    owner.answer(question)
                except (BrokenPipeError, ConnectionResetError):
                    owner.broken.set()
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self.server = Listener(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, certificate))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.url = f"https://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
