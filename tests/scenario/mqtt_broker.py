"""A real MQTT broker on a port of its own, and listening to it."""

import subprocess

from real_server import RealServer


class Broker(RealServer):
    """mosquitto; `lines` are added to its configuration."""

    name = "mqtt"

    def __init__(self, *lines: str, user: str | None = None, password: str = ""):
        self.lines = lines
        self.login = (user, password) if user else None
        self.listeners: list[subprocess.Popen] = []
        super().__init__()

    def prepare(self) -> None:
        login = ["allow_anonymous true"]
        if self.login:
            secrets = self.folder / "passwords"
            subprocess.run(["mosquitto_passwd", "-c", "-b", str(secrets), *self.login], check=True)
            login = ["allow_anonymous false", f"password_file {secrets}"]
        text = [f"listener {self.port} 127.0.0.1", "persistence false", "user root", *login, *self.lines]
        (self.folder / "conf").write_text("\n".join(text) + "\n")

    def command(self) -> list[str]:
        return ["mosquitto", "-c", str(self.folder / "conf")]

    def stop(self) -> None:
        super().stop()
        for listener in self.listeners:
            listener.kill()
            listener.wait(10)

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
