"""`withy run`: commands in C (through the preview-1 adapter) and Rust."""

import socket
import time

import pytest


@pytest.fixture
def cli(command, guest):
    return lambda *args, flags=(), **options: command("run", *flags, guest("cli"), *args, **options)


@pytest.fixture
def rust(command, guest):
    return lambda *args, flags=(), **options: command("run", *flags, guest("cli-rs"), *args, **options)


def test_arguments(cli):
    done = cli("args", "one", "two words", "", "--flag", "-x")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("0 ")
    assert lines[1:] == ["1 args", "2 one", "3 two words", "4 ", "5 --flag", "6 -x"]


def test_environment(cli):
    assert cli("env", env={"SECRET": "s"}).stdout == ""
    done = cli("env", flags=["--env", "ONE=1", "--env", "TWO=2"])
    assert sorted(done.stdout.splitlines()) == ["ONE=1", "TWO=2"]


def test_what_is_no_text_is_refused(command, guest):
    for flags, text in [
        ([guest("cli"), "args", b"\xff"], "an argument is not valid UTF-8"),
        (["--env", b"NAME=\xff", guest("cli"), "env"], "the environment variable NAME is not valid UTF-8"),
        (["--config", b"name=\xff", guest("cli"), "env"], "the setting name is not valid UTF-8"),
    ]:
        done = command("run", *flags)
        assert done.returncode != 0 and text in done.stderr, done.stderr


def test_standard_streams(cli):
    data = "".join(f"line {n}\n" for n in range(50000))
    done = cli("copy", stdin=data)
    assert done.returncode == 0
    assert done.stdout == data
    failed = cli("no-such-action")
    assert failed.stderr.endswith("unknown action\n")
    assert failed.stdout == ""


def test_exit_code(cli):
    done = cli("exit", "1")
    assert (done.returncode, done.stdout) == (1, "leaving\n")
    assert cli("exit", "0").returncode == 0


def test_trap(cli):
    done = cli("trap")
    assert done.returncode == 134
    assert "unreachable" in done.stderr
    assert "do_trap" in done.stderr


def test_files(cli, tmp_path):
    done = cli("files", "/data", flags=["--dir", f"{tmp_path}::/data"])
    assert done.stderr == ""
    assert done.stdout == "word two size 14\nsize 18 kind file\ndone\n"
    assert list(tmp_path.iterdir()) == []


def test_list(cli, tmp_path):
    (tmp_path / "sub").mkdir()
    for n in range(1000):
        (tmp_path / f"file{n}").touch()
    done = cli("list", "/data", flags=["--dir", f"{tmp_path}::/data"])
    assert sorted(done.stdout.splitlines()) == sorted(["sub/"] + [f"file{n}" for n in range(1000)])


def test_no_file_without_a_folder(cli):
    done = cli("read", "/etc/passwd")
    assert done.returncode == 1
    assert "root:" not in done.stdout


def test_clock_and_random(cli):
    lines = cli("clock").stdout.splitlines()
    assert abs(int(lines[0]) - time.time()) < 5
    assert lines[1] == "slept"
    assert cli("random").stdout != cli("random").stdout


def test_not_a_terminal(cli):
    assert cli("tty").stdout == "0 0 0\n"


def test_rust(rust, tmp_path):
    (tmp_path / "outside.txt").write_text("x")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "n").touch()
    (inside / "d").mkdir()
    flags = ["--dir", f"{inside}::/data", "--env", "A=b"]
    assert rust("args", "x", flags=flags).stdout.splitlines()[1:] == ["args", "x"]
    assert rust("env", flags=flags).stdout == "A=b\n"
    assert rust("list", "/data", flags=flags).stdout == "d/\nn\n"
    assert rust("files", "/data", flags=flags).stdout == "14 bytes\n3 lines\nNotFound\nPermissionDenied\n"
    assert rust("lines", stdin="one\ntwo\n").stdout == "2 lines, 6 bytes\n"
    assert rust("time").stdout.splitlines()[1] == "slept true"
    assert rust("map").stdout == "a=1 bb=2 ccc=3\n"
    assert rust("exit", "1").returncode == 1


def test_rust_panic(rust):
    done = rust("panic")
    assert done.returncode == 134
    assert "on purpose" in done.stderr


def test_http_component_is_not_a_command(command, guest):
    done = command("run", guest("hello"))
    assert done.returncode != 0
    assert "wasi:cli/run" in done.stderr
    assert "withy serve" in done.stderr


def test_closed_output_ends_the_command(withy, guest):
    import subprocess

    pipe = f"yes | head -c 50000000 | {withy} run {guest('cli')} copy | head -c 10"
    done = subprocess.run(["sh", "-c", pipe], capture_output=True, timeout=60)
    assert done.stdout == b"y\n" * 5


# --- what the command line grants ---


@pytest.fixture
def more(command, guest):
    return lambda *args, flags=(), **options: command("run", *flags, guest("command"), *args, **options)


def test_key_value_in_a_file_outlives_the_command(more, tmp_path):
    flags = ["--kv", str(tmp_path / "store.db")]
    assert more("get", "colour", flags=flags).stdout == "none\n"
    assert more("set", "colour", "green", flags=flags).returncode == 0
    assert more("get", "colour", flags=flags).stdout == "green\n"
    other = more("get", "colour", flags=["--kv", str(tmp_path / "other.db")])
    assert (other.returncode, other.stdout) == (0, "none\n")


def test_key_value_without_a_file_ends_with_the_command(more):
    assert more("set", "colour", "green").returncode == 0
    assert more("get", "colour").stdout == "none\n"


def test_key_value_in_a_file_that_cannot_be_one(more, tmp_path):
    """The store is opened when a guest asks for it: it is the guest that is told."""
    done = more("get", "colour", flags=["--kv", str(tmp_path)])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("key-value error ") and str(tmp_path) in done.stderr


def test_settings(more):
    flags = ["--config", "greeting=hello there", "--config", "empty="]
    assert more("config", "greeting", flags=flags).stdout == "hello there\n"
    assert more("config", "empty", flags=flags).stdout == "\n"
    assert more("config", "other", flags=flags).stdout == "none\n"


def test_outgoing_http(more, serve):
    host = serve("faults")
    done = more("fetch", f"http://127.0.0.1:{host.port}/status?code=203")
    assert (done.returncode, done.stdout.splitlines()[0], done.stderr) == (0, "203", "")
    done = more("fetch", f"http://127.0.0.1:{host.port}/big?bytes=3000000")
    status, body = done.stdout.split("\n", 1)
    assert (status, len(body)) == ("200", 3000000)


def test_outgoing_http_to_nobody(more):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens
        done = more("fetch", f"http://127.0.0.1:{closed.getsockname()[1]}/")
    assert (done.returncode, done.stdout) == (1, "")
    assert "http error" in done.stderr


# --- limits that count for all memories, and all tables, of an instance ---

MIB = 1 << 20


def test_memory_of_two_modules_counts_together(command, guest, counts_together):
    assert command("run", "--max-memory", str(80 * MIB), guest("memories")).returncode == 0
    done = command("run", "--max-memory", str(48 * MIB), guest("memories"))
    if counts_together:
        assert done.returncode == 134
        assert f"limit of {48 * MIB} bytes for all memories" in done.stderr
        assert "second_must_grow" in done.stderr
    else:
        assert done.returncode == 0, "32 MiB each, and each may have 48"
    done = command("run", "--max-memory", str(16 * MIB), guest("memories"))
    assert done.returncode == 134
    assert "first_must_grow" in done.stderr


def test_elements_of_two_tables_count_together(command, guest, counts_together):
    done = command("run", guest("tables"))
    if counts_together:
        assert done.returncode == 134
        assert "limit of 1000000 elements for all tables" in done.stderr
        assert "first_must_grow_again" in done.stderr
    else:
        assert done.returncode == 0, "800,000 and 400,000, and each may have 1,000,000"


def test_exports_of_another_type_are_not_called(command, guest):
    done = command("run", guest("odd"))
    assert (done.returncode, "does not export wasi:cli/run" in done.stderr) == (65, True)
    done = command("serve", "--addr", "127.0.0.1:0", guest("odd"))
    assert (done.returncode, "with a function of another type" in done.stderr) == (69, True)
    assert command("call", guest("odd"), "wasi:cli/run@0.2.0#run(2, 3)").stdout == "5\n"
