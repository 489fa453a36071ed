/* Model: WIT types and functions -> descriptors with their layout, and C names for them. */
#include "witgen.h"

#include "wit/print.h"
#include "wit/resolve.h"
#include "wit/semver.h"

static const wg_type *type_of(witgen *wg, wg_interface *in, const wy_wit_type *type);

/* --- ground --- */

static void take_identifier(witgen *wg, const char *name) {
    if (wy_map_get(&wg->identifiers, wy_str_of(name), NULL))
        wg_die("two things would be called %s in C", name);
    if (!wy_map_set(&wg->identifiers, wy_str_of(name), 1)) wg_die("out of memory");
}

static const char *printed_type(witgen *wg, const wy_wit_type *type) {
    wy_buf buf;
    wy_buf_init(&buf, 1 << 20);
    wy_wit_print_type(&buf, type);
    const char *text = wg_text(wg, wy_buf_view(&buf));
    wy_buf_deinit(&buf);
    return text;
}

static const char *wit_func_name(witgen *wg, const wy_wit_func *func) {
    static const char *const words[] = {[WY_WIT_METHOD] = "method",
                                        [WY_WIT_STATIC] = "static",
                                        [WY_WIT_CONSTRUCTOR] = "constructor"};
    if (func->kind == WY_WIT_FREE) return wg_text(wg, func->name);
    return wg_must(wy_arena_printf(&wg->arena, "[%s]" WY_STR_FMT "%s" WY_STR_FMT, words[func->kind],
                                   WY_STR_ARG(func->resource->name), func->name.len ? "." : "",
                                   WY_STR_ARG(func->name)));
}

/* "[method]output-stream.flush: func() -> result<_, stream-error>;" */
static const char *printed_func(witgen *wg, const wy_wit_func *func) {
    wy_buf buf;
    wy_buf_init(&buf, 1 << 20);
    wy_wit_print_func(&buf, func);
    wy_str text = wy_buf_view(&buf);
    size_t name_end =
        func->kind == WY_WIT_CONSTRUCTOR ? strlen("constructor") : wy_str_find(text, ':');
    const char *all = wg_must(wy_arena_printf(&wg->arena, "%s" WY_STR_FMT, wit_func_name(wg, func),
                                              WY_STR_ARG(wy_str_sub(text, name_end, text.len))));
    wy_buf_deinit(&buf);
    return all;
}

static void use_interface(witgen *wg, wg_interface *in, wg_interface *other) {
    if (!other || other == in || other == &wg->common) return;
    for (uint32_t i = 0; i < in->use_count; i++)
        if (in->uses[i] == other) return;
    wg_push(wg, &in->uses, &in->use_count, &in->use_cap, &other, sizeof other);
}

static wg_interface *owner_of(witgen *wg, const wy_wit_scope *scope) {
    for (uint32_t i = 0; i < wg->interface_count; i++)
        if (wg->interfaces[i]->scope == scope) return wg->interfaces[i];
    wg_die("types of " WY_STR_FMT "/" WY_STR_FMT "@" WY_STR_FMT
           " are used, but the interface is not on the list",
           WY_STR_ARG(scope->package->name), WY_STR_ARG(scope->name),
           WY_STR_ARG(scope->package->version));
}

static wg_type *new_type(witgen *wg, wy_kind kind, uint32_t count) {
    wg_type *type = wg_must(wy_arena_calloc(&wg->arena, 1, sizeof *type));
    type->desc.kind = (uint8_t)kind;
    type->desc.count = count;
    type->fields = wg_must(wy_arena_calloc(&wg->arena, count + 1, sizeof *type->fields));
    type->desc.fields = type->fields;
    return type;
}

static void set_field(wg_type *type, uint32_t index, const char *name, const wg_type *part) {
    type->fields[index].name = wy_str_of(name);
    type->fields[index].type = part ? &part->desc : NULL;
}

/* Gives a finished type its layout, C names and place. */
static void finish_type(witgen *wg, wg_interface *owner, wg_type *type, const char *mangled) {
    wy_diag diag;
    wy_diag_init(&diag);
    if (type->desc.count == 0) type->desc.fields = type->fields = NULL;
    if (wy_type_layout(&type->desc, type->fields, &diag)) wg_die("%s: %s", mangled, diag.text);
    type->mangled = mangled;
    type->owner = owner;
    type->desc_name = wg_must(wy_arena_printf(&wg->arena, "%s_%s_type", owner->prefix, mangled));
    if (!type->c_name) {
        type->c_name = wg_must(wy_arena_printf(&wg->arena, "%s_%s", owner->prefix, mangled));
        type->is_defined = true;
        take_identifier(wg, type->c_name);
    }
    take_identifier(wg, type->desc_name);
    wg_push(wg, &owner->types, &owner->type_count, &owner->type_cap, &type, sizeof type);
}

/* --- types without a name of their own --- */

static const struct {
    wy_wit_type_kind kind;
    wy_kind desc_kind;
    const char *c_name, *mangled;
} scalars[] = {
    {WY_WIT_BOOL, WY_KIND_BOOL, "uint8_t", "bool"},
    {WY_WIT_U8, WY_KIND_U8, "uint8_t", "u8"},
    {WY_WIT_U16, WY_KIND_U16, "uint16_t", "u16"},
    {WY_WIT_U32, WY_KIND_U32, "uint32_t", "u32"},
    {WY_WIT_U64, WY_KIND_U64, "uint64_t", "u64"},
    {WY_WIT_S8, WY_KIND_S8, "int8_t", "s8"},
    {WY_WIT_S16, WY_KIND_S16, "int16_t", "s16"},
    {WY_WIT_S32, WY_KIND_S32, "int32_t", "s32"},
    {WY_WIT_S64, WY_KIND_S64, "int64_t", "s64"},
    {WY_WIT_F32, WY_KIND_F32, "float", "f32"},
    {WY_WIT_F64, WY_KIND_F64, "double", "f64"},
    {WY_WIT_CHAR, WY_KIND_CHAR, "uint32_t", "char"},
    {WY_WIT_STRING, WY_KIND_STRING, "wy_str", "string"},
    {WY_WIT_ERROR_CONTEXT, WY_KIND_ERROR_CONTEXT, "wy_handle", "error_context"},
};

static const wg_type *scalar_of(witgen *wg, wy_wit_type_kind kind) {
    for (size_t i = 0; i < sizeof scalars / sizeof scalars[0]; i++) {
        if (scalars[i].kind != kind) continue;
        wg_type *type = wy_map_get_ptr(&wg->common.by_name, wy_str_of(scalars[i].mangled));
        if (type) return type;
        type = wg_must(wy_arena_calloc(&wg->arena, 1, sizeof *type));
        type->desc = *wy_type_scalar(scalars[i].desc_kind);
        type->c_name = scalars[i].c_name;
        type->mangled = scalars[i].mangled;
        type->desc_name = wg_must(wy_arena_printf(&wg->arena, "wy_type_%s", scalars[i].mangled));
        if (!wy_map_set(&wg->common.by_name, wy_str_of(type->mangled), (uintptr_t)type))
            wg_die("out of memory");
        return type;
    }
    return NULL;
}

/* A handle belongs to its resource's interface, whoever passes it. */
static const wg_type *handle_of(witgen *wg, const wy_wit_typedef *resource, bool is_own) {
    wg_interface *owner = owner_of(wg, resource->scope);
    const char *snake = wg_snake(wg, resource->name);
    const char *key =
        wg_must(wy_arena_printf(&wg->arena, "%s_%s", is_own ? "own" : "borrow", snake));
    wg_type *type = wy_map_get_ptr(&owner->by_name, wy_str_of(key));
    if (type) return type;
    type = new_type(wg, is_own ? WY_KIND_OWN : WY_KIND_BORROW, 0);
    type->c_name = "wy_handle";
    type->handle = owner;
    type->handle_name =
        wg_must(wy_arena_printf(&wg->arena, "%s_%s_resource", owner->prefix, snake));
    type->wit = wg_must(wy_arena_printf(&wg->arena, "%s<" WY_STR_FMT ">", is_own ? "own" : "borrow",
                                        WY_STR_ARG(resource->name)));
    finish_type(wg, owner, type, key);
    if (!wy_map_set(&owner->by_name, wy_str_of(key), (uintptr_t)type)) wg_die("out of memory");
    return type;
}

/* "list_u8", "result_own_pollable_none", "tuple2_string_string" */
static const char *mangle(witgen *wg, const wy_wit_type *type, const char *word,
                          const wg_type **parts) {
    wy_buf buf;
    wy_buf_init(&buf, 1 << 16);
    wy_buf_printf(&buf, "%s", word);
    if (type->kind == WY_WIT_TUPLE) wy_buf_printf(&buf, "%u", type->arg_count);
    if (type->length) wy_buf_printf(&buf, "%u", type->length);
    bool any = false;
    for (uint32_t i = 0; i < type->arg_count; i++)
        any |= parts[i] != NULL;
    for (uint32_t i = 0; any && i < type->arg_count; i++)
        wy_buf_printf(&buf, "_%s", parts[i] ? parts[i]->mangled : "none");
    const char *text = wg_text(wg, wy_buf_view(&buf));
    wy_buf_deinit(&buf);
    return text;
}

static wg_type *build_anonymous(witgen *wg, const wy_wit_type *wit, wy_kind kind,
                                const wg_type **parts) {
    wg_type *type = NULL;
    switch ((int)wit->kind) {
    case WY_WIT_LIST:
        type = new_type(wg, kind, wit->length);
        type->desc.elem = &parts[0]->desc;
        if (!wit->length && wit->args[0]->kind == WY_WIT_U8) type->c_name = "wy_list_u8";
        break;
    case WY_WIT_OPTION:
        type = new_type(wg, kind, 2);
        set_field(type, 0, "none", NULL);
        set_field(type, 1, "some", parts[0]);
        break;
    case WY_WIT_RESULT:
        type = new_type(wg, kind, 2);
        set_field(type, 0, "ok", wit->arg_count ? parts[0] : NULL);
        set_field(type, 1, "error", wit->arg_count ? parts[1] : NULL);
        break;
    case WY_WIT_MAP:
        type = new_type(wg, kind, 0);
        type->desc.elem = &parts[0]->desc;
        break;
    case WY_WIT_STREAM:
    case WY_WIT_FUTURE:
        type = new_type(wg, kind, 0);
        if (parts[0]) type->desc.elem = &parts[0]->desc;
        type->c_name = "wy_handle";
        break;
    default: /* a tuple */
        type = new_type(wg, kind, wit->arg_count);
        for (uint32_t i = 0; i < wit->arg_count; i++)
            set_field(type, i, wg_must(wy_arena_printf(&wg->arena, "%u", i)), parts[i]);
        break;
    }
    type->wit = printed_type(wg, wit);
    return type;
}

/* One that contains only the library's types is shared by all interfaces. */
static const wg_type *anonymous(witgen *wg, wg_interface *in, const wy_wit_type *wit, wy_kind kind,
                                const char *word) {
    wg_interface *owner = &wg->common;
    const wg_type **parts = wg_must(wy_arena_calloc(&wg->arena, wit->arg_count + 1, sizeof *parts));
    for (uint32_t i = 0; i < wit->arg_count; i++) {
        if (!wit->args[i]) continue;
        parts[i] = type_of(wg, in, wit->args[i]);
        if (parts[i]->owner && parts[i]->owner != &wg->common) owner = in;
    }
    if (kind == WY_KIND_MAP) { /* CM: despecialize: a list of pairs */
        wy_wit_type pair = *wit;
        pair.kind = WY_WIT_TUPLE;
        parts[0] = anonymous(wg, in, &pair, WY_KIND_TUPLE, "tuple");
        parts[1] = NULL;
    }
    const char *mangled = mangle(wg, wit, word, parts);
    wg_type *type = wy_map_get_ptr(&owner->by_name, wy_str_of(mangled));
    if (!type) {
        type = build_anonymous(wg, wit, kind, parts);
        finish_type(wg, owner, type, mangled);
        if (!wy_map_set(&owner->by_name, wy_str_of(mangled), (uintptr_t)type))
            wg_die("out of memory");
    }
    return type;
}

/* --- types with a name --- */

static const wg_type *named(witgen *wg, const wy_wit_typedef *def) {
    static const wy_kind kinds[] = {[WY_WIT_RECORD] = WY_KIND_RECORD,
                                    [WY_WIT_VARIANT] = WY_KIND_VARIANT,
                                    [WY_WIT_ENUM] = WY_KIND_ENUM,
                                    [WY_WIT_FLAGS] = WY_KIND_FLAGS};
    if (def->kind == WY_WIT_RESOURCE) return handle_of(wg, def, true);
    wg_interface *owner = owner_of(wg, def->scope);
    if (def->kind == WY_WIT_ALIAS) return type_of(wg, owner, def->alias);
    /* A name with a space cannot clash with the mangled ones. */
    const char *key = wg_must(wy_arena_printf(&wg->arena, " " WY_STR_FMT, WY_STR_ARG(def->name)));
    wg_type *type = wy_map_get_ptr(&owner->by_name, wy_str_of(key));
    if (type) return type;
    type = new_type(wg, kinds[def->kind], def->field_count);
    for (uint32_t i = 0; i < def->field_count; i++) {
        const wy_wit_field *field = &def->fields[i];
        set_field(type, i, wg_text(wg, field->name),
                  field->type ? type_of(wg, owner, field->type) : NULL);
    }
    type->wit = wg_text(wg, def->name);
    finish_type(wg, owner, type, wg_snake(wg, def->name));
    if (!wy_map_set(&owner->by_name, wy_str_of(key), (uintptr_t)type)) wg_die("out of memory");
    return type;
}

static const wg_type *type_of_inside(witgen *wg, wg_interface *in, const wy_wit_type *type) {
    switch (type->kind) {
    case WY_WIT_BOOL:
    case WY_WIT_U8:
    case WY_WIT_U16:
    case WY_WIT_U32:
    case WY_WIT_U64:
    case WY_WIT_S8:
    case WY_WIT_S16:
    case WY_WIT_S32:
    case WY_WIT_S64:
    case WY_WIT_F32:
    case WY_WIT_F64:
    case WY_WIT_CHAR:
    case WY_WIT_STRING:
    case WY_WIT_ERROR_CONTEXT: return scalar_of(wg, type->kind);
    case WY_WIT_LIST:
        return anonymous(wg, in, type, type->length ? WY_KIND_FIXED_LIST : WY_KIND_LIST, "list");
    case WY_WIT_OPTION: return anonymous(wg, in, type, WY_KIND_OPTION, "option");
    case WY_WIT_RESULT: return anonymous(wg, in, type, WY_KIND_RESULT, "result");
    case WY_WIT_TUPLE: return anonymous(wg, in, type, WY_KIND_TUPLE, "tuple");
    case WY_WIT_OWN: return handle_of(wg, wy_wit_typedef_final(type->def), true);
    case WY_WIT_BORROW: return handle_of(wg, wy_wit_typedef_final(type->def), false);
    case WY_WIT_NAME: return named(wg, wy_wit_typedef_final(type->def));
    case WY_WIT_MAP: return anonymous(wg, in, type, WY_KIND_MAP, "map");
    case WY_WIT_FUTURE: return anonymous(wg, in, type, WY_KIND_FUTURE, "future");
    case WY_WIT_STREAM: return anonymous(wg, in, type, WY_KIND_STREAM, "stream");
    }
    wg_die("%s: %s has no host representation", in->wit_name, printed_type(wg, type));
}

static const wg_type *type_of(witgen *wg, wg_interface *in, const wy_wit_type *type) {
    const wg_type *found = type_of_inside(wg, in, type);
    use_interface(wg, in, found->owner);
    return found;
}

/* --- functions and interfaces --- */

static const char *op_name(witgen *wg, const wy_wit_func *func) {
    const char *name = wg_snake(wg, func->name);
    if (func->kind == WY_WIT_FREE) return wg_member(wg, func->name);
    return wg_must(wy_arena_printf(&wg->arena, "%s_%s", wg_snake(wg, func->resource->name),
                                   func->kind == WY_WIT_CONSTRUCTOR ? "new" : name));
}

static void add_func(witgen *wg, wg_interface *in, const wy_wit_func *func) {
    wg_func out = {
        .wit_name = wit_func_name(wg, func), .op = op_name(wg, func), .is_async = func->is_async};
    out.wit = printed_func(wg, func);
    uint32_t self = func->kind == WY_WIT_METHOD;
    wg_type *params = new_type(wg, WY_KIND_RECORD, func->param_count + self);
    if (self) set_field(params, 0, "self", handle_of(wg, func->resource, false));
    for (uint32_t i = 0; i < func->param_count; i++)
        set_field(params, i + self, wg_text(wg, func->params[i].name),
                  type_of(wg, in, func->params[i].type));
    if (func->result)
        out.result = type_of(wg, in, func->result);
    else if (func->kind == WY_WIT_CONSTRUCTOR)
        out.result = handle_of(wg, func->resource, true);
    wy_diag diag;
    wy_diag_init(&diag);
    if (wy_type_layout(&params->desc, params->fields, &diag)) wg_die("%s: %s", out.op, diag.text);
    params->c_name = wg_must(wy_arena_printf(&wg->arena, "%s_%s_args", in->prefix, out.op));
    take_identifier(wg, params->c_name);
    take_identifier(wg, wg_must(wy_arena_printf(&wg->arena, "%s_%s_result", in->prefix, out.op)));
    out.params = *params;
    for (uint32_t i = 0; i < in->func_count; i++)
        if (strcmp(in->funcs[i].op, out.op) == 0)
            wg_die("%s: two functions would be called %s", in->wit_name, out.op);
    wg_push(wg, &in->funcs, &in->func_count, &in->func_cap, &out, sizeof out);
}

static void add_resource(witgen *wg, wg_interface *in, const wy_wit_typedef *def) {
    const wg_type *handle = handle_of(wg, def, true);
    handle_of(wg, def, false);
    use_interface(wg, in, handle->owner);
    for (uint32_t i = 0; i < in->resource_count; i++) /* `type headers = fields` */
        if (in->resources[i].name == handle->handle_name) return;
    wg_resource out = {.wit_name = wg_text(wg, def->name), .name = handle->handle_name};
    if (handle->owner == in) {
        out.drop = wg_must(wy_arena_printf(&wg->arena, "%s_drop", wg_snake(wg, def->name)));
        out.busy = wg_must(wy_arena_printf(&wg->arena, "%s_busy", wg_snake(wg, def->name)));
        take_identifier(wg, out.name);
    }
    wg_push(wg, &in->resources, &in->resource_count, &in->resource_cap, &out, sizeof out);
}

static void add_alias(witgen *wg, wg_interface *in, const wy_wit_typedef *def) {
    wg_alias out = {.type = type_of(wg, in, def->alias)};
    out.wit = wg_must(wy_arena_printf(&wg->arena, WY_STR_FMT " = %s", WY_STR_ARG(def->name),
                                      printed_type(wg, def->alias)));
    out.c_name = wg_must(wy_arena_printf(&wg->arena, "%s_%s", in->prefix, wg_snake(wg, def->name)));
    take_identifier(wg, out.c_name);
    wg_push(wg, &in->aliases, &in->alias_count, &in->alias_cap, &out, sizeof out);
}

uint32_t wg_op_count(const wg_interface *in) {
    uint32_t count = in->func_count;
    for (uint32_t i = 0; i < in->resource_count; i++)
        count += in->resources[i].drop ? 2 : 0;
    return count;
}

static void build_interface(witgen *wg, wg_interface *in) {
    const wy_wit_scope *scope = in->scope;
    for (uint32_t i = 0; i < scope->types.count; i++) {
        const wy_wit_typedef *def =
            wy_wit_typedef_final((const wy_wit_typedef *)scope->types.entries[i].value);
        if (def->kind == WY_WIT_RESOURCE)
            add_resource(wg, in, def);
        else if (def->scope == scope)
            named(wg, def);
    }
    for (uint32_t i = 0; i < scope->item_count; i++) {
        const wy_wit_item *item = &scope->items[i];
        if (item->kind == WY_WIT_ITEM_FUNC) add_func(wg, in, item->func);
        if (item->kind != WY_WIT_ITEM_TYPE) continue;
        if (item->type->kind == WY_WIT_ALIAS) add_alias(wg, in, item->type);
        for (uint32_t j = 0; j < item->type->func_count; j++)
            add_func(wg, in, item->type->funcs[j]);
    }
    for (uint32_t i = 0; i < in->resource_count; i++)
        for (uint32_t j = 0; in->resources[i].drop && j < in->func_count; j++)
            if (strcmp(in->funcs[j].op, in->resources[i].drop) == 0 ||
                strcmp(in->funcs[j].op, in->resources[i].busy) == 0)
                wg_die("%s: a function is called %s", in->wit_name, in->funcs[j].op);
}

void wg_add_interface(witgen *wg, wy_str full_name, const char *prefix) {
    wy_diag diag;
    wy_wit_name name;
    wy_diag_init(&diag);
    if (!wy_wit_name_split(full_name, &name))
        wg_die("\"" WY_STR_FMT "\" is no interface's name", WY_STR_ARG(full_name));
    wg_interface *in = wg_must(wy_arena_calloc(&wg->arena, 1, sizeof *in));
    in->scope = wy_wit_set_find(&wg->set, full_name);
    if (!in->scope || in->scope->is_world)
        wg_die("no interface \"" WY_STR_FMT "\" in the files given", WY_STR_ARG(full_name));
    if (wy_wit_resolve(&wg->set, in->scope, &diag)) wg_die("%s", diag.text);
    in->prefix = prefix ? prefix : wg_prefix(wg, full_name);
    in->wit_name = wg_text(wg, name.unversioned);
    in->version = wg_text(wg, in->scope->package->version);
    wy_map_init(&in->by_name, &wg->arena);
    wg_push(wg, &wg->interfaces, &wg->interface_count, &wg->interface_cap, &in, sizeof in);
}

void wg_build(witgen *wg) {
    wg->common.prefix = "wit";
    wg->common.wit_name = "common";
    wg->common.version = "";
    wy_map_init(&wg->common.by_name, &wg->arena);
    for (uint32_t i = 0; i < wg->interface_count; i++)
        build_interface(wg, wg->interfaces[i]);
}
