"""A trigger as Spin has them, a program of its own: `write(folder, name, ...)` makes one that notes what it is told.

Each start is a line of JSON in its notes: arguments, environment, the application as it was given, and how it ended."""

import json
import sys
import time
from pathlib import Path

PROGRAM = '''#!{python}
import json, os, signal, subprocess, sys, time
notes = {notes!r}
behaviour = {behaviour!r}

def note(**more):
    with open(notes, "a") as file:
        file.write(json.dumps(more) + "\\n")

if sys.argv[1:] == ["--launch-metadata-only"]:
    note(event="metadata", env=dict(os.environ))
    if "metadata" in behaviour:
        if behaviour["metadata"] == "hang":
            time.sleep(100)
        sys.stderr.write(behaviour["metadata"])
        sys.exit(0)
    flags = [{{"long": flag}} for flag in behaviour.get("flags", [])] + [{{"short": "-q", "long": "--quiet"}}]
    sys.stderr.write(json.dumps({{"all_flags": flags}}))
    sys.exit(0)
if sys.argv[1:] == ["--help-args-only"]:
    print("  --{type}-option    what the trigger says of itself")
    sys.exit(0)

def on_signal(number, frame):
    note(event="signal", number=number)
    if not behaviour.get("ignores"):
        sys.exit(behaviour.get("stop_status", 0))

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, on_signal)
url = os.environ["SPIN_LOCKED_URL"]
assert url.startswith("file://")
with open(url[7:]) as file:
    app = json.load(file)
if behaviour.get("child"):
    child = subprocess.Popen(["sleep", "1000"])
    note(event="child", pid=child.pid)
note(event="start", pid=os.getpid(), args=sys.argv[1:], env=dict(os.environ), app=app, cwd=os.getcwd())
print("{type} is running", flush=True)
if "lives" in behaviour:
    time.sleep(behaviour["lives"])
    if behaviour.get("signal"):
        os.kill(os.getpid(), behaviour["signal"])
    sys.exit(behaviour.get("status", 0))
while True:
    signal.pause()
'''


class Trigger:
    def __init__(self, path: Path, notes: Path):
        self.path = path
        self.notes = notes

    def events(self, kind: str) -> list[dict]:
        lines = self.notes.read_text().splitlines(keepends=True) if self.notes.exists() else []
        whole = [line for line in lines if line.endswith("\n")]  # the last may still be written
        return [event for event in map(json.loads, whole) if event["event"] == kind]

    def wait_for(self, kind: str, count: int = 1, timeout: float = 30) -> dict:
        end = time.monotonic() + timeout
        while len(self.events(kind)) < count:
            assert time.monotonic() < end, f"no {count} times {kind!r}: {self.notes.read_text() if self.notes.exists() else ''}"
            time.sleep(0.02)
        return self.events(kind)[count - 1]


def write(folder: Path, name: str, notes: Path, **behaviour) -> Trigger:
    """The program `folder/name`, for the trigger type behind "trigger-" in its name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    kind = name.split("trigger-")[1]
    path.write_text(PROGRAM.format(python=sys.executable, notes=str(notes), behaviour=behaviour, type=kind))
    path.chmod(0o755)
    return Trigger(path, notes)
