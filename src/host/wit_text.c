/* A component's types as WIT text: see wit_text.h. Builds the model; wit/print.c writes it.
 *
 * A binary says nowhere "this function takes a `descriptor-stat`": it only has types. Inside an
 * interface names are found again by identity. The first interface, imports before exports, that
 * exports a type is taken for the one that defines it; every other one has a `use`. */
#include "host/wit_text.h"

#include "wit/print.h"

/* The names that an interface, or the world, gives to types and functions. */
typedef struct space {
    wy_str name; /* "wasi:io/streams@0.2.3"; empty: the world, or an interface written in it */
    const wy_named_type *items;
    uint32_t count;
} space;

typedef struct builder {
    wy_arena *arena;
    space *spaces; /* interfaces with a name of their own, each once, imports first */
    uint32_t space_count;
    bool failed; /* the arena is full; the model has holes */
} builder;

static void *make(builder *b, size_t count, size_t size) {
    void *made = wy_arena_calloc(b->arena, count, size);
    if (!made) b->failed = true;
    return made;
}

/* --- finding names --- */

/* The first of them: a later one is another name for it. Primitives have no identity. */
static const wy_named_type *find_item(const space *in, const wy_deftype *def) {
    for (uint32_t i = 0; i < in->count; i++) {
        const wy_extern_type *type = &in->items[i].type;
        if (type->sort != WY_SORT_TYPE || type->type.kind != def->kind) continue;
        if (def->kind == WY_TYPE_RESOURCE ? type->type.resource == def->resource
                                          : type->type.value == def->value)
            return &in->items[i];
    }
    return NULL;
}

/* Kinds that WIT lets only a definition with a name have. */
static bool has_definition(const wy_deftype *def) {
    return def->kind == WY_TYPE_RECORD || def->kind == WY_TYPE_VARIANT ||
           def->kind == WY_TYPE_FLAGS || def->kind == WY_TYPE_ENUM;
}

static bool has_identity(const wy_deftype *def) {
    return has_definition(def) || def->kind == WY_TYPE_RESOURCE || def->kind == WY_TYPE_LIST ||
           def->kind == WY_TYPE_FIXED_LIST || def->kind == WY_TYPE_TUPLE ||
           def->kind == WY_TYPE_OPTION || def->kind == WY_TYPE_RESULT;
}

static bool same_type(const wy_ctype *a, const wy_ctype *b) {
    if (a == b || !a || !b) return a == b;
    if (a->kind != b->kind || a->nodes != b->nodes || a->count != b->count ||
        a->resource != b->resource)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->fields && (!wy_str_eq(a->fields[i].label, b->fields[i].label) ||
                          !same_type(a->fields[i].type, b->fields[i].type)))
            return false;
        if (a->labels && !wy_str_eq(a->labels[i], b->labels[i])) return false;
        if (a->types && !same_type(a->types[i], b->types[i])) return false;
    }
    return same_type(a->type, b->type) && same_type(a->error, b->error);
}

/* The same type, under the same name where there is one: each name that a type is imported or
 * exported by has a node of its own, so identity does not reach from one interface into another.
 * Types that are equal are one type to a component, so a `use` between them is never wrong. */
static const wy_named_type *find_twin(const space *in, const wy_named_type *item) {
    const wy_named_type *twin = NULL;
    for (uint32_t i = 0; i < in->count; i++) {
        const wy_extern_type *type = &in->items[i].type;
        if (type->sort != WY_SORT_TYPE || type->type.kind != item->type.type.kind) continue;
        bool same_name = wy_str_eq(in->items[i].name, item->name);
        if (!same_name && (twin || !has_definition(&type->type))) continue;
        if (!same_type(type->type.value, item->type.type.value)) continue;
        twin = &in->items[i];
        if (same_name) break;
    }
    return twin;
}

/* The interface before `self` that has the type of `item`, and the type's name there. */
static const wy_named_type *find_origin(const builder *b, const space *self,
                                        const wy_named_type *item, const space **origin_out) {
    if (!has_identity(&item->type.type)) return NULL;
    for (uint32_t i = 0; i < b->space_count && &b->spaces[i] != self; i++) {
        bool is_resource = item->type.type.kind == WY_TYPE_RESOURCE;
        const wy_named_type *found = is_resource ? find_item(&b->spaces[i], &item->type.type)
                                                 : find_twin(&b->spaces[i], item);
        *origin_out = &b->spaces[i];
        if (found) return found;
    }
    return NULL;
}

/* --- types --- */

static wy_wit_type_kind wit_kind(wy_type_kind kind) {
    switch ((int)kind) {
    case WY_TYPE_BOOL: return WY_WIT_BOOL;
    case WY_TYPE_U8: return WY_WIT_U8;
    case WY_TYPE_U16: return WY_WIT_U16;
    case WY_TYPE_U32: return WY_WIT_U32;
    case WY_TYPE_U64: return WY_WIT_U64;
    case WY_TYPE_S8: return WY_WIT_S8;
    case WY_TYPE_S16: return WY_WIT_S16;
    case WY_TYPE_S32: return WY_WIT_S32;
    case WY_TYPE_S64: return WY_WIT_S64;
    case WY_TYPE_F32: return WY_WIT_F32;
    case WY_TYPE_F64: return WY_WIT_F64;
    case WY_TYPE_CHAR: return WY_WIT_CHAR;
    case WY_TYPE_STRING: return WY_WIT_STRING;
    case WY_TYPE_ERROR_CONTEXT: return WY_WIT_ERROR_CONTEXT;
    case WY_TYPE_LIST:
    case WY_TYPE_FIXED_LIST: return WY_WIT_LIST;
    case WY_TYPE_OPTION: return WY_WIT_OPTION;
    case WY_TYPE_RESULT: return WY_WIT_RESULT;
    case WY_TYPE_TUPLE: return WY_WIT_TUPLE;
    case WY_TYPE_MAP: return WY_WIT_MAP;
    case WY_TYPE_STREAM: return WY_WIT_STREAM;
    case WY_TYPE_FUTURE: return WY_WIT_FUTURE;
    case WY_TYPE_BORROW: return WY_WIT_BORROW;
    default: return WY_WIT_NAME;
    }
}

static wy_wit_type *build_type(builder *b, const space *self, const wy_ctype *type);

/* The type without its own name, down to the names of what it consists of. */
static wy_wit_type *build_structure(builder *b, const space *self, const wy_ctype *type) {
    wy_wit_type *made = make(b, 1, sizeof *made);
    if (!made) return NULL;
    made->kind = wit_kind(type->kind);
    if (type->kind == WY_TYPE_OWN || type->kind == WY_TYPE_BORROW) {
        const wy_deftype def = {.kind = WY_TYPE_RESOURCE, .resource = type->resource};
        const wy_named_type *item = find_item(self, &def);
        made->name = item ? item->name : WY_STR("unnamed-resource");
        return made;
    }
    if (made->kind == WY_WIT_NAME) made->name = WY_STR("unnamed-type");
    if (type->kind == WY_TYPE_FIXED_LIST) made->length = type->count;
    bool is_tuple = type->kind == WY_TYPE_TUPLE;
    const wy_ctype *const two[] = {type->type, type->error};
    const wy_ctype *const *args = is_tuple ? type->types : two;
    made->arg_count = is_tuple ? type->count : 2; /* absent ones at the end are not printed */
    made->args = make(b, made->arg_count, sizeof(wy_wit_type *));
    for (uint32_t i = 0; made->args && i < made->arg_count; i++)
        if (args[i]) made->args[i] = build_type(b, self, args[i]);
    return made;
}

static wy_wit_type *build_type(builder *b, const space *self, const wy_ctype *type) {
    const wy_deftype def = {.kind = type->kind, .value = type};
    const wy_named_type *item = has_identity(&def) ? find_item(self, &def) : NULL;
    if (!item) return build_structure(b, self, type);
    wy_wit_type *made = make(b, 1, sizeof *made);
    if (made) *made = (wy_wit_type){.kind = WY_WIT_NAME, .name = item->name};
    return made;
}

/* --- functions --- */

/* `param_from` is 1 where the first parameter is understood. */
static wy_wit_func *build_func(builder *b, const space *self, wy_str name,
                               const wy_ctype_func *type, uint32_t param_from) {
    wy_wit_func *made = make(b, 1, sizeof *made);
    if (!made) return NULL;
    made->name = name;
    made->is_async = type->async;
    made->params = make(b, type->param_count, sizeof *made->params);
    for (uint32_t i = param_from; made->params && i < type->param_count; i++) {
        made->params[made->param_count].name = type->params[i].name;
        made->params[made->param_count++].type = build_type(b, self, type->params[i].type);
    }
    if (type->result) made->result = build_type(b, self, type->result);
    return made;
}

/* "[method]r.f", "[static]r.f", "[constructor]r" where `r` is this resource; else NULL. */
static wy_wit_func *build_member(builder *b, const space *self, const wy_named_type *item,
                                 wy_str resource) {
    static const struct {
        wy_str prefix;
        wy_wit_func_kind kind;
    } kinds[] = {{WY_STR("[method]"), WY_WIT_METHOD},
                 {WY_STR("[static]"), WY_WIT_STATIC},
                 {WY_STR("[constructor]"), WY_WIT_CONSTRUCTOR}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!wy_str_starts(item->name, kinds[i].prefix)) continue;
        wy_str rest = wy_str_sub(item->name, kinds[i].prefix.len, item->name.len);
        size_t dot = wy_str_find(rest, '.');
        if (!wy_str_eq(wy_str_sub(rest, 0, dot), resource)) return NULL;
        wy_str name = dot < rest.len ? wy_str_sub(rest, dot + 1, rest.len) : (wy_str){0};
        wy_wit_func *made =
            build_func(b, self, name, item->type.func, kinds[i].kind == WY_WIT_METHOD);
        if (!made) return NULL;
        made->kind = kinds[i].kind;
        if (made->kind == WY_WIT_CONSTRUCTOR) made->result = NULL; /* is understood */
        return made;
    }
    return NULL;
}

/* --- definitions --- */

static void build_members(builder *b, const space *self, wy_wit_typedef *made) {
    made->kind = WY_WIT_RESOURCE;
    made->funcs = make(b, self->count, sizeof(wy_wit_func *));
    for (uint32_t i = 0; made->funcs && i < self->count; i++) {
        if (self->items[i].type.sort != WY_SORT_FUNC) continue;
        wy_wit_func *func = build_member(b, self, &self->items[i], made->name);
        if (func) made->funcs[made->func_count++] = func;
    }
}

static void build_fields(builder *b, const space *self, const wy_ctype *type,
                         wy_wit_typedef *made) {
    made->kind = type->kind == WY_TYPE_RECORD    ? WY_WIT_RECORD
                 : type->kind == WY_TYPE_VARIANT ? WY_WIT_VARIANT
                 : type->kind == WY_TYPE_FLAGS   ? WY_WIT_FLAGS
                                                 : WY_WIT_ENUM;
    bool labels = made->kind == WY_WIT_FLAGS || made->kind == WY_WIT_ENUM;
    made->fields = make(b, type->count, sizeof *made->fields);
    if (!made->fields) return;
    made->field_count = type->count;
    for (uint32_t i = 0; i < type->count; i++) {
        made->fields[i].name = labels ? type->labels[i] : type->fields[i].label;
        if (!labels && type->fields[i].type)
            made->fields[i].type = build_type(b, self, type->fields[i].type);
    }
}

static wy_wit_typedef *build_typedef(builder *b, const space *self, const wy_named_type *item) {
    const wy_deftype *def = &item->type.type;
    wy_wit_typedef *made = make(b, 1, sizeof *made);
    if (!made) return NULL;
    made->name = item->name;
    const wy_named_type *first = has_identity(def) ? find_item(self, def) : NULL;
    if (first && first != item) {
        made->kind = WY_WIT_ALIAS;
        made->alias = make(b, 1, sizeof *made->alias);
        if (made->alias) *made->alias = (wy_wit_type){.kind = WY_WIT_NAME, .name = first->name};
    } else if (def->kind == WY_TYPE_RESOURCE) {
        build_members(b, self, made);
    } else if (has_definition(def)) {
        build_fields(b, self, def->value, made);
    } else {
        made->kind = WY_WIT_ALIAS;
        made->alias = build_structure(b, self, def->value);
    }
    return made;
}

/* --- scopes --- */

/* "wasi:io/streams@0.2.3" in its parts; all empty for the world. */
static wy_wit_path split_name(wy_str name) {
    size_t slash = wy_str_find(name, '/'), at = wy_str_find(name, '@');
    if (slash == name.len) return (wy_wit_path){0};
    wy_wit_path path = {.package = wy_str_sub(name, 0, slash),
                        .name = wy_str_sub(name, slash + 1, at)};
    if (at < name.len) path.version = wy_str_sub(name, at + 1, name.len);
    return path;
}

static bool is_interface_name(wy_str name) {
    return wy_str_find(name, ':') < wy_str_find(name, '/') && wy_str_find(name, '/') < name.len;
}

static wy_wit_item *add_item(wy_wit_scope *scope, wy_wit_item_kind kind) {
    wy_wit_item *item = &scope->items[scope->item_count++];
    item->kind = kind;
    return item;
}

/* Adds to the `use` of that interface, which is begun where the scope has none. */
static void add_use(builder *b, wy_wit_scope *scope, const space *self, const space *origin,
                    wy_wit_rename name) {
    wy_wit_path path = split_name(origin->name), own_path = split_name(self->name);
    if (wy_str_eq(path.package, own_path.package) && wy_str_eq(path.version, own_path.version))
        path = (wy_wit_path){.name = path.name}; /* a package does not name itself */
    wy_wit_use *use = NULL;
    for (uint32_t i = 0; i < scope->item_count; i++)
        if (scope->items[i].kind == WY_WIT_ITEM_USE &&
            wy_str_eq(scope->items[i].use->path.package, path.package) &&
            wy_str_eq(scope->items[i].use->path.version, path.version) &&
            wy_str_eq(scope->items[i].use->path.name, path.name))
            use = scope->items[i].use;
    if (!use) {
        use = make(b, 1, sizeof *use);
        if (!use) return;
        use->path = path;
        add_item(scope, WY_WIT_ITEM_USE)->use = use;
    }
    if (use->name_count == use->name_cap) {
        uint32_t cap = use->name_cap ? use->name_cap * 2 : 8;
        wy_wit_rename *names = make(b, cap, sizeof *names);
        if (!names) return;
        if (use->name_count) memcpy(names, use->names, use->name_count * sizeof *names);
        use->names = names;
        use->name_cap = cap;
    }
    if (wy_str_eq(name.name, name.alias)) name.alias = (wy_str){0};
    use->names[use->name_count++] = name;
}

static bool is_type(const wy_named_type *item) {
    return item->type.sort == WY_SORT_TYPE && item->type.type.kind != WY_TYPE_FUNC &&
           item->type.type.kind != WY_TYPE_INSTANCE && item->type.type.kind != WY_TYPE_COMPONENT;
}

/* Uses, then definitions; `items` has room for one each. */
static void add_types(builder *b, wy_wit_scope *scope, const space *self) {
    const space *origin;
    for (uint32_t i = 0; i < self->count; i++) {
        if (!is_type(&self->items[i])) continue;
        const wy_named_type *item = find_origin(b, self, &self->items[i], &origin);
        if (!item) continue;
        wy_wit_rename name = {.name = item->name, .alias = self->items[i].name};
        add_use(b, scope, self, origin, name);
    }
    for (uint32_t i = 0; i < self->count; i++)
        if (is_type(&self->items[i]) && !find_origin(b, self, &self->items[i], &origin))
            add_item(scope, WY_WIT_ITEM_TYPE)->type = build_typedef(b, self, &self->items[i]);
}

static wy_wit_scope *build_interface(builder *b, const space *self, wy_str name) {
    wy_wit_scope *scope = make(b, 1, sizeof *scope);
    wy_wit_item *items = make(b, self->count, sizeof *items);
    if (!scope || !items) return NULL;
    scope->name = name;
    scope->items = items;
    add_types(b, scope, self);
    for (uint32_t i = 0; i < self->count; i++)
        if (self->items[i].type.sort == WY_SORT_FUNC && self->items[i].name.ptr[0] != '[')
            add_item(scope, WY_WIT_ITEM_FUNC)->func =
                build_func(b, self, self->items[i].name, self->items[i].type.func, 0);
    return scope;
}

/* One import or export of the world that WIT can say; types are added by add_types. */
static void add_extern(builder *b, wy_wit_scope *world, const space *self,
                       const wy_named_type *item, wy_wit_item_kind kind) {
    bool is_func = item->type.sort == WY_SORT_FUNC;
    if (!is_func && item->type.sort != WY_SORT_INSTANCE) return;
    if (item->name.ptr[0] == '[') return; /* stands in its resource */
    wy_wit_extern *made = make(b, 1, sizeof *made);
    if (!made) return;
    made->name = item->name;
    if (is_func) {
        made->kind = WY_WIT_EXTERN_FUNC;
        made->func = build_func(b, self, item->name, item->type.func, 0);
    } else if (is_interface_name(item->name)) {
        made->kind = WY_WIT_EXTERN_PATH;
        made->name = (wy_str){0};
        made->path = split_name(item->name);
    } else if (item->implements.len) {
        made->kind = WY_WIT_EXTERN_PATH;
        made->path = split_name(item->implements);
    } else {
        const space inside = {.items = item->type.instance->exports,
                              .count = item->type.instance->export_count};
        made->kind = WY_WIT_EXTERN_INLINE;
        made->interface = build_interface(b, &inside, (wy_str){0});
    }
    add_item(world, kind)->ext = made;
}

static wy_wit_scope *build_world(builder *b, const wy_component_type *type) {
    wy_wit_scope *world = make(b, 1, sizeof *world);
    wy_wit_item *items = make(b, (size_t)type->import_count + type->export_count, sizeof *items);
    if (!world || !items) return NULL;
    *world = (wy_wit_scope){.is_world = true, .name = WY_STR("root"), .items = items};
    /* Functions that are exported take the types that the world imports. */
    const space self = {.items = type->imports, .count = type->import_count};
    add_types(b, world, &self);
    for (uint32_t i = 0; i < type->import_count; i++)
        add_extern(b, world, &self, &type->imports[i], WY_WIT_ITEM_IMPORT);
    for (uint32_t i = 0; i < type->export_count; i++)
        add_extern(b, world, &self, &type->exports[i], WY_WIT_ITEM_EXPORT);
    return world;
}

/* --- packages --- */

static void add_space(builder *b, const wy_named_type *item) {
    if (item->type.sort != WY_SORT_INSTANCE) return;
    wy_str name = is_interface_name(item->name) ? item->name : item->implements;
    if (name.len == 0) return;
    for (uint32_t i = 0; i < b->space_count; i++)
        if (wy_str_eq(b->spaces[i].name, name)) return;
    b->spaces[b->space_count++] =
        (space){name, item->type.instance->exports, item->type.instance->export_count};
}

/* Every interface of the package that the interface number `first` is the first of. */
static void print_package(wy_buf *buf, builder *b, uint32_t first) {
    wy_wit_path path = split_name(b->spaces[first].name);
    wy_wit_package package = {.name = path.package, .version = path.version};
    package.scopes = make(b, b->space_count, sizeof(wy_wit_scope *));
    for (uint32_t i = 0; package.scopes && i < b->space_count; i++) {
        wy_wit_path other = split_name(b->spaces[i].name);
        if (!wy_str_eq(other.package, path.package) || !wy_str_eq(other.version, path.version))
            continue;
        if (i < first) return;
        package.scopes[package.scope_count] = build_interface(b, &b->spaces[i], other.name);
        package.scope_count++;
    }
    if (b->failed) return;
    wy_buf_char(buf, '\n');
    wy_wit_print_package_block(buf, &package);
}

static void print_rest(wy_buf *buf, const wy_named_type *items, uint32_t count, const char *word) {
    for (uint32_t i = 0; i < count; i++) {
        wy_sort sort = items[i].type.sort;
        if (sort == WY_SORT_FUNC || sort == WY_SORT_INSTANCE || is_type(&items[i])) continue;
        wy_buf_printf(buf, "// %s " WY_STR_FMT ": a %s\n", word, WY_STR_ARG(items[i].name),
                      wy_sort_name(sort));
    }
}

wy_err wy_wit_text_world(wy_buf *buf, wy_arena *arena, const wy_component_type *type,
                         wy_diag *diag) {
    builder b = {.arena = arena};
    b.spaces = make(&b, (size_t)type->import_count + type->export_count, sizeof *b.spaces);
    for (uint32_t i = 0; b.spaces && i < type->import_count; i++)
        add_space(&b, &type->imports[i]);
    for (uint32_t i = 0; b.spaces && i < type->export_count; i++)
        add_space(&b, &type->exports[i]);
    wy_wit_scope *world = b.failed ? NULL : build_world(&b, type);
    wy_wit_package root = {.name = WY_STR("root:component"), .scopes = &world, .scope_count = 1};
    if (!b.failed) wy_wit_print_package(buf, &root);
    for (uint32_t i = 0; !b.failed && i < b.space_count; i++)
        print_package(buf, &b, i);
    print_rest(buf, type->imports, type->import_count, "import");
    print_rest(buf, type->exports, type->export_count, "export");
    return b.failed ? wy_diag_set(diag, WY_NOMEM, "out of memory for the component's WIT") : WY_OK;
}
