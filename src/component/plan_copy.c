/* Copies of plans: what instances are made of, without what it took to find that out. A plan lies
 * among the definitions it was made from, five times its size; a copy does not need them, nor the
 * component's bytes but for its modules'. */
#include "base/limits.h"
#include "base/map.h"
#include "component/plan.h"

/* Equal names are one, and equal types: whoever copies looks the content up. Content that is there
 * has its copy, as what it points to was copied then. */
typedef struct copier {
    wy_arena *arena;
    wy_map names, types, funcs;
    bool failed;
} copier;

static void *copy_bytes(copier *c, const void *from, size_t count, size_t size) {
    if (count == 0 || c->failed) return NULL;
    void *to = wy_arena_calloc(c->arena, count, size);
    if (to)
        memcpy(to, from, count * size);
    else
        c->failed = true;
    return to;
}

#define COPY_ARRAY(c, array, count) copy_bytes((c), (array), (count), sizeof *(array))

static void remember(copier *c, wy_map *map, const void *content, size_t len, const void *copy) {
    if (copy && !wy_map_set(map, (wy_str){content, len}, (uintptr_t)copy)) c->failed = true;
}

static wy_str copy_name(copier *c, wy_str name) {
    if (name.len == 0 || c->failed) return (wy_str){0};
    char *copy = wy_map_get_ptr(&c->names, name);
    if (!copy) {
        copy = wy_arena_alloc_aligned(c->arena, name.len, 1);
        if (copy) memcpy(copy, name.ptr, name.len);
        if (!copy) c->failed = true;
        remember(c, &c->names, name.ptr, name.len, copy);
    }
    return (wy_str){copy, name.len};
}

/* --- types --- */

static const wy_type *copy_type(copier *c, const wy_type *type);

static void copy_parts(copier *c, wy_type *type) {
    if (type->fields) {
        wy_field *fields = COPY_ARRAY(c, type->fields, type->count);
        for (uint32_t i = 0; i < type->count && !c->failed; i++) {
            fields[i].name = copy_name(c, fields[i].name);
            fields[i].type = copy_type(c, fields[i].type);
        }
        type->fields = fields;
    }
    type->elem = copy_type(c, type->elem);
}

/* Those without parts are constants of the program. */
static bool is_constant(const wy_type *type) {
    return type->kind <= WY_KIND_STRING || type->kind == WY_KIND_ERROR_CONTEXT;
}

static const wy_type *copy_type(copier *c, const wy_type *type) {
    if (!type || is_constant(type) || c->failed) return type;
    wy_type *copy = wy_map_get_ptr(&c->types, (wy_str){(const char *)type, sizeof *type});
    if (copy) return copy;
    copy = COPY_ARRAY(c, type, 1);
    if (copy) copy_parts(c, copy);
    remember(c, &c->types, type, sizeof *type, copy);
    return copy;
}

static const wy_func_type *copy_func_type(copier *c, const wy_func_type *type) {
    if (!type || c->failed) return NULL;
    wy_func_type *copy = wy_map_get_ptr(&c->funcs, (wy_str){(const char *)type, sizeof *type});
    if (copy) return copy;
    copy = COPY_ARRAY(c, type, 1);
    if (copy) {
        copy_parts(c, &copy->params);
        copy->result = copy_type(c, copy->result);
    }
    remember(c, &c->funcs, type, sizeof *type, copy);
    return copy;
}

static const wy_core_functype *copy_core_type(copier *c, const wy_core_functype *type) {
    if (!type) return NULL;
    wy_core_functype *copy = COPY_ARRAY(c, type, 1);
    if (!copy) return NULL;
    copy->params = COPY_ARRAY(c, type->params, type->param_count);
    copy->results = COPY_ARRAY(c, type->results, type->result_count);
    return copy;
}

/* --- modules and steps --- */

/* Of a module, what it takes to compile and to link it: its types and exports were looked at. */
static const wy_core_module *copy_module(copier *c, const wy_core_module *module) {
    wy_core_module *copy = COPY_ARRAY(c, module, 1);
    if (!copy) return NULL;
    wy_core_import *imports = COPY_ARRAY(c, module->imports, module->import_count);
    wy_core_externtype *memories = COPY_ARRAY(c, module->memories, module->memory_count);
    for (uint32_t i = 0; i < module->import_count && !c->failed; i++) {
        imports[i].module = copy_name(c, imports[i].module);
        imports[i].name = copy_name(c, imports[i].name);
        imports[i].type.func = NULL;
    }
    for (uint32_t i = 0; i < module->memory_count && !c->failed; i++)
        memories[i].func = NULL;
    copy->imports = imports;
    copy->memories = memories;
    copy->exports = NULL;
    copy->export_count = 0;
    copy->rectypes = NULL;
    copy->rectype_count = copy->type_count = 0;
    return copy;
}

static const wy_core_module *const *copy_modules(copier *c, const wy_plan *plan) {
    const wy_core_module **copy = COPY_ARRAY(c, plan->modules, plan->module_count);
    for (uint32_t i = 0; i < plan->module_count && !c->failed; i++)
        copy[i] = copy_module(c, copy[i]);
    return copy;
}

static const wy_core_item *copy_items(copier *c, const wy_core_item *items, uint32_t count) {
    wy_core_item *copy = COPY_ARRAY(c, items, count);
    for (uint32_t i = 0; i < count && !c->failed; i++)
        copy[i].name = copy_name(c, copy[i].name);
    return copy;
}

static const wy_plan_step *copy_steps(copier *c, const wy_plan *plan) {
    wy_plan_step *copy = COPY_ARRAY(c, plan->steps, plan->step_count);
    for (uint32_t i = 0; i < plan->step_count && !c->failed; i++)
        copy[i].imports = copy_items(c, copy[i].imports, copy[i].import_count);
    return copy;
}

/* --- functions and resources --- */

static const wy_trampoline *copy_trampolines(copier *c, const wy_plan *plan) {
    wy_trampoline *copy = COPY_ARRAY(c, plan->trampolines, plan->trampoline_count);
    for (uint32_t i = 0; i < plan->trampoline_count && !c->failed; i++) {
        copy[i].callee.type = copy_func_type(c, copy[i].callee.type);
        copy[i].core_type = copy_core_type(c, copy[i].core_type);
        copy[i].entering = COPY_ARRAY(c, copy[i].entering, copy[i].entering_count);
    }
    return copy;
}

static const wy_plan_lift *copy_lifts(copier *c, const wy_plan *plan) {
    wy_plan_lift *copy = COPY_ARRAY(c, plan->lifts, plan->lift_count);
    for (uint32_t i = 0; i < plan->lift_count && !c->failed; i++)
        copy[i].type = copy_func_type(c, copy[i].type);
    return copy;
}

static const wy_plan_import *copy_imports(copier *c, const wy_plan *plan) {
    wy_plan_import *copy = COPY_ARRAY(c, plan->imports, plan->import_count);
    for (uint32_t i = 0; i < plan->import_count && !c->failed; i++) {
        copy[i].interface_name = copy_name(c, copy[i].interface_name);
        copy[i].name = copy_name(c, copy[i].name);
        copy[i].type = copy_func_type(c, copy[i].type);
    }
    return copy;
}

static const wy_plan_resource *copy_resources(copier *c, const wy_plan *plan) {
    wy_plan_resource *copy = COPY_ARRAY(c, plan->resources, plan->resource_count);
    for (uint32_t i = 0; i < plan->resource_count && !c->failed; i++) {
        copy[i].name = copy_name(c, copy[i].name);
        copy[i].entering = COPY_ARRAY(c, copy[i].entering, copy[i].entering_count);
    }
    return copy;
}

static const wy_plan_export *copy_exports(copier *c, const wy_plan_export *exports,
                                          uint32_t count) {
    wy_plan_export *copy = COPY_ARRAY(c, exports, count);
    for (uint32_t i = 0; i < count && !c->failed; i++) {
        copy[i].name = copy_name(c, copy[i].name);
        copy[i].func.type = copy_func_type(c, copy[i].func.type);
        copy[i].entering = COPY_ARRAY(c, copy[i].entering, copy[i].entering_count);
        copy[i].exports = copy_exports(c, copy[i].exports, copy[i].export_count);
    }
    return copy;
}

static const wy_plan_kept *copy_kept(copier *c, const wy_plan *plan) {
    wy_plan_kept *copy = COPY_ARRAY(c, plan->kept, plan->kept_count);
    for (uint32_t i = 0; i < plan->kept_count && !c->failed; i++)
        copy[i].why = copy_bytes(c, copy[i].why, strlen(copy[i].why) + 1, 1);
    return copy;
}

static void copy_tables(copier *c, wy_plan *copy, const wy_plan *plan) {
    copy->modules = copy_modules(c, plan);
    copy->steps = copy_steps(c, plan);
    copy->trampolines = copy_trampolines(c, plan);
    copy->lifts = copy_lifts(c, plan);
    copy->imports = copy_imports(c, plan);
    copy->resources = copy_resources(c, plan);
    copy->funcs = copy_items(c, plan->funcs, plan->func_count);
    copy->memories = copy_items(c, plan->memories, plan->memory_count);
    copy->exports = copy_exports(c, plan->exports, plan->export_count);
    copy->parents = COPY_ARRAY(c, plan->parents, plan->instance_count);
    copy->kept = copy_kept(c, plan);
}

wy_err wy_plan_copy(wy_arena *arena, const wy_plan *plan, const wy_plan **copy_out, wy_diag *diag) {
    copier c = {.arena = arena};
    wy_map_init(&c.names, NULL);
    wy_map_init(&c.types, NULL);
    wy_map_init(&c.funcs, NULL);
    wy_plan *copy = COPY_ARRAY(&c, plan, 1);
    if (copy) copy_tables(&c, copy, plan);
    wy_map_deinit(&c.names);
    wy_map_deinit(&c.types);
    wy_map_deinit(&c.funcs);
    *copy_out = c.failed ? NULL : copy;
    return c.failed ? wy_diag_set(diag, WY_LIMIT, "out of memory for a component's plan") : WY_OK;
}
