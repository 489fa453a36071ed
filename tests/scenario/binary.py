"""Writes component binaries, right and wrong ones, byte for byte."""

CORE = b"\0asm\1\0\0\0"
COMPONENT = b"\0asm\x0d\0\1\0"

CUSTOM, CORE_MODULE, CORE_INSTANCE, CORE_TYPE, COMPONENTS, INSTANCE, ALIAS, TYPE, CANON, START, IMPORT, EXPORT = range(12)
BOOL, U8, STRING = b"\x7f", b"\x7d", b"\x73"


def number(value: int) -> bytes:
    """LEB128, unsigned."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        if not value:
            return bytes([*out, low])
        out.append(low | 0x80)


def name(text: str) -> bytes:
    return number(len(text.encode())) + text.encode()


def many(items: list[bytes]) -> bytes:
    return number(len(items)) + b"".join(items)


def section(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + number(len(content)) + content


def component(*sections: bytes) -> bytes:
    return COMPONENT + b"".join(sections)


def types(*each: bytes) -> bytes:
    return section(TYPE, many(list(each)))


def tuple_of(*each: bytes) -> bytes:
    return b"\x6f" + many(list(each))


def func(*params: bytes) -> bytes:
    """(func (param "p0" ...) ...)"""
    return b"\x40" + many([name(f"p{at}") + param for at, param in enumerate(params)]) + b"\1\0"


def instance_type(*declarations: bytes) -> bytes:
    return b"\x42" + many(list(declarations))


def outer_type(index: int) -> bytes:
    """A declaration: the type of that index one scope further out."""
    return b"\2\3\2\1" + number(index)


def export_instance(text: str, type_index: int) -> bytes:
    """A declaration: (export "text" (instance (type type_index)))"""
    return b"\4\0" + name(text) + b"\5" + number(type_index)


def imported(text: str, kind: int, index: int) -> bytes:
    return b"\0" + name(text) + bytes([kind]) + number(index)


def imports(*each: bytes) -> bytes:
    return section(IMPORT, many(list(each)))


FUNC, COMPONENT_SORT, INSTANCE_SORT = 1, 4, 5


# --- components made to hurt ---


def nested_components(depth: int) -> bytes:
    inner = component()
    for _ in range(depth):
        inner = component(section(COMPONENTS, inner))
    return inner


def passed_out(depth: int) -> bytes:
    """f(x) = x + 1 in a component within `depth` others, each of which exports what it instantiates."""
    module = CORE + section(1, many([b"\x60\1\x7f\1\x7f"])) + section(3, many([b"\0"]))
    module += section(7, many([name("f") + b"\0\0"])) + section(10, many([b"\7\0\x20\0\x41\1\x6a\x0b"]))
    export = section(EXPORT, many([b"\0" + name("f") + bytes([FUNC, 0, 0])]))
    inner = component(
        section(CORE_MODULE, module),
        section(CORE_INSTANCE, many([b"\0\0\0"])),
        section(ALIAS, many([b"\0\0\1\0" + name("f")])),
        types(b"\x40" + many([name("x") + b"\x79"]) + b"\0\x79"),
        section(CANON, many([b"\0\0\0\0\0"])),
        export,
    )
    for _ in range(depth):
        alias = section(ALIAS, many([bytes([FUNC, 0, 0]) + name("f")]))
        inner = component(section(COMPONENTS, inner), section(INSTANCE, many([b"\0\0\0"])), alias, export)
    return inner


def nested_instance_types(depth: int) -> bytes:
    return component(types(b"\x42\1\1" * depth + b"\x42\0"))


def nested_lists(depth: int) -> bytes:
    """Each a list of the one before it; used by a function, so that somebody looks at all of it."""
    lists = [b"\x70" + STRING] + [b"\x70" + number(at) for at in range(depth)]
    return component(types(*lists, func(number(depth))), imports(imported("f", FUNC, depth + 1)))


def doubled_tuples(levels: int) -> bytes:
    """2^levels scalars in a few hundred bytes."""
    tuples = [tuple_of(U8, U8)] + [tuple_of(number(at), number(at)) for at in range(levels)]
    return component(types(*tuples, func(number(levels))), imports(imported("f", FUNC, levels + 1)))


def doubled_instance_types(levels: int) -> bytes:
    each = [instance_type()]
    for at in range(levels):
        each.append(instance_type(outer_type(at), export_instance("a", 0), export_instance("b", 0)))
    return component(*[types(one) for one in each], imports(imported("a:b/c", INSTANCE_SORT, levels)))


def doubled_instances(levels: int) -> bytes:
    """Each component instantiates the one before it twice."""
    sections = [section(COMPONENTS, component())]
    twice = section(INSTANCE, many([b"\0\0\0", b"\0\0\0"]))
    for at in range(levels):
        sections.append(section(COMPONENTS, component(section(ALIAS, b"\1\4\2\1" + number(at)), twice)))
    sections.append(section(INSTANCE, many([b"\0" + number(levels) + b"\0"])))
    return component(*sections)


def wide_tuple(count: int) -> bytes:
    return component(types(tuple_of(*[U8] * count), func(number(0))), imports(imported("f", FUNC, 1)))


def many_imports(count: int, same: bool) -> bytes:
    each = [imported("f" if same else f"f{at}", FUNC, 0) for at in range(count)]
    return component(types(func()), imports(*each))


def core_module(*sections: bytes) -> bytes:
    return component(section(CORE_MODULE, CORE + b"".join(sections)), section(CORE_INSTANCE, many([b"\0\0\0"])))


def core_memories(count: int, pages: int) -> bytes:
    return core_module(section(5, many([b"\0" + number(pages)] * count)))


def core_table(elements: int) -> bytes:
    return core_module(section(4, many([b"\x70\0" + number(elements)])))


def core_locals(count: int) -> bytes:
    """One function with that many locals."""
    code = b"\1" + number(count) + b"\x7f\x0b"
    body = number(len(code)) + code
    return core_module(section(1, many([b"\x60\0\0"])), section(3, many([b"\0"])), section(10, many([body])))


def core_blocks(depth: int) -> bytes:
    """One function of blocks in blocks."""
    code = b"\0" + b"\2\x40" * depth + b"\x0b" * (depth + 1)
    body = number(len(code)) + code
    return core_module(section(1, many([b"\x60\0\0"])), section(3, many([b"\0"])), section(10, many([body])))
