"""A real Redis server on a port of its own, a plain client for it, and one that answers what it is told."""

import socket
import threading

from real_server import RealServer


class Server(RealServer):
    """redis-server."""

    name = "redis"

    def __init__(self, *options: str):
        self.options = options
        super().__init__()

    def command(self) -> list[str]:
        return [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--dir", str(self.folder), *self.options,
        ]  # fmt: skip

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def client(self) -> "Client":
        return Client(self.port)


class Client:
    """Sends one command at a time; answers bytes, numbers, None, lists, and errors as `Refused`."""

    class Refused(Exception):
        pass

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.file = self.socket.makefile("rb")

    def __call__(self, *words):
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        packed = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        self.socket.sendall(b"*%d\r\n%s" % (len(parts), packed))
        return self.read()

    def read(self):
        line = self.file.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise Client.Refused(rest.decode())
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        return None if rest == b"-1" else [self.read() for _ in range(int(rest))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class Scripted:
    """Accepts connections and hands each to `serve(connection, read)`; `read()` is one command, or None at the end."""

    def __init__(self, serve):
        self.serve = serve
        self.accepted = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        file = connection.makefile("rb")

        def read():
            head = file.readline()
            if not head:
                return None
            words = []
            for _ in range(int(head[1:])):
                size = int(file.readline()[1:])
                words.append(file.read(size + 2)[:-2].decode())
            return words

        try:
            self.serve(connection, read)
        except OSError:
            pass
        connection.close()

    def stop(self) -> None:
        self.listener.close()
