"""What components get that ask for what they are not permitted: the table of docs/security.md, row by row."""

import re
import time

import pytest
from conftest import ROOT, Host, free_port
from sdk_app import component

# The component `other` may use what `guest` asks for.
MANIFEST = """
spin_manifest_version = 2
[application]
name = "closed"
[variables]
theirs = {{ default = "not for everybody" }}
[[trigger.http]]
route = "/..."
component = "guest"
[[trigger.http]]
route = {{ private = true }}
component = "other"
[component.other]
source = "{other}"
key_value_stores = ["default"]
sqlite_databases = ["default"]
ai_models = ["llama2-chat"]
allowed_outbound_hosts = ["*://*:*"]
environment = {{ THEIRS = "not for everybody" }}
files = [{{ source = "theirs", destination = "/theirs" }}]
[component.other.variables]
theirs = "{{{{ theirs }}}}"
[component.guest]
source = "{source}"
{more}
"""

HOSTS = 'allowed_outbound_hosts = ["{}://127.0.0.1:1"]'
STORE, DATABASE, MODEL = 'key_value_stores = ["default"]', 'sqlite_databases = ["default"]', 'ai_models = ["llama2-chat"]'
POSTGRES = "postgres://user:secret@127.0.0.1:1/db\nquery SELECT 1"
MYSQL = "mysql://user:secret@127.0.0.1:1/db\nquery SELECT 1"
NO_POSTGRES = "connection-failed address postgres://127.0.0.1:1 is not permitted"
NO_MYSQL = "connection-failed address mysql://127.0.0.1:1 is not permitted"
NO_MODEL = f"invalid-input component \"guest\" may not use the model 'llama2-chat'; to allow it, add to its table in the manifest:\n    {MODEL}"

# Interface, guest, method and path, body; what the guest gets, the line for the manifest.
ROWS = [
    ("fermyon:spin/key-value@2.0.0", "kv", "GET /spin/get?key=k", "", "error access-denied", STORE),
    ("fermyon:spin/key-value", "first", "POST /kv", "open default", "error access-denied", STORE),
    ("wasi:keyvalue/store@0.2.0-draft2", "kv", "GET /wasi/get?key=k", "", "error access-denied", STORE),
    ("fermyon:spin/sqlite@2.0.0", "sqlite", "POST /", "SELECT 1", "error access-denied", DATABASE),
    ("fermyon:spin/sqlite", "sqlite-1", "POST /", "SELECT 1", "error access-denied", DATABASE),
    ("spin:sqlite/sqlite@3.0.0", "sqlite-3", "POST /", "SELECT 1", "error access-denied", DATABASE),
    ("fermyon:spin/redis@2.0.0", "redis", "GET /get?key=k&address=redis://:secret@127.0.0.1:1", "", "error invalid-address", HOSTS.format("redis")),
    ("fermyon:spin/mqtt@2.0.0", "mqtt", "GET /?address=mqtt://127.0.0.1:1&user=u&password=secret", "", "error connection-failed address mqtt://127.0.0.1:1 is not permitted", HOSTS.format("mqtt")),
    ("fermyon:spin/postgres@2.0.0", "postgres", "POST /", POSTGRES, f"error {NO_POSTGRES}", HOSTS.format("postgres")),
    ("fermyon:spin/postgres", "postgres-1", "POST /", POSTGRES, f"error {NO_POSTGRES}", HOSTS.format("postgres")),
    ("spin:postgres/postgres@3.0.0", "postgres-3", "POST /", POSTGRES, f"error {NO_POSTGRES}", HOSTS.format("postgres")),
    ("spin:postgres/postgres@4.0.0", "postgres-4", "POST /", POSTGRES, f"error {NO_POSTGRES}".replace("failed ", "failed text="), HOSTS.format("postgres")),
    ("fermyon:spin/mysql@2.0.0", "mysql", "POST /", MYSQL, f"error {NO_MYSQL}", HOSTS.format("mysql")),
    ("fermyon:spin/mysql", "mysql-1", "POST /", MYSQL, f"error {NO_MYSQL}", HOSTS.format("mysql")),
    ("fermyon:spin/llm@2.0.0", "llm", "POST /infer?model=llama2-chat", "hello", f"error {NO_MODEL}", MODEL),
    ("fermyon:spin/llm", "llm-1", "POST /infer?model=llama2-chat", "hello", f"error {NO_MODEL}", MODEL),
    ("fermyon:spin/variables@2.0.0", "vars", "GET /spin?name=theirs", "", "error undefined the component has no variable 'theirs'", None),
    ("fermyon:spin/config", "first", "GET /config/theirs", "", "error provider", None),
    ("wasi:config/store@0.2.0-draft-2024-09-27", "vars", "GET /wasi?name=theirs", "", "none", None),
    ("wasi:config/store@0.2.0-draft-2024-09-27, all of them", "vars", "GET /wasi", "", "", None),
    ("wasi:http/outgoing-handler@0.2", "proxy", "GET /?url=127.0.0.1:1/", "", "error 15", HOSTS.format("http")),
    ("fermyon:spin/http", "first", "POST /send", "0 http://127.0.0.1:1/", "error destination-not-allowed", HOSTS.format("http")),
    ("wasi:sockets/tcp@0.2, to connect", "sdk-rust-5", "GET /reach/tcp/127.0.0.1:1", "", "Permission denied (os error 2)", HOSTS.format("tcp")),
    ("wasi:sockets/tcp@0.2, to listen", "sdk-rust-5", "GET /reach/listen/127.0.0.1:0", "", "Permission denied (os error 2)", None),
    ("wasi:sockets/udp@0.2", "sdk-rust-5", "GET /reach/udp/127.0.0.1:1", "", "Permission denied (os error 2)", HOSTS.format("udp")),
    ("wasi:sockets/ip-name-lookup@0.2", "sdk-rust-5", "GET /reach/name/localhost", "", "Permission denied (os error 2)", None),
    ("wasi:filesystem/preopens@0.2", "sdk-rust-5", "GET /reach/folder/+theirs", "", "No such file or directory (os error 44)", None),
    ("wasi:cli/environment@0.2", "sdk-rust-5", "GET /reach/environment/all", "", "", None),
]  # fmt: skip


def application(withy, guest, folder, name: str, more: str = "") -> Host:
    source = component(name.removeprefix("sdk-")) if name.startswith("sdk-") else guest(name)
    (folder / "spin.toml").write_text(MANIFEST.format(source=source, other=guest("hello"), more=more))
    (folder / "theirs").mkdir()
    (folder / "theirs" / "file").write_text("not for everybody")
    port = free_port()
    return Host([withy, "up", "--listen", f"127.0.0.1:{port}"], port, folder, {"OF_THE_HOST": "not for guests"})


@pytest.fixture(scope="module")
def closed(withy, guest, started, tmp_path_factory):
    """closed("kv"): an application whose component may use nothing, and whose other one may use much."""
    hosts: dict[str, Host] = {}

    def begin(name: str) -> Host:
        if name not in hosts:
            hosts[name] = application(withy, guest, tmp_path_factory.mktemp("closed"), name)
            started.append(hosts[name])
            hosts[name].wait_until_up()
        return hosts[name]

    yield begin
    for host in hosts.values():
        host.end()


def ask(host: Host, request: str, body: str) -> str:
    method, path = request.split(" ")
    return host.ask(path, method, body=body.encode() or None).text.rstrip("\n")


@pytest.mark.parametrize(("interface", "name", "request_line", "body", "says", "line"), ROWS, ids=[row[0] for row in ROWS])
def test_what_is_not_permitted(closed, interface, name, request_line, body, says, line):
    host = closed(name)
    already = sum(text.strip() == line for text in host.lines)
    assert ask(host, request_line, body) == says
    end = time.monotonic() + 10
    while line and sum(text.strip() == line for text in host.lines) == already:
        assert time.monotonic() < end, host.log
        time.sleep(0.02)
    assert "secret" not in host.log and "not for" not in host.log


@pytest.mark.parametrize(
    ("name", "request_line", "body", "says", "line"), [row[1:] for row in ROWS if row[5]], ids=[row[0] for row in ROWS if row[5]]
)
def test_the_line_for_the_manifest_permits_it(withy, guest, started, tmp_path, name, request_line, body, says, line):
    host = application(withy, guest, tmp_path, name, line)
    started.append(host)
    host.wait_until_up()
    assert ask(host, request_line, body) != says
    assert line not in host.log
    assert host.stop() == 0


OWN = """
[component.{name}]
source = "{source}"
environment = {{ WHOSE = "{name}", OF_{name} = "1" }}
files = [{{ source = "of-{name}", destination = "/" }}]
key_value_stores = ["store-{name}"]
sqlite_databases = ["data-{name}"]
[component.{name}.variables]
of_{name} = "{{{{ of_{name} }}}}"
"""


@pytest.mark.parametrize(("mine", "theirs"), ["ab", "ba"])
def test_a_component_sees_only_its_own(start, tmp_path, mine, theirs):
    text = 'spin_manifest_version = 2\n[application]\nname = "two"\n'
    text += '[variables]\nof_a = { default = "word a" }\nof_b = { default = "word b" }\n'
    text += f'[[trigger.http]]\nroute = "/..."\ncomponent = "{mine}"\n'
    text += f'[[trigger.http]]\nroute = {{ private = true }}\ncomponent = "{theirs}"\n'
    runtime = ""
    for name in "ab":
        text += OWN.format(name=name, source=component("rust-5"))
        runtime += f'[key_value_store.store-{name}]\ntype = "memory"\n[sqlite_database.data-{name}]\ntype = "spin"\n'
        (tmp_path / f"of-{name}").mkdir()
        (tmp_path / f"of-{name}" / f"file-{name}").write_text(name)
    (tmp_path / "spin.toml").write_text(text)
    (tmp_path / "runtime.toml").write_text(runtime)
    host = start("up", "--runtime-config-file", "runtime.toml", cwd=tmp_path, env={"OF_THE_HOST": "1"})

    def said(path: str) -> tuple[int, str]:
        answer = host.ask(path)
        return answer.status, answer.text

    assert sorted(said("/reach/environment/all")[1].splitlines()) == [f"OF_{mine}=1", f"WHOSE={mine}"]
    assert said("/reach/folder/+") == (200, f"file-{mine}")
    for outside in ("+..", f"+..+of-{theirs}", f"..+of-{theirs}", "+proc", str(tmp_path).replace("/", "+")):
        assert said(f"/reach/folder/{outside}")[0] == 500, outside
    for path, word in (("/kv/store-{}", "AccessDenied"), ("/sqlite/data-{}", "AccessDenied"), ("/variable/of_{}", "Undefined")):
        assert said(path.format(mine))[0] == 200, path
        status, text = said(path.format(theirs))
        assert status == 500 and word in text, path
    assert said(f"/variable/of_{mine}") == (200, f"word {mine}")
    assert said("/kv/default")[0] == said("/sqlite/default")[0] == 500


def test_the_table_of_the_docs_has_these_rows():
    text = (ROOT / "docs" / "security.md").read_text()
    documented = {}
    for line in re.findall(r"^\| `(?:wasi|fermyon|spin):.*\|$", text, flags=re.M):
        interfaces, error, told = [cell.strip() for cell in line.strip("|").split("|")]
        for interface, what in re.findall(r"`([^`]*)`(, [^`]+)?", interfaces):
            documented[interface + what.rstrip(", ")] = error, told
    assert set(documented) == {row[0] for row in ROWS}
    names = {"15": "HTTP-request-denied", "": "nothing", "No": "nothing", "Permission": "access-denied"}
    for interface, _, _, _, says, line in ROWS:
        error, told = documented[interface]
        case = says.removeprefix("error ").split(" ")[0]
        assert names.get(case, case) in error, interface
        assert told.strip("`") == (line.split(" = ")[0] if line else ""), interface
