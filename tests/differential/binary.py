"""Writes WebAssembly binaries: numbers, sections, core modules."""

import struct

I32, I64, F32, F64 = 0x7F, 0x7E, 0x7D, 0x7C
CORE_TYPES = {"i32": I32, "i64": I64, "f32": F32, "f64": F64}


def u(n):
    """Unsigned LEB128."""
    out = bytearray()
    while True:
        byte = n & 0x7F
        n >>= 7
        if not n:
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def s(n):
    """Signed LEB128."""
    out = bytearray()
    while True:
        byte = n & 0x7F
        n >>= 7
        if (n == 0 and not byte & 0x40) or (n == -1 and byte & 0x40):
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def name(text):
    data = text.encode()
    return u(len(data)) + data


def vec(items):
    return u(len(items)) + b"".join(items)


def section(number, body):
    return bytes([number]) + u(len(body)) + body


# --- code ---


def i32_const(n):
    return b"\x41" + s(n - (1 << 32) if n >= 1 << 31 else n)


def i64_const(n):
    return b"\x42" + s(n - (1 << 64) if n >= 1 << 63 else n)


def local_get(n):
    return b"\x20" + u(n)


def local_set(n):
    return b"\x21" + u(n)


def local_tee(n):
    return b"\x22" + u(n)


def call(n):
    return b"\x10" + u(n)


_LOAD = {"i32": (0x28, 2), "i64": (0x29, 3), "f32": (0x2A, 2), "f64": (0x2B, 3)}
_STORE = {"i32": (0x36, 2), "i64": (0x37, 3), "f32": (0x38, 2), "f64": (0x39, 3)}


def load(kind, at):
    """Loads from the constant address `at`."""
    code, align = _LOAD[kind]
    return i32_const(0) + bytes([code, align]) + u(at)


def store(kind, at, value):
    """Stores what the code `value` leaves at the constant address `at`."""
    code, align = _STORE[kind]
    return i32_const(0) + value + bytes([code, align]) + u(at)


def load_at(kind, address, offset=0):
    return address + bytes([_LOAD[kind][0], 0]) + u(offset)


def store_at(kind, address, value, offset=0):
    return address + value + bytes([_STORE[kind][0], 0]) + u(offset)


def loop_while(condition, body):
    """Repeats `body` as long as the code `condition` leaves something other than 0."""
    leave = condition + b"\x45\x0d\x01"  # i32.eqz, br_if 1
    return b"\x02\x40\x03\x40" + leave + body + b"\x0c\x00\x0b\x0b"


def when(condition, body):
    return condition + b"\x04\x40" + body + b"\x0b"


I32_ADD, I32_SUB, I32_AND, I32_EQZ, I32_LT_U, I32_GT_U, I32_SHL, I32_SHR_U = (
    bytes([op]) for op in (0x6A, 0x6B, 0x71, 0x45, 0x49, 0x4B, 0x74, 0x76)
)
I64_XOR, I64_MUL, I64_ROTL = b"\x85", b"\x7e", b"\x89"
MEMORY_SIZE, MEMORY_GROW = b"\x3f\x00", b"\x40\x00"
MEMORY_COPY, MEMORY_FILL = b"\xfc\x0a\x00\x00", b"\xfc\x0b\x00"
DROP, RETURN, UNREACHABLE = b"\x1a", b"\x0f", b"\x00"


class Module:
    """A core module under construction."""

    def __init__(self):
        self.types, self.imports, self.funcs, self.exports, self.datas = [], [], [], [], []
        self.imported_funcs = 0
        self.memory = None

    def type_index(self, params, results):
        item = (
            b"\x60"
            + vec([bytes([CORE_TYPES[p]]) for p in params])
            + vec([bytes([CORE_TYPES[r]]) for r in results])
        )
        if item not in self.types:
            self.types.append(item)
        return self.types.index(item)

    def import_func(self, module, field, params, results):
        assert not self.funcs
        index = self.type_index(params, results)
        self.imports.append(name(module) + name(field) + b"\x00" + u(index))
        self.imported_funcs += 1
        return self.imported_funcs - 1

    def import_memory(self, module, field, pages):
        self.imports.append(name(module) + name(field) + b"\x02\x00" + u(pages))

    def func(self, export, params, results, code, locals=()):
        body = vec([u(1) + bytes([CORE_TYPES[kind]]) for kind in locals]) + code + b"\x0b"
        index = self.imported_funcs + len(self.funcs)
        self.funcs.append((self.type_index(params, results), u(len(body)) + body))
        if export:
            self.exports.append(name(export) + b"\x00" + u(index))
        return index

    def data(self, at, content):
        self.datas.append(b"\x00" + i32_const(at) + b"\x0b" + u(len(content)) + content)

    def encode(self):
        out = b"\0asm\1\0\0\0" + section(1, vec(self.types))
        if self.imports:
            out += section(2, vec(self.imports))
        out += section(3, vec([u(index) for index, _ in self.funcs]))
        exports = list(self.exports)
        if self.memory is not None:
            out += section(5, vec([b"\x00" + u(self.memory)]))
            exports.append(name("memory") + b"\x02\x00")
        out += section(7, vec(exports))
        out += section(10, vec([body for _, body in self.funcs]))
        if self.datas:
            out += section(11, vec(self.datas))
        return out


def u32(n):
    return struct.pack("<I", n & 0xFFFFFFFF)
