/* Components of the public API: loading, and what can be asked about imports and exports. */
#include "host/embed.h"
#include "host/wit_text.h"

#include "base/limits.h"
#include "engine/aot.h"
#include "wit/semver.h"

#include <stdlib.h>

_Static_assert(sizeof(withy_str) == sizeof(wy_str) &&
                   offsetof(withy_str, len) == offsetof(wy_str, len),
               "a string is the same inside and outside");

static withy_str shown(wy_str s) {
    return (withy_str){s.ptr, s.len};
}

/* --- imports and exports as two flat lists --- */

static wy_err list_imports(withy_component *c) {
    const wy_plan *plan = wy_code_plan(c->code);
    c->imports = wy_arena_calloc(&c->arena, plan->import_count, sizeof *c->imports);
    if (!c->imports) return WY_NOMEM;
    c->import_count = plan->import_count;
    for (uint32_t i = 0; i < plan->import_count; i++)
        c->imports[i] = (withy_extern){shown(plan->imports[i].interface_name),
                                       shown(plan->imports[i].name), plan->imports[i].type};
    return WY_OK;
}

/* Whether an export of the plan is one for the list. */
static bool is_listed(const wy_plan_export *item) {
    return item->sort == WY_SORT_FUNC ||
           (item->sort == WY_SORT_TYPE && item->resource != WY_PLAN_NONE);
}

static size_t count_exports(const wy_plan_export *items, uint32_t count) {
    size_t total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += items[i].sort == WY_SORT_INSTANCE
                     ? count_exports(items[i].exports, items[i].export_count)
                     : is_listed(&items[i]);
    return total;
}

static wy_err fill_exports(withy_component *c, wy_str path, const wy_plan_export *items,
                           uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const wy_plan_export *item = &items[i];
        if (item->sort == WY_SORT_INSTANCE) {
            wy_str inner = item->name;
            if (path.len) {
                const char *joined = wy_arena_printf(&c->arena, WY_STR_FMT "/" WY_STR_FMT,
                                                     WY_STR_ARG(path), WY_STR_ARG(item->name));
                if (!joined) return WY_NOMEM;
                inner = wy_str_of(joined);
            }
            wy_err err = fill_exports(c, inner, item->exports, item->export_count);
            if (err) return err;
        } else if (is_listed(item)) {
            c->plan_exports[c->export_count] = item;
            c->exports[c->export_count++] =
                (withy_extern){shown(path), shown(item->name),
                               item->sort == WY_SORT_FUNC ? item->func.type : NULL};
        }
    }
    return WY_OK;
}

static wy_err list_exports(withy_component *c) {
    const wy_plan *plan = wy_code_plan(c->code);
    size_t count = count_exports(plan->exports, plan->export_count);
    c->exports = wy_arena_calloc(&c->arena, count, sizeof *c->exports);
    c->plan_exports = wy_arena_calloc(&c->arena, count, sizeof *c->plan_exports);
    if (!c->exports || !c->plan_exports) return WY_NOMEM;
    return fill_exports(c, (wy_str){0}, plan->exports, plan->export_count);
}

/* --- loading --- */

static wy_err load(withy_component *c, wy_diag *diag) {
    wy_engine *engine = c->engine->engine;
    wy_err err = wy_file_component(&c->file, engine, &c->bytes, diag);
    if (err) return err;
    err = wy_code_load(engine, (const uint8_t *)c->bytes.ptr, c->bytes.len, false, &c->code, diag);
    if (!err) err = list_imports(c);
    return err ? err : list_exports(c);
}

static withy_component *make(withy_engine *engine) {
    withy_component *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->engine = engine;
    c->refs = 1;
    engine->refs++;
    wy_arena_init(&c->arena, WY_MAX_COMPONENT_ARENA);
    return c;
}

/* Of `path`, or of `bytes` where that is NULL. */
static withy_status new_component(withy_engine *engine, const char *path, const void *bytes,
                                  size_t len, withy_component **component_out, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    withy_component *c = make(engine);
    if (!c) return wy_host_status(WY_NOMEM, &diag, error);
    wy_err err =
        path ? wy_file_map(path, &c->file, &diag) : wy_file_copy(bytes, len, &c->file, &diag);
    /* It is compiled later: whoever overwrites the file meanwhile must not be seen. */
    if (!err && path) err = wy_file_keep(&c->file, &diag);
    if (!err) {
        wy_str name = path ? wy_host_file_name(path) : WY_STR("component");
        char *copy = wy_arena_strndup(&c->arena, name.ptr, name.len);
        c->name = (wy_str){copy, name.len};
        err = copy ? load(c, &diag) : WY_NOMEM;
        if (err && path) wy_host_place(&diag, path);
    }
    if (err) {
        wy_embed_component_release(c);
        return wy_host_status(err, &diag, error);
    }
    *component_out = c;
    return WITHY_OK;
}

withy_status withy_component_load(withy_engine *engine, const void *bytes, size_t len,
                                  withy_component **component_out, withy_error *error) {
    return new_component(engine, NULL, bytes, len, component_out, error);
}

withy_status withy_component_load_file(withy_engine *engine, const char *path,
                                       withy_component **component_out, withy_error *error) {
    return new_component(engine, path, NULL, 0, component_out, error);
}

void wy_embed_component_release(withy_component *component) {
    if (--component->refs) return;
    withy_engine *engine = component->engine;
    wy_code_free(component->code);
    for (size_t i = 0; i < component->part_count; i++)
        wy_embed_component_release(component->parts[i]);
    wy_aot_detach(engine->engine, component->file.bytes);
    wy_file_unmap(&component->file);
    wy_arena_deinit(&component->arena);
    free(component);
    wy_embed_engine_release(engine);
}

void withy_component_free(withy_component *component) {
    if (component) wy_embed_component_release(component);
}

/* --- composing --- */

static wy_err add_part(withy_component *c, withy_component *part, wy_diag *diag) {
    if (part->engine != c->engine)
        return wy_diag_set(diag, WY_USAGE, "the components belong to different engines");
    if (part->part_count)
        return wy_diag_set(diag, WY_USAGE,
                           "a component that was composed cannot be composed again: give all "
                           "providers at once");
    if (part->is_compact)
        return wy_diag_set(diag, WY_USAGE,
                           "a component that was linked cannot be composed: load it once more");
    part->is_part = true;
    part->refs++;
    c->parts[c->part_count++] = part;
    return WY_OK;
}

static wy_err compose(withy_component *c, withy_component *component,
                      const withy_provider *providers, size_t count, wy_diag *diag) {
    wy_code_provider *inner = wy_arena_calloc(&c->arena, count, sizeof *inner);
    c->parts = wy_arena_calloc(&c->arena, count + 1, sizeof(withy_component *));
    char *name = wy_arena_strndup(&c->arena, component->name.ptr, component->name.len);
    if (!inner || !c->parts || !name || count > UINT32_MAX) return WY_NOMEM;
    c->name = (wy_str){name, component->name.len};
    wy_err err = add_part(c, component, diag);
    for (size_t i = 0; i < count && !err; i++) {
        withy_component *part = providers[i].component;
        err = add_part(c, part, diag);
        inner[i] = (wy_code_provider){(const uint8_t *)part->bytes.ptr, part->bytes.len,
                                      wy_str_of(providers[i].name),
                                      wy_str_of(providers[i].export_name), 0};
    }
    if (err) return err;
    err = wy_code_compose(c->engine->engine, (const uint8_t *)component->bytes.ptr,
                          component->bytes.len, inner, (uint32_t)count, false, &c->code, diag);
    if (!err) err = list_imports(c);
    return err ? err : list_exports(c);
}

withy_status withy_component_compose(withy_component *component, const withy_provider *providers,
                                     size_t count, withy_component **component_out,
                                     withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    withy_component *c = make(component->engine);
    if (!c) return wy_host_status(WY_NOMEM, &diag, error);
    wy_err err = compose(c, component, providers, count, &diag);
    if (!err) {
        *component_out = c;
        return WITHY_OK;
    }
    wy_diag_prefix(&diag, WY_STR_FMT, WY_STR_ARG(component->name));
    wy_embed_component_release(c);
    return wy_host_status(err, &diag, error);
}

/* --- questions --- */

const withy_extern *withy_component_imports(const withy_component *component, size_t *count_out) {
    *count_out = component->import_count;
    return component->imports;
}

const withy_extern *withy_component_exports(const withy_component *component, size_t *count_out) {
    *count_out = component->export_count;
    return component->exports;
}

const wy_plan_export *wy_embed_export(const withy_component *component, const withy_extern *func) {
    if (func < component->exports || func >= component->exports + component->export_count)
        return NULL;
    return component->plan_exports[func - component->exports];
}

/* How well an interface's name answers to what was asked for: 2 the same, 1 another version that
 * will do, 0 not. */
static int match(wy_str have, wy_str want) {
    if (wy_str_eq(have, want)) return 2;
    wy_wit_name have_name, want_name;
    if (!wy_wit_name_split(have, &have_name) || !wy_wit_name_split(want, &want_name)) return 0;
    if (!wy_str_eq(have_name.unversioned, want_name.unversioned)) return 0;
    return want_name.version.len == 0 || wy_wit_name_compatible(want, have);
}

const withy_extern *withy_component_func(const withy_component *component, const char *path) {
    wy_str name = wy_str_of(path), interface_name = {0};
    size_t hash = wy_str_find(name, '#');
    if (hash < name.len) {
        interface_name = wy_str_sub(name, 0, hash);
        name = wy_str_sub(name, hash + 1, name.len);
    }
    const withy_extern *best = NULL;
    int best_match = 0;
    for (size_t i = 0; i < component->export_count; i++) {
        const withy_extern *item = &component->exports[i];
        wy_str have = {item->interface_name.ptr, item->interface_name.len};
        wy_str func = {item->name.ptr, item->name.len};
        int how = item->type && wy_str_eq(func, name) ? match(have, interface_name) : 0;
        if (how <= best_match) continue;
        best = item;
        best_match = how;
    }
    return best;
}

/* Where a resource of the plan is seen from outside, as an import or as an export. */
static const withy_extern *resource_extern(const withy_component *c, uint32_t resource) {
    const wy_plan *plan = wy_code_plan(c->code);
    if (plan->resources[resource].import != WY_PLAN_NONE)
        return &c->imports[plan->resources[resource].import];
    for (size_t i = 0; i < c->export_count; i++)
        if (!c->exports[i].type && c->plan_exports[i]->resource == resource) return &c->exports[i];
    return NULL;
}

bool withy_component_resource(const withy_component *component, const withy_type *handle,
                              withy_extern *resource_out) {
    if (handle->kind != WY_KIND_OWN && handle->kind != WY_KIND_BORROW) return false;
    const withy_extern *item = resource_extern(component, handle->resource_index);
    if (item) *resource_out = *item;
    return item != NULL;
}

/* `buf` is to be deinitialised in any case. */
static wy_err print_world(const withy_component *component, wy_buf *buf, wy_diag *diag) {
    wy_arena scratch;
    wy_arena_init(&scratch, WY_MAX_COMPONENT_ARENA);
    wy_buf_init(buf, (size_t)64 << 20);
    wy_err err = wy_wit_text_world(buf, &scratch, wy_code_types(component->code)->type, diag);
    if (!err && buf->failed) err = wy_diag_set(diag, WY_LIMIT, "the text is too long");
    wy_arena_deinit(&scratch);
    return err;
}

withy_status withy_component_wit(const withy_component *component,
                                 void (*write)(void *data, const char *text, size_t len),
                                 void *data, withy_error *error) {
    if (component->wit.ptr) {
        if (component->wit.len) write(data, component->wit.ptr, component->wit.len);
        return WITHY_OK;
    }
    wy_diag diag;
    wy_diag_init(&diag);
    wy_buf buf;
    wy_err err = print_world(component, &buf, &diag);
    if (!err && buf.len) write(data, buf.ptr, buf.len);
    wy_buf_deinit(&buf);
    return err ? wy_host_status(err, &diag, error) : WITHY_OK;
}

void wy_embed_component_compact(withy_component *component) {
    wy_buf buf;
    const char *copy = NULL;
    if (print_world(component, &buf, NULL) == WY_OK)
        copy = wy_arena_strndup(&component->arena, buf.ptr, buf.len);
    size_t len = buf.len;
    wy_buf_deinit(&buf);
    component->is_compact = true;
    wy_aot_detach(component->engine->engine, component->file.bytes);
    if (!copy) return; /* the types, which name what is in the bytes, have to stay */
    component->wit = (wy_str){copy, len};
    wy_code_drop_types(component->code);
    wy_file_unmap(&component->file);
    component->bytes = (wy_str){0};
}
