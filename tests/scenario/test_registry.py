"""Registries: pushing to a real one and running from it with another cache; logging in; and registries that break
their own rules."""

import base64
import fcntl
import gzip
import hashlib
import io
import json
import os
import pty
import select
import signal
import stat
import subprocess
import tarfile
import termios
import time
from pathlib import Path

import pytest

import oci_registry
from oci_registry import PASSWORD, USER, WASM, descriptor, digest, manifest
from tls_server import Authority

SHOP = """
spin_manifest_version = 2
[application]
name = "shop"
version = "1.2.3"
description = "A \\"shop\\""
authors = ["Ann", "Bob"]

[variables]
greeting = {{ default = "Hello!" }}

[[trigger.http]]
route = "/..."
component = "files"
[[trigger.http]]
route = "/static"
static_response = {{ status_code = 203, body = "fixed text" }}
[[trigger.http]]
route = "/env"
component = "faults"

[component.files]
source = "{files}"
files = [{{ source = "pages", destination = "/" }}]
[component.faults]
source = "{faults}"
environment = {{ WHO = "a" }}
key_value_stores = ["default"]
variables = {{ greeting = "{{{{ greeting }}}}" }}
"""

LOCKED = "application/vnd.fermyon.spin.application.v1+config"
SPIN_WASM = "application/vnd.wasm.content.layer.v1+wasm"
SPIN_DATA = "application/vnd.wasm.content.layer.v1+data"
SPIN_ARCHIVE = "application/vnd.wasm.content.bundle.v1.tar+gzip"


@pytest.fixture(scope="module")
def registry():
    one = oci_registry.Real()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def closed_registry():
    one = oci_registry.Real(password=True)
    yield one
    one.stop()


@pytest.fixture
def told():
    mine: list[oci_registry.Told] = []

    def begin(**options) -> oci_registry.Told:
        mine.append(oci_registry.Told(**options))
        return mine[-1]

    yield begin
    for one in mine:
        one.stop()


@pytest.fixture
def withy_in(withy, tmp_path):
    """withy_in(*words): runs a verb, with files of a user's own below tmp_path."""
    env = {
        **os.environ,
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "WITHY_CACHE_DIR": str(tmp_path / "cache"),
    }
    env.pop("DOCKER_CONFIG", None)

    def run(*words, code: int | None = 0, **options) -> subprocess.CompletedProcess:
        more = options.pop("env", {})
        done = subprocess.run(
            [withy, *words], capture_output=True, text=True, timeout=300, env={**env, **more}, **options
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done

    run.env = env
    return run


@pytest.fixture
def shop(guest, tmp_path) -> Path:
    folder = tmp_path / "shop"
    pages = folder / "pages"
    (pages / "deep" / "er").mkdir(parents=True)
    (pages / "small.txt").write_text("small")
    (pages / "empty").write_bytes(b"")
    (pages / "deep" / "er" / "large").write_bytes(bytes(range(256)) * 40)
    (folder / "spin.toml").write_text(SHOP.format(files=guest("files"), faults=guest("faults")))
    return folder


def check_shop(host) -> None:
    assert host.ask("/static").text == "fixed text"
    assert "small" in host.ask("/read?path=small.txt&dir=0").text
    assert "large" in host.ask("/list?path=deep/er&dir=0").text
    assert "WHO=a" in host.ask("/env").text


def blobs(folder: Path) -> list[Path]:
    return sorted((folder / "components").glob("*")) if (folder / "components").exists() else []


# --- a real registry ---


def test_what_is_pushed_runs_elsewhere(withy_in, shop, registry, start, tmp_path):
    reference = f"{registry.host}/team/shop:1.0"
    pushed = withy_in("registry", "push", reference, cwd=shop)
    image = pushed.stdout.split()[-1]
    assert image.startswith("sha256:")

    pulled = withy_in("registry", "pull", reference, env={"WITHY_CACHE_DIR": str(tmp_path / "second")})
    assert pulled.stdout.split()[-1] == image

    empty = tmp_path / "empty"
    empty.mkdir()
    env = {**withy_in.env, "WITHY_CACHE_DIR": str(tmp_path / "third")}
    host = start("up", "--from", reference, cwd=empty, env=env)
    check_shop(host)
    info = json.loads(host.ask("/.well-known/spin/info").text)
    assert info == {"name": "shop", "version": "1.2.3", "oci_image_digest": image}
    host.stop()
    assert (empty / ".spin").exists()  # its state is where it was started


def test_middleware_goes_there_and_back(withy_in, guest, registry, start, tmp_path):
    (tmp_path / "spin.toml").write_text(
        'spin_manifest_version = 2\n[application]\nname = "chain"\n'
        '[[trigger.http]]\nroute = "/wasi/get"\ncomponent = "shop"\ndependencies = { middleware = ["outer"] }\n'
        '[[trigger.http]]\nroute = "/spin/..."\ncomponent = "shop"\n'
        f'[component.shop]\nsource = "{guest("kv")}"\nkey_value_stores = ["default"]\n'
        f'[component.outer]\nsource = "{guest("guard")}"\nenvironment = {{ GUARD = "outer" }}\n'
        'key_value_stores = ["default"]\n'
    )
    here = start("up", "--state-dir", "", cwd=tmp_path)
    reference = f"{registry.host}/chain:1"
    withy_in("registry", "push", reference, cwd=tmp_path)
    there = start("up", "-f", reference, "--state-dir", "", cwd=tmp_path, env=withy_in.env)
    for path in ("/wasi/get?key=a", "/spin/exists?key=a", "/other"):
        assert [(a.status, a.text) for a in [there.ask(path)]] == [(a.status, a.text) for a in [here.ask(path)]]


def test_pushing_again_uploads_nothing(withy_in, shop, registry):
    reference = f"{registry.host}/team/again:1"
    env = {"SOURCE_DATE_EPOCH": "1700000000"}
    first = withy_in("registry", "push", reference, cwd=shop, env=env)
    second = withy_in("registry", "push", reference, cwd=shop, env=env)
    assert first.stdout == second.stdout
    assert "uploaded" in first.stderr
    assert "uploaded" not in second.stderr


def test_by_digest_it_runs_without_the_registry(withy_in, shop, guest, start, tmp_path):
    one = oci_registry.Real()
    try:
        image = withy_in("registry", "push", f"{one.host}/shop:1", cwd=shop).stdout.split()[-1]
        reference = f"{one.host}/shop@{image}"
        withy_in("registry", "pull", reference)
    finally:
        one.stop()
    host = start("up", "--from-registry", reference, cwd=tmp_path, env=withy_in.env)
    check_shop(host)
    host.stop()
    failed = withy_in("up", "--from", f"{one.host}/shop:1", code=74, cwd=tmp_path)
    assert "connection refused" in failed.stderr


def test_what_the_image_holds_is_what_spin_writes(withy_in, shop, registry, tmp_path):
    withy_in("registry", "push", f"{registry.host}/shape:1", "--annotation", "k=v", cwd=shop)
    withy_in("registry", "pull", f"{registry.host}/shape:1")
    [path] = (tmp_path / "cache/components").glob("*.manifest")
    image = json.loads(path.read_text())
    types = [layer["mediaType"] for layer in image["layers"]]
    assert types.count(SPIN_WASM) == 2
    assert types.count(SPIN_DATA) == 1  # small files stand inline
    assert types[-1] == LOCKED
    assert image["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
    notes = {name.removeprefix("org.opencontainers.image."): text for name, text in image["annotations"].items()}
    assert notes.pop("created").endswith("Z")
    assert notes == {
        "k": "v",
        "title": "shop",
        "version": "1.2.3",
        "description": 'A "shop"',
        "authors": "Ann, Bob",
    }
    locked = json.loads((path.parent / (image["layers"][-1]["digest"][7:] + ".data")).read_text())
    [files] = [c["files"] for c in locked["components"] if c["id"] == "files"]
    small = next(file for file in files if file["path"] == "small.txt")
    assert small == {"path": "small.txt", "digest": digest(b"small"), "inline": "c21hbGw"}
    large = next(file for file in files if file["path"] == "deep/er/large")
    assert set(large) == {"path", "digest"}
    assert "origin" not in locked["metadata"]
    assert all(set(c["source"]) == {"content_type", "digest"} for c in locked["components"])


def test_many_files_go_into_one_archive(withy_in, shop, registry, start, tmp_path):
    for i in range(520):
        (shop / "pages" / f"page{i}").write_text(f"{i}" * 200)
    withy_in("registry", "push", f"{registry.host}/many:1", cwd=shop)
    cache = tmp_path / "second"
    withy_in("registry", "pull", f"{registry.host}/many:1", env={"WITHY_CACHE_DIR": str(cache)})
    [path] = (cache / "components").glob("*.manifest")
    types = [layer["mediaType"] for layer in json.loads(path.read_text())["layers"]]
    assert sorted(types) == sorted([SPIN_WASM, SPIN_WASM, SPIN_ARCHIVE, LOCKED])
    env = {**withy_in.env, "WITHY_CACHE_DIR": str(cache)}
    host = start("up", "--from", f"{registry.host}/many:1", cwd=tmp_path, env=env)
    check_shop(host)
    assert "77" * 100 in host.ask("/read?path=page77&dir=0").text
    host.stop()


def test_a_component_by_itself_goes_there_and_back(withy_in, guest, registry, start, tmp_path):
    reference = f"{registry.host}/team/hello:2"
    withy_in("registry", "push", "-f", guest("hello"), reference)
    cli = f"{registry.host}/team/cli:1"
    withy_in("registry", "push", "-f", guest("cli"), cli)
    assert withy_in("inspect", "--validate", reference).stdout == "valid\n"
    assert withy_in("run", cli, "args", "x").stdout.splitlines()[-1].endswith("x")
    withy_in("compile", cli, cwd=tmp_path)
    assert (tmp_path / "cli.cwasm").exists()
    host = start("serve", reference, env=withy_in.env)
    assert host.ask("/").status == 200
    host.stop()
    host = start("up", "-f", "oci://" + reference, env=withy_in.env, cwd=tmp_path)
    assert host.ask("/anything").status == 200
    host.stop()


def test_an_application_is_not_a_component(withy_in, shop, registry):
    withy_in("registry", "push", f"{registry.host}/app:1", cwd=shop)
    for verb in (["run"], ["serve"], ["inspect"], ["compile"]):
        failed = withy_in(*verb, f"{registry.host}/app:1", code=69)
        assert "withy up --from" in failed.stderr


def test_tls_is_spoken_where_the_registry_wants_it(withy_in, guest, tmp_path):
    folder = tmp_path / "ca"
    folder.mkdir()
    authority = Authority(folder)
    one = oci_registry.Real(certificate=authority.certificate("IP:127.0.0.1"))
    try:
        trusting = {"SSL_CERT_FILE": str(authority.ca)}
        withy_in("registry", "push", "-f", guest("hello"), f"{one.host}/hello:1", env=trusting)
        assert withy_in("inspect", "--validate", f"{one.host}/hello:1", env=trusting).stdout == "valid\n"
        failed = withy_in("registry", "pull", f"{one.host}/hello:1", code=74)
        assert "certificate" in failed.stderr
        failed = withy_in("registry", "pull", "-k", f"{one.host}/hello:1", code=None, env=trusting)
        assert failed.returncode != 0
    finally:
        one.stop()


# --- logging in ---


def test_a_closed_registry_wants_a_login(withy_in, shop, guest, closed_registry, tmp_path):
    reference = f"{closed_registry.host}/team/shop:1"
    failed = withy_in("registry", "push", reference, code=77, cwd=shop)
    assert f"withy registry login {closed_registry.host}" in failed.stderr

    wrong = withy_in(
        *("registry", "login", "-u", USER, "--password-stdin", closed_registry.host), input="wrong\n", code=77
    )
    assert "wrong" in wrong.stderr and "sesame" not in wrong.stderr
    kept = tmp_path / "config/fermyon/registry-auth.json"
    assert not kept.exists()

    withy_in("registry", "login", "-u", USER, "--password-stdin", closed_registry.host, input=PASSWORD + "\n")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert json.loads(kept.read_text()) == {"auths": {closed_registry.host: pair}}
    done = withy_in("registry", "push", reference, cwd=shop)
    withy_in("registry", "pull", reference)
    assert PASSWORD not in done.stdout + done.stderr

    other = {"auths": {"other.test": "eDp5"}}
    kept.write_text(json.dumps(other))
    withy_in("registry", "login", "-u", USER, "-p", PASSWORD, f"http://{closed_registry.host}/v2/")
    assert json.loads(kept.read_text()) == {"auths": {**other["auths"], closed_registry.host: pair}}


@pytest.mark.parametrize("where", ["folder", "home", "helper"])
def test_what_docker_keeps_is_found(withy_in, guest, closed_registry, tmp_path, where):
    pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    config = {"auths": {closed_registry.host: {"auth": pair}}}
    env = {}
    folder = tmp_path / "home/.docker"
    if where == "folder":
        folder = tmp_path / "elsewhere"
        env["DOCKER_CONFIG"] = str(folder)
    if where == "helper":
        config = {"credHelpers": {closed_registry.host: "test"}}
        helper = tmp_path / "docker-credential-test"
        answer = json.dumps({"ServerURL": "x", "Username": USER, "Secret": PASSWORD})
        helper.write_text(f'#!/bin/sh\nread -r host || :\n[ "$1 $host" = "get {closed_registry.host}" ] && echo \'{answer}\'\n')
        helper.chmod(0o755)
        env["PATH"] = f"{tmp_path}:{os.environ['PATH']}"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    withy_in("registry", "push", "-f", guest("hello"), f"{closed_registry.host}/{where}:1", env=env)


def test_a_helper_that_is_not_there_is_no_hindrance(withy_in, guest, registry, tmp_path):
    (tmp_path / "home/.docker").mkdir(parents=True)
    (tmp_path / "home/.docker/config.json").write_text('{"credsStore": "gone"}')
    done = withy_in("registry", "push", "-f", guest("hello"), f"{registry.host}/gone:1")
    assert "docker-credential-gone" in done.stderr


def test_a_broken_file_of_credentials_is_named(withy_in, guest, registry, tmp_path):
    (tmp_path / "home/.docker").mkdir(parents=True)
    (tmp_path / "home/.docker/config.json").write_text("{")
    failed = withy_in("registry", "push", "-f", guest("hello"), f"{registry.host}/gone:1", code=65)
    assert "home/.docker/config.json" in failed.stderr


class Typed:
    """withy registry login on a terminal."""

    def __init__(self, withy, env, host):
        self.end, child = pty.openpty()
        command = [withy, "registry", "login", host]
        self.process = subprocess.Popen(
            command, env=env, stdin=child, stdout=child, stderr=child, preexec_fn=self.take_terminal
        )
        os.close(child)
        self.shown = ""

    @staticmethod
    def take_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + 20
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            if select.select([self.end], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.end, 4096).decode()
                except OSError:  # the other side is closed
                    assert text in self.shown, self.shown

    def type(self, text: str) -> None:
        os.write(self.end, text.encode())

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.end)[3] & termios.ECHO)


def test_a_password_is_not_shown_while_it_is_typed(withy, withy_in, closed_registry, tmp_path):
    typed = Typed(withy, withy_in.env, closed_registry.host)
    typed.wait_for("Username: ")
    typed.type(USER + "\n")
    typed.wait_for("Password: ")
    assert not typed.echoes()
    typed.type(PASSWORD + "\n")
    typed.wait_for(f"Logged in to {closed_registry.host} as {USER}")
    assert PASSWORD not in typed.shown and typed.echoes()
    assert typed.process.wait(10) == 0
    assert (tmp_path / "config/fermyon/registry-auth.json").exists()


def test_an_interrupted_prompt_leaves_the_terminal_as_it_was(withy, withy_in, closed_registry):
    for _ in range(20):  # as soon as it can be typed
        typed = Typed(withy, withy_in.env, closed_registry.host)
        typed.wait_for("Username: ")
        typed.type(USER + "\n")
        typed.wait_for("Password: ")
        typed.type("\x03")
        assert typed.process.wait(10) == -signal.SIGINT
        assert typed.echoes()


def test_login_needs_all_of_it(withy_in):
    assert "--username" in withy_in("registry", "login", "x.test", code=2, stdin=subprocess.DEVNULL).stderr
    done = withy_in("registry", "login", "-u", "x", "x.test", code=2, stdin=subprocess.DEVNULL)
    assert "--password-stdin" in done.stderr
    done = withy_in("registry", "login", "-u", "x", "-p", "y", "--password-stdin", "x.test", code=2)
    assert "cannot be combined" in done.stderr
    assert "no registry" in withy_in("registry", "login", "-u", "x", "-p", "y", "a b", code=65).stderr


# --- tokens ---


def test_a_token_is_fetched_once(withy_in, guest, told):
    one = told(token="t0ken")
    one.answers["/token"] = lambda headers: json.dumps({"token": "t0ken"}).encode()
    one.put("x", "1", [(Path(guest("hello")).read_bytes(), WASM)])
    withy_in("registry", "login", "-u", "a", "-p", "b", one.host)
    withy_in("registry", "pull", f"{one.host}/x:1")
    tokens = [(path, field) for _, path, field in one.asked if path.startswith("/token")]
    assert tokens[-1][0] == "/token?service=s&scope=repository%3Ax%3Apull"
    assert tokens[-1][1] == "Basic " + base64.b64encode(b"a:b").decode()
    assert len(tokens) == 2  # for the login, and for the pull


def test_an_identity_token_is_exchanged(withy_in, guest, told, tmp_path):
    one = told(token="t0ken")
    one.answers["/token"] = json.dumps({"access_token": "t0ken"}).encode()
    one.put("x", "1", [(Path(guest("hello")).read_bytes(), WASM)])
    (tmp_path / "home/.docker").mkdir(parents=True)
    entry = {"auths": {f"https://{one.host}/v1/": {"identitytoken": "refresh"}}}
    (tmp_path / "home/.docker/config.json").write_text(json.dumps(entry))
    withy_in("registry", "pull", f"{one.host}/x:1")
    assert ("POST", "/token", None) in one.asked


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ((401, {}, b""), 77, "withy registry login"),
        ((200, {}, b"<html>"), 74, "without one"),
        ((200, {}, b'{"token": ""}'), 74, "without one"),
        ((500, {}, b""), 74, "status 500"),
        ((200, {}, b'{"token": "' + b"x" * 100000 + b'"}'), 71, "too long"),
    ],
)
def test_a_server_of_tokens_that_gives_none(withy_in, told, answer, code, words):
    one = told(token="t0ken")
    one.answers["/token"] = answer
    assert words in withy_in("registry", "pull", f"{one.host}/x:1", code=code).stderr


def test_a_token_that_is_not_taken_is_not_asked_for_again_and_again(withy_in, told):
    one = told(token="t0ken")
    one.answers["/token"] = b'{"token": "another"}'
    withy_in("registry", "pull", f"{one.host}/x:1", code=77)
    assert len(one.asked) <= 4


@pytest.mark.parametrize("challenge", ["Negotiate", "Bearer realm=", 'Bearer realm="ftp://x"', 'Bearer realm=""'])
def test_challenges_that_lead_nowhere(withy_in, told, challenge):
    one = told()
    one.answers["/v2/x/manifests/1"] = (401, {"www-authenticate": challenge}, b"")
    assert withy_in("registry", "pull", f"{one.host}/x:1", code=None).returncode in (65, 74)


# --- registries that break the rules ---


def test_a_component_as_others_push_it(withy_in, guest, told):
    one = told()
    content = Path(guest("hello")).read_bytes()
    one.put("team/x", "1", [(content, WASM)])
    one.put("team/x", "old", [(content, "application/vnd.module.wasm.content.layer.v1+wasm")])
    for tag in ("1", "old"):
        assert withy_in("inspect", "--validate", f"{one.host}/team/x:{tag}").stdout == "valid\n"


def test_a_blob_elsewhere_is_asked_for_without_authorization(withy_in, guest, told, tmp_path):
    elsewhere, one = told(), told(token="t0ken")
    one.answers["/token"] = b'{"token": "t0ken"}'
    content = Path(guest("hello")).read_bytes()
    one.put("x", "1", [(content, WASM)])
    path = f"/v2/x/blobs/{digest(content)}"
    one.answers[path] = (307, {"location": f"http://{elsewhere.host}/there?signed"}, b"")
    elsewhere.answers["/there"] = (302, {"location": "/moved/on"}, b"")
    elsewhere.answers["/moved/on"] = (302, {"location": "../here"}, b"")
    elsewhere.answers["/here"] = content
    withy_in("registry", "pull", f"{one.host}/x:1")
    assert elsewhere.asked == [("GET", "/there?signed", None), ("GET", "/moved/on", None), ("GET", "/here", None)]


@pytest.mark.parametrize(
    ("what", "code", "words"),
    [
        ("another", 65, "has not that digest"),
        ("shorter", 65, "fewer"),
        ("longer", 65, "more"),
        ("cut", 74, "127.0.0.1"),
        ("missing", 66, "MANIFEST_UNKNOWN: not known"),
        ("refused", 77, "login"),
        ("failing", 74, "status 500"),
        ("circle", 74, "too many redirections"),
        ("nowhere", 65, "URL"),
    ],
)
def test_blobs_that_are_not_what_they_should_be(withy_in, guest, told, tmp_path, what, code, words):
    one = told()
    content = Path(guest("hello")).read_bytes()
    one.put("x", "1", [(content, WASM)])
    path = f"/v2/x/blobs/{digest(content)}"
    one.answers[path] = {
        "another": content[:-1] + b"!",
        "shorter": content[:-10],
        "longer": content + b"x",
        "cut": (200, {"content-length": str(len(content))}, content[:100]),
        "missing": None,
        "refused": (403, {}, b""),
        "failing": (500, {}, b""),
        "circle": (307, {"location": path}, b""),
        "nowhere": (307, {"location": "gopher://x"}, b""),
    }[what]
    failed = withy_in("registry", "pull", f"{one.host}/x:1", code=code)
    assert words in failed.stderr and f"{one.host}/x:1" in failed.stderr
    assert not [blob for blob in blobs(tmp_path / "cache") if blob.suffix != ".manifest"]


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", 65, "no JSON"),
        (b"<html>not here</html>", 65, "no JSON"),
        (b"[]", 65, "no object"),
        (b'{"schemaVersion": 1}', 69, "schemaVersion"),
        (b'{"schemaVersion": 2, "manifests": []}', 69, "index"),
        (b'{"schemaVersion": 2, "config": {}, "layers": []}', 65, "media type"),
        (b"[" * 100000, 65, "no JSON"),
        (b" " * (5 << 20), 71, "bytes came"),
        (manifest([]), 69, "neither a component nor an application"),
        (manifest([descriptor(b"x", "image/png")]), 69, "image/png"),
        (manifest([descriptor(b"x", WASM), descriptor(b"y", WASM)]), 69, "several components"),
        (manifest([{**descriptor(b"x", WASM), "size": 1 << 40}]), 71, "WY_MAX_COMPONENT_BYTES"),
        (manifest([{**descriptor(b"x", WASM), "digest": "sha256:../../etc/passwd"}]), 65, "digest"),
        (manifest([descriptor(b"x", WASM)] * 1001), 71, "WY_MAX_REGISTRY_LAYERS"),
    ],
)
def test_manifests_that_are_none(withy_in, told, tmp_path, content, code, words):
    one = told()
    one.answers["/v2/x/manifests/1"] = content
    assert words in withy_in("registry", "pull", f"{one.host}/x:1", code=code).stderr


def test_a_manifest_by_digest_must_have_it(withy_in, told):
    one = told()
    wanted = digest(b"wanted")
    one.answers[f"/v2/x/manifests/{wanted}"] = manifest([])
    assert "has not the digest" in withy_in("registry", "pull", f"{one.host}/x@{wanted}", code=65).stderr


def application(guest, **changes) -> dict:
    content = Path(guest("hello")).read_bytes()
    component = {"id": "hello", "source": {"content_type": WASM, "digest": digest(content)}, **changes}
    trigger = {"component": "hello", "route": "/..."}
    return {
        "spin_lock_version": 0,
        "metadata": {"name": "locked", "trigger": {"type": "http"}},
        "triggers": [{"id": "t", "trigger_type": "http", "trigger_config": trigger}],
        "components": [component],
    }


def put_application(one, guest, locked: dict, *layers) -> str:
    content = Path(guest("hello")).read_bytes()
    return one.put("x", "1", [(content, SPIN_WASM), *layers, (json.dumps(locked).encode(), LOCKED)])


def test_an_application_with_an_archive_by_spin(withy_in, guest, told, start, tmp_path):
    large = b"from the archive" * 30
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for name in ("./", "./a/"):
            folder = tarfile.TarInfo(name)
            folder.type = tarfile.DIRTYPE
            tar.addfile(folder)
        file = tarfile.TarInfo("./a/" + "long" * 50)
        file.size = len(large)
        tar.addfile(file, io.BytesIO(large))
    content = Path(guest("files")).read_bytes()
    files = [
        {"path": "a/b/c.txt", "digest": digest(large)},
        {"path": "inline.txt", "digest": digest(b"hi"), "inline": "aGk"},
    ]
    locked = application(guest, files=files)
    locked["components"][0]["source"]["digest"] = digest(content)
    one = told()
    one.put(
        "x", "1", [(content, SPIN_WASM), (packed.getvalue(), SPIN_ARCHIVE), (json.dumps(locked).encode(), LOCKED)]
    )
    for _ in range(2):  # then from the cache
        host = start("up", "-f", f"{one.host}/x:1", env=withy_in.env, cwd=tmp_path)
        assert "from the archive" in host.ask("/read?path=a/b/c.txt&dir=0").text
        assert "hi" in host.ask("/read?path=inline.txt&dir=0").text
        host.stop()


def test_an_older_application_is_the_configuration(withy_in, guest, told):
    one = told()
    content = Path(guest("hello")).read_bytes()
    locked = json.dumps(application(guest)).encode()
    one.put("x", "1", [(content, SPIN_WASM), (locked, "ignored")])
    image = manifest([descriptor(content, SPIN_WASM)], descriptor(locked, LOCKED))
    one.answers["/v2/x/manifests/1"] = image
    withy_in("registry", "pull", f"{one.host}/x:1")


def bomb() -> bytes:
    head = tarfile.TarInfo("bomb")
    head.size = 2 << 30
    return gzip.compress(head.tobuf() + bytes(1 << 20))


@pytest.mark.parametrize(
    ("changes", "layers", "code", "words"),
    [
        ({"source": {"content_type": WASM}}, [], 65, "without a digest"),
        ({"source": {"content_type": WASM, "digest": "sha256:x"}}, [], 65, "without a digest"),
        ({"source": {"content_type": WASM, "digest": digest(b"?")}}, [], 65, "does not have"),
        ({"files": [{"path": "x", "digest": digest(b"?")}]}, [], 65, "does not have"),
        ({"files": [{"path": "x", "digest": digest(b"?"), "inline": "aGk"}]}, [], 65, "has not its digest"),
        ({"files": [{"path": "x", "inline": "a b"}]}, [], 65, "Base64"),
        ({}, [(b"no archive", SPIN_ARCHIVE)], 65, "archive"),
        ({}, [(gzip.compress(b"x" * 700), SPIN_ARCHIVE)], 65, "archive"),
        ({}, [(gzip.compress(bytes(range(256)) * 4)[:-20], SPIN_ARCHIVE)], 65, "archive"),
        ({}, [(bomb(), SPIN_ARCHIVE)], 71, "WY_MAX_ARCHIVE_BYTES"),
    ],
)
def test_applications_that_are_broken(withy_in, guest, told, changes, layers, code, words):
    one = told()
    put_application(one, guest, application(guest, **changes), *layers)
    failed = withy_in("registry", "pull", f"{one.host}/x:1", code=code)
    assert words in failed.stderr and f"{one.host}/x:1" in failed.stderr


@pytest.mark.parametrize(
    ("locked", "words"),
    [
        ({"must_understand": ["magic"]}, "magic"),
        ({"spin_lock_version": 7}, "spin_lock_version"),
        ({"components": [], "triggers": [{"id": "t"}]}, "trigger_type"),
    ],
)
def test_applications_that_ask_for_too_much(withy_in, guest, told, tmp_path, locked, words):
    one = told()
    put_application(one, guest, {**application(guest), **locked})
    failed = withy_in("up", "--from", f"{one.host}/x:1", "--listen", "127.0.0.1:0", code=None, cwd=tmp_path)
    assert failed.returncode in (65, 69)
    assert words in failed.stderr


def test_middleware_by_spin_must_be_part_of_its_component(withy_in, guest, told, start, tmp_path):
    one = told()
    locked = application(guest, host_requirements={"middleware": "required"})
    put_application(one, guest, {**locked, "must_understand": ["component_host_requirements"]})
    host = start("up", "-f", f"{one.host}/x:1", env=withy_in.env, cwd=tmp_path)
    assert host.ask("/").status == 200
    content = Path(guest("hello")).read_bytes()
    beside = {"middleware": [{"source": {"content_type": WASM, "digest": digest(content)}}]}
    put_application(one, guest, application(guest, trigger_dependencies=beside))
    failed = withy_in("up", "-f", f"{one.host}/x:1", "--listen", "127.0.0.1:0", code=69, cwd=tmp_path)
    assert "--compose=true" in failed.stderr


def test_a_reload_reads_the_application_again(withy_in, guest, told, start, tmp_path):
    one = told()
    put_application(one, guest, application(guest))
    host = start("up", "-f", f"{one.host}/x:1", env=withy_in.env, cwd=tmp_path)
    before = host.children()
    host.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 30
    while set(host.children()) & set(before) and time.monotonic() < end:
        assert host.ask("/").status == 200
    assert not set(host.children()) & set(before)
    assert host.ask("/").status == 200


def test_several_at_once_use_one_cache(withy, withy_in, guest, told, tmp_path):
    one = told()
    content = Path(guest("hello")).read_bytes()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for i in range(200):
            file = tarfile.TarInfo(f"f{i}")
            file.size = 400
            tar.addfile(file, io.BytesIO(b"%04d" % i * 100))
    files = [{"path": f"f{i}", "digest": digest(b"%04d" % i * 100)} for i in range(200)]
    put_application(one, guest, application(guest, files=files), (packed.getvalue(), SPIN_ARCHIVE))
    command = [withy, "registry", "pull", f"{one.host}/x:1"]
    pulls = [subprocess.Popen(command, env=withy_in.env, stderr=subprocess.PIPE) for _ in range(6)]
    assert [(pull.communicate()[1], pull.returncode) for pull in pulls] == [(b"", 0)] * 6
    kept = blobs(tmp_path / "cache")
    assert not [path for path in kept if path.suffix == ".tmp"]
    wasm = next(path for path in kept if path.suffix == ".wasm")
    assert hashlib.sha256(wasm.read_bytes()).hexdigest() == wasm.stem and wasm.read_bytes() == content


def test_the_older_name_of_the_verb(withy_in):
    assert withy_in("oci", "pull", "--help").stdout == withy_in("registry", "pull", "--help").stdout


def test_files_stay_inside(withy_in, guest, told, tmp_path):
    one = told()
    files = [{"path": "../../escaped", "digest": digest(b"hi"), "inline": "aGk"}]
    put_application(one, guest, application(guest, files=files))
    failed = withy_in("up", "--from", f"{one.host}/x:1", "--listen", "127.0.0.1:0", "-w", "1", code=65, cwd=tmp_path)
    assert "leads out" in failed.stderr


# --- names ---


@pytest.mark.parametrize("reference", ["UPPER/case:1", "r.test/x:", "r.test/x@sha256:00", "-", "r.test/x@sha512:00"])
def test_names_that_are_none(withy_in, reference):
    done = withy_in("registry", "pull", "--", reference, code=None)
    assert done.returncode in (65, 69)
    assert reference in done.stderr


def test_a_digest_is_no_name_to_push_to(withy_in, guest):
    done = withy_in("registry", "push", "-f", guest("hello"), "127.0.0.1:9/x@" + digest(b""), code=65)
    assert "give a tag" in done.stderr


def test_a_path_that_is_no_file_is_no_reference(withy_in, tmp_path):
    for name in ("nothere.wasm", "./nothere.wasm", "some.dir/nothere.wasm", "some/dir"):
        assert "No such file" in withy_in("run", name, code=66, cwd=tmp_path).stderr


def test_what_is_not_built_is_not_pushed(withy_in, shop, registry):
    (shop / "spin.toml").write_text((shop / "spin.toml").read_text().replace("faults.wasm", "gone.wasm"))
    done = withy_in("registry", "push", f"{registry.host}/x:1", code=66, cwd=shop)
    assert "withy build" in done.stderr and 'component "faults"' in done.stderr


# --- packages ---

PACKAGED = """
spin_manifest_version = 2
[application]
name = "packaged"
[[trigger.http]]
route = "/..."
component = "front"
[component.front]
source = {{ package = "acme:front", version = "1.0.0"{registry} }}
[component.front.dependencies]
"withy:compose" = {{ package = "acme:catalogue", version = "{version}"{registry} }}
"""


@pytest.fixture
def packages(guest, told):
    """A registry by the conventions of wasm-pkg, with a prefix before each namespace."""
    one = told()
    one.answers["/.well-known/wasm-pkg/registry.json"] = json.dumps(
        {"preferredProtocol": "oci", "oci": {"registry": one.host, "namespacePrefix": "team/"}}
    ).encode()
    one.put("team/acme/front", "1.0.0", [(Path(guest("front")).read_bytes(), WASM)])
    one.versions = ["1.0.0", "latest", "1.2.0", "1.10.0", "2.0.0", "1.11.0-rc.1", "sha256-00.sig"]
    one.answers["/v2/team/acme/catalogue/tags/list"] = lambda _: json.dumps({"tags": one.versions}).encode()
    for version in ("1.10.0", "1.11.0"):
        one.put("team/acme/catalogue", version, [(Path(guest("catalogue")).read_bytes(), WASM)])
    return one


def write_packaged(folder: Path, host: str | None, version: str = "1.2") -> Path:
    registry = f', registry = "{host}"' if host else ""
    (folder / "spin.toml").write_text(PACKAGED.format(registry=registry, version=version))
    return folder


def test_components_and_dependencies_come_from_packages(withy_in, packages, start, serve, tmp_path):
    host = start("up", cwd=write_packaged(tmp_path, packages.host), env=withy_in.env)
    assert host.ask("/").text == serve("composed").ask("/").text
    host.stop()
    paths = [path for _, path, _ in packages.asked]
    assert "/v2/team/acme/front/manifests/1.0.0" in paths
    assert "/v2/team/acme/catalogue/manifests/1.10.0" in paths


def test_a_newer_version_is_found_at_the_next_start_and_else_the_old_one_runs(withy_in, packages, start, tmp_path):
    write_packaged(tmp_path, packages.host)
    start("up", cwd=tmp_path, env=withy_in.env).stop()
    packages.asked.clear()
    packages.versions.append("1.11.0")
    start("up", cwd=tmp_path, env=withy_in.env).stop()
    paths = [path for _, path, _ in packages.asked]
    assert "/v2/team/acme/catalogue/manifests/1.11.0" in paths
    assert not [path for path in paths if "front" in path]  # one version is what it was
    packages.stop()
    host = start("up", cwd=tmp_path, env=withy_in.env)
    assert host.ask("/").status == 200
    assert "going on with the version at hand" in host.log


def test_the_configuration_names_the_registry(withy_in, packages, start, tmp_path):
    write_packaged(tmp_path, None)
    failed = withy_in("up", "--listen", "127.0.0.1:0", cwd=tmp_path, code=66)
    assert "namespace 'acme'" in failed.stderr and 'component "front"' in failed.stderr
    (tmp_path / "config/wasm-pkg").mkdir(parents=True)
    toml = tmp_path / "config/wasm-pkg/config.toml"
    toml.write_text(
        "[namespace_registries]\n"
        f'acme = {{ registry = "acme", metadata = {{ oci = {{ registry = "{packages.host}", namespacePrefix = "team/" }} }} }}\n'
    )
    host = start("up", cwd=tmp_path, env=withy_in.env)
    assert host.ask("/").status == 200
    host.stop()
    toml.write_text("default_registry = 1\n")
    withy_in("up", "--listen", "127.0.0.1:0", cwd=tmp_path, env={"WITHY_CACHE_DIR": str(tmp_path / "other")}, code=65)


@pytest.mark.parametrize(
    ("version", "code", "words"),
    [("3", 66, 'none of its 7 versions is "3"'), ("=1.2.0", 66, "MANIFEST_UNKNOWN"), ("1.x.y", 65, "no requirement")],
)
def test_packages_that_are_not_there(withy_in, packages, tmp_path, version, code, words):
    write_packaged(tmp_path, packages.host, version)
    failed = withy_in("up", "--listen", "127.0.0.1:0", cwd=tmp_path, code=code)
    assert words in failed.stderr
    if code == 66:
        assert "acme:catalogue" in failed.stderr and packages.host in failed.stderr


def test_packages_are_pushed_with_the_application(withy_in, packages, registry, start, serve, tmp_path):
    write_packaged(tmp_path, packages.host)
    withy_in("registry", "push", f"{registry.host}/packaged:1", cwd=tmp_path)
    packages.stop()
    empty = tmp_path / "empty"
    empty.mkdir()
    env = {**withy_in.env, "WITHY_CACHE_DIR": str(tmp_path / "second")}
    host = start("up", "-f", f"{registry.host}/packaged:1", cwd=empty, env=env)
    assert host.ask("/").text == serve("composed").ask("/").text


def test_tags_come_in_pages(withy_in, packages, start, tmp_path):
    packages.answers["/v2/team/acme/catalogue/tags/list"] = (
        200,
        {"link": '</v2/team/acme/catalogue/tags/list2?last=x>; rel="next"'},
        json.dumps({"tags": ["1.3.0"]}).encode(),
    )
    packages.answers["/v2/team/acme/catalogue/tags/list2"] = json.dumps({"tags": ["1.10.0"]}).encode()
    start("up", cwd=write_packaged(tmp_path, packages.host), env=withy_in.env).stop()
    assert "/v2/team/acme/catalogue/manifests/1.10.0" in [path for _, path, _ in packages.asked]
