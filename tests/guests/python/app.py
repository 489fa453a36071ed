"""A Spin component in Python: a greeting, a counter in key-value, a setting, an echo, an exception."""

from urllib.parse import urlparse

from spin_sdk import key_value, variables
from spin_sdk.http import IncomingHandler as Handler
from spin_sdk.http import Request, Response


class IncomingHandler(Handler):
    def handle_request(self, request: Request) -> Response:
        path = urlparse(request.uri).path
        if path.endswith("/count"):
            body = count()
        elif path.endswith("/setting"):
            body = variables.get("greeting").encode()
        elif path.endswith("/raise"):
            raise RuntimeError("on purpose")
        elif request.method == "POST":
            body = bytes(request.body).upper()
        else:
            body = b"Hello from Python\n"
        return Response(200, {"content-type": "text/plain"}, body)


def count() -> bytes:
    with key_value.open_default() as store:
        before = store.get("visits")
        now = 1 if before is None else int(before) + 1
        store.set("visits", str(now).encode())
        return f"{now}\n".encode()
