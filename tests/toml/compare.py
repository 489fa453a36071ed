#!/usr/bin/env python3
"""Gives the same TOML documents to toml-json (ours) and to tomllib and compares trees and refusals.

Usage: compare.py PATH-OF-toml-json [SEED [COUNT]]. The documents are the files of tests/fuzz/toml,
the hand-written ones below, and random ones: generated valid, then damaged."""
import datetime
import json
import math
import pathlib
import random
import re
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent

VALID = [
    "", "\n", "# only a comment", "a = 1", "a=1\r\nb=2\r\n", "a.b.c = 1\na.b.d = 2\na.e = 3",
    "[a]\n[b]\nx=1", "[a.b.c]\nz=1\n[a]\ny=2\n[a.b]\nx=3", "[[a]]\n[[a]]\nx=1\n[a.b]\ny=1\n[[a.c]]\n",
    "[a]\nb.c = 1\n[a.d]\ne = 1\n[a.b.x]\ny = 1", "[a.b]\n[a]\nc = 1", "[a.b.c]\nz=9\n[a]\nb.x=1",
    "'' = 1\n\"\\u00e9\" = 2\n' a ' = 3\n3 = 2\n1.2 = 3\n- = 4\n_ = 5",
    "s = \"\\b\\t\\n\\f\\r\\\"\\\\ \\u00E9 \\U0001F600\"", "s = 'C:\\new'", 's = """a\nb"""',
    's = """\n  a\\\n   \n  b"""', "s = '''\nI'm\n'''", 's = """a"" b"""""', "s = '''''x'''''",
    's = """\\""""""', 's = """""""', 's = """"""""', "s = ''''a''''", 's = """a\r\nb"""',
    "i = [0, -0, +0, 1_000, -17, 0xDEAD_beef, 0o755, 0b1101, 9223372036854775807, -9223372036854775808]",
    "f = [1.0, -0.0, 6.626e-34, 1e06, 5e+22, 224_617.445_991_228, inf, -inf, +inf, 123e-5, 1E1]",
    "f = [nan, +nan, -nan]", "b = [true, false]",
    "d = [1979-05-27T07:32:00Z, 1979-05-27 07:32:00.999999-07:00, 1979-05-27T07:32:00, 1979-05-27, 07:32:00, 00:00:00.5]",
    "d = 1979-05-27 # 07", "d = 2000-02-29", "a = [ [1, 2], ['a', {b = 1}], ]", "a = [\n1, # c\n2\n,\n]",
    "t = {}", "t = { a = 1, b.c = 2, b.d = { e = [] } }", "[a]\n[a.b]\n[c]\n[a.d]", "[ a . b ]\nx = 1",
    "a . b = 1", "\"a\".'b'.c = 1", "[[a.b]]\n[a]\nx=1", "a = { b = 1 } # c", "[a.a.a]\n[a.a]\n[a]",
    "[[a]]\n[a.b]\n[[a]]\n[a.b]\nx=1", "\ta\t=\t1\t", "[x]\na.b=1\na.c=1",
    "a = 1\n[b]\n[[c.d]]\ne=1\n[[c.d]]\n[c.d.f]\ng={h=1}", "a=[{b=1},{c=2}]", "[a.'b.c']\nx=1",
]

INVALID = [
    "a", "a =", "= 1", "a = 1 b = 2", "a = 1\na = 2", "a = 1\na.b = 2", "a.b = 1\na = 2",
    "[a]\n[a]", "[a]\nb=1\n[a.b]", "[a]\nb.c=1\n[a.b]", "a.b=1\n[a]", "[a.b.c]\n[a]\nb.c.t=1",
    "[a.b.c.d]\nz=9\n[a]\nb.c.d.k.t=1", "a=[]\n[[a]]", "a=[{}]\n[a.b]", "[[a]]\n[a]", "[a]\n[[a]]",
    "[a.b]\n[[a]]", "a={}\na.b=1", "a={}\n[a.b]", "a={b={}}\n[a.b.c]", "a={b=1,b=2}", "a={b.c=1,b=2}",
    "a={b=1,}", "a={b=1\n}", "a={b={c=1},b.d=2}", "a={,}", "a=[,]", "a=[1 2]", "a=[1,,2]", "a=[", "a={",
    "[a", "[a]]", "[[a]", "[]", "[a.]", "[.a]", "[a..b]", "a..b=1", "[[a] ]", "[ [a]]", "[a] b=1",
    "a=\"", "a='", "a=\"\n\"", 'a="""', "a='''", 'a="\\x"', 'a="\\ud800"', 'a="\\U00110000"', 'a="\\u12"',
    'a="\x01"', "a='\x7f'", "# \x01", "a=\"\"\"\\ x\"\"\"", 'a=""""""""""', "a='''a''''''",
    '"""a"""=1', "a=01", "a=1_", "a=_1", "a=1__0", "a=0x", "a=0x_1", "a=+0x1", "a=0X1", "a=0o8", "a=0b2",
    "a=1.", "a=.1", "a=1.e1", "a=1e", "a=1_.0", "a=1._0", "a=1e1.0", "a=00.1", "a=tru", "a=True", "a=nan1",
    "a=1979-5-27", "a=1979-13-01", "a=1979-02-30", "a=1900-02-29", "a=24:00:00", "a=07:60:00", "a=07:32",
    "a=1979-05-27T", "a=1979-05-27T07:32", "a=1979-05-27T07:32:00.", "a=1979-05-27T07:32:00+24:00",
    "a=1979-05-27T07:32:00+0100", "a=07:32:00Z", "a = b", "a\n= 1", "a = \n1", "a=1\rb=2", "\r", "a b = 1",
    "a = 'x' 'y'", "\u00e9 = 1", "[a]\nx={}\n[a.x.y]", "a=1979-05-27  07:32:00", "[[a.b]]\n[a]\nb.y=2",
    "a=[1]\n[a]", "a = 1,", "a = #", "[a]#\n[a]#",
]


def canon(value):
    """tomllib's tree in the form that toml-json prints."""
    if isinstance(value, bool) or isinstance(value, str):
        return value
    if isinstance(value, int):
        return ["i", str(value)]
    if isinstance(value, float):
        return ["f", "nan" if math.isnan(value) else value]
    if isinstance(value, datetime.datetime):
        text = value.strftime("%Y").zfill(4) + value.strftime("-%m-%dT%H:%M:%S.%f")
        if value.tzinfo:
            offset = int(value.utcoffset().total_seconds()) // 60
            text += f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
        return ["d", text]
    if isinstance(value, datetime.date):
        return ["d", value.strftime("%Y").zfill(4) + value.strftime("-%m-%d")]
    if isinstance(value, datetime.time):
        return ["d", value.strftime("%H:%M:%S.%f")]
    if isinstance(value, list):
        return ["a", [canon(v) for v in value]]
    return {k: canon(v) for k, v in value.items()}


def floats(value):
    """Turns the hexadecimal floats of toml-json into numbers."""
    if isinstance(value, dict):
        return {k: floats(v) for k, v in value.items()}
    if isinstance(value, list) and value[0] == "a":
        return ["a", [floats(v) for v in value[1]]]
    if isinstance(value, list) and value[0] == "f" and value[1] != "nan":
        return ["f", float.fromhex(value[1])]
    return value


def oracle(data: bytes):
    """("ok", tree), ("error", message) or None where the two may differ by right."""
    if data.startswith(b"\xef\xbb\xbf"):
        return None  # we accept a byte order mark
    if re.search(rb"\d[\d_]{18}|0x[\da-fA-F_]{16}|0o[0-7_]{21}|0b[01_]{63}", data):
        return None  # Python's integers have no end
    if re.search(rb"0000-|[zZ]|:60", data) and re.search(rb"\d\d\d\d-|\d:\d", data):
        return None  # the year 0 and other corners of datetime
    try:
        return "ok", canon(tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return "error", str(error)
    except RecursionError:
        return None


def word(rng):
    return rng.choice(["a", "b", "c", "d", "e", "key", "x-1", "'q r'", '"q\\u0041"', "1"])


def key(rng):
    return rng.choice([".", " . "]).join(word(rng) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def scalar(rng, depth=0):
    kind = rng.randrange(14 if depth < 4 else 10)
    if kind == 0:
        return str(rng.randint(-10**rng.randint(0, 17), 10**rng.randint(0, 17)))
    if kind == 1:
        return repr(rng.uniform(-1, 1) * 10.0 ** rng.randint(-300, 300)).replace("e+", "e")
    if kind == 2:
        return rng.choice(["true", "false", "inf", "-inf", "+nan"])
    if kind == 3:
        return f"{rng.randint(1, 9999):04}-{rng.randint(1, 12):02}-{rng.randint(1, 31):02}"
    if kind == 4:
        return (f"{rng.randint(1, 9999):04}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
                f"{rng.choice('T ')}{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"
                + rng.choice(["", ".5", ".123456", "+01:00", "-23:59", ".25+00:30"]))
    if kind == 5:
        return rng.choice(["0x", "0o", "0b"]) + rng.choice(["1", "10", "1_1", "0", "101_010"])
    if kind == 6:
        return "'" + "".join(rng.choice("ab \\\"#=é€") for _ in range(rng.randint(0, 8))) + "'"
    if kind == 7:
        return '"' + "".join(rng.choice(["a", " ", "\\n", "\\\\", "\\\"", "\\u20ac", "#", "é", "😀"])
                             for _ in range(rng.randint(0, 8))) + '"'
    if kind == 8:
        return '"""' + "".join(rng.choice(["a", '"', "\n", "\\\n  ", "\\t", "'"])
                               for _ in range(rng.randint(0, 8))) + '"""'
    if kind == 9:
        return "'''" + "".join(rng.choice(["a", "'", "\n", "\\", '"'])
                               for _ in range(rng.randint(0, 8))) + "'''"
    if kind in (10, 11):
        sep = rng.choice([", ", ",\n  ", " ,# c\n"])
        return "[" + sep.join(scalar(rng, depth + 1) for _ in range(rng.randint(0, 4))) + "]"
    return "{ " + ", ".join(f"{key(rng)} = {scalar(rng, depth + 1)}" for _ in range(rng.randint(0, 4))) + " }"


def document(rng):
    lines = []
    for _ in range(rng.randint(1, 12)):
        kind = rng.randrange(8)
        if kind == 0:
            lines.append(f"[{key(rng)}]")
        elif kind == 1:
            lines.append(f"[[{key(rng)}]]")
        elif kind == 2:
            lines.append(rng.choice(["", "# note", "   "]))
        else:
            lines.append(f"{key(rng)} = {scalar(rng)}{rng.choice(['', '', ' # note'])}")
    return rng.choice(["\n", "\n", "\r\n"]).join(lines)


def damage(rng, text):
    at = rng.randrange(len(text) + 1)
    what = rng.randrange(4)
    if what == 0:
        return text[:at] + text[at + 1:]
    if what == 1:
        return text[:at] + rng.choice("[]{}=.,'\"\\#\n\r 0_-+eE:T\x00é") + text[at:]
    if what == 2:
        return text[:at]
    other = rng.randrange(len(text) + 1)
    return text[:at] + text[other:other + rng.randint(1, 6)] + text[at:]


def main():
    tool = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 3000
    rng = random.Random(seed)
    docs = [t.encode() for t in VALID + INVALID]
    must = [True] * len(VALID) + [False] * len(INVALID)
    corpus = HERE.parent / "fuzz" / "toml"
    docs += [p.read_bytes() for p in sorted(corpus.iterdir()) if p.is_file()]
    for _ in range(count):
        text = document(rng)
        docs.append(text.encode())
        docs.append(damage(rng, text).encode())
    stdin = b"".join(b"%d\n" % len(d) + d for d in docs)
    run = subprocess.run([tool], input=stdin, stdout=subprocess.PIPE, check=True)
    lines = run.stdout.decode().split("\n")[:-1]
    assert len(lines) == len(docs), (len(lines), len(docs))
    bad = accepted = compared = 0
    for i, (doc, line) in enumerate(zip(docs, lines)):
        ours = json.loads(line)
        refused = isinstance(ours, list)
        if i < len(must) and must[i] == refused:
            bad += 1
            print(f"must {'pass' if must[i] else 'fail'}: {doc!r}: {line}")
        theirs = oracle(doc)
        if theirs is None:
            continue
        compared += 1
        accepted += not refused
        if refused != (theirs[0] == "error") or (not refused and floats(ours) != theirs[1]):
            bad += 1
            print(f"differs: {doc!r}\n  ours:   {line}\n  theirs: {theirs}")
        if refused and not (1 <= ours[1] <= doc.count(b"\n") + 1 and ours[2] >= 1):
            bad += 1
            print(f"place out of the document: {doc!r}: {line}")
    print(f"toml: {compared} documents compared, {accepted} of them valid, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
