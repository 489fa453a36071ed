"""A real MQTT broker on a port of its own, and listening to it."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from conftest import free_port, wait_until_listening


class Broker:
    """mosquitto; `lines` are added to its configuration."""

    def __init__(self, *lines: str, user: str | None = None, password: str = ""):
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="withy-mqtt-"))
        login = ["allow_anonymous true"]
        if user:
            secrets = self.folder / "passwords"
            subprocess.run(["mosquitto_passwd", "-c", "-b", str(secrets), user, password], check=True)
            login = ["allow_anonymous false", f"password_file {secrets}"]
        text = [f"listener {self.port} 127.0.0.1", "persistence false", "user root", *login, *lines]
        (self.folder / "conf").write_text("\n".join(text) + "\n")
        self.listeners: list[subprocess.Popen] = []
        self.start()

    def start(self) -> None:
        command = ["mosquitto", "-c", str(self.folder / "conf")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until_listening(self.port, self.process)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        self.kill()
        for listener in self.listeners:
            listener.kill()
            listener.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def listen(self, count: int, topic: str = "#", qos: int = 2, login=()) -> "Listener":
        """The next `count` messages."""
        command = ["stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.port), "-t", topic, "-q", str(qos), "-d"]
        process = subprocess.Popen(
            [*command, "-C", str(count), "-F", "MESSAGE %q %t %p", *login], stdout=subprocess.PIPE, text=True
        )
        self.listeners.append(process)
        for line in process.stdout:
            if "received SUBACK" in line:
                break
        return Listener(process)

    def publish(self, topic: str, payload: str, qos: int = 0, login=()) -> None:
        command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-t", topic, "-m", payload, "-q", str(qos)]
        subprocess.run([*command, *login], check=True, timeout=20)


class Listener:
    def __init__(self, process: subprocess.Popen):
        self.process = process

    def messages(self, timeout: float = 20) -> list[str]:
        """"QOS TOPIC PAYLOAD" each, once all have come."""
        out, _ = self.process.communicate(timeout=timeout)
        return [line.removeprefix("MESSAGE ") for line in out.splitlines() if line.startswith("MESSAGE ")]
