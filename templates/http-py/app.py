"""Answers every request with a greeting."""

from spin_sdk.http import IncomingHandler as Handler
from spin_sdk.http import Request, Response


class IncomingHandler(Handler):
    def handle_request(self, request: Request) -> Response:
        print(request.method, request.uri)
        return Response(200, {"content-type": "text/plain"}, b"Hello from %NAME%\n")
