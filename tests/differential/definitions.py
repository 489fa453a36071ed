"""Random components whose point is what they define: types, resources, imports, exports, aliases,
nested components and instances of them. Most are valid; none is meant to run."""

import binary as b
from binary import name, s, u, vec
from guest import ENCODINGS, PRIMITIVES, Component, InstanceType, flat_params, flat_result, spills
from shape import NAMED, Type, _labels

LABELS = ["a", "b", "c-d", "e1", "f-g-h", "i", "j2", "k", "l-m", "n", "o", "p-q", "R", "s-T", "u"]


class Resource:
    """A resource type, by identity; stands in Type.elem of handles."""

    def __str__(self):
        return "r"


class Types:
    """Definitions of types in one index space (of a component or an instance type)."""

    def __init__(self, define):
        self.define, self.known, self.resources, self.handles = define, {}, {}, {}

    def ref(self, t):
        if t.kind in PRIMITIVES:
            return bytes([PRIMITIVES[t.kind]])
        return s(self.index(t))

    def _optional(self, t):
        return b"\x01" + self.ref(t) if t else b"\x00"

    def index(self, t):
        """A named type that is not known here is defined anew, without a name: a mistake."""
        if t.kind in ("own", "borrow"):
            key = (t.kind, t.elem)
            if key not in self.handles:
                code = b"\x69" if t.kind == "own" else b"\x68"
                self.handles[key] = self.define(code + u(self.resources.get(t.elem, 0)))
            return self.handles[key]
        if t not in self.known:
            self.known[t] = self.define(self.body(t))
        return self.known[t]

    def body(self, t):
        if t.kind in ("record", "variant"):
            tail = b"\0" if t.kind == "variant" else b""
            part = self._optional if t.kind == "variant" else self.ref
            fields = vec([name(n) + part(p) + tail for n, p in t.fields])
            return (b"\x72" if t.kind == "record" else b"\x71") + fields
        if t.kind in ("flags", "enum"):
            labels = vec([name(n) for n, _ in t.fields])
            return (b"\x6e" if t.kind == "flags" else b"\x6d") + labels
        if t.kind == "list":
            return b"\x70" + self.ref(t.elem)
        if t.kind == "tuple":
            return b"\x6f" + vec([self.ref(p) for _, p in t.fields])
        if t.kind == "option":
            return b"\x6b" + self.ref(t.fields[1][1])
        return b"\x6a" + self._optional(t.fields[0][1]) + self._optional(t.fields[1][1])

    def func(self, func):
        names, params, result = func
        params = vec([name(n) + self.ref(t) for n, t in zip(names, params)])
        return self.define(b"\x40" + params + (b"\x00" + self.ref(result) if result else b"\x01\x00"))

    def resource_moved(self, resource, index):
        """The resource has a new name: what is defined from now on uses it."""
        self.resources[resource] = index
        self.handles = {key: i for key, i in self.handles.items() if key[1] is not resource}


class Maker:
    """What component bodies and instance types have in common: making value types of what is at
    hand. Subclasses have `types`, `rng` and `named`, the named types that may be used."""

    def value_type(self, depth=2, borrow=False):
        rng = self.rng
        choice = rng.random()
        if self.types.resources and choice < 0.25:
            kind = "borrow" if borrow and rng.random() < 0.5 else "own"
            return Type(kind, elem=rng.choice(list(self.types.resources)))
        if self.named and choice < 0.5:
            return rng.choice(self.named)
        if depth == 0 or choice < 0.7:
            return Type(rng.choice(list(PRIMITIVES)))
        part = lambda: self.value_type(depth - 1, borrow)
        maybe = lambda: part() if rng.random() < 0.6 else None
        kind = rng.choice(["list", "tuple", "option", "result"])
        if kind == "list":
            return Type(kind, elem=part())
        if kind == "tuple":
            return Type(kind, [(str(i), part()) for i in range(rng.randint(1, 3))])
        if kind == "option":
            return Type(kind, [("none", None), ("some", part())])
        return Type(kind, [("ok", maybe()), ("error", maybe())])

    def named_type(self):
        rng = self.rng
        kind, count = rng.choice(NAMED), rng.randint(1, 4)
        if kind in ("enum", "flags"):
            return Type(kind, [(n, None) for n in _labels(count)])
        optional = kind == "variant"
        parts = [self.value_type() if not optional or rng.random() < 0.6 else None for _ in range(count)]
        return Type(kind, zip(_labels(count), parts))

    def func_type(self):
        rng = self.rng
        params = [self.value_type(2, rng.random() < 0.9) for _ in range(rng.choice([0, 1, 1, 2, 9]))]
        result = self.value_type(2, rng.random() < 0.03) if rng.random() < 0.7 else None
        return [f"p{i}" for i in range(len(params))], params, result

    def special_func(self, labels):
        """A name that ties a function to a resource of the given labels, and a type for it."""
        resource, label = self.rng.choice(labels)
        kind = self.rng.choice(["constructor", "method", "static"])
        names, params, result = self.func_type()
        if kind == "constructor":
            own = Type("own", elem=resource)
            if self.rng.random() < 0.3:
                own = Type("result", [("ok", own), ("error", None)])
            return f"[constructor]{label}", (names, params, own)
        text = f"[{kind}]{label}.{self.rng.choice(LABELS)}"
        if kind == "method":
            names, params = ["self"] + names, [Type("borrow", elem=resource)] + params
        return text, (names, params, result)


class Interface(Maker):
    """An instance type; `items`: (name, kind, thing) as of any instance."""

    def __init__(self, rng, outer_types=()):
        self.rng, self.instance, self.items, self.named = rng, InstanceType(), [], []
        self.types = Types(self.instance.define)
        labels = []
        names = rng.sample(LABELS, 6)
        for text in names[: rng.randint(1, 6)]:
            choice = rng.random()
            if choice < 0.25:
                resource = Resource()
                self.types.resource_moved(resource, self.instance.export(text, b"\x03\x01"))
                labels.append((resource, text))
                self.items.append((text, "type", resource))
            elif choice < 0.55:
                t = self.named_type()
                raw = self.instance.define(self.types.body(t))
                self.types.known[t] = self.instance.export(text, b"\x03\x00" + u(raw))
                self.named.append(t)
                self.items.append((text, "type", t))
            else:
                func = self.func_type()
                if labels and rng.random() < 0.5:
                    text, func = self.special_func(labels)
                index = self.types.func(func)
                self.instance.export(text, b"\x01" + u(index))
                self.items.append((text, "func", func))


def _with_resources(thing, new):
    """A type, function or list of items with resources replaced."""
    if isinstance(thing, Resource):
        return new.get(thing, thing)
    if isinstance(thing, Type):
        if thing.kind in ("own", "borrow"):
            return Type(thing.kind, elem=new.get(thing.elem, thing.elem))
        return thing  # named ones stay what they are, as far as this generator knows
    if isinstance(thing, tuple) and len(thing) == 3:
        names, params, result = thing
        return names, [_with_resources(t, new) for t in params], result and _with_resources(result, new)
    return [(n, kind, _with_resources(item, new)) for n, kind, item in thing]


class Body(Maker):
    """A component; `given`: items of the outer one that this one imports."""

    def __init__(self, rng, depth, given=()):
        self.rng, self.depth = rng, depth
        self.c = Component()
        self.types = Types(self.c.type)
        self.named, self.funcs, self.instances, self.components = [], [], [], []
        self.labels = {"import": [], "export": []}
        self.local, self.fixed, self.exports = [], set(), []
        self.used = {"import": set(), "export": set()}
        self.memory = None
        for item in given:
            self._import(*item)
        steps = [
            self.import_type, self.import_resource, self.import_func, self.import_instance,
            self.alias, self.alias, self.bundle, self.lift, self.lower, self.builtin,
            self.nest, self.instantiate, self.export, self.export, self.define_resource,
        ]
        for _ in range(rng.randint(2, 14)):
            rng.choice(steps)()
        self.bytes = bytes(self.c.out)

    def fresh(self, side):
        free = [n for n in LABELS if n not in self.used[side]] or LABELS
        text = self.rng.choice(free if self.rng.random() < 0.97 else LABELS)
        self.used[side].add(text)
        return text

    # --- imports ---

    def _import_desc(self, text, desc, space):
        return self.c._add(10, b"\x00" + name(text) + desc, space)

    def _import(self, text, kind, thing):
        self.used["import"].add(text)
        if isinstance(thing, Resource):
            self.types.resource_moved(thing, self._import_desc(text, b"\x03\x01", "type"))
            self.labels["import"].append((thing, text))
        elif kind == "type":
            desc = b"\x03\x00" + u(self.c.type(self.types.body(thing)))
            self.types.known[thing] = self._import_desc(text, desc, "type")
            self.named.append(thing)
        elif kind == "func":
            desc = b"\x01" + u(self.types.func(thing))
            self.funcs.append((self._import_desc(text, desc, "func"), thing))

    def import_type(self):
        self._import(self.fresh("import"), "type", self.named_type())

    def import_resource(self):
        self._import(self.fresh("import"), "type", Resource())

    def import_func(self):
        if self.labels["import"] and self.rng.random() < 0.4:
            text, func = self.special_func(self.labels["import"])
        else:
            text, func = self.fresh("import"), self.func_type()
        self._import(text, "func", func)

    def import_instance(self):
        interface = Interface(self.rng)
        index = self.c.type(interface.instance.encode())
        text = self.fresh("import")
        if self.rng.random() < 0.5:
            text = f"x:y/{text}" + self.rng.choice(["", "@1.2.3", "@0.1.0-rc.1"])
        self.instances.append((self.c.import_instance(text.lower(), index), interface.items))

    # --- instances ---

    def _found(self, kind, index, thing):
        if isinstance(thing, Resource):
            self.types.resource_moved(thing, index)
        elif kind == "type":
            self.types.known[thing] = index
            self.named.append(thing)
        elif kind == "func":
            self.funcs.append((index, thing))
        else:
            self.instances.append((index, thing))

    def alias(self):
        if not self.instances:
            return
        index, items = self.rng.choice(self.instances)
        for text, kind, thing in items:
            if self.rng.random() < 0.7:
                sort = {"type": 3, "func": 1, "instance": 5}[kind]
                self._found(kind, self.c.alias(sort, index, text), thing)

    def _items(self):
        """Some of what is here, as (kind, index, thing), types before functions."""
        out = [("type", i, r) for r, i in self.types.resources.items()]
        out += [("type", self.types.known[t], t) for t in self.named if t in self.types.known]
        out += [("func", i, f) for i, f in self.funcs]
        out += [("instance", i, items) for i, items in self.instances]
        return [item for item in out if self.rng.random() < 0.5]

    def bundle(self):
        sorts = {"type": b"\x03", "func": b"\x01", "instance": b"\x05"}
        texts = self.rng.sample(LABELS, len(LABELS))
        chosen = list(zip(texts, self._items()))
        index = self.c.inline_instance([(n, sorts[kind], i) for n, (kind, i, _) in chosen])
        self.instances.append((index, [(n, kind, thing) for n, (kind, _, thing) in chosen]))

    def nest(self):
        """A component that imports things which are here, so that it can be instantiated."""
        if self.depth == 0:
            return
        chosen = [item for item in self._items() if item[0] != "instance"]
        texts = self.rng.sample(LABELS, len(LABELS))
        chosen = list(zip(texts, chosen))
        given = [(n, kind, thing) for n, (kind, _, thing) in chosen]
        inner = Body(self.rng, self.depth - 1, given)
        index = self.c.component(inner.bytes)
        self.components.append((index, inner, [thing for _, (_, _, thing) in chosen], texts))
        self.instantiate()

    def _index_of(self, thing):
        if isinstance(thing, Resource):
            return b"\x03", self.types.resources.get(thing, 0)
        if isinstance(thing, Type):
            return b"\x03", self.types.known.get(thing, 0)
        return b"\x01", next((i for i, f in self.funcs if f is thing), 0)

    def instantiate(self):
        if not self.components:
            return
        index, inner, things, texts = self.rng.choice(self.components)
        args = [(n, *self._index_of(thing)) for n, thing in zip(texts, things)]
        if self.rng.random() < 0.05 and args:
            args.pop()
        new = {resource: Resource() for resource in inner.local}
        self.instances.append((self.c.instantiate(index, args), _with_resources(inner.exports, new)))

    # --- functions ---

    def _options(self, params, result):
        flat = flat_params(params), flat_result(result)
        m = b.Module()
        m.memory = 1
        m.func("f", *flat, b.UNREACHABLE)
        m.func("post", flat[1], [], b.UNREACHABLE)
        m.func("realloc", ["i32"] * 4, ["i32"], b.UNREACHABLE)
        instance = self.c.core_instantiate(self.c.module(m.encode()), [])
        core = [self.c.core_alias(0, instance, n) for n in ("f", "post", "realloc")]
        self.memory = self.c.core_alias(2, instance, "memory"), core[2]
        options = [b"\x03" + u(self.memory[0]), b"\x04" + u(core[2])]
        options.append(bytes([self.rng.choice(list(ENCODINGS.values()))]))
        if self.rng.random() < 0.2:
            options.append(b"\x05" + u(core[1]))
        if self.rng.random() < 0.1:
            options.pop(self.rng.randrange(len(options)))
        self.rng.shuffle(options)
        return core[0], options

    def lift(self):
        func = self.func_type()
        if self.labels["export"] and self.rng.random() < 0.4:
            text, func = self.special_func(self.labels["export"])
        index = self.types.func(func)
        core, options = self._options(func[1], func[2])
        self.funcs.append((self.c.lift(core, options, index), func))

    def lower(self):
        if self.funcs and self.memory:
            options = [b"\x03" + u(self.memory[0]), b"\x04" + u(self.memory[1])]
            if self.rng.random() < 0.2:
                options.pop()
            self.c.lower(self.rng.choice(self.funcs)[0], options)

    def builtin(self):
        if self.types.resources:
            resources = list(self.types.resources)
            if self.local and self.rng.random() < 0.8:
                resources = self.local
            kind = self.rng.choice([b"\x02", b"\x03", b"\x04"])
            index = self.types.resources[self.rng.choice(resources)]
            self.c._add(8, kind + u(index), "core func")

    # --- exports ---

    def define_resource(self):
        resource = Resource()
        self.local.append(resource)
        self.types.resource_moved(resource, self.c.type(b"\x3f\x7f\x00"))

    def export(self):
        items = self._items()
        if not items:
            return
        kind, index, thing = self.rng.choice(items)
        text = self.fresh("export")
        sort, ascribed = {"type": (3, "type"), "func": (1, "func"), "instance": (5, "instance")}[kind]
        tail = b"\x00"
        if isinstance(thing, Resource):
            if self.rng.random() < 0.2:
                tail = b"\x01\x03\x01" if self.rng.random() < 0.5 else b"\x01\x03\x00" + u(index)
            self.labels["export"].append((thing, text))
        elif kind == "func":
            labels = self.labels["export"]
            if labels and self.rng.random() < 0.5:
                resource, label = self.rng.choice(labels)
                first = thing[1][0] if thing[1] else None
                own = thing[2] and thing[2].kind == "own"
                text = f"[static]{label}.{text}"
                if first and first.kind == "borrow" and thing[0][0] == "self":
                    text = f"[method]{label}.{text}"
                elif own:
                    text = f"[constructor]{label}"
            if self.rng.random() < 0.2:
                tail = b"\x01\x01" + u(self.types.func(thing))
        item = b"\x00" + name(text) + bytes([sort]) + u(index) + tail
        self._found(kind, self.c._add(11, item, ascribed), thing)
        self.exports.append((text, kind, thing))


def random_component(rng):
    return Body(rng, 2).bytes
