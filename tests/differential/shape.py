"""Component value types and values: random ones, how they lie in a guest's memory (the canonical
ABI once more, written from the specification), and their form on the wire to the runner."""

import struct

SCALARS = {  # size = alignment, core type, wire format
    "bool": (1, "i32", "<B"),
    "s8": (1, "i32", "<b"),
    "u8": (1, "i32", "<B"),
    "s16": (2, "i32", "<h"),
    "u16": (2, "i32", "<H"),
    "s32": (4, "i32", "<i"),
    "u32": (4, "i32", "<I"),
    "s64": (8, "i64", "<q"),
    "u64": (8, "i64", "<Q"),
    "f32": (4, "f32", "<I"),
    "f64": (8, "f64", "<Q"),
    "char": (4, "i32", "<I"),
}
VARIANTS = ("variant", "enum", "option", "result")
NAMED = ("record", "variant", "enum", "flags")
NAN32, NAN64 = 0x7FC00000, 0x7FF8000000000000


def align_to(at, align):
    return (at + align - 1) // align * align


def disc_size(count):
    return 1 if count <= 256 else 2 if count <= 65536 else 4


def join(a, b):
    """CM: join"""
    if a == b:
        return a
    return "i32" if {a, b} == {"i32", "f32"} else "i64"


class Type:
    """`fields`: (name, Type or None) of records, tuples, variants, enums and flags. Option and
    result have their cases there too. `elem`: of lists. Handles: `elem` is the resource's name."""

    def __init__(self, kind, fields=(), elem=None):
        self.kind, self.fields, self.elem = kind, tuple(fields), elem
        self.index = None  # of named types: their place in the interface, given by who uses them
        self.depth = 1 + max(
            [t.depth for _, t in self.fields if t]
            + [elem.depth if isinstance(elem, Type) else 0]
        )
        self._lay_out()

    def _lay_out(self):
        kind = self.kind
        if kind in SCALARS:
            self.size = self.align = SCALARS[kind][0]
            self.flat = [SCALARS[kind][1]]
        elif kind in ("own", "borrow"):
            self.size = self.align = 4
            self.flat = ["i32"]
        elif kind in ("string", "list"):
            self.size, self.align, self.flat = 8, 4, ["i32", "i32"]
        elif kind in ("record", "tuple"):
            self.offsets, at, self.align, self.flat = [], 0, 1, []
            for _, t in self.fields:
                at = align_to(at, t.align)
                self.offsets.append(at)
                at += t.size
                self.align = max(self.align, t.align)
                self.flat += t.flat
            self.size = align_to(at, self.align)
        elif kind in VARIANTS:
            self.disc = disc_size(len(self.fields))
            payloads = [t for _, t in self.fields if t]
            align = max([t.align for t in payloads] or [1])
            self.align = max(align, self.disc)
            self.payload_at = align_to(self.disc, align)
            size = max([t.size for t in payloads] or [0])
            self.size = align_to(self.payload_at + size, self.align)
            joined = []
            for t in payloads:
                for i, core in enumerate(t.flat):
                    if i < len(joined):
                        joined[i] = join(joined[i], core)
                    else:
                        joined.append(core)
            self.flat = ["i32"] + joined
        elif kind == "flags":
            count = len(self.fields)
            self.size = self.align = 1 if count <= 8 else 2 if count <= 16 else 4
            self.flat = ["i32"]
        else:
            raise ValueError(kind)

    def __str__(self):
        if self.kind in SCALARS or self.kind == "string":
            return self.kind
        if self.kind == "option":
            return f"option<{self.fields[1][1]}>"
        if self.kind == "result":
            return "result<" + ", ".join(str(t or "_") for _, t in self.fields) + ">"
        if self.kind == "list":
            return f"list<{self.elem}>"
        if self.kind == "tuple":
            return "tuple<" + ", ".join(str(t) for _, t in self.fields) + ">"
        if self.kind in ("own", "borrow"):
            return f"{self.kind}<{self.elem}>"
        if len(self.fields) > 20:
            return f"{self.kind} {{{self.fields[0][0]}, ... ({len(self.fields)})}}"
        inner = ", ".join(n + (f": {t}" if t else "") for n, t in self.fields)
        return f"{self.kind} {{{inner}}}"


def tuple_of(types):
    return Type("tuple", [(str(i), t) for i, t in enumerate(types)])


def named_types(types):
    """Every type that must have a name in an interface, what they contain first; sets `index`."""
    found = []

    def visit(t):
        if not isinstance(t, Type) or t in found:
            return
        for _, part in t.fields:
            visit(part)
        visit(t.elem)
        if t.kind in NAMED:
            t.index = len(found)
            found.append(t)

    for t in types:
        visit(t)
    return found


# --- random types ---

_LEAVES = list(SCALARS) + ["string"] * 4
_LABELS = ["a", "b-c", "x1", "long-name-here", "q", "zz", "n0", "k"]


def _labels(count):
    return [_LABELS[i % 8] + (f"-v{i // 8}" if i >= 8 else "") for i in range(count)]


def random_type(rng, depth=4, handles=()):
    """`handles`: "own" and "borrow" of the resource "r" when they may occur."""
    if depth <= 0 or rng.random() < 0.25:
        if handles and rng.random() < 0.5:
            return Type(rng.choice(handles), elem="r")
        return Type(rng.choice(_LEAVES))
    kind = rng.choice(
        ["list", "list", "record", "tuple", "variant", "enum", "option", "result", "flags"]
    )
    part = lambda: random_type(rng, depth - 1 - (rng.random() < 0.3), handles)
    optional = lambda: part() if rng.random() < 0.7 else None
    if kind == "list":
        return Type("list", elem=part())
    if kind in ("record", "tuple"):
        count = rng.choice([1, 1, 2, 2, 3, 4, 5, 8, 16, 17] if depth < 4 else [1, 2, 3, 7])
        if count > 5:
            parts = [Type(rng.choice(_LEAVES)) for _ in range(count)]
        else:
            parts = [part() for _ in range(count)]
        names = _labels(count) if kind == "record" else map(str, range(count))
        return Type(kind, zip(names, parts))
    if kind == "variant":
        count = rng.choice([1, 2, 2, 3, 3, 4, 6, 255, 256, 257] if rng.random() < 0.3 else [2, 3, 4])
        payloads = [optional() if i < 6 else None for i in range(count)]
        return Type(kind, zip(_labels(count), payloads))
    if kind == "enum":
        count = rng.choice([1, 2, 3, 5, 255, 256, 257])
        return Type(kind, [(n, None) for n in _labels(count)])
    if kind == "flags":
        count = rng.choice([1, 2, 7, 8, 9, 15, 16, 17, 31, 32, rng.randint(1, 32)])
        return Type(kind, [(n, None) for n in _labels(count)])
    if kind == "option":
        return Type(kind, [("none", None), ("some", part())])
    return Type(kind, [("ok", optional()), ("error", optional())])


# --- random values ---
#
# Integers, chars and flags are int; floats are their bits; records, tuples and lists are list;
# variants are (case, payload); strings are str; handles are the host's number of the resource.

_ALPHABETS = [
    "abcdefgh ",
    "ab\u00e9\u00ff\u0080 z",
    "a\u0100\u20ac\uffff\ue000\ud7ff",
    "a\U00010000\U0010ffff\u00e9",
    "\0\x7f\x80",
]


def random_string(rng):
    length = rng.choice([0, 1, 1, 2, 3, 5, 8, 17, 40])
    if rng.random() < 0.02:
        length = rng.choice([300, 1000, 5000])
    first = "".join(rng.choice(rng.choice(_ALPHABETS[:2])) for _ in range(length))
    if rng.random() < 0.5:
        return first
    alphabet = rng.choice(_ALPHABETS)
    return first + "".join(rng.choice(alphabet) for _ in range(rng.choice([1, 2, 5, 9])))


def _random_scalar(kind, rng):
    if kind == "bool":
        return rng.randint(0, 1)
    if kind == "char":
        return rng.choice([0, 0x41, 0xFF, 0x100, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF])
    if kind in ("f32", "f64"):
        nan, one = (NAN32, 0x3F800000) if kind == "f32" else (NAN64, 0x3FF0000000000000)
        wide = 32 if kind == "f32" else 64
        bits = rng.choice([0, 1 << (wide - 1), one, nan, 1, rng.getrandbits(wide)])
        return canonical_float(kind, bits)
    wide = int(kind[1:])
    n = rng.choice([0, 1, (1 << wide) - 1, 1 << (wide - 1), (1 << (wide - 1)) - 1, rng.getrandbits(wide)])
    return n - (1 << wide) if kind[0] == "s" and n >> (wide - 1) else n


def handles_in(t, value):
    """(kind, number) of each handle, in the order of lifting and lowering."""
    if t.kind in ("own", "borrow"):
        return [(t.kind, value)]
    if t.kind == "list":
        return [h for item in value for h in handles_in(t.elem, item)]
    if t.kind in ("record", "tuple"):
        return [h for (_, part), v in zip(t.fields, value) for h in handles_in(part, v)]
    if t.kind in VARIANTS and t.fields[value[0]][1]:
        return handles_in(t.fields[value[0]][1], value[1])
    return []


def canonical_float(kind, bits):
    if kind == "f32":
        return NAN32 if bits & 0x7FFFFFFF > 0x7F800000 else bits
    return NAN64 if bits & 0x7FFFFFFFFFFFFFFF > 0x7FF0000000000000 else bits


def random_value(t, rng, room=40, new_handle=None):
    """`room` bounds the elements of lists; `new_handle(kind)` gives a resource's number."""
    kind = t.kind
    if kind in SCALARS:
        return _random_scalar(kind, rng)
    if kind == "string":
        return random_string(rng)
    if kind == "list":
        count = rng.choice([0, 1, 2, 3, room // 2, room])
        if t.elem.kind in SCALARS and rng.random() < 0.05:
            count = rng.choice([255, 1000, 4096])
        return [random_value(t.elem, rng, room // 3, new_handle) for _ in range(count)]
    if kind in ("record", "tuple"):
        return [random_value(part, rng, room // 2, new_handle) for _, part in t.fields]
    if kind in VARIANTS:
        count = len(t.fields)
        case = rng.randrange(count) if count < 7 else rng.choice([0, 1, count - 1, rng.randrange(count)])
        payload = t.fields[case][1]
        return (case, random_value(payload, rng, room, new_handle) if payload else None)
    if kind == "flags":
        return rng.choice([0, (1 << len(t.fields)) - 1, rng.getrandbits(len(t.fields))])
    return new_handle(kind)


# --- the wire ---


def encode(t, value, out):
    """Appends to the bytearray `out` the form in which values go to the runner and come back."""
    kind = t.kind
    if kind in SCALARS:
        out += struct.pack(SCALARS[kind][2], value)
    elif kind == "string":
        data = value.encode()
        out += struct.pack("<I", len(data)) + data
    elif kind == "list":
        out += struct.pack("<I", len(value))
        if t.elem.kind == "u8":
            out += bytes(value)
        else:
            for item in value:
                encode(t.elem, item, out)
    elif kind in ("record", "tuple"):
        for (_, part), item in zip(t.fields, value):
            encode(part, item, out)
    elif kind in VARIANTS:
        out += struct.pack("<I", value[0])
        if t.fields[value[0]][1]:
            encode(t.fields[value[0]][1], value[1], out)
    else:
        out += struct.pack("<I", value)


def encoded(t, value):
    out = bytearray()
    if t:
        encode(t, value, out)
    return bytes(out)


def decode(t, data, at=0):
    """The value at `at`, and where it ends."""
    kind = t.kind
    if kind in SCALARS:
        fmt = SCALARS[kind][2]
        return struct.unpack_from(fmt, data, at)[0], at + struct.calcsize(fmt)
    if kind in ("record", "tuple"):
        out = []
        for _, part in t.fields:
            item, at = decode(part, data, at)
            out.append(item)
        return out, at
    (number,) = struct.unpack_from("<I", data, at)
    at += 4
    if kind == "string":
        return data[at : at + number].decode(), at + number
    if kind == "list":
        out = []
        for _ in range(number):
            item, at = decode(t.elem, data, at)
            out.append(item)
        return out, at
    if kind in VARIANTS:
        payload = t.fields[number][1]
        if not payload:
            return (number, None), at
        item, at = decode(payload, data, at)
        return (number, item), at
    return number, at


# --- in a guest's memory ---


class Memory:
    """Where values are lowered to: pieces of memory, each at its address."""

    def __init__(self, at, encoding):
        self.next, self.encoding, self.pieces = at, encoding, {}

    def room(self, size, align):
        at = align_to(self.next, align)
        self.next = at + size
        self.pieces[at] = bytearray(size)
        return at, self.pieces[at]


def _lower_string(text, memory):
    if memory.encoding == "utf8":
        data, align = text.encode(), 1
        units = len(data)
    elif memory.encoding == "latin1+utf16" and all(ord(c) < 256 for c in text):
        data, align = text.encode("latin-1"), 2
        units = len(data)
    else:
        data, align = text.encode("utf-16-le"), 2
        units = len(data) // 2 | (1 << 31 if memory.encoding == "latin1+utf16" else 0)
    at, piece = memory.room(len(data), align)
    piece[:] = data
    return at, units


def _lower_range(t, value, memory):
    if t.kind == "string":
        return _lower_string(value, memory)
    at, piece = memory.room(len(value) * t.elem.size, t.elem.align)
    for i, item in enumerate(value):
        lower(t.elem, item, memory, piece, i * t.elem.size)
    return at, len(value)


def lower(t, value, memory, piece, at):
    """CM: store"""
    kind = t.kind
    if kind in SCALARS:
        struct.pack_into(SCALARS[kind][2], piece, at, value)
    elif kind in ("string", "list"):
        struct.pack_into("<II", piece, at, *_lower_range(t, value, memory))
    elif kind in ("record", "tuple"):
        for (_, part), offset, item in zip(t.fields, t.offsets, value):
            lower(part, item, memory, piece, at + offset)
    elif kind in VARIANTS:
        piece[at : at + t.disc] = value[0].to_bytes(t.disc, "little")
        payload = t.fields[value[0]][1]
        if payload:
            lower(payload, value[1], memory, piece, at + t.payload_at)
    else:
        piece[at : at + t.size] = value.to_bytes(t.size, "little")


def lower_flat(t, value, memory):
    """CM: lower_flat, as 64-bit patterns."""
    kind = t.kind
    if kind in SCALARS:
        return [value & (0xFFFFFFFFFFFFFFFF if t.size == 8 else 0xFFFFFFFF)]
    if kind in ("string", "list"):
        return list(_lower_range(t, value, memory))
    if kind in ("record", "tuple"):
        return [x for (_, part), item in zip(t.fields, value) for x in lower_flat(part, item, memory)]
    if kind in VARIANTS:
        payload = t.fields[value[0]][1]
        out = [value[0]] + (lower_flat(payload, value[1], memory) if payload else [])
        return out + [0] * (len(t.flat) - len(out))
    return [value]
