"""Real database servers on ports of their own, in folders of their own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from conftest import free_port


def unprivileged(folder: Path) -> dict:
    """Options of Popen: a database refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    shutil.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Server:
    """What the servers share: a folder, a process, a port that stays the same over restarts."""

    name = "server"

    def __init__(self):
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"withy-{self.name}-"))
        self.folder.chmod(0o755)
        self.as_user = unprivileged(self.folder)
        self.process: subprocess.Popen | None = None
        self.prepare()
        self.start()

    def run(self, *command: str, **options) -> None:
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=120, **self.as_user, **options)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(self.command(), cwd="/", stdout=log, stderr=log, **self.as_user)
        log.close()
        end = time.monotonic() + 60
        while not self.is_up():
            assert time.monotonic() < end and self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.05)

    def is_up(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def restart(self) -> None:
        self.end()
        self.start()

    def end(self) -> None:
        """As an operator ends it."""
        self.process.terminate()
        self.process.wait(30)

    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(Server):
    name = "postgres"

    def prepare(self) -> None:
        self.bin = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        (self.folder / "password").write_text("p w@d/1")
        self.run(
            str(self.bin / "initdb"), "-D", str(self.folder / "data"), "-U", "tester", "-A", "scram-sha-256", "--no-sync",
            "-E", "UTF8", "--locale=C", f"--pwfile={self.folder}/password",
        )  # fmt: skip
        key, certificate = self.folder / "server.key", self.folder / "server.crt"
        self.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        )  # fmt: skip
        key.chmod(0o600)

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder), "fsync": "off", "ssl": "on",
            "ssl_cert_file": f"{self.folder}/server.crt", "ssl_key_file": f"{self.folder}/server.key", "max_connections": "30",
        }  # fmt: skip
        options = [word for item in settings.items() for word in ("-c", "=".join(item))]
        return [str(self.bin / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *options]

    def is_up(self) -> bool:
        done = subprocess.run(
            [str(self.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)], timeout=30, check=False
        )
        return done.returncode == 0

    def end(self) -> None:
        self.process.send_signal(2)  # does not wait for clients
        self.process.wait(30)

    @property
    def url(self) -> str:
        return f"postgres://tester:p%20w%40d%2F1@127.0.0.1:{self.port}/postgres"

    def ask(self, statement: str) -> str:
        """One statement by a client of its own; the rows as lines."""
        done = subprocess.run(
            [str(self.bin / "psql"), "-X", "-A", "-t", "-c", statement, self.url], capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
