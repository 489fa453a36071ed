"""What `withy up` can be told, in Spin's words."""

import json
import socket
import subprocess

import pytest

MANIFEST = """
spin_manifest_version = 2
[application]
name = "options"
[variables]
word = {{ default = "manifest" }}
other = {{ default = "manifest" }}
[[trigger.http]]
route = "/..."
component = "one"
[[trigger.http]]
route = "/spin/:what"
component = "two"
[[trigger.http]]
route = "/spin"
component = "vars"
[component.one]
source = "{files}"
files = [{{ source = "pages", destination = "/" }}]
description = "the first"
[component.two]
source = "{kv}"
key_value_stores = ["default"]
[component.vars]
source = "{vars}"
variables = {{ word = "{{{{ word }}}}", other = "{{{{ other }}}}" }}
"""


@pytest.fixture
def folder(guest, tmp_path):
    (tmp_path / "spin.toml").write_text(MANIFEST.format(**{name: guest(name) for name in ["files", "kv", "vars"]}))
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "note.txt").write_text("noted ")
    return tmp_path


def said(host, path: str) -> str:
    answer = host.ask(path)
    assert answer.status == 200
    return answer.text


def test_a_component_without_a_manifest(start, guest, tmp_path):
    host = start("up", "--from", guest("kv"), cwd=tmp_path)
    assert said(host, "/spin/count") == "1\n"
    assert said(host, "/wasi/count") == "2\n"


def test_the_nearest_manifest_above(start, folder):
    (folder / "a" / "b").mkdir(parents=True)
    assert said(start("up", cwd=folder / "a" / "b"), "/spin?name=word") == "manifest\n"


@pytest.mark.parametrize("verb", ["build", "doctor"])
def test_what_is_in_a_registry_is_not_changed_there(command, tmp_path, verb):
    done = command(verb, "--from", "registry.test/app:1.0", cwd=tmp_path)
    assert (done.returncode, "in a registry can be run" in done.stderr) == (69, True)


def test_only_some_components(start, command, folder):
    host = start("up", "-c", "two", cwd=folder)
    assert said(host, "/spin/count") == "1\n"
    assert host.ask("/spin").status == 404
    assert host.ask("/").status == 404
    done = command("up", "--component-id", "three", cwd=folder)
    assert done.returncode == 2
    assert "it has: one two vars" in done.stderr


def test_calls_to_components_that_do_not_run(command, folder):
    text = (folder / "spin.toml").read_text()
    text = text.replace("[component.two]", '[component.two]\nallowed_outbound_hosts = ["http://vars.spin.internal"]')
    (folder / "spin.toml").write_text(text)
    done = command("up", "-c", "two", "-c", "one", cwd=folder)
    assert done.returncode == 2
    assert '"two" calls "vars.spin.internal"' in done.stderr


def test_variables_from_files(start, command, folder):
    (folder / "word").write_text("from a file")
    (folder / "all.json").write_text(json.dumps({"word": "json", "other": "\u00fcber"}))
    (folder / "all.toml").write_text('word = "toml"\n')
    host = start("up", "--variable", "word=@word", cwd=folder)
    assert said(host, "/spin?name=word") == "from a file\n"
    host = start("up", "--variable", "@all.json", "--variable", "@all.toml", cwd=folder)
    assert said(host, "/spin?name=word") == "toml\n"
    assert said(host, "/spin?name=other") == "\u00fcber\n"
    (folder / "all.toml").write_text("word = 1\n")
    done = command("up", "--variable", "@all.toml", cwd=folder)
    assert done.returncode == 65
    assert "--variable: all.toml:1:8: the value of \"word\" must be a string, not an integer" in done.stderr
    done = command("up", "--variable", "word", cwd=folder)
    assert (done.returncode, "NAME=VALUE" in done.stderr) == (2, True)


def test_key_values_are_set_first(start, folder):
    host = start("up", "--key-value", "a=1", "--key-value", "b=x=y", cwd=folder)
    assert said(host, "/spin/get?key=a") == "1\n"
    assert said(host, "/spin/get?key=b") == "x=y\n"


def test_files_copied_or_mounted(start, folder):
    write = "/append?path=note.txt&text=more"
    host = start("up", cwd=folder)
    assert said(host, "/read?path=note.txt").startswith("noted ")
    assert "read-only" in host.ask(write).text
    host = start("up", "--allow-transient-write", "--temp", str(folder), "--workers", "1", cwd=folder)
    assert "read-only" not in host.ask(write).text
    assert said(host, "/read?path=note.txt").startswith("noted more")
    assert (folder / "pages" / "note.txt").read_text() == "noted "
    host = start("up", "--direct-mounts", cwd=folder)
    (folder / "pages" / "note.txt").write_text("changed ")
    assert said(host, "/read?path=note.txt").startswith("changed ")
    assert "read-only" in host.ask(write).text
    host = start("up", "--direct-mounts", "--allow-transient-write", cwd=folder)
    assert "read-only" not in host.ask(write).text
    assert (folder / "pages" / "note.txt").read_text() == "changed more"


def test_a_free_port_and_routes_as_json(withy, folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        host = subprocess.Popen(
            [withy, "up", "--listen", f"127.0.0.1:{port}", "--find-free-port", "--format", "json"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        said_so = json.loads(host.stdout.readline())
        host.terminate()
        assert host.wait(30) == 0
    assert port < int(said_so["base_url"].rsplit(":", 1)[1]) < port + 10
    assert said_so["routes"][0] == {"id": "one", "route": "/", "wildcard": True, "description": "the first"}


@pytest.mark.parametrize("option", ["--debug-info", "--experimental-wasi-otel", "--request-timeout=1s"])
def test_what_is_not_there_says_why(command, folder, option):
    done = command("up", option, cwd=folder)
    assert done.returncode == 2
    assert f"{option.split('=')[0]} is not supported: " in done.stderr


def test_memory_by_the_environment(command, guest, folder):
    done = command("up", "--format", "xml", cwd=folder, env={"SPIN_MAX_INSTANCE_MEMORY": "1000000"})
    assert (done.returncode, "neither plain nor json" in done.stderr) == (2, True)
