"""Allocations that fail while a real command is loaded and run: an error each time, nothing lost."""

import os
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT

TORTURE = Path(os.environ.get("WITHY_BIN", ROOT / "build/withy")).parent / "tests" / "torture"


@pytest.mark.parametrize(
    "name, args", [("cli", ["args", "one", "two"]), ("cli", ["env"]), ("cli", ["trap"]), ("cli-rs", ["map"])]
)
def test_a_command_survives_every_failing_allocation(guest, name, args):
    if not TORTURE.exists():
        pytest.skip(f"{TORTURE} was not built")
    done = subprocess.run(
        [TORTURE, "--run", guest(name), *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=600,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:]
