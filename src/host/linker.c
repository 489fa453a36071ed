/* What an embedder provides: interfaces of his own become descriptors as the runtime links them,
 * beside those of withy that he lets in. Deciding a component's imports by them is linked.c's. */
#include "host/embed.h"
#include "host/wit_type.h"

#include "base/limits.h"
#include "interface/registry.h"
#include "wit/resolve.h"
#include "wit/semver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- linker --- */

withy_status withy_linker_new(withy_engine *engine, withy_linker **linker_out, withy_error *error) {
    withy_linker *linker = calloc(1, sizeof *linker);
    if (!linker) {
        wy_diag diag;
        wy_diag_init(&diag);
        return wy_host_status(WY_NOMEM, &diag, error);
    }
    linker->engine = engine;
    linker->refs = 1;
    engine->refs++;
    wy_arena_init(&linker->arena, WY_MAX_EMBED_BYTES);
    *linker_out = linker;
    return WITHY_OK;
}

void wy_embed_linker_release(withy_linker *linker) {
    if (--linker->refs) return;
    withy_engine *engine = linker->engine;
    wy_arena_deinit(&linker->arena);
    free(linker);
    wy_embed_engine_release(engine);
}

void withy_linker_free(withy_linker *linker) {
    if (linker) wy_embed_linker_release(linker);
}

/* Puts an interface at `index` of the list. */
static wy_err insert(withy_linker *linker, uint32_t index, const wy_interface *interface) {
    const wy_interface **grown =
        wy_arena_grow(&linker->arena, linker->interfaces, linker->count, &linker->cap,
                      linker->count + 1, sizeof *linker->interfaces);
    if (!grown) return WY_NOMEM;
    linker->interfaces = grown;
    memmove(grown + index + 1, grown + index, (linker->count - index) * sizeof *grown);
    grown[index] = interface;
    linker->count++;
    return WY_OK;
}

/* --- withy's own interfaces --- */

/* Whether "wasi:io/streams" is, or lies in, what `name` says. */
static bool is_within(wy_str interface_name, wy_str name) {
    if (name.len == 0 || wy_str_eq(interface_name, name)) return true;
    if (!wy_str_starts(interface_name, name) || interface_name.len == name.len) return false;
    char next = interface_name.ptr[name.len];
    return next == ':' || next == '/';
}

static bool has(const withy_linker *linker, const wy_interface *interface) {
    for (uint32_t i = 0; i < linker->count; i++)
        if (linker->interfaces[i] == interface) return true;
    return false;
}

withy_status withy_linker_provide(withy_linker *linker, const char *name, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    size_t count;
    const wy_interface *const *all = wy_interfaces(&count);
    bool any = false;
    wy_err err = WY_OK;
    for (size_t i = 0; i < count && !err; i++) {
        if (!is_within(all[i]->desc->name, wy_str_of(name))) continue;
        any = true;
        if (!has(linker, all[i])) err = insert(linker, linker->count, all[i]);
    }
    if (!err && !any)
        err = wy_diag_set(&diag, WY_NOT_FOUND, "withy provides nothing called \"%s\"", name);
    return err ? wy_host_status(err, &diag, error) : WITHY_OK;
}

/* --- interfaces of the embedder --- */

/* An interface while it is defined. */
typedef struct definition {
    withy_linker *linker;
    const withy_host_interface *in;
    wy_embed_host *host;
    wy_wit_set set;
    wy_wit_scope *scope; /* the WIT that types are taken from; NULL: none */
    bool is_made_up;     /* `scope` is made of the functions' own texts */
    wy_diag *diag;
} definition;

static wy_err no_memory(const definition *d) {
    return wy_diag_set(d->diag, WY_NOMEM, "out of memory for an interface");
}

static bool copy(definition *d, wy_str text, wy_str *out) {
    char *bytes = wy_arena_strndup(&d->linker->arena, text.ptr, text.len);
    *out = (wy_str){bytes, text.len};
    return bytes != NULL;
}

static wy_err make_name(definition *d) {
    wy_interface_desc *desc = &d->host->desc;
    wy_str name;
    if (!copy(d, wy_str_of(d->in->name), &name)) return no_memory(d);
    desc->name = name;
    wy_wit_name parts;
    if (wy_wit_name_split(name, &parts)) {
        desc->name = parts.unversioned;
        desc->version = parts.version;
    }
    for (uint32_t i = 0; i < d->linker->own_count; i++) {
        const wy_interface_desc *other = d->linker->interfaces[i]->desc;
        if (wy_str_eq(other->name, desc->name) && wy_str_eq(other->version, desc->version))
            return wy_diag_set(d->diag, WY_EXISTS, "it is defined already");
    }
    return WY_OK;
}

/* A member of an ops struct. */
typedef union op {
    wy_host_func func;
    wy_host_drop drop;
} op;
_Static_assert(sizeof(op) == sizeof(wy_host_func) && sizeof(op) == sizeof(wy_host_drop),
               "an ops struct is a sequence of function pointers");

static wy_err make_resources(definition *d, op *ops) {
    size_t count = d->in->resource_count;
    wy_resource_desc *resources = wy_arena_calloc(&d->linker->arena, count, sizeof *resources);
    wy_resource_type *types = wy_arena_calloc(&d->linker->arena, count, sizeof *types);
    if (!resources || !types) return no_memory(d);
    for (size_t i = 0; i < count; i++) {
        types[i].interface_name = d->host->desc.name;
        if (!copy(d, wy_str_of(d->in->resources[i].name), &types[i].name)) return no_memory(d);
        resources[i].type = &types[i];
        resources[i].op = (uint32_t)(d->in->func_count + i);
        resources[i].busy = UINT32_MAX;
        ops[resources[i].op].drop = d->in->resources[i].drop;
    }
    d->host->desc.resources = resources;
    d->host->desc.resource_count = (uint32_t)count;
    return WY_OK;
}

/* --- types of functions --- */

/* Made-up WIT names each function by its number, which no type of the embedder's is called. */
#define FUNC_LABEL "withy-function-%zu"

static bool has_own_types(const withy_host_interface *in) {
    for (size_t i = 0; i < in->func_count; i++)
        if (in->funcs[i].type) return true;
    return false;
}

/* An interface with the functions' types. */
static void write_wit(const withy_host_interface *in, wy_buf *buf) {
    wy_buf_str(buf, WY_STR("package withy:host;\ninterface types {\n"));
    for (size_t i = 0; i < in->resource_count; i++)
        wy_buf_printf(buf, "resource %s;\n", in->resources[i].name);
    wy_buf_printf(buf, "%s\n", in->types ? in->types : "");
    for (size_t i = 0; i < in->func_count; i++)
        if (in->funcs[i].type) wy_buf_printf(buf, FUNC_LABEL ": %s;\n", i, in->funcs[i].type);
    wy_buf_str(buf, WY_STR("}\n"));
}

static wy_err parse_own(definition *d) {
    wy_buf buf;
    wy_buf_init(&buf, (size_t)16 << 20);
    write_wit(d->in, &buf);
    wy_err err = buf.failed ? no_memory(d)
                            : wy_wit_set_add_text(&d->set, WY_STR("types of functions"),
                                                  wy_buf_view(&buf), d->diag);
    wy_buf_deinit(&buf);
    d->is_made_up = true;
    if (!err) d->scope = wy_wit_set_find(&d->set, WY_STR("withy:host/types"));
    return err;
}

static wy_err parse_wit(definition *d) {
    wy_wit_set_init(&d->set, &d->linker->arena);
    wy_err err = WY_OK;
    if (d->in->wit)
        err = wy_wit_set_add_text(&d->set, WY_STR("wit"), wy_str_of(d->in->wit), d->diag);
    else if (has_own_types(d->in))
        err = parse_own(d);
    else
        return WY_OK;
    if (!err && d->in->wit) d->scope = wy_wit_set_find(&d->set, wy_str_of(d->in->name));
    if (!err && (!d->scope || d->scope->is_world))
        err = wy_diag_set(d->diag, WY_NOT_FOUND, "its WIT has no such interface");
    return err ? err : wy_wit_resolve(&d->set, d->scope, d->diag);
}

static const wy_resource_type *resource_of(const wy_interface_desc *desc, wy_str name) {
    for (uint32_t i = 0; i < desc->resource_count; i++)
        if (wy_str_eq(desc->resources[i].type->name, name)) return desc->resources[i].type;
    return NULL;
}

/* A resource that a type mentions: one of the interface itself, or one that its WIT uses from
 * another interface, of this linker or of withy. */
static const wy_resource_type *find_resource(void *data, const wy_wit_typedef *def) {
    definition *d = data;
    if (def->scope == d->scope) return resource_of(&d->host->desc, def->name);
    const wy_wit_package *package = def->scope->package;
    size_t count;
    const wy_interface *const *all = wy_interfaces(&count);
    for (size_t i = 0; i < d->linker->own_count + count; i++) {
        const wy_interface_desc *desc = i < d->linker->own_count
                                            ? d->linker->interfaces[i]->desc
                                            : all[i - d->linker->own_count]->desc;
        wy_wit_name name;
        if (wy_wit_name_split(desc->name, &name) && wy_str_eq(name.package, package->name) &&
            wy_str_eq(name.item, def->scope->name))
            return resource_of(desc, def->name);
    }
    return NULL;
}

static bool is_called(const wy_wit_func *func, wy_str name) {
    if (func->kind == WY_WIT_FREE) return wy_str_eq(func->name, name);
    wy_buf full;
    wy_buf_init(&full, (size_t)1 << 20);
    wy_wit_types_func_name(&full, func);
    bool is = wy_str_eq(wy_buf_view(&full), name);
    wy_buf_deinit(&full);
    return is;
}

/* The function of the scope that `name` stands for, among those of its resources too. */
static const wy_wit_func *find_func(const definition *d, wy_str name) {
    for (uint32_t i = 0; i < d->scope->item_count; i++) {
        const wy_wit_item *item = &d->scope->items[i];
        if (item->kind == WY_WIT_ITEM_FUNC && is_called(item->func, name)) return item->func;
        if (item->kind != WY_WIT_ITEM_TYPE) continue;
        for (uint32_t k = 0; k < item->type->func_count; k++)
            if (is_called(item->type->funcs[k], name)) return item->type->funcs[k];
    }
    return NULL;
}

wy_err wy_embed_check_sizes(const wy_embed_sizes *sizes, const wy_func_type *type, wy_str name,
                            wy_diag *diag) {
    size_t args = type->params.size, result = type->result ? type->result->size : 0;
    if (sizes->args && sizes->args != args)
        return wy_diag_set(diag, WY_USAGE,
                           WY_STR_FMT ": its struct of arguments has %zu bytes, its type %zu",
                           WY_STR_ARG(name), sizes->args, args);
    if (sizes->result && sizes->result != result)
        return wy_diag_set(diag, WY_USAGE, WY_STR_FMT ": its result has %zu bytes, its type %zu",
                           WY_STR_ARG(name), sizes->result, result);
    return WY_OK;
}

static wy_err make_func_type(definition *d, size_t index) {
    wy_func_desc *func = &d->host->funcs[index];
    char label[48];
    snprintf(label, sizeof label, FUNC_LABEL, index);
    const wy_wit_func *wit = find_func(d, d->is_made_up ? wy_str_of(label) : func->name);
    if (!wit && d->is_made_up) return WY_OK;
    if (!wit)
        return wy_diag_set(d->diag, WY_NOT_FOUND, "its WIT has no function \"" WY_STR_FMT "\"",
                           WY_STR_ARG(func->name));
    wy_wit_types types = {&d->linker->arena, d->diag, find_resource, d};
    wy_err err = wy_wit_types_func(&types, wit, &func->type);
    if (!err) err = wy_embed_check_sizes(&d->host->sizes[index], func->type, func->name, d->diag);
    return err;
}

static wy_err make_funcs(definition *d, op *ops) {
    size_t count = d->in->func_count;
    d->host->funcs = wy_arena_calloc(&d->linker->arena, count, sizeof *d->host->funcs);
    d->host->sizes = wy_arena_calloc(&d->linker->arena, count, sizeof *d->host->sizes);
    if (!d->host->funcs || !d->host->sizes) return no_memory(d);
    d->host->desc.funcs = d->host->funcs;
    d->host->desc.func_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        const withy_host_func *in = &d->in->funcs[i];
        ops[i].func = in->callback;
        d->host->funcs[i].op = (uint32_t)i;
        d->host->sizes[i] = (wy_embed_sizes){in->args_size, in->result_size};
        if (!copy(d, wy_str_of(in->name), &d->host->funcs[i].name)) return no_memory(d);
        wy_err err = d->scope ? make_func_type(d, i) : WY_OK;
        if (err) return err;
    }
    return WY_OK;
}

static wy_err define(definition *d, void *data) {
    wy_arena *arena = &d->linker->arena;
    size_t op_count = d->in->func_count + d->in->resource_count;
    op *ops = wy_arena_calloc(arena, op_count, sizeof *ops);
    d->host = wy_arena_calloc(arena, 1, sizeof *d->host);
    if (!ops || !d->host) return no_memory(d);
    d->host->interface = (wy_interface){&d->host->desc, ops};
    d->host->data = data;
    d->host->desc.op_count = (uint32_t)op_count;
    wy_err err = make_name(d);
    if (!err) err = make_resources(d, ops);
    if (!err) err = parse_wit(d);
    if (!err) err = make_funcs(d, ops);
    if (!err) err = insert(d->linker, d->linker->own_count, &d->host->interface);
    if (!err) d->linker->own_count++;
    return err;
}

withy_status withy_linker_define(withy_linker *linker, const withy_host_interface *host, void *data,
                                 withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    definition d = {.linker = linker, .in = host, .diag = &diag};
    wy_err err = define(&d, data);
    if (!err) return WITHY_OK;
    wy_diag_prefix(&diag, "%s", host->name);
    return wy_host_status(err, &diag, error);
}
