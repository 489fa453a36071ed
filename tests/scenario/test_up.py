"""`withy up`: Spin manifests, routing, request headers, files, logs."""

import concurrent.futures
import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ROUTES = """
spin_manifest_version = 2
[application]
name = "routes"
version = "1.2.3"

[[trigger.http]]
route = "/exact"
component = "a"
[[trigger.http]]
route = "/wild/..."
component = "b"
[[trigger.http]]
route = "/wild/deeper/..."
component = "a"
[[trigger.http]]
route = "/users/:name/posts/:number"
component = "a"
[[trigger.http]]
route = "/mixed/:one/..."
component = "a"
[[trigger.http]]
route = "/static"
static_response = {{ status_code = 203, headers = {{ x-kind = "static" }}, body = "fixed text" }}
[[trigger.http]]
route = "/inline"
[trigger.http.component]
source = "{faults}"

[component.a]
source = "{faults}"
environment = {{ WHO = "a" }}
[component.b]
source = "{faults}"
environment = {{ WHO = "b" }}
"""


@pytest.fixture
def manifest(guest, tmp_path):
    """Writes spin.toml with {faults} and so on replaced by the guests' paths."""

    def write(text: str) -> Path:
        names = ["faults", "files", "hello", "echo", "kv", "proxy", "hello-rs"]
        (tmp_path / "spin.toml").write_text(text.format(**{name: guest(name) for name in names}))
        return tmp_path

    return write


@pytest.fixture
def routes(manifest, start):
    return start("up", cwd=manifest(ROUTES))


def headers_of(answer) -> dict[str, str]:
    return dict(json.loads(line) for line in answer.text.splitlines())


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/exact", True),
        ("/exact/", True),
        ("/exact/more", False),
        ("/wild", True),
        ("/wild/", True),
        ("/wild/any/depth", True),
        ("/wilder", False),
        ("/wild/deeper/x", True),
        ("/users/ann/posts/7", True),
        ("/users/ann/posts", False),
        ("/static", True),
        ("/nothing", False),
        ("/", False),
    ],
)
def test_routes(routes, path, found):
    answer = routes.ask(path)
    # The guest itself answers 404, with a list of what it knows, to a path that is not one of its own.
    assert (answer.body != b"") == found
    if not found:
        assert answer.status == 404


def test_static_response(routes):
    answer = routes.ask("/static")
    assert (answer.status, answer.text, answer.header("x-kind")) == (203, "fixed text", "static")


def test_reserved_paths(routes):
    health = routes.ask("/.well-known/spin/health")
    assert (health.status, health.text) == (200, "OK")
    info = json.loads(routes.ask("/.well-known/spin/info").text)
    assert (info["name"], info["version"]) == ("routes", "1.2.3")
    assert routes.ask("/.well-known/spin/other").status == 404


@pytest.fixture
def headers(manifest, start):
    text = """
spin_manifest_version = 2
[application]
name = "headers"
[[trigger.http]]
route = "/headers/:who/..."
component = "a"
[[trigger.http]]
route = "/headers"
component = "a"
[component.a]
source = "{faults}"
"""
    return start("up", cwd=manifest(text))


def test_request_headers(headers):
    seen = headers_of(headers.ask("/headers/ann/x/y?q=1", headers=[("x-own", "kept"), ("spin-path-info", "forged")]))
    assert seen["spin-full-url"] == "http://test/headers/ann/x/y?q=1"
    assert seen["spin-path-info"] == "/x/y"
    assert seen["spin-component-route"] == "/headers/:who"
    assert seen["spin-raw-component-route"] == "/headers/:who/..."
    assert seen["spin-matched-route"] == "/headers/:who/..."
    assert seen["spin-base-path"] == "/"
    assert seen["spin-path-match-who"] == "ann"
    assert seen["spin-client-addr"].startswith("127.0.0.1:")
    assert seen["x-own"] == "kept"
    assert seen[":path"] == "/headers/ann/x/y?q=1"


@pytest.mark.parametrize(("path", "info"), [("/headers/ann", ""), ("/headers/ann/", "/"), ("/headers/ann/b/", "/b/")])
def test_path_info(headers, path, info):
    assert headers_of(headers.ask(path))["spin-path-info"] == info


def test_exact_route_has_no_path_info(headers):
    seen = headers_of(headers.ask("/headers"))
    assert (seen["spin-path-info"], seen["spin-component-route"]) == ("", "/headers")


def test_environment_is_the_components(manifest, start):
    text = """
spin_manifest_version = 2
[application]
name = "env"
[[trigger.http]]
route = "/env"
component = "a"
[component.a]
source = "{faults}"
environment = {{ ONE = "1", TWO = "two words" }}
"""
    host = start("up", cwd=manifest(text), env={"SECRET": "s"})
    assert sorted(host.ask("/env").text.splitlines()) == ["ONE=1", "TWO=two words"]


FILES = """
spin_manifest_version = 2
[application]
name = "files"
[[trigger.http]]
route = "/..."
component = "files"
[component.files]
source = "{files}"
files = ["top.txt", "glob/*.txt", {{ source = "assets", destination = "/mounted" }}]
exclude_files = ["glob/not.txt"]
"""


def test_files(manifest, start):
    folder = manifest(FILES)
    for name in ["top.txt", "other.txt", "glob/a.txt", "glob/not.txt", "glob/b.bin", "assets/in/deep.txt"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"this is {name}\n")
    host = start("up", cwd=folder)

    def read(path):
        """What the guest finds there, in whichever folder has it."""
        answers = [host.ask(f"/read?path={path}&dir={n}").text for n in range(3)]
        return next((text for text in answers if text.endswith("ok\n")), answers[0])

    assert read("top.txt") == "this is top.txt\nok\n"
    assert read("glob/a.txt") == "this is glob/a.txt\nok\n"
    assert "this is assets/in/deep.txt\nok\n" in (read("mounted/in/deep.txt"), read("in/deep.txt"))
    for name in ["other.txt", "glob/not.txt", "glob/b.bin", "spin.toml"]:
        assert read(name).startswith("error "), name
    assert host.ask("/write?path=top.txt").text in ("error read-only\n", "error not-permitted\n")
    assert (folder / "top.txt").read_text() == "this is top.txt\n"


LOGS = """
spin_manifest_version = 2
[application]
name = "logs"
[[trigger.http]]
route = "/log"
component = "talker"
[[trigger.http]]
route = "/trap"
component = "trapper"
[component.talker]
source = "{faults}"
[component.trapper]
source = "{faults}"
"""


def test_logs_go_to_files(manifest, start):
    folder = manifest(LOGS)
    host = start("up", "--quiet", cwd=folder)
    assert host.ask("/log?text=written").status == 200
    host.stop()
    logs = folder / ".spin" / "logs"
    assert (logs / "talker_stdout.txt").read_text() == "out: written\n"
    assert (logs / "talker_stderr.txt").read_text() == "err: written\n"
    assert "written" not in host.log


def reload(host) -> None:
    """SIGHUP, and the wait until other workers than before serve."""
    before = set(host.children())
    host.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 20
    while time.monotonic() < end and (before & set(host.children()) or not host.children()):
        time.sleep(0.05)
    assert host.children() and not before & set(host.children())


def test_reload_reads_the_manifest_again(manifest, start):
    text = FILES.replace("{files}", "{faults}").replace("[component.files]", '[component.files]\nenvironment = {{ TURN = "1" }}')
    folder = manifest(text)
    for name in ["top.txt", "glob/a.txt", "assets/a.txt"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    host = start("up", "--workers", "2", "--truncate-logs", cwd=folder)
    host.wait_for_workers(2)
    assert host.ask("/env").text == "TURN=1\n"
    assert host.ask("/log?text=before").status == 200
    manifest(text.replace('"1"', '"2"'))
    reload(host)
    assert host.ask("/env").text == "TURN=2\n"
    assert host.ask("/log?text=after").status == 200
    log = folder / ".spin" / "logs" / "files_stdout.txt"
    assert log.read_text() == "out: before\nout: after\n", "logs are begun anew at the start only"
    scratch = {Path(f"/proc/{pid}/root{link}") for pid in host.children() for link in scratch_of(pid)}
    assert {path.name.split("-")[0] for path in scratch} <= {str(pid) for pid in host.children()}


def scratch_of(pid: int) -> list[str]:
    """The folders with copies of files beside the one that this worker has open."""
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(fd)
        except OSError:
            continue
        folder = re.match(r"/tmp/withy-up\.[^/]*", target)
        if folder:
            return [str(path) for path in Path(folder[0]).iterdir()]
    return []


def test_what_was_killed_leaves_its_folders_to_the_next_start(manifest, start, tmp_path_factory):
    folder = manifest(FILES)
    temporary = tmp_path_factory.mktemp("temporary")
    for name in ["top.txt", "glob/a.txt", "assets/a.txt"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")

    def begin():
        """A host in which a store in memory is used too, and the folders that it made."""
        host = start("up", "--workers", "2", "--state-dir", "", "--temp", str(temporary), cwd=folder)
        links = [os.readlink(fd) for fd in Path(f"/proc/{host.process.pid}/fd").iterdir()]
        made = [Path(link) for link in links if re.fullmatch(r".*/withy-(up|kv)\.[^/]*", link)]
        assert len(made) == 2 and all(path.is_dir() for path in made), links
        return host, made

    first, killed = begin()
    second, living = begin()
    workers = [Path(f"/proc/{pid}") for pid in first.children()]
    first.kill()
    end = time.monotonic() + 10
    while time.monotonic() < end and any(path.exists() for path in workers):
        time.sleep(0.02)
    # The others lie where all hosts of this machine have theirs, of which any that starts tidies up.
    assert all(path.is_dir() for path in killed if path.parent == temporary) and len(list(temporary.iterdir())) == 2
    assert all(path.is_dir() for path in living)
    third, _ = begin()
    assert not [path for path in killed if path.exists()]
    assert all(path.is_dir() for path in living), "it still runs"
    assert second.ask("/status?code=200").status == 200
    assert second.stop() == 0 and third.stop() == 0
    assert not [path for path in living if path.exists()]


def test_broken_manifest_at_a_reload_leaves_the_old_one_running(manifest, start):
    folder = manifest(LOGS)
    host = start("up", "--workers", "2", cwd=folder)
    host.wait_for_workers(2)
    (folder / "spin.toml").write_text("spin_manifest_version = 2\n[application\n")
    host.process.send_signal(signal.SIGHUP)
    host.wait_for_log("spin.toml:2")
    assert host.ask("/log?text=x").status == 200


def test_folder_instead_of_the_manifest(manifest, start, tmp_path_factory):
    folder = manifest(LOGS)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    logs, state = elsewhere / "logs", elsewhere / "state"
    host = start("up", "--from", str(folder), "--log-dir", str(logs), "--state-dir", str(state), cwd=elsewhere)
    assert host.ask("/log?text=there").status == 200
    assert (logs / "talker_stdout.txt").read_text() == "out: there\n"
    assert not (folder / ".spin").exists()


def test_no_logs_and_no_state(manifest, start):
    folder = manifest(LOGS)
    host = start("up", "--log-dir", "", "--state-dir", "", cwd=folder)
    assert host.ask("/log?text=shown").status == 200
    host.wait_for_log("out: shown")
    assert not (folder / ".spin").exists()


def test_follow_one_component(manifest, start):
    host = start("up", "--follow", "talker", cwd=manifest(LOGS))
    host.ask("/log?text=followed")
    host.wait_for_log("out: followed")


def test_follow_of_an_unknown_component(command, manifest):
    done = command("up", "--follow", "nobody", "--listen", "127.0.0.1:0", cwd=manifest(LOGS), timeout=30)
    assert done.returncode == 2
    assert "--follow nobody: the application has no such component; it has: " in done.stderr


def test_trap_names_the_component(manifest, start):
    host = start("up", cwd=manifest(LOGS))
    assert host.ask("/trap").status == 500
    host.wait_for_log("trapper")


def test_what_is_printed_at_the_start(manifest, start):
    host = start("up", cwd=manifest(LOGS))
    host.wait_for_log(f"http://127.0.0.1:{host.port}")
    host.wait_for_log("/trap")
    assert "talker" in host.log


def test_manifest_of_a_parent_folder_and_by_name(manifest, start):
    folder = manifest(LOGS)
    below = folder / "some" / "where"
    below.mkdir(parents=True)
    assert start("up", "-f", str(folder), cwd=below).ask("/log").status == 200
    assert start("up", "-f", str(folder / "spin.toml"), cwd=Path("/")).ask("/log").status == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"talker"', '"stranger"'), ["stranger"]),
        (("spin_manifest_version = 2", "spin_manifest_version = 1"), ["spin_manifest_version"]),
        (("[application]", "[application"), ["spin.toml"]),
        (("[[trigger.http]]", "[[trigger.carrier-pigeon]]"), ["carrier-pigeon"]),
        (('source = "{faults}"', 'source = "nowhere.wasm"'), ["nowhere.wasm"]),
        (('source = "{faults}"', 'source = "{faults}"\nsourc = 1'), ["sourc"]),
        (('source = "{faults}"', 'source = "{faults}"\nkey_value_stores = ["elsewhere"]'), ["elsewhere"]),
    ],
)
def test_manifests_that_cannot_be_run(command, manifest, change, words):
    folder = manifest(LOGS.replace(*change))
    done = command("up", "--listen", "127.0.0.1:0", cwd=folder, timeout=60)
    assert done.returncode not in (0, 134)
    for word in words:
        assert word in done.stderr


def test_no_manifest(command, tmp_path):
    done = command("up", cwd=tmp_path, timeout=30)
    assert done.returncode != 0
    assert "spin.toml" in done.stderr


def test_rust_component_in_an_application(manifest, guest, start, tmp_path):
    text = f"""
spin_manifest_version = 2
[application]
name = "rust"
[variables]
greeting = {{{{ default = "Hello" }}}}
[[trigger.http]]
route = "/..."
component = "rust"
[component.rust]
source = "{guest("hello-rs")}"
key_value_stores = ["default"]
[component.rust.variables]
greeting = "{{{{{{{{ greeting }}}}}}}} from Rust"
"""
    host = start("up", cwd=manifest(text))
    assert [host.ask("/count").text for _ in range(3)] == ["1\n", "2\n", "3\n"]
    assert host.ask("/setting").text == "Hello from Rust"


@pytest.fixture
def counter(start, tmp_path):
    """The example application, in a copy of its folder."""
    built = ROOT / "examples" / "counter"
    subprocess.run([built / "build"], check=True, capture_output=True, timeout=600)
    folder = tmp_path / "counter"
    shutil.copytree(built, folder, ignore=shutil.ignore_patterns(".spin", "gen"))
    return lambda: start("up", cwd=folder)


def test_example(counter):
    host = counter()
    page = host.ask("/")
    assert page.status == 200 and page.header("content-type").startswith("text/html")
    assert "<title>Counter</title>" in page.text
    assert host.ask("/style.css").header("content-type") == "text/css"
    assert host.ask("/no-such-page").status == 404
    assert json.loads(host.ask("/api/greeting").text) == {"greeting": "Hello!"}
    assert json.loads(host.ask("/api/visits").text) == {"visits": 0}
    for n in range(1, 6):
        assert json.loads(host.ask("/api/visits", "POST").text) == {"visits": n}
    assert host.stop() == 0
    host = counter()
    assert json.loads(host.ask("/api/visits").text) == {"visits": 5}
    assert json.loads(host.ask("/api/visits", "DELETE").text) == {"visits": 0}
    assert json.loads(host.ask("/api/visits").text) == {"visits": 0}
    assert host.ask("/api/visits", "PUT").status == 405


def test_interrupt_ends_it(counter):
    host = counter()
    assert host.ask("/").status == 200
    os.kill(host.process.pid, signal.SIGINT)
    assert host.process.wait(30) in (0, 130)


OUTBOUND = """
spin_manifest_version = 2
[application]
name = "outbound"
[variables]
target = {{ default = "http://127.0.0.1:PORT" }}
[[trigger.http]]
route = "/granted"
component = "granted"
[[trigger.http]]
route = "/denied"
component = "denied"
[component.granted]
source = "{proxy}"
allowed_outbound_hosts = ["{{{{ target }}}}"]
[component.denied]
source = "{proxy}"
allowed_outbound_hosts = ["http://elsewhere.example"]
"""


def test_components_reach_only_what_their_manifest_allows(manifest, start, serve):
    target = serve("hello")
    host = start("up", cwd=manifest(OUTBOUND.replace("PORT", str(target.port))))
    url = f"http://127.0.0.1:{target.port}/"
    assert host.ask(f"/granted?url={url}").text == "Hello, world!"
    assert "Hello" not in host.ask(f"/denied?url={url}").text
    host.wait_for_log(f'allowed_outbound_hosts = ["http://127.0.0.1:{target.port}"]')


def test_outgoing_connections_are_limited_as_configured(manifest, start, serve):
    class Counter(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        connections = 0

        def setup(self):
            super().setup()
            Counter.connections += 1

        def do_GET(self):
            if self.path == "/slow":
                time.sleep(1)
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    folder = manifest(OUTBOUND.replace("PORT", str(port)))
    (folder / "runtime.toml").write_text("[outbound_http]\nmax_connections = 1\n")
    host = start("up", "--workers", "1", "--runtime-config-file", "runtime.toml", cwd=folder)
    for _ in range(3):
        assert host.ask(f"/granted?url=http://127.0.0.1:{port}/").text == "ok"
    assert Counter.connections == 3
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: host.ask(f"/granted?url=http://127.0.0.1:{port}/slow").text, range(2)))
    assert sorted(answers) == ["error 11\n", "ok"]
    server.shutdown()
    server.server_close()


SOCKETS = """
spin_manifest_version = 2
[application]
name = "sockets"
[[trigger.http]]
route = "/..."
component = "some"
[component.some]
source = "{hello-rs}"
allowed_outbound_hosts = ["tcp://127.0.0.0/8:PORT"]
"""


def test_sockets_reach_only_what_their_manifest_allows(manifest, start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def greet():
            for _ in range(2):
                connection, _ = server.accept()
                connection.sendall(b"welcome")
                connection.close()

        threading.Thread(target=greet, daemon=True).start()
        folder = manifest(SOCKETS.replace("PORT", str(port)))
        host = start("up", cwd=folder)
        assert host.ask(f"/socket/127.0.0.1:{port}").text == "welcome"
        assert host.ask(f"/socket/localhost:{port}").text == "welcome"
        assert host.ask("/socket/127.0.0.1:9").text == "error PermissionDenied"
        host.wait_for_log('allowed_outbound_hosts = ["tcp://127.0.0.1:9"]')
        host.end()
        (folder / "runtime.toml").write_text('[outbound_networking]\nblock_networks = ["private"]\n')
        host = start("up", "--runtime-config-file", "runtime.toml", cwd=folder)
        assert host.ask(f"/socket/127.0.0.1:{port}").text == "error PermissionDenied"
        host.wait_for_log("block_networks of the runtime configuration forbids it")


def test_sockets_are_limited_by_the_runtime_configuration(manifest, start):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        folder = manifest(SOCKETS.replace("PORT", str(port)))
        (folder / "runtime.toml").write_text("[outbound_networking]\nmax_socket_connections = 1\n")
        host = start("up", "--workers", "1", "--runtime-config-file", "runtime.toml", cwd=folder)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            for _ in range(2):
                first = pool.submit(lambda: host.ask(f"/socket/127.0.0.1:{port}").text)
                connection, _ = server.accept()
                assert host.ask(f"/socket/127.0.0.1:{port}").text.startswith("error ")
                connection.sendall(b"welcome")
                connection.close()
                assert first.result(20) == "welcome"
        host.wait_for_log("max_socket_connections of the runtime configuration permits")


CHAINED = """
spin_manifest_version = 2
[application]
name = "chained"
[[trigger.http]]
route = "/front"
component = "front"
[[trigger.http]]
route = "/denied"
component = "denied"
[[trigger.http]]
route = {{ private = true }}
component = "back"
[[trigger.http]]
route = "/open/:what/..."
component = "echo"
[component.front]
source = "{proxy}"
allowed_outbound_hosts = ["http://*.spin.internal", "http://self"]
[component.denied]
source = "{proxy}"
[component.back]
source = "{faults}"
[component.echo]
source = "{echo}"
"""


def test_components_call_each_other_inside(manifest, start):
    host = start("up", "--workers", "1", cwd=manifest(CHAINED))
    told = host.ask("/front?url=http://back.spin.internal/headers")
    assert told.status == 200 and "x-through" in told.text
    assert "back.spin.internal" in told.text and "spin-path-info" in told.text
    assert host.ask("/back").status == 404
    body = b"x" * 150_000
    for _ in range(3):
        assert host.ask("/front?url=http://echo.spin.internal/any", "POST", body=body).body == body
    assert host.ask("/front?url=http://self/open/a/b", "POST", body=b"hi").body == b"hi"
    assert host.ask("/front?url=http://self/nowhere").status == 404
    assert host.ask("/front?url=http://nobody.spin.internal/").text == "error 2\n"
    assert host.ask("/denied?url=http://echo.spin.internal/").status == 502
    host.wait_for_log('allowed_outbound_hosts = ["http://echo.spin.internal:80"]')
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        url = "/front?url=http://echo.spin.internal/"
        answers = list(pool.map(lambda n: host.ask(url, "POST", body=b"%d" % n * 9999).body, range(40)))
    assert answers == [b"%d" % n * 9999 for n in range(40)]
    os.kill(host.process.pid, signal.SIGTERM)
    assert host.process.wait(30) == 0


@pytest.mark.parametrize("entry", ["*", "example.com", "ftp://example.com"])
def test_outbound_entries_that_cannot_be_understood(command, manifest, entry):
    folder = manifest(OUTBOUND.replace("PORT", "80").replace("http://elsewhere.example", entry))
    done = command("up", "--listen", "127.0.0.1:0", cwd=folder, timeout=60)
    assert done.returncode not in (0, 134)
    assert entry in done.stderr


FIRST = """
spin_version = "1"
name = "old"
trigger = {{ type = "http", base = "/" }}
[[component]]
id = "Old_One"
source = "{faults}"
[component.trigger]
route = "/headers/..."
"""


def test_first_version_of_the_manifest(manifest, start):
    server = start("up", cwd=manifest(FIRST))
    assert headers_of(server.ask("/headers"))["spin-component-route"] == "/headers"


PROFILE = """
spin_manifest_version = 2
[application]
name = "profiles"
[[trigger.http]]
route = "/..."
component = "a"
[component.a]
source = "absent.wasm"
profile.debug = {{ source = "{hello}" }}
"""


def test_profile(manifest, start, command):
    folder = manifest(PROFILE)
    assert start("up", "--profile", "debug", cwd=folder).ask("/").status == 200
    result = command("up", "--profile", "debag", cwd=folder)
    assert result.returncode == 65
    assert "no component has the profile 'debag'" in result.stderr


def test_a_mistake_in_the_manifest_is_shown(manifest, command):
    folder = manifest(ROUTES + "key_value_store = []\n")
    result = command("up", cwd=folder)
    line = len((folder / "spin.toml").read_text().splitlines())
    assert result.returncode == 65
    assert result.stderr == (
        f"withy: ./spin.toml:{line}:1: [component.b]: unknown key 'key_value_store'; "
        "did you mean 'key_value_stores'?\n  key_value_store = []\n  ^\n"
    )
