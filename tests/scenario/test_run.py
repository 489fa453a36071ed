"""`withy run`: commands in C (through the preview-1 adapter) and Rust."""

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
