"""A page of the documentation as a person reads it: command lines are typed in, in order, in one folder.

Commands are in fences marked `sh`, and in other blocks of which a line begins with a program. A server (`withy up`, `serve`,
`watch`, `build --up`) runs until the next one begins or the page ends; a comment behind a line with curl is what the
answer begins with."""

import os
import re
import shlex
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = {
    "withy", "build/withy", "./do", "./build", "curl", "git", "cc", "cmake", "sudo", "rustup", "cargo", "npm", "pip",
    "wasm-tools", "systemctl", "docker", "redis-cli", "tests/scenario/run", "tests/guests/build", "bench/run", "target/embed",
    "target/serve", ".",
}  # fmt: skip
SERVERS = {"up", "serve", "watch"}


@dataclass
class Command:
    line: int  # of the page, from 1
    text: str  # one line, or more with a here-document

    @property
    def words(self) -> list[str]:
        first = self.text.split("\n")[0]
        words = shlex.split(re.sub(r"\s#( .*)?$", "", first).replace("<<'END'", ""))
        while words and re.match(r"[A-Z_]+=", words[0]):
            words.pop(0)
        return words

    @property
    def expected(self) -> str | None:
        match = re.search(r"\s# (.*)$", self.text) if self.words[:1] == ["curl"] else None
        return match and match[1]

    @property
    def is_server(self) -> bool:
        words = self.words
        if words[0] not in ("withy", "build/withy"):
            return False
        return words[1] in SERVERS or (words[1] == "build" and bool({"--up", "-u"} & set(words)))


def split_commands(lines: list[tuple[int, str]]) -> list[Command]:
    """Lines of a shell, those of a here-document and those behind a backslash together."""
    commands, end = [], None
    for number, line in lines:
        if end is not None or (commands and commands[-1].text.endswith("\\")):
            commands[-1].text += "\n" + line
            if line == end:
                end = None
        elif line.strip() and not line.startswith("#"):
            commands.append(Command(number, line))
            here = re.search(r"<<'?(\w+)'?", line)
            end = here and here[1]
    return commands


def first_word(line: str) -> str:
    return re.sub(r"^(\$ )?([A-Z_]+=\S+ )*", "", line).split(" ")[0]


def begins_a_program(block: list[tuple[int, str]]) -> bool:
    return any(first_word(text) in PROGRAMS for _, text in block)


def commands_of(page: Path) -> list[Command]:
    """All that are in the page."""
    commands: list[Command] = []
    block: list[tuple[int, str]] = []
    fence = None
    for number, line in enumerate([*page.read_text().splitlines(), ""], 1):
        if fence is not None:
            if line.startswith("```"):
                if fence == "sh" or (not fence and begins_a_program(block)):
                    commands += split_commands(block)
                block, fence = [], None
            else:
                block.append((number, line))
        elif line.startswith("```"):
            fence = line[3:].strip()
        elif line.startswith("    "):
            block.append((number, line[4:]))
        elif block:
            if begins_a_program(block):
                commands += split_commands(block)
            block = []
    return commands


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Terminal:
    """Where the command lines of one page are typed."""

    def __init__(self, folder: Path, env: dict[str, str]):
        self.cwd = folder
        self.ports: dict[str, int] = {}
        self.server: subprocess.Popen | None = None
        self.log = folder / ".log"
        (folder / ".curlrc").write_text("silent\nshow-error\nfail\nmax-time = 600\n")
        self.env = {**os.environ, **env, "CURL_HOME": str(folder)}
        self.env["SPIN_HTTP_LISTEN_ADDR"] = f"127.0.0.1:{self.port('3000')}"

    def port(self, written: str) -> int:
        return self.ports.setdefault(written, free_port())

    def typed(self, text: str) -> str:
        """The line with ports that are free here."""
        return re.sub(r"\b(127\.0\.0\.1|localhost):(\d{4,5})\b", lambda m: f"127.0.0.1:{self.port(m[2])}", text)

    def type(self, command: Command) -> None:
        text = self.typed(command.text)
        if command.is_server:
            self.serve(text, command)
        else:
            done = subprocess.run(
                ["bash", "-e", "-c", f"{text}\npwd >{shlex.quote(str(self.log))}.cwd"],
                cwd=self.cwd, env=self.env, capture_output=True, text=True, timeout=900,
            )  # fmt: skip
            said = f"{command.text}\n{done.stdout}{done.stderr}"
            assert done.returncode == 0, said + self.server_log()
            if command.expected:
                assert done.stdout.startswith(command.expected), said
            self.cwd = Path(Path(f"{self.log}.cwd").read_text().rstrip("\n"))

    def server_log(self) -> str:
        return f"\n--- server ---\n{self.log.read_text()}" if self.log.exists() else ""

    def serve(self, text: str, command: Command) -> None:
        self.end_server()
        addresses = re.findall(r"127\.0\.0\.1:(\d+)(?![/\d])", text)  # not of a registry
        if not addresses and "serve" in command.words:
            text += f" --addr 127.0.0.1:{self.port('3000')}"
        port = int(addresses[0]) if addresses else self.port("3000")
        with open(self.log, "w") as log:
            self.server = subprocess.Popen(
                ["bash", "-c", f"exec {text}"], cwd=self.cwd, env=self.env, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + 900
        while True:
            assert self.server.poll() is None and time.monotonic() < end, f"{text} does not serve{self.server_log()}"
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)

    def end_server(self) -> None:
        server, self.server = self.server, None
        if not server:
            return
        server.send_signal(signal.SIGTERM)
        try:
            status = server.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(10)
            raise
        assert status == 0, f"it ended with {status}{self.server_log()}"

    def close(self) -> None:
        """What is left after a failure."""
        if self.server and self.server.poll() is None:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait(10)
