"""Runs generated components in Wasmtime, whose component support takes values of any type."""

import ctypes
from ctypes import byref

import wasmtime
import wasmtime.component as component
from wasmtime import _ffi as ffi

from guest import HOST
from shape import SCALARS, VARIANTS, canonical_float, encoded

_KINDS = {
    kind: getattr(ffi, "WASMTIME_COMPONENT_" + kind.upper()).value
    for kind in list(SCALARS) + ["string", "list", "record", "tuple", "enum", "option", "result"]
    + ["variant", "flags"]
}
_RESOURCE = ffi.WASMTIME_COMPONENT_RESOURCE.value
_FIELD = {"bool": "u8", "f32": "u32", "f64": "u64", "char": "character"}
_TYPE_R = 1  # the host's own number for its resource type
NOTE_DROP = 0xFFFFFFFF


def _fill(t, value, out, store):
    """Builds the value of type `t` in the C structure `out`."""
    kind = t.kind
    if kind in SCALARS:
        out.kind = _KINDS[kind]
        setattr(out.of, _FIELD.get(kind, kind), value)
        return
    if kind in ("own", "borrow"):
        out.kind = _RESOURCE
        make = component.ResourceHost.own if kind == "own" else component.ResourceHost.borrow
        out.of.resource = make(value, _TYPE_R).to_any(store)._consume()
        return
    out.kind = _KINDS[kind]
    if kind == "string":
        out.of.string = ffi.str_to_capi(value)
    elif kind == "list":
        ffi.wasmtime_component_vallist_new_uninit(byref(out.of.list), len(value))
        for i, item in enumerate(value):
            _fill(t.elem, item, out.of.list.data[i], store)
    elif kind == "record":
        ffi.wasmtime_component_valrecord_new_uninit(byref(out.of.record), len(value))
        for i, ((label, part), item) in enumerate(zip(t.fields, value)):
            out.of.record.data[i].name = ffi.str_to_capi(label)
            _fill(part, item, out.of.record.data[i].val, store)
    elif kind == "tuple":
        ffi.wasmtime_component_valtuple_new_uninit(byref(out.of.tuple), len(value))
        for i, ((_, part), item) in enumerate(zip(t.fields, value)):
            _fill(part, item, out.of.tuple.data[i], store)
    elif kind == "flags":
        labels = [label for i, (label, _) in enumerate(t.fields) if value >> i & 1]
        ffi.wasmtime_component_valflags_new_uninit(byref(out.of.flags), len(labels))
        for i, label in enumerate(labels):
            out.of.flags.data[i] = ffi.str_to_capi(label)
    else:
        _fill_variant(t, value, out, store)


def _fill_variant(t, value, out, store):
    label, part = t.fields[value[0]]
    payload = None
    if part:
        raw = ffi.wasmtime_component_val_t()
        _fill(part, value[1], raw, store)
        payload = ffi.wasmtime_component_val_new(byref(raw))
    if t.kind == "enum":
        out.of.enumeration = ffi.str_to_capi(label)
    elif t.kind == "variant":
        out.of.variant.discriminant = ffi.str_to_capi(label)
        out.of.variant.val = payload
    elif t.kind == "option":
        out.of.option = payload
    else:
        out.of.result.is_ok = value[0] == 0
        out.of.result.val = payload


def _text(vec):
    return ctypes.string_at(vec.data, vec.size).decode() if vec.size else ""


def _read(t, val, store):
    """The value of type `t` that the C structure holds; NaNs become the canonical one."""
    kind = t.kind
    if kind in SCALARS:
        value = getattr(val.of, _FIELD.get(kind, kind))
        return canonical_float(kind, value) if kind[0] == "f" else value
    if kind == "string":
        return _text(val.of.string)
    if kind == "list":
        return [_read(t.elem, val.of.list.data[i], store) for i in range(val.of.list.size)]
    if kind == "record":
        data = val.of.record.data
        return [_read(part, data[i].val, store) for i, (_, part) in enumerate(t.fields)]
    if kind == "tuple":
        return [_read(part, val.of.tuple.data[i], store) for i, (_, part) in enumerate(t.fields)]
    labels = [label for label, _ in t.fields]
    if kind == "flags":
        flags = val.of.flags
        return sum(1 << labels.index(_text(flags.data[i])) for i in range(flags.size))
    if kind in VARIANTS:
        return _read_variant(t, val, labels, store)
    return _read_handle(val, store)


def _read_variant(t, val, labels, store):
    if t.kind == "enum":
        return (labels.index(_text(val.of.enumeration)), None)
    if t.kind == "variant":
        case, payload = labels.index(_text(val.of.variant.discriminant)), val.of.variant.val
    elif t.kind == "option":
        case, payload = int(bool(val.of.option)), val.of.option
    else:
        case, payload = int(not val.of.result.is_ok), val.of.result.val
    part = t.fields[case][1]
    return (case, _read(part, payload.contents, store) if part else None)


def _read_handle(val, store):
    host = ctypes.POINTER(ffi.wasmtime_component_resource_host_t)()
    error = ffi.wasmtime_component_resource_any_to_host(store._context(), val.of.resource, byref(host))
    if error:
        raise wasmtime.WasmtimeError._from_ptr(error)
    with component.ResourceHost._from_ptr(host) as resource:
        return resource.rep


def _error_text(ptr):
    """The reason; it stands behind the backtrace."""
    text = str(wasmtime.WasmtimeError._from_ptr(ptr))
    return text.split("Caused by:")[-1].strip()


class Reference:
    def __init__(self):
        config = wasmtime.Config()
        config.cranelift_opt_level = "none"
        config.parallel_compilation = False
        self.engine = wasmtime.Engine(config)
        self.resource = component.ResourceType.host(_TYPE_R)

    def validate(self, content):
        """None, or why the bytes are refused."""
        try:
            component.Component(self.engine, content).close()
        except wasmtime.WasmtimeError as error:
            return str(error)
        return None

    def run(self, guest, cases):
        """(why it was refused or None, an outcome for each case)."""
        try:
            loaded = component.Component(self.engine, guest.bytes)
        except wasmtime.WasmtimeError as error:
            return str(error), []
        exports = guest.exports()
        indexes = {name: loaded.get_export_index(name) for name in exports}
        return None, [self._run_case(guest, loaded, exports, indexes, case) for case in cases]

    def _linker(self, guest, case, notes):
        results = list(case.host_results)

        def on_call(_data, context, _type, args, count, out, _out_count):
            def body(store):
                note = bytearray()
                for i, t in enumerate(guest.params):
                    note += encoded(t, _read(t, args[i], store))
                notes.append(bytes(note))
                if guest.result:
                    if not results:
                        raise wasmtime.WasmtimeError("no more host results")
                    _fill(guest.result, results.pop(0), out[0], store)

            return component._enter.catch_exceptions(context, body)

        callback = ffi.wasmtime_component_func_callback_t(on_call)
        linker = component.Linker(self.engine)
        with linker.root() as root, root.add_instance(HOST) as host:
            error = ffi.wasmtime_component_linker_instance_add_func(
                host.ptr(), ctypes.create_string_buffer(b"i"), 1, callback, None, _no_finalizer
            )
            assert not error
            if guest.has_resource:
                drop = lambda _store, rep: notes.append(
                    NOTE_DROP.to_bytes(4, "little") + rep.to_bytes(4, "little")
                )
                host.add_resource("r", self.resource, drop)
        return linker, callback

    def _run_case(self, guest, loaded, exports, indexes, case):
        notes, calls = [], []
        linker, callback = self._linker(guest, case, notes)
        with wasmtime.Store(self.engine) as store:
            try:
                instance = linker.instantiate(store, loaded)
                calls.append((True, b""))
            except wasmtime.WasmtimeError as error:
                return [(False, str(error))], notes
            for name, args in case.calls:
                func = instance.get_func(store, indexes[name])
                calls.append(self._call(store, func, exports[name], args))
                if not calls[-1][0]:
                    break
        linker.close()
        del callback
        return calls, notes

    def _call(self, store, func, signature, args):
        params, result = signature
        vals = (ffi.wasmtime_component_val_t * max(1, len(params)))()
        for i, t in enumerate(params):
            _fill(t, args[i], vals[i], store)
        out = ffi.wasmtime_component_val_t()
        error = ffi.wasmtime_component_func_call(
            byref(func._func), store._context(), vals, len(params), byref(out), 1 if result else 0
        )
        for i in range(len(params)):
            ffi.wasmtime_component_val_delete(byref(vals[i]))
        if error:
            text = _error_text(error)
            component._enter.maybe_raise_last_exn()
            return False, text
        if not result:
            return True, b""
        value = encoded(result, _read(result, out, store))
        ffi.wasmtime_component_val_delete(byref(out))
        return True, value


_no_finalizer = ctypes.CFUNCTYPE(None, ctypes.c_void_p)()
