"""Real database servers on ports of their own, in folders of their own."""

import base64
import json
import os
import subprocess
from pathlib import Path

from real_server import RealServer


class Database(RealServer):
    refuses_root = True

    def run(self, *command: str, **options) -> None:
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=120, **self.as_user, **options)
        assert done.returncode == 0, done.stdout + done.stderr

    def make_certificate(self) -> None:
        """server.key and server.crt, for the name localhost."""
        self.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-keyout", f"{self.folder}/server.key", "-out", f"{self.folder}/server.crt", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
        )  # fmt: skip
        (self.folder / "server.key").chmod(0o600)


class Postgres(Database):
    name = "postgres"

    def prepare(self) -> None:
        self.bin = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        (self.folder / "password").write_text("p w@d/1")
        self.run(
            str(self.bin / "initdb"), "-D", str(self.folder / "data"), "-U", "tester", "-A", "scram-sha-256", "--no-sync",
            "-E", "UTF8", "--locale=C", f"--pwfile={self.folder}/password",
        )  # fmt: skip
        self.make_certificate()

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder), "fsync": "off", "ssl": "on",
            "ssl_cert_file": f"{self.folder}/server.crt", "ssl_key_file": f"{self.folder}/server.key", "max_connections": "100",
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


class MariaDB(Database):
    name = "mariadb"

    def prepare(self) -> None:
        self.run(
            "mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data", "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )  # fmt: skip
        self.make_certificate()
        (self.folder / "init.sql").write_text(
            "CREATE DATABASE IF NOT EXISTS app CHARACTER SET utf8mb4;\n"
            "CREATE USER IF NOT EXISTS tester@'%' IDENTIFIED BY 'p w@d/1';\nGRANT ALL ON app.* TO tester@'%';\n"
        )

    def command(self) -> list[str]:
        return [
            "mariadbd", "--no-defaults", f"--datadir={self.folder}/data", f"--port={self.port}", "--bind-address=127.0.0.1",
            f"--socket={self.folder}/sock", f"--pid-file={self.folder}/pid", "--innodb-buffer-pool-size=16M",
            "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve", "--max-connections=100",
            f"--init-file={self.folder}/init.sql", f"--ssl-cert={self.folder}/server.crt", f"--ssl-key={self.folder}/server.key",
            "--max-allowed-packet=256M",
        ]  # fmt: skip

    @property
    def url(self) -> str:
        return f"mysql://tester:p%20w%40d%2F1@127.0.0.1:{self.port}/app"

    def ask(self, statement: str) -> str:
        """One statement by a client of its own, as root; the rows as lines."""
        done = subprocess.run(
            ["mariadb", "--no-defaults", "-u", "root", f"--socket={self.folder}/sock", "-N", "-B", "-e", statement],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class LibSQL(Database):
    """sqld; with `locked`, for bearers of a token by its key alone."""

    name = "libsql"
    refuses_root = False

    def __init__(self, *options: str, locked: bool = False):
        self.options = options
        self.locked = locked
        super().__init__()

    def prepare(self) -> None:
        if self.locked:
            self.run("openssl", "genpkey", "-algorithm", "ed25519", "-out", f"{self.folder}/key.pem")
            self.run("openssl", "pkey", "-in", f"{self.folder}/key.pem", "-pubout", "-out", f"{self.folder}/public.pem")

    @property
    def token(self) -> str:
        parts = [encoded(json.dumps(part).encode()) for part in ({"alg": "EdDSA", "typ": "JWT"}, {"a": "rw", "exp": 4102444800})]
        (self.folder / "token").write_text(".".join(parts))
        done = subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.folder / "key.pem", "-in", self.folder / "token"],
            capture_output=True, check=True,
        )  # fmt: skip
        return ".".join([*parts, encoded(done.stdout)])

    def command(self) -> list[str]:
        lock = ["--auth-jwt-key-file", f"{self.folder}/public.pem"] if self.locked else []
        return [
            os.environ["WITHY_SQLD"], "--no-welcome", "-d", f"{self.folder}/data", "--http-listen-addr", f"127.0.0.1:{self.port}",
            *lock, *self.options,
        ]  # fmt: skip

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"
