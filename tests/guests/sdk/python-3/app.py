"""Uses all that Spin's Python SDK has: each path tries one interface and says what came of it."""

import os
import traceback

from spin_sdk import http, key_value, llm, mqtt, mysql, postgres, redis, variables
from spin_sdk.http import IncomingHandler as Handler
from spin_sdk.http import Request, Response
from spin_sdk.wit.imports import rdbms_types as rdbms

# What the module `sqlite` of the SDK is made of; the module itself asks for it by a name that componentize-py no longer gives.
from spin_sdk.wit.imports.fermyon_spin_sqlite import Connection as Database
from spin_sdk.wit.imports.fermyon_spin_sqlite import Value_Blob, Value_Integer, Value_Null, Value_Real, Value_Text
from spin_sdk.wit.imports.redis import RedisParameter_Binary, RedisParameter_Int64, RedisResult_Nil, RedisResult_Status
from spin_sdk.wit.types import Err


class IncomingHandler(Handler):
    def handle_request(self, request: Request) -> Response:
        path = request.uri.split("?")[0]
        try:
            if act := PATHS.get(path):
                lines = act(request)
            else:
                _, kind, name = path.split("/")
                lines = OPENING[kind](name)
            return Response(200, {"content-type": "text/plain"}, "\n".join(lines).encode())
        except Err as error:
            return Response(500, {"content-type": "text/plain"}, repr(error.value).encode())
        except Exception:
            return Response(500, {"content-type": "text/plain"}, traceback.format_exc().encode())


def kv(_) -> list[str]:
    with key_value.open_default() as store:
        store.set("a", "grün".encode())
        store.set("b", bytes(range(256)))
        a, b = store.get("a"), store.get("b")
        lines = [
            f"get {a.decode()}",
            f"binary {len(b)} {b[255]}",
            f"exists {shown(store.exists('a'))} {shown(store.exists('none'))}",
            f"keys {','.join(sorted(key for key in store.get_keys() if len(key) == 1))}",
        ]
        store.delete("a")
        return [*lines, f"deleted {shown(store.get('a') is None)}"]


def visits(_) -> list[str]:
    with key_value.open_default() as store:
        now = int(store.get("visits") or 0) + 1
        store.set("visits", str(now).encode())
        return [str(now)]


def on_wasi(_) -> list[str]:
    with open("/words.txt", encoding="utf-8") as file:
        return [f"environment {os.environ['MOOD']}", f"file {file.read()}"]


def on_sqlite(_) -> list[str]:
    with Database.open("default") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (i INTEGER, r REAL, t TEXT, b BLOB, n TEXT)", [])
        values = [Value_Integer(42), Value_Real(1.5), Value_Text("grün"), Value_Blob(bytes([1, 2, 255])), Value_Null()]
        connection.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", values)
        result = connection.execute("SELECT i, r, t, b, n, (SELECT count(*) FROM notes) c FROM notes LIMIT 1", [])
        i, r, t, b, n, c = result.rows[0].values
        row = f"row {i.value} {r.value} {t.value} {list(b.value)} {'null' if isinstance(n, Value_Null) else n}"
        return [f"columns {','.join(result.columns)}", row, f"count {c.value}"]


def on_redis(_) -> list[str]:
    with redis.open(variables.get("redis_address")) as connection:
        connection.del_(["text", "number", "set", "list"])
        connection.set("text", "grün".encode())
        lines = [
            f"get {connection.get('text').decode()}",
            f"missing {shown(connection.get('none') is None)}",
            f"incr {connection.incr('number')} {connection.incr('number')}",
            f"sadd {connection.sadd('set', ['x', 'y', 'x'])}",
            f"smembers {','.join(sorted(connection.smembers('set')))}",
            f"srem {connection.srem('set', ['x'])}",
        ]
        binary = RedisParameter_Binary
        connection.execute("rpush", [binary(b"list"), binary(b"one"), RedisParameter_Int64(2)])
        found = connection.execute("lrange", [binary(b"list"), RedisParameter_Int64(0), RedisParameter_Int64(-1)])
        lines.append(f"execute {','.join(redis_result(result) for result in found)}")
        lines.append(f"ping {''.join(redis_result(result) for result in connection.execute('ping', []))}")
        lines.append(f"type {shown(fails(lambda: connection.sadd('text', ['x'])))}")
        lines.append(f"del {connection.del_(['text', 'none'])}")
        connection.publish("news", b"from the guest")
        return lines


def redis_result(result) -> str:
    if isinstance(result, RedisResult_Nil):
        return "nil"
    if isinstance(result, RedisResult_Status):
        return f"status:{result.value}"
    return result.value.decode() if isinstance(result.value, bytes) else str(result.value)


def on_postgres(_) -> list[str]:
    with postgres.open(variables.get("postgres_address")) as connection:
        table = "pets (id bigserial, name text, age int4, weight float8, good bool, tag bytea)"
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table}", [])
        values = [
            rdbms.ParameterValue_Str("Grünfink"),
            rdbms.ParameterValue_Int32(3),
            rdbms.ParameterValue_Floating64(0.25),
            rdbms.ParameterValue_Boolean(True),
            rdbms.ParameterValue_Binary(bytes([0, 255])),
        ]
        count = connection.execute("INSERT INTO pets (name, age, weight, good, tag) VALUES ($1, $2, $3, $4, $5)", values)
        found = connection.query("SELECT name, age, weight, good, tag, NULL::text FROM pets WHERE name = $1 LIMIT 1", values[:1])
        name, age, weight, good, tag, none = found.rows[0]
        return [
            f"inserted {count}",
            f"columns {','.join(column.name for column in found.columns[:5])}",
            f"row {name.value} {age.value} {weight.value} {shown(good.value)} {list(tag.value)} {null(none)}",
        ]


def on_mysql(_) -> list[str]:
    with mysql.open(variables.get("mysql_address")) as connection:
        table = "pets (id int auto_increment primary key, name text, age int, weight double, tag blob)"
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table}", [])
        values = [
            rdbms.ParameterValue_Str("Grünfink"),
            rdbms.ParameterValue_Int32(3),
            rdbms.ParameterValue_Floating64(0.25),
            rdbms.ParameterValue_Binary(bytes([0, 255])),
        ]
        connection.execute("INSERT INTO pets (name, age, weight, tag) VALUES (?, ?, ?, ?)", values)
        found = connection.query("SELECT name, age, weight, tag, NULL FROM pets WHERE name = ? LIMIT 1", values[:1])
        name, age, weight, tag, none = found.rows[0]
        return [
            f"columns {','.join(column.name for column in found.columns[:4])}",
            f"row {name.value} {age.value} {weight.value} {list(tag.value)} {null(none)}",
        ]


def on_mqtt(_) -> list[str]:
    user, password = variables.get("mqtt_user"), variables.get("mqtt_password")
    with mqtt.open(variables.get("mqtt_address"), user, password, 30) as connection:
        qualities = {b"zero": mqtt.Qos.AT_MOST_ONCE, b"one": mqtt.Qos.AT_LEAST_ONCE, b"two": mqtt.Qos.EXACTLY_ONCE}
        for payload, quality in qualities.items():
            connection.publish("sdk/news", payload, quality)
    return ["published"]


def on_llm(_) -> list[str]:
    answer = llm.infer_with_options("llama2-chat", "Say grün", llm.InferencingParams(max_tokens=7))
    return [answer.text, f"usage {answer.usage.prompt_token_count} {answer.usage.generated_token_count}"]


def on_embed(_) -> list[str]:
    answer = llm.generate_embeddings("all-minilm-l6-v2", ["one", "two"])
    return [str([list(numbers) for numbers in answer.embeddings]), f"usage {answer.usage.prompt_token_count}"]


def on_http(request: Request) -> list[str]:
    origin = variables.get("origin")
    first = http.send(Request("GET", f"{origin}/hello", {}, None))
    second = http.send(Request("POST", f"{origin}/echo", {"x-color": "grun"}, request.body))
    return [f"{answer.status} {bytes(answer.body).decode()}" for answer in (first, second)]


def null(value) -> str:
    return "null" if isinstance(value, rdbms.DbValue_DbNull) else str(value.value)


def shown(value: bool) -> str:
    return "true" if value else "false"


def fails(act) -> bool:
    try:
        act()
        return False
    except Err:
        return True


PATHS = {
    "/kv": kv,
    "/kv/visits": visits,
    "/wasi": on_wasi,
    "/sqlite": on_sqlite,
    "/redis": on_redis,
    "/postgres": on_postgres,
    "/mysql": on_mysql,
    "/mqtt": on_mqtt,
    "/llm": on_llm,
    "/embed": on_embed,
    "/http": on_http,
}
OPENING = {
    "kv": lambda name: key_value.open(name) and [""],
    "sqlite": lambda name: Database.open(name) and [""],
    "variable": lambda name: [variables.get(name)],
}
