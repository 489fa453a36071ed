"""Key-value and settings through two interfaces each, under `withy serve` and `withy up`."""

import concurrent.futures
import sqlite3
import time

import pytest

MANIFEST = """
spin_manifest_version = 2
[application]
name = "kv"
[[trigger.http]]
route = "/..."
component = "kv"
[component.kv]
source = "{kv}"
key_value_stores = ["default"]
[[trigger.http]]
route = "/vars/..."
component = "vars"
[component.vars]
source = "{vars}"
[variables]
given = {{ default = "from the manifest" }}
replaced = {{ default = "not this" }}
needed = {{ required = true }}
[component.vars.variables]
greeting = "Hello, {{{{ given }}}}!"
replaced = "{{{{ replaced }}}}"
needed = "{{{{ needed }}}}"
"""


@pytest.fixture
def app(start, guest, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(kv=guest("kv"), vars=guest("vars")))

    return lambda: start("up", cwd=tmp_path, env={"SPIN_VARIABLE_REPLACED": "this", "SPIN_VARIABLE_NEEDED": "here"})


def said(host, path: str) -> str:
    answer = host.ask(path)
    assert answer.status == 200
    return answer.text


@pytest.mark.parametrize("side", ["spin", "wasi"])
def test_store(app, side):
    host = app()
    assert said(host, f"/{side}/get?key=k") == "none\n"
    assert said(host, f"/{side}/exists?key=k") == "false\n"
    assert said(host, f"/{side}/set?key=k&value=one") == "ok\n"
    assert said(host, f"/{side}/set?key=k&value=two") == "ok\n"
    assert said(host, f"/{side}/get?key=k") == "two\n"
    assert said(host, f"/{side}/exists?key=k") == "true\n"
    assert said(host, f"/{side}/set?key=l&value=") == "ok\n"
    assert said(host, f"/{side}/get?key=l") == "\n"
    assert sorted(said(host, f"/{side}/keys").split()) == ["k", "l"]
    assert said(host, f"/{side}/delete?key=k") == "ok\n"
    assert said(host, f"/{side}/delete?key=k") == "ok\n"
    assert said(host, f"/{side}/exists?key=k") == "false\n"
    assert [said(host, f"/{side}/count?key=n") for _ in range(3)] == ["1\n", "2\n", "3\n"]


def test_both_interfaces_see_the_same_data(app):
    host = app()
    assert said(host, "/spin/set?key=k&value=by-spin") == "ok\n"
    assert said(host, "/wasi/get?key=k") == "by-spin\n"
    assert said(host, "/wasi/set?key=l&value=by-wasi") == "ok\n"
    assert sorted(said(host, "/spin/keys").split()) == ["k", "l"]
    assert said(host, "/spin/get?key=l") == "by-wasi\n"


def test_batch(app):
    host = app()
    lines = said(host, "/wasi/many?key=m&value=v").splitlines()
    assert [line for line in lines if line != "m-3=none"] == ["m-0=v", "m-1=v", "m-2=v"]
    assert said(host, "/wasi/keys").split() == ["m-0"]


def test_increment_loses_none(app):
    host = app()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda _: int(said(host, "/wasi/increment?key=i")), range(200)))
    assert sorted(seen) == list(range(1, 201))
    assert said(host, "/wasi/increment?key=i&delta=10") == "210\n"


def test_compare_and_swap_loses_none(app):
    host = app()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: said(host, "/wasi/cas?key=c"), range(100)))
    assert said(host, "/wasi/get?key=c") == "100\n"


def test_data_survives_a_restart(app):
    host = app()
    said(host, "/spin/set?key=k&value=kept")
    assert host.stop() == 0
    assert said(app(), "/wasi/get?key=k") == "kept\n"


def test_data_survives_kill(app):
    host = app()
    said(host, "/spin/set?key=k&value=kept")
    host.kill()
    assert said(app(), "/spin/get?key=k") == "kept\n"


@pytest.mark.parametrize("side", ["spin", "wasi"])
def test_stores_that_are_not_the_components(app, side):
    assert said(app(), f"/{side}/get?store=other&key=k") in ("error access-denied\n", "error no-such-store\n")


def test_store_is_denied_when_the_manifest_does_not_list_it(start, guest, tmp_path):
    text = MANIFEST.format(kv=guest("kv"), vars=guest("vars")).replace('key_value_stores = ["default"]', "")
    (tmp_path / "spin.toml").write_text(text)
    host = start("up", cwd=tmp_path, env={"SPIN_VARIABLE_NEEDED": "here"})
    assert said(host, "/spin/get?key=k") == "error access-denied\n"
    assert said(host, "/wasi/get?key=k") == "error access-denied\n"


def test_serve_has_a_default_store(start, guest, tmp_path):
    host = start("serve", guest("kv"), cwd=tmp_path)
    assert said(host, "/spin/count") == "1\n"
    assert said(host, "/wasi/count") == "2\n"
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: int(said(host, "/wasi/increment?key=i")), range(100)))
    assert sorted(seen) == list(range(1, 101))


RUNTIME = """
[key_value_store.default]
type = "{type}"
default_ttl_seconds = 1
"""


@pytest.mark.parametrize("kind", ["spin", "memory"])
def test_keys_end_when_the_store_says_so(start, guest, tmp_path, kind):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(kv=guest("kv"), vars=guest("vars")))
    (tmp_path / "runtime.toml").write_text(RUNTIME.format(type=kind))
    host = start("up", "--runtime-config-file", "runtime.toml", cwd=tmp_path, env={"SPIN_VARIABLE_NEEDED": "here"})
    begun = time.monotonic()
    assert said(host, "/spin/set?key=k&value=v") == "ok\n"
    assert said(host, "/wasi/increment?key=n") == "1\n"
    seen = said(host, "/wasi/get?key=k")
    assert seen == "v\n" or time.monotonic() - begun > 1
    time.sleep(1.1)
    assert said(host, "/wasi/get?key=k") == "none\n"
    assert said(host, "/spin/exists?key=k") == "false\n"
    assert said(host, "/spin/keys") == ""
    assert said(host, "/wasi/increment?key=n") == "1\n"


SPINS_OWN = """
CREATE TABLE IF NOT EXISTS spin_key_value (
    store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key));
INSERT INTO spin_key_value (store, key, value) VALUES ('default', 'k', x'6279') ON CONFLICT (store, key)
    DO UPDATE SET value = excluded.value;
"""


def test_a_file_is_read_and_written_by_others_meanwhile(start, guest, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(kv=guest("kv"), vars=guest("vars")))
    (tmp_path / "runtime.toml").write_text(RUNTIME.format(type="spin") + 'path = "kv.db"\n')
    host = start("up", "--runtime-config-file", "runtime.toml", cwd=tmp_path, env={"SPIN_VARIABLE_NEEDED": "here"})
    assert said(host, "/spin/set?key=k&value=v") == "ok\n"
    with sqlite3.connect(tmp_path / "kv.db", isolation_level=None) as others:
        assert others.execute("SELECT value FROM spin_key_value WHERE store = 'default' AND key = 'k'").fetchall() == [(b"v",)]
        others.executescript(SPINS_OWN)
    time.sleep(1.1)
    assert said(host, "/spin/get?key=k") == "by\n"


def test_variables(start, guest, tmp_path):
    text = MANIFEST.format(kv=guest("kv"), vars=guest("vars")).replace('"/..."', '"/kv/..."').replace('"/vars/..."', '"/..."')
    (tmp_path / "spin.toml").write_text(text)
    host = start("up", cwd=tmp_path, env={"SPIN_VARIABLE_REPLACED": "this", "SPIN_VARIABLE_NEEDED": "here"})
    assert said(host, "/spin?name=greeting") == "Hello, from the manifest!\n"
    assert said(host, "/spin?name=replaced") == "this\n"
    assert said(host, "/spin?name=needed") == "here\n"
    assert said(host, "/spin?name=given").startswith("error undefined")
    assert said(host, "/spin?name=Not-A-Name").startswith("error ")
    assert said(host, "/wasi?name=greeting") == "Hello, from the manifest!\n"
    assert said(host, "/wasi?name=nothing") == "none\n"
    assert sorted(said(host, "/wasi").splitlines()) == ["greeting=Hello, from the manifest!", "needed=here", "replaced=this"]


def test_variable_that_is_no_text(start, guest, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(kv=guest("kv"), vars=guest("vars")))
    host = start("up", cwd=tmp_path, env={b"SPIN_VARIABLE_REPLACED": b"\xff", b"SPIN_VARIABLE_NEEDED": b"here"})
    assert "is not valid UTF-8" in said(host, "/vars/spin?name=replaced")


def test_required_variable_that_is_missing(command, guest, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(kv=guest("kv"), vars=guest("vars")))
    done = command("up", "--listen", "127.0.0.1:0", cwd=tmp_path, timeout=30)
    assert done.returncode != 0
    assert "needed" in done.stderr
