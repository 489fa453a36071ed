"""wasi:sockets through Rust's std::net: TCP both ways, datagrams, names, and what is refused."""

import socket
import subprocess
import threading
import time

import pytest


@pytest.fixture
def net(command, guest):
    return lambda *args, flags=("--network",), **options: command(
        "run", *flags, guest("net-rs"), *map(str, args), **options
    )


@pytest.fixture
def server():
    """server(handle): accepts on a port of its own and calls handle(connection) for each, on a thread."""
    listeners = []

    def start(handle, family=socket.AF_INET, host="127.0.0.1"):
        listener = socket.create_server((host, 0), family=family)
        listeners.append(listener)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for listener in listeners:
        listener.close()


def echo(connection):
    with connection:
        while data := connection.recv(5000):
            connection.sendall(data)


def test_a_client_talks_to_a_server(net, server):
    port = server(echo)
    done = net("talk", f"127.0.0.1:{port}", "hello")
    assert done.stdout.splitlines() == [f"peer 127.0.0.1:{port} family 4", "hello"], done.stderr
    assert net("talk", f"localhost:{port}", "hi").stdout.splitlines()[1] == "hi"


def test_ipv6(net, server):
    try:
        port = server(echo, socket.AF_INET6, "::1")
    except OSError:
        pytest.skip("there is no IPv6 here")
    done = net("talk", f"[::1]:{port}", "hello")
    assert done.stdout.splitlines() == [f"peer [::1]:{port} family 6", "hello"], done.stderr


def test_a_slow_reader_gets_everything(net, server):
    def slow(connection):
        with connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20000)
            data, position, right = b"", 0, True
            while data := connection.recv(70000):
                time.sleep(0.001)
                right &= data == bytes((position + i) % 100000 % 251 for i in range(len(data)))
                position += len(data)
            connection.sendall(f"{position} {right}".encode())

    assert net("pour", f"127.0.0.1:{server(slow)}", 3_000_000).stdout == "3000000 True\n"


def test_much_is_read(net, server):
    def pour(connection):
        with connection:
            connection.sendall(bytes(i % 251 for i in range(251 * 20000)))

    assert net("drink", f"127.0.0.1:{server(pour)}").stdout == f"{251 * 20000}\n"


def test_a_reset_is_an_error(net, server):
    def reset(connection):
        connection.recv(5)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    done = net("talk", f"127.0.0.1:{server(reset)}", "hello")
    assert done.returncode == 1 and done.stdout.splitlines()[-1].startswith("error ")


def test_nobody_listens(net):
    done = net("talk", "127.0.0.1:1", "x")
    assert (done.returncode, done.stdout) == (1, "error ConnectionRefused\n")


def test_a_guest_listens(withy, guest):
    command = [withy, "run", "--network", guest("net-rs"), "listen", "127.0.0.1:0", "3"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        for i in range(3):
            with socket.create_connection(("127.0.0.1", port), 10) as connection:
                connection.sendall(b"x" * 5000)
                connection.shutdown(socket.SHUT_WR)
                answer = b""
                while data := connection.recv(9000):
                    answer += data
                assert answer == b"x" * 5000
        assert process.wait(20) == 0
        assert process.stdout.read() == "from 127.0.0.1\n" * 3
    finally:
        process.kill()
        process.stdout.close()


def test_an_address_in_use(net, server):
    port = server(echo)
    assert net("listen", f"127.0.0.1:{port}", 1).stdout == "error AddrInUse\n"
    assert net("listen", "203.0.113.1:0", 1).stdout == "error AddrNotAvailable\n"


def test_datagrams(net):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(20)

        def answer():
            for _ in range(4):
                data, sender = peer.recvfrom(70000)
                peer.sendto(data.upper(), sender)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        at = f"127.0.0.1:{peer.getsockname()[1]}"
        done = net("datagrams", "127.0.0.1:0", at)
        assert done.stdout.splitlines() == [
            f"FIRST from {at}",
            "SECOND",
            "empty 0",
            "large 9000",
            "too large: true",
        ], done.stderr
        thread.join(5)


def test_options_and_not_waiting(net):
    assert net("options").stdout.splitlines() == [
        "ttl 42",
        "timeout Err(WouldBlock)",
        "accept Err(WouldBlock)",
        "read Err(WouldBlock)",
        "write WouldBlock after some: true",
        "all arrived: true",
    ]


def test_names(net):
    assert "127.0.0.1" in net("names", "localhost").stdout.splitlines()
    assert net("names", "127.0.0.1").stdout == "127.0.0.1\n"
    assert net("names", "no-such-name.invalid").returncode == 1


def test_without_the_network_everything_is_refused(net, server):
    port = server(echo)
    for what in (("talk", f"127.0.0.1:{port}", "x"), ("listen", "127.0.0.1:0", 1), ("names", "localhost")):
        done = net(*what, flags=())
        assert (done.returncode, done.stdout) == (1, "error PermissionDenied\n")
        assert "to allow it, give it the network: --network" in done.stderr
