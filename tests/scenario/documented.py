"""What the command says about itself: its verbs and their options."""

import functools
import re
import subprocess


@functools.cache
def help_of(withy: str, verb: str) -> str:
    return subprocess.run([withy, *verb.split(), "--help"], capture_output=True, text=True, check=True).stdout


def listed(text: str) -> list[str]:
    return re.findall(r"^  ([a-z]+) ", text.partition("\nVerbs:\n")[2], flags=re.M)


@functools.cache
def verbs_of(withy: str) -> tuple[str, ...]:
    """All verbs that do something; of those that only hold others ("registry"), the others ("registry push")."""
    verbs = []
    for verb in listed(help_of(withy, "")):
        below = listed(help_of(withy, verb))
        verbs += [f"{verb} {name}" for name in below] or [verb]
    return tuple(verbs)


@functools.cache
def options_of(withy: str, verb: str) -> frozenset[str]:
    """Options in the help of a verb, short and long."""
    lines = [line for line in help_of(withy, verb).splitlines() if line.startswith("  ")]
    return frozenset(option for line in lines for option in re.findall(r"(?:^| )(--?[a-zA-Z][\w-]*)", line[:30]))
