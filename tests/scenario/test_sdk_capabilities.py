"""Applications of Spin's own SDKs: each capability through the library that its users have, on real servers."""

import re

import pytest
from conftest import Host, flagged, free_port
from database_server import MariaDB, Postgres
from llm_server import TOKEN, Provider
from mqtt_broker import Broker
from redis_server import Server as Redis
from sdk_app import MANIFEST, Origin, component

SDKS = ["rust-3", "rust-4", "rust-5", "js-fermyon", "js-spinframework", "python-3"]
# Seconds: the first answer of a component with an engine or an interpreter in it waits for the compiler.
COMPILING = 300


@pytest.fixture(scope="module")
def servers():
    mine = {"redis": Redis(), "postgres": Postgres(), "mysql": MariaDB(), "origin": Origin()}
    mine["mqtt"] = Broker(user="ann", password="s3cret")
    mine["llm"] = Provider(answer_for_models)
    yield mine
    for server in mine.values():
        server.stop()


def answer_for_models(question):
    if question.path == "/embed":
        question.json({"embeddings": [[1.0, 0.5], [-2.0, 0.25]], "usage": {"promptTokenCount": 4}})
    else:
        words = f"{question.body['prompt']} {question.body['options']['maxTokens']}"
        question.json({"text": words, "usage": {"promptTokenCount": 3, "generatedTokenCount": 2}})


@pytest.fixture(scope="module", params=SDKS)
def app(request, withy, servers, tmp_path_factory, started):
    """The application of one SDK, which the tests share."""
    folder = tmp_path_factory.mktemp(request.param)
    hosts = [server.url for name, server in servers.items() if name != "llm"]
    allowed = [re.sub(r"//[^@]*@|/\w+$", lambda found: "//" if found[0].startswith("//") else "", url) for url in hosts]
    text = MANIFEST.format(name=request.param, source=component(request.param), hosts=str(allowed).replace("'", '"'))
    (folder / "spin.toml").write_text(text)
    (folder / "assets").mkdir()
    (folder / "assets" / "words.txt").write_text("grün")
    llm = f'[llm_compute]\ntype = "remote_http"\nurl = "{servers["llm"].url}"\nauth_token = "{TOKEN}"\n'
    (folder / "runtime.toml").write_text(llm)
    port = free_port()
    variables = {f"{name}_address": servers[name].url for name in ("redis", "postgres", "mysql", "mqtt")}
    variables |= {"origin": servers["origin"].url, "mqtt_password": "s3cret"}
    flags = [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
    flags += ["--runtime-config-file", "runtime.toml", "--listen", f"127.0.0.1:{port}"]
    host = Host([withy, *flagged("up", *flags)], port, folder)
    started.append(host)
    host.wait_until_up(COMPILING)
    host.sdk = request.param
    yield host
    host.end()


def text_of(host, path: str, **more) -> str:
    answer = host.ask(path, timeout=COMPILING, **more)
    assert answer.status == 200, f"{path}: {answer.status} {answer.text}\n{host.log}"
    return answer.text


def refused(host, path: str) -> str:
    """The error of the path, by its words alone: languages print them in ways of their own."""
    answer = host.ask(path, timeout=COMPILING)
    assert answer.status == 500, f"{path}: {answer.status} {answer.text}\n{host.log}"
    return re.sub(r"[^a-z0-9]", "", answer.text.lower())


def test_key_value(app):
    assert text_of(app, "/kv") == "get grün\nbinary 256 255\nexists true false\nkeys a,b\ndeleted true"
    before = int(text_of(app, "/kv/visits"))
    assert int(text_of(app, "/kv/visits")) == before + 1
    assert "accessdenied" in refused(app, "/kv/other")


def test_variables(app):
    assert text_of(app, "/variable/greeting") == "Grüße, ann"
    assert "undefined" in refused(app, "/variable/nothing")


def test_environment_and_files(app):
    if not app.sdk.startswith("js"):  # these SDKs have no functions for it
        assert text_of(app, "/wasi") == "environment calm\nfile grün"


def test_sqlite(app):
    first = text_of(app, "/sqlite").splitlines()
    assert first[:2] == ["columns i,r,t,b,n,c", "row 42 1.5 grün [1, 2, 255] null"]
    second = text_of(app, "/sqlite").splitlines()
    assert int(second[2].split()[1]) == int(first[2].split()[1]) + 1
    assert "accessdenied" in refused(app, "/sqlite/other")
    if app.sdk == "rust-5":  # which alone has the newer interface
        assert text_of(app, "/sqlite3") == "id 7\nchanges 1\nname grün"


REDIS = (
    "get grün\nmissing true\nincr 1 2\nsadd 2\nsmembers x,y\nsrem 1\nexecute one,2\nping status:PONG\ntype true\ndel 1"
)


def test_redis(app, servers):
    with servers["redis"].client() as listener:
        listener("SUBSCRIBE", "news")
        assert text_of(app, "/redis") == REDIS
        assert listener.read() == [b"message", b"news", b"from the guest"]


def test_redis_restarts(app, servers):
    assert text_of(app, "/redis") == REDIS
    servers["redis"].kill()
    assert "other" in refused(app, "/redis")
    servers["redis"].start()
    assert text_of(app, "/redis") == REDIS


PETS = "columns name,age,weight,good,tag\nrow Grünfink 3 0.25 true [0, 255] null"


def test_postgres(app, servers):
    answer = text_of(app, "/postgres")
    assert answer == f"inserted 1\n{PETS}"
    assert int(servers["postgres"].ask("SELECT count(*) FROM pets")) >= 1
    if app.sdk == "rust-5":
        assert text_of(app, "/postgres3") == "date 2024-02-29\ntime 13:14:15.000016\nboth 2024-02-29 13:14:15.000016"
        assert text_of(app, "/postgres4") == (
            'uuid 12345678-9abc-def0-1234-56789abcdef0\njson {"a":[1,"grün"]}\nlist [1, 2, 3]\nnumber 1.50\nrefused 42P01'
        )


def test_postgres_restarts(app, servers):
    text_of(app, "/postgres")
    servers["postgres"].end()
    assert "connectionfailed" in refused(app, "/postgres")
    servers["postgres"].start()
    assert text_of(app, "/postgres").endswith(PETS)


MYSQL = "columns name,age,weight,tag\nrow Grünfink 3 0.25 [0, 255] null"


def test_mysql(app):
    assert text_of(app, "/mysql") == MYSQL


def test_mysql_restarts(app, servers):
    text_of(app, "/mysql")
    servers["mysql"].end()
    assert "connectionfailed" in refused(app, "/mysql")
    servers["mysql"].start()
    assert text_of(app, "/mysql") == MYSQL


def test_mqtt(app, servers):
    listener = servers["mqtt"].listen(3, login=["-u", "ann", "-P", "s3cret"])
    assert text_of(app, "/mqtt") == "published"
    assert listener.messages() == ["0 sdk/news zero", "1 sdk/news one", "2 sdk/news two"]


def test_mqtt_restarts(app, servers):
    text_of(app, "/mqtt")
    servers["mqtt"].kill()
    assert "connectionfailed" in refused(app, "/mqtt")
    servers["mqtt"].start()
    assert text_of(app, "/mqtt") == "published"


def test_outgoing_http(app):
    answer = text_of(app, "/http", method="POST", body="Wörter".encode()).splitlines()
    assert answer[0] == "200 hello"
    assert answer[1].startswith("201 POST gr") and answer[1].endswith("n Wörter")


def test_language_models(app):
    assert text_of(app, "/llm") == "Say grün 7\nusage 3 2"
    assert text_of(app, "/embed") == "[[1.0, 0.5], [-2.0, 0.25]]\nusage 4"
