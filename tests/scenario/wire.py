"""HTTP/1.1 over a plain socket: sends exactly the bytes it is told and says exactly what came back."""

import socket
from dataclasses import dataclass, field


class Closed(Exception):
    """The other side closed the connection in the middle of a message."""


@dataclass
class Answer:
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    trailers: list[tuple[str, str]] = field(default_factory=list)
    complete: bool = True  # false when the connection ended before the body did

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def text(self) -> str:
        return self.body.decode()


class Wire:
    """One connection."""

    def __init__(self, port: int, timeout: float = 30, receive_buffer: int | None = None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes | str) -> None:
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def request(self, method: str, path: str, headers=(), body: bytes | None = None) -> None:
        lines = [f"{method} {path} HTTP/1.1", "host: test"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body is not None:
            lines.append(f"content-length: {len(body)}")
        self.send("\r\n".join(lines) + "\r\n\r\n")
        if body:
            self.send(body)

    def fill(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise Closed(f"closed after {self.pending!r}")
        self.pending += data

    def line(self) -> str:
        while b"\r\n" not in self.pending:
            self.fill()
        line, self.pending = self.pending.split(b"\r\n", 1)
        return line.decode("latin-1")

    def exactly(self, size: int) -> bytes:
        parts = [self.pending[:size]]
        self.pending = self.pending[size:]
        left = size - len(parts[0])
        while left > 0:
            data = self.socket.recv(min(left, 1 << 20))
            if not data:
                raise Closed("closed in the middle of a body", b"".join(parts))
            parts.append(data)
            left -= len(data)
        return b"".join(parts)

    def fields(self) -> list[tuple[str, str]]:
        found = []
        while line := self.line():
            name, value = line.split(":", 1)
            found.append((name, value.strip()))
        return found

    def head(self) -> Answer:
        version, status, *reason = self.line().split(" ", 2)
        assert version == "HTTP/1.1", version
        return Answer(int(status), " ".join(reason), self.fields())

    def chunk(self) -> bytes:
        """The next chunk; empty for the last one, whose trailers are still to be read."""
        size = int(self.line().split(";")[0], 16)
        data = self.exactly(size)
        if size:
            assert self.line() == ""
        return data

    def answer(self, method: str = "GET") -> Answer:
        answer = self.head()
        while 100 <= answer.status < 200:
            answer = self.head()
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        parts = []
        try:
            if (answer.header("transfer-encoding") or "").lower() == "chunked":
                while part := self.chunk():
                    parts.append(part)
                answer.trailers = self.fields()
            elif (length := answer.header("content-length")) is not None:
                parts.append(self.exactly(int(length)))
            else:
                parts.append(self.rest())
        except (Closed, ConnectionResetError) as error:
            parts += error.args[1:2] if isinstance(error, Closed) else []
            answer.complete = False
        answer.body = b"".join(parts)
        return answer

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        parts = [self.pending]
        self.pending = b""
        while data := self.socket.recv(65536):
            parts.append(data)
        return b"".join(parts)


def ask(port: int, path: str, method: str = "GET", headers=(), body: bytes | None = None, timeout: float = 30) -> Answer:
    """One request on a connection of its own."""
    with Wire(port, timeout) as wire:
        wire.request(method, path, [*headers, ("connection", "close")], body)
        return wire.answer(method)
