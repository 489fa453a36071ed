"""Binaries whose validity is compared: generated components with some bytes changed."""

import re

from binary import section

# What the reference refuses though it is valid: a resource that is exported with (type (eq $r)).
SAME_RESOURCE = re.compile(
    r"resource types are not the same \(ResourceId \{ globally_unique_id: (\d+), [^}]*\} vs\. "
    r"ResourceId \{ globally_unique_id: \1,"
)


def nested(content):
    """A component that holds another and does nothing with it: what only a root may not have is
    then not in the way."""
    return b"\0asm\x0d\0\1\0" + section(4, content)


def sections(content):
    """(number, body) of each section of a component or module."""
    at, out = 8, []
    while at < len(content):
        number, size, shift = content[at], 0, 0
        at += 1
        while True:
            size |= (content[at] & 0x7F) << shift
            shift += 7
            at += 1
            if not content[at - 1] & 0x80:
                break
        out.append((number, bytes(content[at : at + size])))
        at += size
    return out


def joined(parts):
    return b"\0asm\x0d\0\1\0" + b"".join(section(number, body) for number, body in parts)


def _changed_bytes(body, rng):
    body = bytearray(body)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(body)) if body else 0
        choice = rng.random()
        if not body or choice < 0.1:
            body[at:at] = bytes([rng.getrandbits(8)])
        elif choice < 0.2:
            del body[at]
        elif choice < 0.6:  # a small number, as most are
            body[at] = max(0, min(255, body[at] + rng.choice([-2, -1, 1, 2])))
        elif choice < 0.8:
            body[at] = rng.choice(range(0x10)) if rng.random() < 0.5 else rng.randrange(0x60, 0x80)
        else:
            body[at] = rng.getrandbits(8)
    return bytes(body)


def mutated(content, rng):
    """Changes sections of a component, or one that is nested in it, not core modules."""
    parts = sections(content)
    if not parts:
        return content
    inner = [i for i, (number, _) in enumerate(parts) if number == 4]
    if inner and rng.random() < 0.4:
        at = rng.choice(inner)
        parts[at] = (4, mutated(parts[at][1], rng))
        return joined(parts)
    at = rng.randrange(len(parts))
    choice = rng.random()
    if choice < 0.1:
        del parts[at]
    elif choice < 0.2:
        parts.insert(rng.randrange(len(parts) + 1), parts[at])
    elif choice < 0.3:
        other = rng.randrange(len(parts))
        parts[at], parts[other] = parts[other], parts[at]
    else:
        able = [i for i, (number, _) in enumerate(parts) if number not in (1, 4)]
        if able:
            at = rng.choice(able)
            parts[at] = (parts[at][0], _changed_bytes(parts[at][1], rng))
    return joined(parts)


def difference(ours, theirs):
    """What differs between two verdicts, None being none: the binary is valid. A proposal that is
    not switched on here (UNSUPPORTED), or a limit, is no difference."""
    if (ours is None) == (theirs is None):
        return None
    if ours and ours.startswith(("UNSUPPORTED", "LIMIT")):
        return None
    if theirs and SAME_RESOURCE.search(theirs):
        return None
    return f"here: {ours or 'valid'}; there: {theirs or 'valid'}"
