"""What the real servers that tests start have in common: a process, in a folder and on a port of its own."""

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


class RealServer:
    """Runs from the start until `stop`, and nothing of it is left then; the port stays the same over restarts. A class
    of its own says what the `command` is, and may `prepare` the folder."""

    name = "server"
    refuses_root = False

    def __init__(self, port: int | None = None):
        self.port = port or free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"withy-{self.name}-"))
        self.folder.chmod(0o755)
        self.as_user = unprivileged(self.folder) if self.refuses_root else {}
        self.process: subprocess.Popen | None = None
        self.prepare()
        self.start()

    def prepare(self) -> None:
        pass

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(self.command(), cwd="/", stdout=log, stderr=log, **self.as_user)
        log.close()
        end = time.monotonic() + 60
        while not self.is_up():
            assert time.monotonic() < end and self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.02)

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
