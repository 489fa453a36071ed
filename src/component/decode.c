/* Decoder: sections of a component, one after another, into one array of definitions. Types are
 * decode_types.c's, core modules decode_core.c's. */
#include "component/decode.h"

#include "base/limits.h"
#include "component/decode_core.h"
#include "component/decode_types.h"
#include "component/reader.h"

/* A component while its definitions are collected. */
typedef struct component_state {
    wy_reader *r;
    unsigned depth; /* components around this one */
    wy_definition *definitions;
    uint32_t count, cap;
} component_state;

static void decode_component(wy_reader *r, unsigned depth, wy_component_ast *out);

static wy_definition *add_definition(component_state *s, wy_definition_kind kind) {
    wy_reader *r = s->r;
    if (r->err) return NULL;
    wy_definition *items = wy_arena_grow(r->arena, s->definitions, s->count, &s->cap,
                                         (size_t)s->count + 1, sizeof *items);
    if (!items) {
        wy_read_fail(r, WY_LIMIT, r->at, "the decoded component takes more memory than allowed");
        return NULL;
    }
    s->definitions = items;
    wy_definition *def = &items[s->count++];
    memset(def, 0, sizeof *def);
    def->kind = kind;
    def->offset = r->at;
    return def;
}

/* --- instances --- */

/* CM[bin.core-instance] Binary.md, Instance Definitions: 0x00 or 0x01; an argument is an instance,
 * 0x12. */
static void decode_core_instance(wy_reader *r, wy_ast_instance *out) {
    uint8_t form = wy_read_u8(r);
    if (form > 1) wy_read_bad_byte(r, form, "a core instance");
    out->instantiate = form == 0;
    if (out->instantiate) out->idx = wy_read_u32(r);
    uint32_t count = wy_read_count(r, "arguments or exports of a core instance");
    wy_ast_arg *args = wy_read_alloc(r, count, sizeof *args);
    for (uint32_t i = 0; args && i < count && !r->err; i++) {
        args[i].offset = args[i].name.offset = r->at;
        args[i].name.text = wy_read_name(r);
        if (out->instantiate) {
            uint8_t sort = wy_read_u8(r);
            if (sort != 0x12) wy_read_bad_byte(r, sort, "an argument of a core instance");
            args[i].item.sort = WY_SORT_CORE_INSTANCE;
        } else {
            args[i].item.sort = wy_decode_core_sort(r);
        }
        args[i].item.idx = wy_read_u32(r);
    }
    out->args = args;
    out->count = r->err ? 0 : count;
}

/* CM[bin.instance] Binary.md, Instance Definitions: 0x00 or 0x01. */
static void decode_instance(wy_reader *r, wy_ast_instance *out) {
    uint8_t form = wy_read_u8(r);
    if (form > 1) wy_read_bad_byte(r, form, "an instance");
    out->instantiate = form == 0;
    if (out->instantiate) out->idx = wy_read_u32(r);
    uint32_t count = wy_read_count(r, "arguments or exports of an instance");
    wy_ast_arg *args = wy_read_alloc(r, count, sizeof *args);
    for (uint32_t i = 0; args && i < count && !r->err; i++) {
        args[i].offset = args[i].name.offset = r->at;
        if (out->instantiate)
            args[i].name.text = wy_read_name(r);
        else
            wy_decode_extern_name(r, &args[i].name);
        args[i].item.sort = wy_decode_sort(r);
        args[i].item.idx = wy_read_u32(r);
    }
    out->args = args;
    out->count = r->err ? 0 : count;
}

/* --- canonical definitions --- */

static void apply_opt(wy_ast_canon *canon, const wy_canonopt *opt) {
    switch (opt->kind) {
    case WY_CANONOPT_UTF8:
    case WY_CANONOPT_UTF16:
    case WY_CANONOPT_LATIN1_UTF16: canon->string_encoding = opt->kind; break;
    case WY_CANONOPT_MEMORY:
        canon->has_memory = true;
        canon->memory = opt->idx;
        break;
    case WY_CANONOPT_REALLOC:
        canon->has_realloc = true;
        canon->realloc = opt->idx;
        break;
    case WY_CANONOPT_POST_RETURN:
        canon->has_post_return = true;
        canon->post_return = opt->idx;
        break;
    case WY_CANONOPT_ASYNC: canon->async = true; break;
    case WY_CANONOPT_CALLBACK: break; /* the validator refuses it, as async */
    }
}

/* CM[bin.canonopt] Binary.md, Canonical Definitions: the options 0x00 to 0x07. */
static void decode_opts(wy_reader *r, wy_ast_canon *out) {
    uint32_t count = wy_read_count(r, "canonical options");
    wy_canonopt *opts = wy_read_alloc(r, count, sizeof *opts);
    for (uint32_t i = 0; opts && i < count && !r->err; i++) {
        opts[i].offset = r->at;
        uint8_t kind = wy_read_u8(r);
        if (kind == 0x08 || kind == 0x09) {
            wy_read_gated(r, opts[i].offset, "a canonical option", "gc");
            return;
        }
        if (kind > WY_CANONOPT_CALLBACK) {
            wy_read_bad_byte(r, kind, "a canonical option");
            return;
        }
        opts[i].kind = (wy_canonopt_kind)kind;
        if (kind >= WY_CANONOPT_MEMORY && kind != WY_CANONOPT_ASYNC) opts[i].idx = wy_read_u32(r);
        apply_opt(out, &opts[i]);
    }
    out->opts = opts;
    out->opt_count = r->err ? 0 : count;
}

/* CM[bin.canon-sort] Binary.md, Canonical Definitions: the 0x00 behind lift and lower stands for
 * the sort func. */
static void decode_canon_sort(wy_reader *r) {
    uint8_t byte = wy_read_u8(r);
    if (byte != 0) wy_read_bad_byte(r, byte, "a canonical definition");
}

/* CM[bin.canon] Binary.md, Canonical Definitions: the opcodes. */
static void decode_canon(wy_reader *r, wy_ast_canon *out) {
    uint8_t kind = wy_read_u8(r);
    if (r->err) return;
    out->kind = (wy_canon_kind)kind;
    switch (kind) {
    case WY_CANON_LIFT:
        decode_canon_sort(r);
        out->idx = wy_read_u32(r);
        decode_opts(r, out);
        out->idx2 = wy_read_u32(r);
        return;
    case WY_CANON_LOWER:
        decode_canon_sort(r);
        out->idx = wy_read_u32(r);
        decode_opts(r, out);
        return;
    case WY_CANON_RESOURCE_NEW:
    case WY_CANON_RESOURCE_DROP:
    case WY_CANON_RESOURCE_REP:
    case WY_CANON_STREAM_NEW:
    case WY_CANON_STREAM_DROP_READABLE:
    case WY_CANON_STREAM_DROP_WRITABLE:
    case WY_CANON_FUTURE_NEW:
    case WY_CANON_FUTURE_DROP_READABLE:
    case WY_CANON_FUTURE_DROP_WRITABLE: out->idx = wy_read_u32(r); return;
    case WY_CANON_TASK_RETURN:
        out->result = wy_decode_resultlist(r);
        decode_opts(r, out);
        return;
    case WY_CANON_CONTEXT_GET:
    case WY_CANON_CONTEXT_SET:
        out->core_type = wy_decode_core_valtype(r);
        out->idx = wy_read_u32(r);
        return;
    case WY_CANON_STREAM_READ:
    case WY_CANON_STREAM_WRITE:
    case WY_CANON_FUTURE_READ:
    case WY_CANON_FUTURE_WRITE:
        out->idx = wy_read_u32(r);
        decode_opts(r, out);
        return;
    case WY_CANON_STREAM_CANCEL_READ:
    case WY_CANON_STREAM_CANCEL_WRITE:
    case WY_CANON_FUTURE_CANCEL_READ:
    case WY_CANON_FUTURE_CANCEL_WRITE:
        out->idx = wy_read_u32(r);
        out->flag = wy_read_bool(r, "async?");
        return;
    case WY_CANON_ERROR_CONTEXT_NEW:
    case WY_CANON_ERROR_CONTEXT_DEBUG_MESSAGE: decode_opts(r, out); return;
    case WY_CANON_WAITABLE_SET_WAIT:
    case WY_CANON_WAITABLE_SET_POLL:
        out->flag = wy_read_bool(r, "cancel?");
        out->idx = wy_read_u32(r);
        return;
    case WY_CANON_SUBTASK_CANCEL:
    case WY_CANON_THREAD_YIELD:
    case WY_CANON_THREAD_SUSPEND:
    case WY_CANON_THREAD_SUSPEND_THEN_RESUME:
    case WY_CANON_THREAD_YIELD_THEN_RESUME:
    case WY_CANON_THREAD_SUSPEND_THEN_PROMOTE:
    case WY_CANON_THREAD_YIELD_THEN_PROMOTE:
    case WY_CANON_THREAD_AVAILABLE_PARALLELISM:
        out->flag = wy_read_bool(r, "a flag of a canonical definition");
        return;
    case WY_CANON_THREAD_NEW_INDIRECT:
        out->idx = wy_read_u32(r);
        out->idx2 = wy_read_u32(r);
        return;
    case WY_CANON_THREAD_SPAWN_REF:
    case WY_CANON_THREAD_SPAWN_INDIRECT:
        out->flag = wy_read_bool(r, "shared?");
        out->idx = wy_read_u32(r);
        if (kind == WY_CANON_THREAD_SPAWN_INDIRECT) out->idx2 = wy_read_u32(r);
        return;
    case WY_CANON_TASK_CANCEL:
    case WY_CANON_SUBTASK_DROP:
    case WY_CANON_ERROR_CONTEXT_DROP:
    case WY_CANON_WAITABLE_SET_NEW:
    case WY_CANON_WAITABLE_SET_DROP:
    case WY_CANON_WAITABLE_JOIN:
    case WY_CANON_BACKPRESSURE_INC:
    case WY_CANON_BACKPRESSURE_DEC:
    case WY_CANON_THREAD_INDEX:
    case WY_CANON_THREAD_RESUME_LATER: return;
    case 0x07:
    case 0x08:
        wy_read_fail(
            r, WY_UNSUPPORTED, r->at - 1,
            "canonical definition 0x%02x was taken out of the component model; rebuild the "
            "component with current tools",
            kind);
        return;
    default: wy_read_bad_byte(r, kind, "a canonical definition");
    }
}

/* --- start and values (gated) --- */

static const wy_ast_start *decode_start(wy_reader *r) {
    wy_ast_start *out = wy_read_alloc(r, 1, sizeof *out);
    if (!out) return NULL;
    out->func = wy_read_u32(r);
    uint32_t count = wy_read_count(r, "arguments of a start function");
    uint32_t *args = wy_read_alloc(r, count, sizeof *args);
    for (uint32_t i = 0; args && i < count && !r->err; i++)
        args[i] = wy_read_u32(r);
    out->args = args;
    out->arg_count = r->err ? 0 : count;
    out->result_count = wy_read_u32(r);
    return out;
}

static void skip_value(wy_reader *r) {
    (void)wy_decode_valtype(r);
    wy_read_skip(r, wy_read_u32(r));
}

/* --- sections --- */

static const wy_ast_import *decode_import(wy_reader *r) {
    wy_ast_import *out = wy_read_alloc(r, 1, sizeof *out);
    if (!out) return NULL;
    wy_decode_extern_name(r, &out->name);
    wy_decode_externtype(r, &out->type);
    return out;
}

static const wy_ast_export *decode_export(wy_reader *r) {
    wy_ast_export *out = wy_read_alloc(r, 1, sizeof *out);
    if (!out) return NULL;
    wy_decode_extern_name(r, &out->name);
    out->item.sort = wy_decode_sort(r);
    out->item.idx = wy_read_u32(r);
    out->has_type = wy_read_bool(r, "the optional type of an export");
    if (out->has_type) wy_decode_externtype(r, &out->type);
    return out;
}

static void decode_definition(component_state *s, wy_definition_kind kind) {
    wy_reader *r = s->r;
    wy_definition *def = add_definition(s, kind);
    if (!def) return;
    switch (kind) {
    case WY_DEF_CORE_MODULE: {
        wy_core_module *module = wy_read_alloc(r, 1, sizeof *module);
        if (module) wy_decode_core_module(r, module);
        def->core_module = module;
        return;
    }
    case WY_DEF_COMPONENT: {
        wy_component_ast *component = wy_read_alloc(r, 1, sizeof *component);
        if (component) decode_component(r, s->depth + 1, component);
        def->component = component;
        return;
    }
    case WY_DEF_CORE_INSTANCE: decode_core_instance(r, &def->instance); return;
    case WY_DEF_INSTANCE: decode_instance(r, &def->instance); return;
    case WY_DEF_CORE_TYPE: def->core_type = wy_decode_core_deftype(r); return;
    case WY_DEF_TYPE: def->type = wy_decode_deftype(r, 0); return;
    case WY_DEF_ALIAS: wy_decode_alias(r, &def->alias); return;
    case WY_DEF_CANON: {
        wy_ast_canon *canon = wy_read_alloc(r, 1, sizeof *canon);
        if (canon) decode_canon(r, canon);
        def->canon = canon;
        return;
    }
    case WY_DEF_START: def->start = decode_start(r); return;
    case WY_DEF_IMPORT: def->import = decode_import(r); return;
    case WY_DEF_EXPORT: def->export = decode_export(r); return;
    case WY_DEF_VALUE: skip_value(r); return;
    }
}

/* What a section holds, by id; `single`: one definition, not a vector. */
static const struct section_kind {
    const char *name;
    wy_definition_kind kind;
    bool single;
} section_kinds[13] = {
    {"custom", WY_DEF_VALUE, true}, /* stepped over */
    {"core module", WY_DEF_CORE_MODULE, true},
    {"core instance", WY_DEF_CORE_INSTANCE, false},
    {"core type", WY_DEF_CORE_TYPE, false},
    {"component", WY_DEF_COMPONENT, true},
    {"instance", WY_DEF_INSTANCE, false},
    {"alias", WY_DEF_ALIAS, false},
    {"type", WY_DEF_TYPE, false},
    {"canon", WY_DEF_CANON, false},
    {"start", WY_DEF_START, true},
    {"import", WY_DEF_IMPORT, false},
    {"export", WY_DEF_EXPORT, false},
    {"value", WY_DEF_VALUE, false},
};

/* CM[bin.section] Binary.md, Component Definitions: the sections 0 to 12, in any order and number,
 * and each as long as it says. */
static void decode_section(component_state *s, uint8_t id) {
    wy_reader *r = s->r;
    const struct section_kind *section = &section_kinds[id];
    if (id == 0) {
        (void)wy_read_name(r);
        r->at = r->end;
    } else if (section->single) {
        decode_definition(s, section->kind);
    } else {
        uint32_t count = wy_read_count(r, "definitions");
        for (uint32_t i = 0; i < count && !r->err; i++)
            decode_definition(s, section->kind);
    }
    if (!r->err && r->at != r->end)
        wy_read_fail(r, WY_MALFORMED, r->at, "the %s section is longer than its content",
                     section->name);
}

/* CM[bin.preamble] Binary.md, Component Definitions: magic, version 0x0d, layer 1; a core module
 * inside has the core preamble. */
static void decode_preamble(wy_reader *r) {
    size_t start = r->at;
    const uint8_t *at = r->bytes + start;
    if (wy_read_left(r) < 8) {
        wy_read_fail(r, WY_MALFORMED, r->end, "unexpected end: a component starts with 8 bytes");
    } else if (memcmp(at, "\0asm", 4) != 0) {
        wy_read_fail(r, WY_MALFORMED, start, "not WebAssembly: it does not start with \"\\0asm\"");
    } else if (at[4] == 1 && at[5] == 0 && at[6] == 0 && at[7] == 0) {
        wy_read_fail(r, WY_MALFORMED, start + 4, "this is a core module, not a component");
    } else if (at[6] != 1 || at[7] != 0) {
        wy_read_fail(r, WY_MALFORMED, start + 6, "unknown layer %u", at[6] | (unsigned)at[7] << 8);
    } else if (at[4] != 0x0d || at[5] != 0) {
        wy_read_fail(r, WY_MALFORMED, start + 4,
                     "component encoding 0x%02x, only 0x0d is known; rebuild the component with "
                     "current tools",
                     at[4] | (unsigned)at[5] << 8);
    } else {
        r->at += 8;
    }
}

/* The component that fills the reader from `at` to `end`; leaves the reader at the end. */
static void decode_component(wy_reader *r, unsigned depth, wy_component_ast *out) {
    size_t start = r->at, end = r->end;
    if (depth > WY_MAX_COMPONENT_DEPTH) {
        wy_read_fail(r, WY_LIMIT, start, "components nested deeper than %d",
                     WY_MAX_COMPONENT_DEPTH);
        return;
    }
    component_state s = {.r = r, .depth = depth};
    decode_preamble(r);
    while (wy_read_more(r)) {
        uint8_t id = wy_read_u8(r);
        if (id >= sizeof section_kinds / sizeof section_kinds[0]) {
            wy_read_bad_byte(r, id, "the id of a section");
            return;
        }
        size_t at = r->at;
        uint32_t len = wy_read_u32(r);
        if (!r->err && len > wy_read_left(r))
            wy_read_fail(r, WY_MALFORMED, at, "unexpected end: %s section of %u bytes, %zu left",
                         section_kinds[id].name, len, wy_read_left(r));
        if (r->err) return;
        r->end = r->at + len;
        decode_section(&s, id);
        if (r->err) return;
        r->end = end;
    }
    *out = (wy_component_ast){.bytes = r->bytes + start,
                              .len = end - start,
                              .offset = start,
                              .definitions = s.definitions,
                              .definition_count = s.count};
}

wy_err wy_component_decode(wy_arena *arena, const uint8_t *bytes, size_t len,
                           wy_component_ast **out, wy_diag *diag) {
    wy_assert(arena && out && (bytes || len == 0));
    *out = NULL;
    if (len > WY_MAX_COMPONENT_BYTES)
        return wy_diag_set(diag, WY_LIMIT, "a component of %zu bytes; at most %zu are allowed", len,
                           WY_MAX_COMPONENT_BYTES);
    wy_reader reader = {.bytes = bytes, .end = len, .arena = arena, .diag = diag};
    wy_component_ast *ast = wy_read_alloc(&reader, 1, sizeof *ast);
    if (ast) decode_component(&reader, 0, ast);
    if (!reader.err) *out = ast;
    return reader.err;
}

#define PREAMBLE_BYTES 8
#define SECTION_MODULE 1
#define SECTION_COMPONENT 4

size_t wy_component_modules(const uint8_t *bytes, size_t len, wy_str *modules_out, size_t max) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_reader r = {.bytes = bytes, .end = len, .diag = &diag};
    size_t count = 0;
    wy_read_skip(&r, PREAMBLE_BYTES);
    while (wy_read_more(&r) && count < max) {
        uint8_t id = wy_read_u8(&r);
        uint32_t size = wy_read_u32(&r);
        if (r.err || size > wy_read_left(&r)) break;
        if (id == SECTION_COMPONENT) {
            wy_read_skip(&r, size < PREAMBLE_BYTES ? size : PREAMBLE_BYTES); /* its sections next */
            continue;
        }
        if (id == SECTION_MODULE) modules_out[count++] = (wy_str){(const char *)bytes + r.at, size};
        wy_read_skip(&r, size);
    }
    return count;
}

wy_binary_kind wy_binary_kind_of(const uint8_t *bytes, size_t len) {
    if (len < 8 || memcmp(bytes, "\0asm", 4) != 0) return WY_BINARY_OTHER;
    unsigned layer = bytes[6] | (unsigned)bytes[7] << 8;
    return layer == 0 ? WY_BINARY_MODULE : layer == 1 ? WY_BINARY_COMPONENT : WY_BINARY_OTHER;
}
