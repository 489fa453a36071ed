"""The differential test: random component types, values, memories and definitions, here and in
Wasmtime.

    tests/differential/run [--cases N] [--seed S] [--only COMPONENT] [--jobs N]

Every component of a run has a number, and everything about it follows from that and the seed; a
difference is printed with the command that runs it alone. Exit status 0: no difference."""

import argparse
import os
import random
import struct
import subprocess
import sys
import time

import definitions
import guest as g
import verdict
from shape import Memory, Type, canonical_float, decode, encoded, lower, lower_flat, random_type
from shape import VARIANTS, handles_in, random_value, tuple_of

CASES_EACH = 12  # of one component
BINARIES_EACH = 40  # whose validity is compared


class Case:
    """Calls on a fresh instance. `host_results`: what the host's function answers in turn."""

    def __init__(self, kind, calls, host_results):
        self.kind, self.calls, self.host_results = kind, calls, host_results


# --- generating ---


def random_guest(rng):
    while True:
        flat_goal = rng.choice([None, None, None, 15, 16, 17])
        handles = rng.choice([(), (), ("own", "borrow")])
        counts = [1, 2, 3] if handles else [0, 1, 1, 2, 3]
        params = [random_type(rng, 4, handles) for _ in range(rng.choice(counts))]
        while flat_goal and sum(len(t.flat) for t in params) < flat_goal:
            params.append(random_type(rng, 1))
        result = random_type(rng, 4, handles[:1]) if rng.random() < 0.85 else None
        sizes = [t.size for t in params] + [result.size if result else 0]
        flats = [len(t.flat) for t in params] + [len(result.flat) if result else 0]
        if len(params) <= 20 and sum(sizes) < g.RET_AREA_SIZE // 2 and max(flats) < 200:
            break
    encodings = [rng.choice(list(g.ENCODINGS)) for _ in range(rng.choice([1, 1, 2]))]
    return g.Guest(params, result, encodings, rng.choice(["pass", "pass", "raw"]))


def _set(at, content, suffix=""):
    return ("set" + suffix, [at, list(content)])


def _cells(numbers, wide):
    return b"".join(struct.pack("<Q" if wide == 8 else "<I", n) for n in numbers)


def _numbers(rng):
    """Numbers for resources that go from the host to a guest."""
    return lambda kind: rng.randint(100, 1000000)


def _args(guest, rng):
    return [random_value(t, rng, new_handle=_numbers(rng)) for t in guest.params]


def _host_results(guest, rng, count=1):
    if not guest.result:
        return []
    return [random_value(guest.result, rng, new_handle=_numbers(rng)) for _ in range(count)]


class Table:
    """Which index of a guest's handle table a handle will have (CM: Table)."""

    def __init__(self):
        self.free, self.count = [], 1

    def add(self):
        if self.free:
            return self.free.pop()
        self.count += 1
        return self.count - 1

    def pass_on(self, guest, args, result):
        """The handles that `pass` has to drop, which is called with `args` and gets `result`."""
        given = [h for t, v in zip(guest.params, args) for h in handles_in(t, v)]
        indexes = [(kind, self.add()) for kind, _ in given]
        self.free += [index for kind, index in indexes if kind == "own"]
        owned = [self.add() for _ in handles_in(guest.result, result)] if guest.result else []
        drops = [index for kind, index in indexes if kind == "borrow"]
        self.free += drops[::-1]
        self.free += owned
        return drops


def _drop(indexes, suffix):
    cells = _cells(indexes[: g.DROPS_LEN], 4)
    return [_set(g.DROP_COUNT, b_u32(len(cells) // 4) + cells, suffix)]


def _drop_lists(guest, rng, indexes):
    """Tells every guest to drop handles, at times others."""
    calls = []
    for suffix in ["", "2"][: len(guest.encodings)] if guest.has_resource else []:
        told = list(indexes)
        if rng.random() < 0.1:
            told += [rng.randint(0, 4)]
        if told and rng.random() < 0.1:
            told.pop()
        calls += _drop(told, suffix)
    return calls


def _hashes(guest):
    return [("hash", [])] + ([("hash2", [])] if guest.composed else [])


def pass_case(guest, rng):
    """Values go in and come out."""
    count = rng.choice([1, 1, 1, 2, 5])
    calls, table = [], Table()
    results = _host_results(guest, rng, count)
    for i in range(count):
        args = _args(guest, rng)
        drops = table.pass_on(guest, args, results[i] if results else None)
        calls += _drop_lists(guest, rng, drops)
        calls.append(("pass", args))
        calls += _hashes(guest)
    return Case("pass", calls, results)


def realloc_case(guest, rng):
    """The same with a realloc that lies."""
    lies = [1, 2, 3, 5, 0x8001 + 1, 0x8002 + 1, 0x8004 + 1, 0x8008 + 1, 0x1FFF0 + 1, 0x1FFFF + 1]
    lies += [0x20000 + 1, 0x1FFF8 + 1, 0x1FFFC + 1, 0x7FFFFFF8 + 1, 0xFFFFFFF8 + 1, 0xFFFFFFFF]
    script = [rng.choice([0, 0, rng.choice(lies)]) for _ in range(rng.randint(1, g.SCRIPT_LEN))]
    suffix = rng.choice(["", "2"]) if guest.composed else ""
    calls = [_set(g.SCRIPT, _cells(script, 4), suffix), _set(g.SCRIPT_COUNT, b_u32(len(script)), suffix)]
    args, results = _args(guest, rng), _host_results(guest, rng)
    drops = Table().pass_on(guest, args, results[0] if results else None)
    calls += _drop_lists(guest, rng, drops) + [("pass", args)] + _hashes(guest)
    return Case("realloc", calls, results)


def b_u32(n):
    return struct.pack("<I", n)


def _spoil(piece, rng):
    """Changes a few bytes, so that something may be wrong."""
    if not piece:
        return
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(piece))
        if rng.random() < 0.5:
            piece[at] = rng.choice([0, 1, 2, 3, 0x7F, 0x80, 0xC0, 0xFF, 0xED, 0xD8, rng.getrandbits(8)])
        else:
            at &= ~3
            word = rng.choice(
                [0, 1, 2, 3, 0xD800, 0xDFFF, 0x110000, 0x1FFFF, 0x20000, 0x7FFFFFFF, 0x80000000]
                + [0x80000002, 0xFFFFFFFF, 0xFFFFFFF8, 0x10000000, 0x0FFFFFFF, rng.getrandbits(32)]
            )
            chunk = b_u32(word)[: len(piece) - at]
            piece[at : at + len(chunk)] = chunk


def _has_float(t):
    return bool(t) and (
        t.kind in ("f32", "f64")
        or (t.kind == "list" and _has_float(t.elem))
        or any(_has_float(part) for _, part in t.fields)
    )


def _hashes_after_raw(guest):
    """Whether a NaN keeps its bits on its way between two guests is nobody's rule."""
    if guest.composed and any(_has_float(t) for t in guest.types):
        return []
    return _hashes(guest)


def _raw_memory(rng, memory, spoiled):
    """The calls that put what was lowered into memory, at times spoiled."""
    calls = []
    for at, piece in memory.pieces.items():
        if piece:
            if spoiled and rng.random() < 0.5:
                _spoil(piece, rng)
            calls.append((at, piece))
    return calls


# Where generated memory is laid: above what realloc gives out for `set` itself.
RAW_AT = 0x10000


def _bad_pointer(rng, pointer):
    return rng.choice(
        [pointer + 1, pointer + 2, pointer + 4, 0x1FFF8, 0x1FFFC, 0x1FFFF, 0x20000, 0, 0xFFFFFFFC]
        + [0x80000000, pointer ^ (1 << rng.randrange(32))]
    )


def _indexes(rng):
    """Indexes into a handle table that has a few entries."""
    return lambda kind: rng.choice([1, 1, 2, 2, 3, 4, 0, 1000000])


def _in_memory(t, value, memory):
    at, piece = memory.room(t.size, t.align)
    lower(t, value, memory, piece, 0)
    return [at]


def _result_cells(t, value, memory):
    """Core values that are a result."""
    return _in_memory(t, value, memory) if g.spills(t) else lower_flat(t, value, memory)


def _param_cells(params, values, memory):
    if not params:
        return []
    t = tuple_of(params)
    return _in_memory(t, values, memory) if len(t.flat) > 16 else lower_flat(t, values, memory)


class Keeper:
    """Makes the calls of a guest that keeps the handles which calls gave it, gives them away, lends
    and drops them: mostly such as it has."""

    def __init__(self, guest, rng):
        self.guest, self.rng = guest, rng
        self.table, self.inner, self.owned = Table(), Table(), []
        self.calls, self.results = [], []

    def _take(self, kind):
        """An index for a handle that the guest hands out."""
        if not self.owned or self.rng.random() < 0.03:
            return _indexes(self.rng)(kind)
        index = self.rng.choice(self.owned)
        if kind == "own":
            self.owned.remove(index)
        return index

    def _given_away(self, handles):
        self.table.free += [index for kind, index in handles if kind == "own"]

    def receive(self):
        """`raw` is called: own handles among the arguments stay; the result comes out of cells."""
        args = _args(self.guest, self.rng)
        given = [h for t, v in zip(self.guest.params, args) for h in handles_in(t, v)]
        indexes = [(kind, self.table.add()) for kind, _ in given]
        self.owned += [index for kind, index in indexes if kind == "own"]
        drops = [index for kind, index in indexes if kind == "borrow"]
        self.table.free += drops[::-1]
        self.calls += _drop(drops, "")
        memory, cells = Memory(RAW_AT, self.guest.encodings[0]), []
        if self.guest.result:
            value = random_value(self.guest.result, self.rng, new_handle=self._take)
            cells = _result_cells(self.guest.result, value, memory)
            self._given_away(handles_in(self.guest.result, value))
        self.calls += [_set(at, piece) for at, piece in memory.pieces.items() if piece]
        self.calls += [_set(g.RAW_RESULT, _cells(cells, 8)), ("raw", args)]

    def send(self):
        """`raw-params`: handles go to the host, or through B, and those in its answer stay."""
        values = [random_value(t, self.rng, new_handle=self._take) for t in self.guest.params]
        result = (_host_results(self.guest, self.rng) + [None])[0]
        self.results += [result] if self.guest.result else []
        if self.guest.composed:
            self.calls += _drop(self.inner.pass_on(self.guest, values, result), "2")
        self._given_away([h for t, v in zip(self.guest.params, values) for h in handles_in(t, v)])
        if self.guest.result:
            self.owned += [self.table.add() for _ in handles_in(self.guest.result, result)]
        memory = Memory(RAW_AT, self.guest.encodings[0])
        cells = _param_cells(self.guest.params, values, memory)
        self.calls += [_set(at, piece) for at, piece in memory.pieces.items() if piece]
        self.calls += [_set(g.RAW_FLATS, _cells(cells, 8)), _set(g.RAW_RET, b_u32(g.RET_AREA))]
        self.calls.append(("raw-params", []))

    def drop(self):
        index = self._take("own")
        self.table.free.append(index)
        self.calls += _drop([index], "") + [("drops", [])]


def handle_case(guest, rng):
    keeper = Keeper(guest, rng)
    for _ in range(rng.randint(2, 6)):
        steps = [keeper.receive, keeper.send, keeper.drop] if keeper.owned else [keeper.receive]
        rng.choice(steps)()
        keeper.calls += _hashes_after_raw(guest)
    return Case("handles", keeper.calls, keeper.results)


def raw_result_case(guest, rng):
    """What lies in the guest's memory is lifted as a result, whether it makes sense or not."""
    callee = guest.encodings[-1] if guest.composed and guest.inner == "raw" else guest.encodings[0]
    suffix = "2" if guest.composed and guest.inner == "raw" else ""
    spoiled = rng.random() < 0.7
    memory = Memory(RAW_AT, callee)
    value = random_value(guest.result, rng, new_handle=_indexes(rng))
    cells = _result_cells(guest.result, value, memory)
    if spoiled and g.spills(guest.result) and rng.random() < 0.2:
        cells = [_bad_pointer(rng, cells[0]) & 0xFFFFFFFF]
    elif spoiled and not g.spills(guest.result) and rng.random() < 0.5:
        cells = [_spoiled_core(rng, n) for n in cells]
    calls = [_set(at, piece, suffix) for at, piece in _raw_memory(rng, memory, spoiled)]
    calls.append(_set(g.RAW_RESULT, _cells(cells, 8), suffix))
    calls.append(("pass" if suffix else "raw", _args(guest, rng)))
    calls += _hashes_after_raw(guest)
    return Case("raw result", calls, _host_results(guest, rng))


def _spoiled_core(rng, n):
    return rng.choice(
        [n, n, n ^ (1 << rng.randrange(64)), n + 1, n | 0xFFFFFFFF00000000, 0xD800, 0x110000, 255]
        + [256, 0xFFFFFFFF, rng.getrandbits(64), rng.getrandbits(32), 2, 3, 0x80000001]
    ) & 0xFFFFFFFFFFFFFFFF


def raw_params_case(guest, rng):
    """Core values and memory are lifted as parameters of the imported function."""
    spoiled = rng.random() < 0.7
    memory = Memory(RAW_AT, guest.encodings[0])
    values = [random_value(t, rng, new_handle=_indexes(rng)) for t in guest.params]
    cells = _param_cells(guest.params, values, memory)
    if spoiled and g.flat_params(guest.params) == ["i32"] and rng.random() < 0.2:
        cells = [_bad_pointer(rng, cells[0]) & 0xFFFFFFFF]
    elif spoiled:
        cells = [_spoiled_core(rng, n) if rng.random() < 0.2 else n for n in cells]
    ret = g.RET_AREA
    if spoiled and rng.random() < 0.2:
        ret = _bad_pointer(rng, ret) & 0xFFFFFFFF
        if 0 < ret < g.RET_AREA:  # not over the cells themselves
            ret = g.RET_AREA
    calls = [_set(at, piece) for at, piece in _raw_memory(rng, memory, spoiled)]
    calls.append(_set(g.RAW_FLATS, _cells(cells, 8)))
    calls.append(_set(g.RAW_RET, b_u32(ret)))
    calls.append(("raw-params", []))
    calls += _hashes_after_raw(guest)
    return Case("raw params", calls, _host_results(guest, rng))


def random_case(guest, rng):
    kinds = [pass_case] * 4 + [realloc_case] * 2 + [raw_params_case] * 3
    if guest.result:
        kinds += [raw_result_case] * 3
    if guest.has_resource:
        kinds += [handle_case] * 4
    return rng.choice(kinds)(guest, rng)


# --- the runner ---


def _bytes(data):
    return b_u32(len(data)) + data


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def u32(self):
        self.at += 4
        return struct.unpack_from("<I", self.data, self.at - 4)[0]

    def bytes(self):
        size = self.u32()
        self.at += size
        return self.data[self.at - size : self.at]

    def verdict(self):
        self.at += 1
        ok = self.data[self.at - 1] == 0
        data = self.bytes()
        return ok, data if ok else data.decode(errors="replace")


class Runner:
    """This project's side: a process that is fed batches."""

    def __init__(self, program):
        self.program, self.process = program, None

    def _start(self):
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, content, guest=None, cases=()):
        """`content`: a component's bytes; without a guest its validity alone is asked for."""
        batch = _bytes(content) + b_u32(len(cases))
        exports = guest.exports() if guest else {}
        for case in cases:
            batch += b_u32(len(case.host_results))
            batch += b"".join(_bytes(encoded(guest.result, v)) for v in case.host_results)
            batch += b_u32(len(case.calls))
            for name, args in case.calls:
                data = b"".join(encoded(t, v) for t, v in zip(exports[name][0], args))
                batch += _bytes(name.encode()) + _bytes(data)
        if not self.process:
            self._start()
        try:
            self.process.stdin.write(_bytes(batch))
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def receive(self, cases=()):
        """(why it was refused or None, an outcome for each case)."""
        header = self.process.stdout.read(4)
        if len(header) < 4:
            return self._crashed()
        size = struct.unpack("<I", header)[0]
        answer = self.process.stdout.read(size)
        if len(answer) < size:
            return self._crashed()
        cursor = Cursor(answer)
        ok, text = cursor.verdict()
        if not ok:
            if cases:
                self.close()  # it does not go on after the cases of a refused component
            return text, []
        return None, [self._outcome(cursor, case) for case in cases]

    def _outcome(self, cursor, case):
        calls = [cursor.verdict()]
        for _ in case.calls:
            if calls[-1][0]:
                calls.append(cursor.verdict())
        return calls, [cursor.bytes() for _ in range(cursor.u32())]

    def _crashed(self):
        self.process.stdin.close()
        status = self.process.wait()
        self.process = None
        return f"CRASH: the runner ended with status {status}", []

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.stdout.read()
            self.process.wait()
            self.process = None


# --- comparing ---


def _with_one_nan(t, value, in_list=False):
    """Lists of floats may be handed on as they lie; elsewhere a NaN must be the canonical one."""
    if t.kind in ("f32", "f64") and in_list:
        return canonical_float(t.kind, value)
    if t.kind == "list":
        return [_with_one_nan(t.elem, item, True) for item in value]
    if t.kind in ("record", "tuple"):
        return [_with_one_nan(part, v, in_list) for (_, part), v in zip(t.fields, value)]
    if t.kind in VARIANTS and t.fields[value[0]][1]:
        return (value[0], _with_one_nan(t.fields[value[0]][1], value[1], in_list))
    return value


def same_bytes(t, a, b):
    if a == b:
        return True
    return encoded(t, _with_one_nan(t, decode(t, a)[0])) == b


def difference(guest, case, ours, theirs):
    """What differs in the outcome of a case, in words; None: nothing."""
    exports = guest.exports()
    our_calls, our_notes = ours
    their_calls, their_notes = theirs
    if not their_calls[-1][0] and their_calls[-1][1].startswith("BUG:"):
        return None  # the reference found itself at fault
    for i, (a, b) in enumerate(zip(our_calls, their_calls)):
        name = case.calls[i - 1][0] if i else "instantiating"
        if a[0] != b[0]:
            what = [f"returned {c[1].hex()[:200]}" if c[0] else f"trapped: {c[1]}" for c in (a, b)]
            return f"call {i}, {name}: here {what[0]}; there {what[1]}"
        if a[0] and i and not same_bytes(exports[name][1], a[1], b[1]):
            show = dumps if name.startswith("dump") else lambda *data: [d.hex()[:400] for d in data]
            here, there = show(a[1], b[1])
            return f"call {i}, {name}: here {here}; there {there}"
    params = tuple_of(guest.params) if guest.params else None
    if len(our_notes) != len(their_notes) or not all(
        a == b or same_bytes(params, a, b) for a, b in zip(our_notes, their_notes)
    ):
        ours, theirs = [[note.hex()[:400] for note in notes] for notes in (our_notes, their_notes)]
        return f"the host was given: here {ours}; there {theirs}"
    return None


def dumps(*both):
    """What a guest keeps, where two dumps differ: realloc's calls and some bytes."""
    out = []
    first = next((i for i, (a, b) in enumerate(zip(*both)) if a != b), min(map(len, both)))
    for data in both:
        data = data[4:]  # the list's length
        word = lambda at: struct.unpack_from("<I", data, at - g.HEAP_NEXT)[0]
        count = min(word(g.LOG_COUNT), g.REALLOC_LOG_LEN)
        calls = [tuple(word(g.REALLOC_LOG + 16 * i + 4 * n) for n in range(4)) for i in range(count)]
        at = max(0, first - 4) & ~7
        out.append(
            f"\n    heap to {word(g.HEAP_NEXT):#x}, realloc {calls}"
            f"\n    at {at + g.HEAP_NEXT:#x}: {data[at : at + 64].hex(' ', 8)}\n "
        )
    return out


class Session:
    def __init__(self, options):
        import reference

        self.options = options
        self.runner = Runner(options.runner)
        self.reference = reference.Reference()
        self.cases = self.components = self.traps = self.invalid = self.differences = 0

    def both(self, guest, cases):
        self.runner.send(guest.bytes, guest, cases)
        theirs = self.reference.run(guest, cases)
        return self.runner.receive(cases), theirs

    def component(self, number):
        """Generates and compares component `number`."""
        rng = random.Random(f"{self.options.seed}/{number}")
        guest = random_guest(rng)
        self.components += 1
        if number % 4 == 3:
            self.verdicts(number, guest, rng)
        else:
            self.calls(number, guest, rng)

    def verdicts(self, number, guest, rng):
        """Compares the validity of components, as they are and with something changed."""
        for i in range(BINARIES_EACH):
            if i % 4 == 0:
                base = guest.bytes if i % 8 == 0 else definitions.random_component(rng)
            content = verdict.nested(base if i % 8 == 4 else verdict.mutated(base, rng))
            self.runner.send(content)
            theirs = self.reference.validate(content)
            ours = self.runner.receive()[0]
            self.cases += 1
            self.invalid += ours is not None
            text = verdict.difference(ours, theirs)
            if text:
                self.report(number, guest, None, f"binary {i}: {text}", content)

    def calls(self, number, guest, rng):
        cases = [random_case(guest, rng) for _ in range(CASES_EACH)]
        (our_error, ours), (their_error, theirs) = self.both(guest, cases)
        self.cases += len(cases)
        if our_error or their_error:
            self.report(number, guest, None, f"here: {our_error}; there: {their_error}")
            return
        for case, a, b in zip(cases, ours, theirs):
            self.traps += not b[0][-1][0]
            text = difference(guest, case, a, b)
            if text:
                self.report(number, guest, *self.shrink(guest, case, text))

    def _difference(self, guest, case):
        (our_error, ours), (_, theirs) = self.both(guest, [case])
        return our_error or difference(guest, case, ours[0], theirs[0])

    def shrink(self, guest, case, text):
        """Leaves out calls as long as the outcomes still differ, and shows what hashes hide."""
        for i in reversed(range(len(case.calls))):
            fewer = Case(case.kind, case.calls[:i] + case.calls[i + 1 :], case.host_results)
            found = self._difference(guest, fewer)
            if found:
                case, text = fewer, found
        calls = [(name.replace("hash", "dump"), args) for name, args in case.calls]
        dumped = Case(case.kind, calls, case.host_results)
        return case, self._difference(guest, dumped) or text

    def report(self, number, guest, case, text, content=None):
        self.differences += 1
        print(f"DIFFERENCE in component {number}: {guest}")
        if case:
            print(f"  {case.kind}; calls:")
            for name, args in case.calls:
                print(f"    {name}({', '.join(map(_short, args))})")
            print(f"  host results: {_short(case.host_results)}")
        print(f"  {text}")
        print(f"  again: tests/differential/run --seed {self.options.seed} --only {number}", flush=True)
        if self.options.save:
            with open(f"{self.options.save}/{self.options.seed}-{number}-{self.differences}.wasm", "wb") as file:
                file.write(content or guest.bytes)


def _short(value):
    text = repr(value)
    return text if len(text) < 400 else text[:400] + "..."


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", type=int, help="the component of this number alone")
    parser.add_argument("--save", help="folder for the components that differ")
    parser.add_argument("--max-differences", type=int, default=10)
    parser.add_argument("--runner", default=f"{here}/../../build/tests/differential_runner")
    options = parser.parse_args()
    session = Session(options)
    begin = time.monotonic()
    if options.only is not None:
        session.component(options.only)
    number = 0
    while options.only is None and session.cases < options.cases:
        session.component(number)
        number += 1
        if session.differences >= options.max_differences:
            break
    session.runner.close()
    print(
        f"{session.cases} cases in {session.components} components, of them {session.traps} traps and "
        f"{session.invalid} invalid: {session.differences} differences ({time.monotonic() - begin:.1f} s, seed {options.seed})"
    )
    return 1 if session.differences else 0


if __name__ == "__main__":
    sys.exit(main())
