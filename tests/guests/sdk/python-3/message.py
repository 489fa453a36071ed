"""Handles messages of Redis: appends each to the list `seen` and prints it."""

from spin_sdk import redis, variables
from spin_sdk.wit import exports
from spin_sdk.wit.imports.redis import RedisParameter_Binary


class InboundRedis(exports.InboundRedis):
    def handle_message(self, message: bytes) -> None:
        print(f"message {message.decode()}", flush=True)
        if message == b"fail":
            raise RuntimeError("asked to fail")
        with redis.open(variables.get("redis_address")) as connection:
            connection.execute("rpush", [RedisParameter_Binary(b"seen"), RedisParameter_Binary(message)])
