"""Builds components around a function type. The guest does not know the type's layout: it hands
core values on as they came, so that one guest fits every type.

A leaf component imports `i` of the interface t:t/host, a function of the type under test, and
exports

  pass         of that type: calls `i` with the core values it was called with
  raw          of that type: returns what lies in cells of its memory
  raw-params   calls `i` with core values out of cells
  set, dump    write and read its memory; hash: of all that it wrote
  drops        drops the handles that it was told to drop; pass and raw do so before they return

and keeps in its memory the core values of its last call, a log of the calls of realloc, and how
post-return was called. A composed component holds two leaves: A's `i` is B's `pass` or `raw`, B's
`i` is the host's. realloc may be told to return something else than memory (SCRIPT)."""

import binary as b
from binary import i32_const, local_get, local_set, name, s, u, vec
from shape import NAMED, SCALARS, Type, named_types, tuple_of

# Where things lie in a leaf's memory.
HEAP_NEXT, LOG_COUNT, SCRIPT_COUNT, SCRIPT_AT = 0x100, 0x104, 0x108, 0x10C
SCRIPT, SCRIPT_LEN = 0x140, 16  # 0: as usual; else realloc returns the entry - 1
RAW_FLATS, RAW_RESULT, RAW_RET = 0x200, 0x290, 0x298
POST_COUNT, POST_VALUE, GOT_RESULT, DUMP_RET = 0x2A0, 0x2A8, 0x2B0, 0x2B8
DROP_COUNT, DROPS, DROPS_LEN = 0x2C0, 0x2C4, 15  # handles that pass and drops drop
FLAT_LOG, REALLOC_LOG, REALLOC_LOG_LEN = 0x300, 0x400, 128
RET_AREA, RET_AREA_SIZE, HEAP = 0x1000, 0x1000, 0x2000
PAGES = 2

HOST = "t:t/host"
ENCODINGS = {"utf8": 0, "utf16": 1, "latin1+utf16": 2}
PRIMITIVES = dict(
    zip(
        "bool s8 u8 s16 u16 s32 u32 s64 u64 f32 f64 char string".split(),
        [0x7F, 0x7E, 0x7D, 0x7C, 0x7B, 0x7A, 0x79, 0x78, 0x77, 0x76, 0x75, 0x74, 0x73],
    )
)
U8_LIST = Type("list", elem=Type("u8"))


def flat_params(params):
    flat = tuple_of(params).flat if params else []
    return ["i32"] if len(flat) > 16 else flat


def flat_result(result):
    flat = result.flat if result else []
    return ["i32"] if len(flat) > 1 else flat


def spills(result):
    return bool(result) and len(result.flat) > 1


# --- core modules ---


def _realloc(scripted, even):
    """`even`: in one of the transcodings to latin1+utf16 the specification asks for alignment 1
    when shrinking, the reference for 2. It is not looked at."""
    old_ptr, old_size, align, new_size, at = (local_get(n) for n in range(5))
    code = b.when(old_ptr, i32_const(2) + local_set(2)) if even else b""
    if scripted:
        record = i32_const(REALLOC_LOG) + b.load("i32", LOG_COUNT) + i32_const(4) + b.I32_SHL + b.I32_ADD
        code += b.when(
            b.load("i32", LOG_COUNT) + i32_const(REALLOC_LOG_LEN) + b.I32_LT_U,
            b"".join(b.store_at("i32", record, local_get(n), 4 * n) for n in range(4)),
        )
        code += b.store("i32", LOG_COUNT, b.load("i32", LOG_COUNT) + i32_const(1) + b.I32_ADD)
        entry = b.load_at("i32", b.load("i32", SCRIPT_AT) + i32_const(2) + b.I32_SHL, SCRIPT)
        code += b.when(
            b.load("i32", SCRIPT_AT) + b.load("i32", SCRIPT_COUNT) + b.I32_LT_U,
            entry
            + local_set(4)
            + b.store("i32", SCRIPT_AT, b.load("i32", SCRIPT_AT) + i32_const(1) + b.I32_ADD)
            + b.when(at, at + i32_const(1) + b.I32_SUB + b.RETURN),
        )
    code += (
        b.load("i32", HEAP_NEXT) + align + b.I32_ADD + i32_const(1) + b.I32_SUB
        + i32_const(0) + align + b.I32_SUB + b.I32_AND + local_set(4)
    )
    size = b.MEMORY_SIZE + i32_const(16) + b.I32_SHL
    pages = new_size + i32_const(16) + b.I32_SHR_U + i32_const(1) + b.I32_ADD
    code += b.when(
        at + new_size + b.I32_ADD + size + b.I32_GT_U,
        b.when(pages + b.MEMORY_GROW + i32_const(-1) + b"\x46", b.UNREACHABLE),
    )
    code += b.store("i32", HEAP_NEXT, at + new_size + b.I32_ADD)
    smaller = old_size + new_size + old_size + new_size + b.I32_LT_U + b"\x1b"  # select
    code += at + old_ptr + smaller + b.MEMORY_COPY
    # What is left behind is nobody's: how much of it was used is not to be seen.
    return code + old_ptr + i32_const(0) + old_size + b.MEMORY_FILL + at


def _hash():
    at, value = local_get(0), local_get(1)
    word = b.load_at("i64", at)
    body = (
        value + word + b.I64_XOR + b.i64_const(5) + b.I64_ROTL
        + b.i64_const(0x9E3779B97F4A7C15) + b.I64_MUL + local_set(1)
        + at + i32_const(8) + b.I32_ADD + local_set(0)
    )
    return (
        i32_const(HEAP_NEXT) + local_set(0)
        + b.loop_while(at + b.load("i32", HEAP_NEXT) + b.I32_LT_U, body) + value
    )


def libc_module(encoding):
    even = encoding == "latin1+utf16"
    m = b.Module()
    m.memory = PAGES
    four = ["i32"] * 4
    m.func("realloc", four, ["i32"], _realloc(True, even), ["i32"])
    m.func("plain-realloc", four, ["i32"], _realloc(False, even), ["i32"])
    m.func("set", ["i32"] * 3, [], b"".join(local_get(n) for n in range(3)) + b.MEMORY_COPY)
    m.func("hash", [], ["i64"], _hash(), ["i32", "i64"])
    length = b.load("i32", HEAP_NEXT) + i32_const(HEAP_NEXT) + b.I32_SUB
    dump = b.store("i32", DUMP_RET, i32_const(HEAP_NEXT)) + b.store("i32", DUMP_RET + 4, length)
    m.func("dump", [], ["i32"], dump + i32_const(DUMP_RET))
    m.data(HEAP_NEXT, b.u32(HEAP))
    return m.encode()


LIBC = {encoding: libc_module(encoding) for encoding in ENCODINGS}


def _drop_handles(drop):
    """Drops what is on the list, which is empty then; local 0 is free."""
    left = b.load("i32", DROP_COUNT)
    at = b.load("i32", DROP_COUNT) + i32_const(2) + b.I32_SHL
    body = b.store("i32", DROP_COUNT, left + i32_const(1) + b.I32_SUB)
    return b.loop_while(left, body + b.load_at("i32", at, DROPS) + b.call(drop))


def main_module(params, result, has_resource):
    m = b.Module()
    m.import_memory("libc", "memory", PAGES)
    flat, back = flat_params(params), flat_result(result)
    import_params = flat + (["i32"] if spills(result) else [])
    imported = m.import_func("host", "i", import_params, [] if spills(result) else back)
    drops = b""
    if has_resource:
        drops = b.call(m.import_func("host", "drop", ["i32"], []) + 1)
    log = b"".join(b.store(kind, FLAT_LOG + 8 * n, local_get(n)) for n, kind in enumerate(flat))
    hand_on = b"".join(local_get(n) for n in range(len(flat)))
    if spills(result):
        call = hand_on + i32_const(RET_AREA) + b.call(imported) + i32_const(RET_AREA)
    else:
        call = hand_on + b.call(imported)
    if has_resource:
        m.func("drops", [], [], _drop_handles(m.imported_funcs - 1))
    m.func("pass", flat, back, log + call + drops)
    m.func("raw", flat, back, log + drops + b"".join(b.load(kind, RAW_RESULT) for kind in back))
    cells = b"".join(b.load(kind, RAW_FLATS + 8 * n) for n, kind in enumerate(flat))
    if spills(result):
        raw = cells + b.load("i32", RAW_RET) + b.call(imported)
    elif back:
        raw = b.store(back[0], GOT_RESULT, cells + b.call(imported))
    else:
        raw = cells + b.call(imported)
    m.func("raw-params", [], [], raw)
    count = b.store("i32", POST_COUNT, b.load("i32", POST_COUNT) + i32_const(1) + b.I32_ADD)
    value = b"".join(b.store(kind, POST_VALUE, local_get(0)) for kind in back)
    m.func("post", back, [], count + value)
    return m.encode()


# --- components ---


class TypeSpace:
    """Definitions of types in one index space; `define(bytes)` adds one and returns its index."""

    def __init__(self, define, resource=None):
        self.define, self.known, self.resource = define, {}, resource

    def ref(self, t):
        if t.kind in PRIMITIVES:
            return bytes([PRIMITIVES[t.kind]])
        return s(self.index(t))

    def _optional(self, t):
        return b"\x01" + self.ref(t) if t else b"\x00"

    def index(self, t):
        if t not in self.known:
            self.known[t] = self.define(self.body(t))
        return self.known[t]

    def body(self, t):
        labels = [name(n) for n, _ in t.fields]
        if t.kind == "record":
            return b"\x72" + vec([name(n) + self.ref(part) for n, part in t.fields])
        if t.kind == "variant":
            return b"\x71" + vec([name(n) + self._optional(part) + b"\0" for n, part in t.fields])
        if t.kind == "list":
            return b"\x70" + self.ref(t.elem)
        if t.kind == "tuple":
            return b"\x6f" + vec([self.ref(part) for _, part in t.fields])
        if t.kind == "flags":
            return b"\x6e" + vec(labels)
        if t.kind == "enum":
            return b"\x6d" + vec(labels)
        if t.kind == "option":
            return b"\x6b" + self.ref(t.fields[1][1])
        if t.kind == "result":
            return b"\x6a" + self._optional(t.fields[0][1]) + self._optional(t.fields[1][1])
        return bytes([0x69 if t.kind == "own" else 0x68]) + u(self.resource)

    def func(self, params, result):
        # References first: making one may define types.
        params = vec([name(f"p{n}") + self.ref(t) for n, t in enumerate(params)])
        result = b"\x00" + self.ref(result) if result else b"\x01\x00"
        return self.define(b"\x40" + params + result)


class InstanceType:
    """The type of t:t/host."""

    def __init__(self):
        self.decls, self.type_count = [], 0

    def define(self, body):
        self.decls.append(b"\x01" + body)
        self.type_count += 1
        return self.type_count - 1

    def export(self, text, desc):
        self.decls.append(b"\x04\x00" + name(text) + desc)
        if desc[0] == 3:
            self.type_count += 1
        return self.type_count - 1

    def encode(self):
        return b"\x42" + vec(self.decls)


class Component:
    """A component under construction; each definition returns its index."""

    def __init__(self):
        self.out = bytearray(b"\0asm\x0d\0\1\0")
        self.counts = {}

    def _add(self, number, item, *spaces):
        self.out += b.section(number, vec([item]))
        for space in spaces:
            self.counts[space] = self.counts.get(space, 0) + 1
        return self.counts[spaces[0]] - 1 if spaces else None

    def module(self, content):
        self.out += b.section(1, content)
        self.counts["module"] = self.counts.get("module", 0) + 1
        return self.counts["module"] - 1

    def component(self, content):
        self.out += b.section(4, content)
        self.counts["component"] = self.counts.get("component", 0) + 1
        return self.counts["component"] - 1

    def type(self, body):
        return self._add(7, body, "type")

    def import_instance(self, text, type_index):
        return self._add(10, b"\x00" + name(text) + b"\x05" + u(type_index), "instance")

    def instantiate(self, component, args):
        items = [name(n) + sort + u(index) for n, sort, index in args]
        return self._add(5, b"\x00" + u(component) + vec(items), "instance")

    def inline_instance(self, items):
        items = [b"\x00" + name(n) + sort + u(index) for n, sort, index in items]
        return self._add(5, b"\x01" + vec(items), "instance")

    def alias(self, sort, instance, text):
        space = {1: "func", 3: "type", 5: "instance"}[sort]
        return self._add(6, bytes([sort]) + b"\x00" + u(instance) + name(text), space)

    def core_alias(self, sort, instance, text):
        space = {0: "core func", 2: "memory"}[sort]
        return self._add(6, bytes([0, sort, 1]) + u(instance) + name(text), space)

    def core_instantiate(self, module, args):
        items = [name(n) + b"\x12" + u(index) for n, index in args]
        return self._add(2, b"\x00" + u(module) + vec(items), "core instance")

    def core_inline(self, items):
        items = [name(n) + bytes([sort]) + u(index) for n, sort, index in items]
        return self._add(2, b"\x01" + vec(items), "core instance")

    def lower(self, func, options):
        return self._add(8, b"\x01\x00" + u(func) + vec(options), "core func")

    def lift(self, core_func, options, type_index):
        item = b"\x00\x00" + u(core_func) + vec(options) + u(type_index)
        return self._add(8, item, "func")

    def resource_drop(self, type_index):
        return self._add(8, b"\x03" + u(type_index), "core func")

    def export_func(self, text, func):
        return self._add(11, b"\x00" + name(text) + b"\x01" + u(func) + b"\x00", "func")


def _has_handle(t):
    if t is None or not isinstance(t, Type):
        return False
    return (
        t.kind in ("own", "borrow")
        or _has_handle(t.elem)
        or any(_has_handle(part) for _, part in t.fields)
    )


class Guest:
    """A function type, and the component around it. `encodings`: of the leaf, or of A and B.
    `inner`: what A's `i` is, "pass" or "raw" of B."""

    def __init__(self, params, result, encodings, inner="pass"):
        self.params, self.result = params, result
        self.encodings, self.inner = encodings, inner
        self.types = params + ([result] if result else [])
        self.named = named_types(self.types)
        self.has_resource = any(_has_handle(t) for t in self.types)
        self.composed = len(encodings) == 2
        self.bytes = self._compose() if self.composed else self._leaf(encodings[0])

    def __str__(self):
        params = ", ".join(str(t) for t in self.params)
        result = f" -> {self.result}" if self.result else ""
        inner = f", A calls {self.inner} of B" if self.composed else ""
        return f"func({params}){result} ({' to '.join(self.encodings)}{inner})"

    def exports(self):
        """Every exported function: name -> (params, result)."""
        own, u32 = (self.params, self.result), Type("u32")
        out = {"pass": own, "raw": own, "raw-params": ([], None)}
        for suffix in [""] + (["2"] if self.composed else []):
            out["set" + suffix] = ([u32, U8_LIST], None)
            out["hash" + suffix] = ([], Type("u64"))
            out["dump" + suffix] = ([], U8_LIST)
            if self.has_resource:
                out["drops" + suffix] = ([], None)
        return out

    def _import_host(self, c):
        """Imports t:t/host; its types become known in the component's type space."""
        host = InstanceType()
        space = TypeSpace(host.define)
        if self.has_resource:
            space.resource = host.export("r", b"\x03\x01")
        for t in self.named:
            raw = host.define(space.body(t))
            space.known[t] = host.export(f"t{t.index}", b"\x03\x00" + u(raw))
        host.export("i", b"\x01" + u(space.func(self.params, self.result)))
        instance = c.import_instance(HOST, c.type(host.encode()))
        own = TypeSpace(c.type)
        if self.has_resource:
            own.resource = c.alias(3, instance, "r")
        for t in self.named:
            own.known[t] = c.alias(3, instance, f"t{t.index}")
        return instance, own

    def _leaf(self, encoding):
        c = Component()
        host, space = self._import_host(c)
        libc = c.core_instantiate(c.module(LIBC[encoding]), [])
        memory = c.core_alias(2, libc, "memory")
        realloc = c.core_alias(0, libc, "realloc")
        options = [bytes([ENCODINGS[encoding]]), b"\x03" + u(memory), b"\x04" + u(realloc)]
        lowered = c.lower(c.alias(1, host, "i"), options)
        items = [("i", 0, lowered)]
        if self.has_resource:
            items.append(("drop", 0, c.resource_drop(space.resource)))
        imports = c.core_inline(items)
        module = c.module(main_module(self.params, self.result, self.has_resource))
        main = c.core_instantiate(module, [("libc", libc), ("host", imports)])
        func_type = space.func(self.params, self.result)
        post = c.core_alias(0, main, "post")
        for text in ("pass", "raw"):
            core = c.core_alias(0, main, text)
            c.export_func(text, c.lift(core, options + [b"\x05" + u(post)], func_type))
        none = space.func([], None)
        for text in ["raw-params"] + (["drops"] if self.has_resource else []):
            c.export_func(text, c.lift(c.core_alias(0, main, text), [], none))
        self._export_tools(c, space, libc, memory)
        return bytes(c.out)

    def _export_tools(self, c, space, libc, memory):
        plain = c.core_alias(0, libc, "plain-realloc")
        options = [b"\x03" + u(memory), b"\x04" + u(plain)]
        for text, (params, result) in self.exports().items():
            if text not in ("set", "hash", "dump"):
                continue
            func_type = space.func(params, result)
            c.export_func(text, c.lift(c.core_alias(0, libc, text), options, func_type))

    def _compose(self):
        c = Component()
        host, space = self._import_host(c)
        types = [("r", b"\x03", space.resource)] if self.has_resource else []
        types += [(f"t{t.index}", b"\x03", space.known[t]) for t in self.named]
        leaf_b = c.component(self._leaf(self.encodings[1]))
        leaf_a = c.component(self._leaf(self.encodings[0]))
        inst_b = c.instantiate(leaf_b, [(HOST, b"\x05", host)])
        inner = c.alias(1, inst_b, self.inner)
        between = c.inline_instance(types + [("i", b"\x01", inner)])
        inst_a = c.instantiate(leaf_a, [(HOST, b"\x05", between)])
        for text in self.exports():
            from_b = text.endswith("2")
            func = c.alias(1, inst_b if from_b else inst_a, text.rstrip("2"))
            c.export_func(text, func)
        return bytes(c.out)
