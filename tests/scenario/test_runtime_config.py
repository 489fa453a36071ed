"""`withy up --runtime-config-file`: what stands behind labels and variables on this machine."""

import sqlite3

import pytest

MANIFEST = """
spin_manifest_version = 2
[application]
name = "configured"
[[trigger.http]]
route = "/spin/:what"
component = "kv"
[component.kv]
source = "{kv}"
key_value_stores = ["default", "files", "fleeting"]
[[trigger.http]]
route = "/spin"
component = "vars"
[[trigger.http]]
route = "/wasi"
component = "vars"
[component.vars]
source = "{vars}"
[variables]
given = {{ default = "from the manifest" }}
needed = {{ required = true }}
[component.vars.variables]
given = "{{{{ given }}}}"
needed = "<{{{{ needed }}}}>"
"""

STORES = """
[key_value_store.files]
type = "spin"
path = "kept/files.db"
[key_value_store.fleeting]
type = "memory"
"""


def said(host, path: str) -> str:
    answer = host.ask(path)
    assert answer.status == 200
    return answer.text


@pytest.fixture
def app(start, guest, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(kv=guest("kv"), vars=guest("vars")))
    (tmp_path / "etc").mkdir()

    def begin(config: str, *args: str, env=None, top: str = ""):
        (tmp_path / "etc" / "runtime.toml").write_text(top + STORES + config)
        return start("up", "--runtime-config-file", "etc/runtime.toml", *args, cwd=tmp_path, env=env)

    return begin


STATIC = """
[[variables_provider]]
type = "static"
values = { needed = "static" }
"""


def test_labels_are_stores_of_their_own(app, tmp_path):
    host = app(STATIC)
    for store in ["default", "files", "fleeting"]:
        assert said(host, f"/spin/set?store={store}&key=k&value=in-{store}") == "ok\n"
    for store in ["default", "files", "fleeting"]:
        assert said(host, f"/spin/get?store={store}&key=k") == f"in-{store}\n"
    host.stop()
    rows = sqlite3.connect(tmp_path / "etc/kept/files.db").execute("SELECT store, key, value FROM spin_key_value")
    assert list(rows) == [("files", "k", b"in-files")]
    host = app(STATIC)
    assert said(host, "/spin/get?store=files&key=k") == "in-files\n"
    assert said(host, "/spin/get?store=fleeting&key=k") == "none\n"


def test_state_and_logs_where_the_configuration_says(app, tmp_path):
    host = app(STATIC, top=f'state_dir = "{tmp_path}/state"\nlog_dir = "{tmp_path}/logs"\n')
    assert said(host, "/spin/set?key=k&value=v") == "ok\n"
    assert (tmp_path / "state" / "sqlite_key_value.db").exists()
    assert (tmp_path / "logs" / "kv_stdout.txt").exists()
    assert not (tmp_path / ".spin").exists()


def test_providers_in_order(app, tmp_path):
    (tmp_path / "etc" / "vars.env").write_text("APP_NEEDED=dotenv\n")
    (tmp_path / "etc" / "secrets").mkdir()
    (tmp_path / "etc" / "secrets" / "needed").write_text("file\n")
    static = '[[variables_provider]]\ntype = "static"\nvalues = { given = "static" }\n'
    env = '[[variables_provider]]\ntype = "env"\nprefix = "APP"\ndotenv_path = "vars.env"\n'
    file = '[[variables_provider]]\ntype = "file"\npath = "secrets"\n'
    host = app(static + env + file, env={"SPIN_VARIABLE_GIVEN": "default environment"})
    assert said(host, "/spin?name=given") == "static\n"
    assert said(host, "/spin?name=needed") == "<dotenv>\n"
    host = app(static + env + file, env={"APP_NEEDED": "environment"})
    assert said(host, "/spin?name=needed") == "<environment>\n"
    host = app(static + env + file, "--variable", "needed=flag")
    assert said(host, "/spin?name=needed") == "<flag>\n"
    host = app(file)
    assert said(host, "/spin?name=needed") == "<file>\n"
    assert said(host, "/wasi") == "given=from the manifest\nneeded=<file>\n"
    (tmp_path / "etc" / "secrets" / "needed").write_text("replaced")
    assert said(host, "/spin?name=needed") == "<replaced>\n"
    (tmp_path / "etc" / "secrets" / "needed").unlink()
    assert said(host, "/spin?name=needed").startswith("error provider ")
    assert said(host, "/wasi?name=needed").startswith("error upstream ")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[key_value_store.x]\ntype = \"spn\"\n", ["runtime.toml:2:8:", "did you mean 'spin'?"]),
        ("[key_value_store.x]\ntype = \"aws_dynamo\"\nregion = \"r\"\ntable = \"t\"\n", ["'aws_dynamo' is not supported"]),
        ("[[variables_provider]]\ntype = \"file\"\npath = \"nowhere\"\n", ["nowhere", "folder"]),
        ("stat_dir = \"x\"\n", ["did you mean 'state_dir'?"]),
        (
            "[llm_compute]\ntype = \"remote_http\"\nurl = \"ftp://x\"\nauth_token = \"t\"\n",
            ["[llm_compute]: 'url' must begin with http:// or https://"],
        ),
    ],
)
def test_mistakes_in_the_configuration(command, guest, tmp_path, config, words):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(kv=guest("kv"), vars=guest("vars")))
    (tmp_path / "runtime.toml").write_text(config)
    done = command("up", "--listen", "127.0.0.1:0", cwd=tmp_path, env={"RUNTIME_CONFIG_FILE": "runtime.toml"})
    assert done.returncode in (65, 66, 69)
    for word in words:
        assert word in done.stderr


def test_a_label_without_a_definition(command, guest, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(kv=guest("kv"), vars=guest("vars")))
    done = command("up", "--listen", "127.0.0.1:0", cwd=tmp_path, env={"SPIN_VARIABLE_NEEDED": "x"})
    assert done.returncode == 65
    assert "[key_value_store.files]" in done.stderr
