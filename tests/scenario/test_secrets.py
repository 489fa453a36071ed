"""No secret comes into a log: every backend with a marked one, at the most verbose level, when it works and when it fails."""

import base64
import json
from pathlib import Path

import pytest
from conftest import Host, free_port
from database_server import MariaDB, Postgres
from llm_server import Provider
from mqtt_broker import Broker
from redis_server import Server as Redis

MARK = "s3cret-Marker-0"
DEAD = "127.0.0.1:1"

HEAD = """
spin_manifest_version = 2
[application]
name = "secrets"
[[trigger.http]]
route = "/..."
component = "guest"
[component.guest]
source = "{source}"
"""


@pytest.fixture(scope="module")
def servers():
    """Servers that know the marked password, by name, made at the first use."""
    running = {}
    make = {
        "redis": lambda: Redis("--requirepass", MARK),
        "closed": lambda: Redis("--requirepass", "another"),
        "postgres": Postgres,
        "mysql": MariaDB,
        "mqtt": lambda: Broker(user="ann", password=MARK),
        "provider": Provider,
    }

    def get(name: str):
        if name not in running:
            running[name] = make[name]()
            if name == "postgres":
                running[name].ask(f"CREATE ROLE marked LOGIN PASSWORD '{MARK}'")
            if name == "mysql":
                running[name].ask(f"CREATE USER marked@'%' IDENTIFIED BY '{MARK}'; GRANT ALL ON app.* TO marked@'%'")
        return running[name]

    yield get
    for server in running.values():
        server.stop()


@pytest.fixture
def app(withy, guest, started, tmp_path):
    """app("redis", 'what is in its table', runtime="..."): runs at the most verbose level."""
    mine = []

    def begin(source: str, table: str = "", *flags: str, runtime: str = "", before: str = "", env=None, log=None) -> Host:
        (tmp_path / "spin.toml").write_text(HEAD.format(source=guest(source)).replace("[[trigger", before + "[[trigger", 1) + table)
        if runtime:
            (tmp_path / "runtime.toml").write_text(runtime)
            flags += ("--runtime-config-file", "runtime.toml")
        port = free_port()
        host = Host([withy, "up", "--listen", f"127.0.0.1:{port}", *flags], port, tmp_path, {"WITHY_LOG": "debug", **(env or {})})
        host.folder = tmp_path
        mine.append(host)
        started.append(host)
        if log:
            host.wait_for_log(log, 60)
        else:
            host.wait_until_up()
        return host

    yield begin
    for host in mine:
        host.end()
        check(host.log, tmp_path)


def check(log: str, folder: Path) -> None:
    """Nothing of it in the output, nor in any file that was written."""
    forms = [MARK, base64.b64encode(MARK.encode()).decode().rstrip("="), MARK.replace("-", "%2D")]
    written = {str(path): path.read_text(errors="replace") for path in (folder / ".spin").rglob("*") if path.is_file()}
    for name, text in {"the output": log, **written}.items():
        assert not any(form in text for form in forms), f"{name}:\n{text}"


def ask(host: Host, path: str, body: str = "", **more) -> str:
    """What the guest says, without the secret unless it is what was asked for."""
    answer = host.ask(path, "POST" if body else "GET", body=body.encode() or None, timeout=60, **more)
    assert MARK not in answer.text
    return answer.text


ANYWHERE = 'allowed_outbound_hosts = ["*://*:*"]\n'


def test_redis(app, servers):
    host = app("redis", ANYWHERE)
    good, closed = servers("redis").port, servers("closed").port
    assert ask(host, f"/set?key=k&value=v&address=redis://:{MARK}@127.0.0.1:{good}") == "ok\n"
    for address in [f"127.0.0.1:{closed}", DEAD, "no.such.host.invalid:1", "127.0.0.1:x", f"127.0.0.1:{good}/notadatabase"]:
        assert ask(host, f"/get?key=k&address=redis://:{MARK}@{address}").startswith("error")
        assert ask(host, f"/get?key=k&address=rediss://user:{MARK}@{address}").startswith("error")
    assert ask(host, f"/get?key=k&address=redis:/:{MARK}@127.0.0.1").startswith("error")


@pytest.mark.parametrize("where", ["good", "closed", "dead"])
def test_key_value_on_redis(app, servers, where):
    port = {"good": lambda: servers("redis").port, "closed": lambda: servers("closed").port, "dead": lambda: 1}[where]()
    runtime = f'[key_value_store.default]\ntype = "redis"\nurl = "redis://:{MARK}@127.0.0.1:{port}"\n'
    host = app("kv", 'key_value_stores = ["default"]\n', runtime=runtime)
    assert ask(host, "/spin/get?key=nothing").startswith("none" if where == "good" else "error other")


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_databases(app, servers, kind):
    host = app(kind, ANYWHERE)
    server, name = servers(kind), "postgres" if kind == "postgres" else "app"
    place = f"127.0.0.1:{server.port}"
    good = f"{kind}://marked:{MARK}@{place}/{name}"
    assert "error" not in ask(host, "/", f"{good}\nquery SELECT 1")
    bad = [f"{kind}://{user}:{MARK}@{where}/{name}" for user in ("nobody", "tester") for where in (place, DEAD, "none.invalid")]
    bad += [f"{good}?sslmode=odd&ssl-mode=odd", f"{good}?sslkey={MARK}", f"{kind}://marked:{MARK}@127.0.0.1:x/{name}", f"{good}none"]
    bad += [f"{kind}:/marked:{MARK}@{place}", f"host=127.0.0.1 port={server.port} user=nobody password={MARK}", f"{kind}://u:{MARK}/x@{DEAD}/d"]
    for address in bad:
        assert "error" in ask(host, "/", f"{address}\nquery SELECT 1"), address
    for statement in ["query SELEC 1", "execute INSERT INTO none VALUES (1)"]:
        assert "error" in ask(host, "/", f"{good}\n{statement}")


def test_mqtt(app, servers):
    host = app("mqtt", ANYWHERE)
    port = servers("mqtt").port
    assert ask(host, f"/?address=mqtt://127.0.0.1:{port}&user=ann&password={MARK}&qos=1") == "ok\n"
    for address in [f"127.0.0.1:{port}", DEAD, "none.invalid", "127.0.0.1:x"]:
        assert "error" in ask(host, f"/?address=mqtt://{address}&user=bob&password={MARK}")
    assert "error" in ask(host, f"/?address=mqtt://bob:{MARK}@{DEAD}&user=bob&password={MARK}")


def test_outgoing_http(app, servers):
    host = app("proxy", ANYWHERE)
    servers("provider").answer = lambda question: question.whole(200, b"fine")
    place = f"127.0.0.1:{servers('provider').port}"
    assert host.ask(f"/?url={place}/?token={MARK}", "POST", body=b"{}").text == "fine"
    for url in [f"{DEAD}/?token={MARK}", f"none.invalid/{MARK}", f"user:{MARK}@{DEAD}/"]:
        assert "error" in ask(host, f"/?url={url}")


def test_outgoing_http_that_is_not_permitted(app):
    host = app("proxy")
    for url in [f"{DEAD}/?token={MARK}", f"user:{MARK}@{DEAD}/"]:
        assert "error" in ask(host, f"/?url={url}")


@pytest.mark.parametrize("kind", ["redis", "postgres", "mysql", "mqtt"])
def test_addresses_that_are_not_permitted(app, kind):
    host = app(kind)
    address = f"{kind}://user:{MARK}@{DEAD}/x"
    path, body = ("/", f"{address}\nquery SELECT 1") if kind in ("postgres", "mysql") else (f"/get?key=k&address={address}&password={MARK}", "")
    assert "error" in ask(host, path, body)


def refuse(question) -> None:
    question.whole(401, json.dumps({"error": f"{MARK} is not known here"}).encode())


@pytest.mark.parametrize("form", ["default", "open_ai"])
def test_language_models(app, servers, form):
    provider = servers("provider")
    runtime = f'[llm_compute]\ntype = "remote_http"\nurl = "{{}}"\nauth_token = "{MARK}"\napi_type = "{form}"\n'
    host = app("llm", 'ai_models = ["llama2-chat"]\n', runtime=runtime.format(provider.url))
    usage = {"promptTokenCount": 1, "generatedTokenCount": 1}
    for answer in [lambda question: question.json({"text": "fine", "usage": usage}), lambda question: question.whole(500, b"no"), lambda question: question.cut()]:
        provider.answer = answer
        ask(host, "/infer?model=llama2-chat", "hello")
    assert any(MARK in question.headers.get("authorization", "") for question in provider.asked)


@pytest.mark.parametrize("where", ["refused", "dead"])
def test_libsql(app, servers, where):
    provider = servers("provider")
    provider.answer = refuse
    url = provider.url if where == "refused" else f"http://{DEAD}"
    runtime = f'[sqlite_database.default]\ntype = "libsql"\nurl = "{url}"\ntoken = "{MARK}"\n'
    host = app("sqlite", 'sqlite_databases = ["default"]\n', runtime=runtime)
    assert host.ask("/", "POST", body=b"SELECT 1").text.startswith("error io")


SECRET = '[variables]\nword = { required = true, secret = true }\n'
READS = '[component.guest.variables]\nword = "{{ word }}"\n'


@pytest.mark.parametrize("by", ["flag", "environment", "dotenv", "static", "file"])
def test_variables(app, tmp_path, by):
    flags = ["--variable", f"word={MARK}"] if by == "flag" else []
    env = {"SPIN_VARIABLE_WORD": MARK} if by == "environment" else None
    if by == "dotenv":
        (tmp_path / ".env").write_text(f"SPIN_VARIABLE_WORD={MARK}\n")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "word").write_text(MARK)
    runtime = {"static": f'[[variables_provider]]\ntype = "static"\nvalues = {{ word = "{MARK}" }}\n'}
    runtime["file"] = '[[variables_provider]]\ntype = "file"\npath = "kept"\n'
    host = app("vars", READS, *flags, before=SECRET, runtime=runtime.get(by, ""), env=env)
    for path in ["/spin?name=word", "/wasi?name=word", "/wasi"]:
        assert MARK in host.ask(path).text
    ask(host, "/spin?name=none")


def test_a_variable_that_is_part_of_hosts(app):
    table = 'allowed_outbound_hosts = ["http://{{ word }}.example.com"]\n'
    host = app("proxy", table, "--variable", f"word={MARK.lower()}", before=SECRET)
    assert "error" in ask(host, f"/?url={DEAD}/")
    assert MARK.lower() not in host.log


@pytest.mark.parametrize("where", ["good", "closed", "dead"])
def test_redis_triggers(app, guest, servers, where):
    port = {"good": lambda: servers("redis").port, "closed": lambda: servers("closed").port, "dead": lambda: 1}[where]()
    address = f"redis://:{{{{ word }}}}@127.0.0.1:{port}"
    before = SECRET + f'[[trigger.redis]]\nchannel = "c"\naddress = "{address}"\ncomponent = "m"\n'
    before += f'[component.m]\nsource = "{guest("messages")}"\n'
    app("hello", "", "--variable", f"word={MARK}", before=before, log="subscribed to" if where == "good" else "redis: ")


@pytest.mark.parametrize("where", ["good", "wrong", "dead"])
def test_mqtt_triggers(app, guest, servers, where):
    port, user = servers("mqtt").port if where != "dead" else 1, "ann" if where == "good" else "bob"
    login = f'address = "mqtt://127.0.0.1:{port}"\nusername = "{user}"\npassword = "{{{{ word }}}}"\nkeep_alive_interval = "30"\n'
    before = SECRET + f'[application.trigger.mqtt]\n{login}[[trigger.mqtt]]\ntopic = "t"\nqos = "1"\ncomponent = "m"\n'
    before += f'[component.m]\nsource = "{guest("subscriber")}"\n'
    app("hello", "", "--variable", f"word={MARK}", before=before, log="subscribed to" if where == "good" else "mqtt: ")


# What is wrong at the start: the manifest's table, the runtime configuration, and flags.
MISTAKES = {
    "a host with a password": ('allowed_outbound_hosts = ["redis://:{{ word }}@127.0.0.1"]', "", []),
    "a template of one": ('allowed_outbound_hosts = ["{{ word }}"]', "", []),
    "a store's address": ("", f'[key_value_store.default]\ntype = "redis"\nurl = "redis://:{MARK}@127.0.0.1:port"\n', []),
    "a store's scheme": ("", f'[key_value_store.default]\ntype = "redis"\nurl = "http://:{MARK}@127.0.0.1"\n', []),
    "a key of a store": ("", f'[key_value_store.default]\ntype = "redis"\nurk = "redis://:{MARK}@127.0.0.1"\n', []),
    "a model's token": ("", f'[llm_compute]\ntype = "remote_http"\nurl = "http://x"\nauth_tokn = "{MARK}"\n', []),
    "a token on the line of another key": ("", f'[llm_compute]\ntype = "remote_http"\nurl = 5\nauth_token = ["{MARK}"]\n', []),
    "a token in one table": ("", f'llm_compute = {{ type = "remote_http", auth_token = "{MARK}", url = 5 }}\n', []),
    "no end of a text": ("", f'[llm_compute]\nauth_token = "{MARK}\n', []),
    "an address of libsql": ("", f'[sqlite_database.default]\ntype = "libsql"\nurl = "ftp://x:{MARK}@y"\ntoken = "{MARK}"\n', []),
    "a token of Vault": ("", f'[[variables_provider]]\ntype = "vault"\nurl = "http://{DEAD}"\ntoken = "{MARK}"\nmount = "m"\n', ["only"]),
    "a static value": ("", f'[[variables_provider]]\ntype = "static"\nvalues = {{ word = ["{MARK}"] }}\n', []),
    "a flag for no variable": ("", "", ["--variable", f"wort={MARK}"]),
    "a flag without a name": ("", "", ["--variable", f"={MARK}"]),
    "a text without quotes": ("", f"[llm_compute]\nauth_token = {MARK}\n", []),
    "a file of variables": ("", "", ["--variable", "@values.toml"]),
    "another file of variables": ("", "", ["--variable", "@values.json"]),
    "variables without quotes": ("", "", ["--variable", "@bare.toml"]),
    "an environment without a name": ("", "", ["--env", f"={MARK}"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(withy, command, guest, tmp_path, mistake):
    table, runtime, flags = MISTAKES[mistake]
    text = HEAD.format(source=guest("vars")).replace("[[trigger", SECRET + "[[trigger", 1)
    (tmp_path / "spin.toml").write_text(text + table + "\n" + READS)
    (tmp_path / "values.toml").write_text(f'word = ["{MARK}"]\n')
    (tmp_path / "bare.toml").write_text(f"word = {MARK}\n")
    (tmp_path / "values.json").write_text(f'{{"word": {MARK}}}\n')
    (tmp_path / "runtime.toml").write_text(runtime)
    if flags != ["only"]:
        flags = [*flags, "--variable", f"word={MARK}"]
    else:
        flags = []
    command_line = ["up", "--listen", f"127.0.0.1:{free_port()}", "--runtime-config-file", "runtime.toml", *flags]
    done = command(*command_line, cwd=tmp_path, env={"WITHY_LOG": "debug"}, timeout=20)
    assert done.returncode != 0
    check(done.stdout + done.stderr, tmp_path)


def test_a_source_behind_a_password(command, guest, tmp_path):
    source = f'{{ url = "http://user:{MARK}@{DEAD}/x?token={MARK}", digest = "sha256:{"0" * 64}" }}'
    (tmp_path / "spin.toml").write_text(HEAD.replace('"{source}"', source))
    done = command("up", "--listen", f"127.0.0.1:{free_port()}", cwd=tmp_path, env={"WITHY_LOG": "debug"}, timeout=20)
    assert done.returncode != 0
    check(done.stdout + done.stderr, tmp_path)
