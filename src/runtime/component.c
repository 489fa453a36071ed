/* Loading a component: decode, validate, plan, link, compile, and prepare what instances share. */
#include "runtime/internal.h"

#include "base/limits.h"
#include "wit/semver.h"

#include <inttypes.h>
#include <stdlib.h>

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory while loading the component");
}

/* --- unmet imports --- */

/* The known "interface@version" nearest to a name, or empty. */
static wy_str nearest_interface(const wy_component_config *config, wy_str name, wy_arena *arena) {
    wy_str *names = wy_arena_calloc(arena, config->interface_count, sizeof *names);
    for (size_t i = 0; names && i < config->interface_count; i++) {
        const wy_interface_desc *desc = config->interfaces[i]->desc;
        const char *full =
            wy_arena_printf(arena, WY_STR_FMT "%s" WY_STR_FMT, WY_STR_ARG(desc->name),
                            desc->version.len ? "@" : "", WY_STR_ARG(desc->version));
        if (full) names[i] = wy_str_of(full);
    }
    return names ? wy_str_nearest(name, names, config->interface_count) : (wy_str){0};
}

static wy_str nearest_func(const wy_interface *interface, wy_str name, wy_arena *arena) {
    wy_str *names = wy_arena_calloc(arena, interface->desc->func_count, sizeof *names);
    for (uint32_t i = 0; names && i < interface->desc->func_count; i++)
        names[i] = interface->desc->funcs[i].name;
    return names ? wy_str_nearest(name, names, interface->desc->func_count) : (wy_str){0};
}

static void describe_unmet(const wy_plan_import *import, const wy_link *link, wy_arena *arena,
                           wy_buf *buf) {
    wy_buf_printf(buf, " " WY_STR_FMT, WY_STR_ARG(import->name));
    if (link->desc) {
        wy_buf_str(buf, WY_STR(" (known here with another type)"));
    } else if (link->interface) {
        wy_str nearest = nearest_func(link->interface, import->name, arena);
        if (nearest.len) wy_buf_printf(buf, " (nearest: " WY_STR_FMT ")", WY_STR_ARG(nearest));
    }
}

/* One line an interface: its name, the nearest known one, and what is missing of it. */
static void describe_all_unmet(const wy_component *component, const wy_component_config *config,
                               wy_arena *arena, wy_buf *buf) {
    wy_str current = {0};
    for (uint32_t i = 0; i < component->plan->import_count; i++) {
        const wy_plan_import *import = &component->plan->imports[i];
        const wy_link *link = &component->links[i];
        if (link->kind != WY_LINK_UNMET) continue;
        if (!current.ptr || !wy_str_eq(current, import->interface_name)) {
            current = import->interface_name;
            wy_buf_printf(buf, "\n  " WY_STR_FMT,
                          WY_STR_ARG(current.len ? current : WY_STR("(the world)")));
            wy_str nearest = link->interface || !current.len
                                 ? (wy_str){0}
                                 : nearest_interface(config, current, arena);
            if (nearest.len)
                wy_buf_printf(buf, " (nearest known: " WY_STR_FMT ")", WY_STR_ARG(nearest));
            wy_buf_char(buf, ':');
        }
        describe_unmet(import, link, arena, buf);
    }
}

static wy_err report_unmet(const wy_component *component, const wy_component_config *config,
                           uint32_t unmet, wy_diag *diag) {
    wy_arena scratch;
    wy_arena_init(&scratch, (size_t)16 << 20);
    wy_buf buf;
    wy_buf_init(&buf, WY_DIAG_TEXT_MAX);
    describe_all_unmet(component, config, &scratch, &buf);
    wy_err err = wy_diag_set(diag, WY_UNMET,
                             "%u import%s cannot be met (to link them as traps that name "
                             "themselves: --unmet-imports trap):%s",
                             unmet, unmet == 1 ? "" : "s", buf.ptr ? buf.ptr : "");
    wy_buf_deinit(&buf);
    wy_arena_deinit(&scratch);
    return err;
}

/* --- linking --- */

static wy_err link_imports(wy_component *component, const wy_component_config *config,
                           wy_diag *diag) {
    const wy_plan *plan = component->plan;
    component->links =
        wy_arena_calloc(&component->arena, plan->import_count, sizeof *component->links);
    if (!component->links) return no_memory(diag);
    uint32_t unmet = 0;
    for (uint32_t i = 0; i < plan->import_count; i++) {
        component->links[i] =
            wy_link_resolve(plan, &plan->imports[i], config->interfaces, config->interface_count);
        unmet += component->links[i].kind == WY_LINK_UNMET;
    }
    return unmet && !config->unmet_trap ? report_unmet(component, config, unmet, diag) : WY_OK;
}

static wy_err bind_resources(wy_component *component, wy_diag *diag) {
    const wy_plan *plan = component->plan;
    wy_resource *table = wy_arena_calloc(&component->arena, plan->resource_count, sizeof *table);
    const wy_resource **pointers =
        wy_arena_calloc(&component->arena, plan->resource_count, sizeof *pointers);
    wy_resource_type *unmet =
        wy_arena_calloc(&component->arena, plan->resource_count, sizeof *unmet);
    if (!table || !pointers || !unmet) return no_memory(diag);
    for (uint32_t i = 0; i < plan->resource_count; i++) {
        const wy_plan_resource *item = &plan->resources[i];
        pointers[i] = &table[i];
        table[i].instance = item->instance;
        if (item->import == WY_PLAN_NONE) {
            table[i].drop = wy_guest_resource_drop;
            continue;
        }
        const wy_link *link = &component->links[item->import];
        unmet[i].name = item->name; /* nobody can make one: its functions trap */
        table[i].host = link->resource ? link->resource : &unmet[i];
        table[i].drop = link->drop ? wy_host_resource_drop : NULL;
        table[i].host_drop = link->drop;
        table[i].host_busy = link->busy;
        table[i].instance = WY_PLAN_NONE;
    }
    component->resource_table = table;
    component->resources = pointers;
    return WY_OK;
}

static wy_err bind_trampolines(wy_component *component, wy_diag *diag) {
    const wy_plan *plan = component->plan;
    component->bound =
        wy_arena_calloc(&component->arena, plan->trampoline_count, sizeof *component->bound);
    if (!component->bound) return no_memory(diag);
    for (uint32_t i = 0; i < plan->trampoline_count; i++)
        wy_bound_init(&component->bound[i], component, i);
    return WY_OK;
}

/* Puts a trampoline that instances take one by one where they find it. */
static wy_err bind_single(wy_component *component, const wy_core_item *item, wy_diag *diag) {
    if (item->kind != WY_ITEM_TRAMPOLINE) return WY_OK;
    wy_bound *bound = &component->bound[item->index];
    if (bound->key.len) return WY_OK;
    const char *key = wy_arena_printf(&component->arena, "%" PRIu32, item->index);
    if (!key) return no_memory(diag);
    bound->key = wy_str_of(key);
    return wy_linker_define(component->trampolines, WY_STR(""), bound->key, bound->params,
                            bound->param_count, bound->results, bound->result_count,
                            bound->callback, bound, diag);
}

static wy_err bind_singles(wy_component *component, const wy_core_item *items, uint32_t count,
                           wy_diag *diag) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < count && !err; i++)
        err = bind_single(component, &items[i], diag);
    return err;
}

/* A step whose imports are all trampolines becomes an instance_pre (prepare_steps); the imports of
 * others are gathered for each instance. */
static wy_err bind_step(wy_component *component, uint32_t index, wy_diag *diag) {
    const wy_plan_step *step = &component->plan->steps[index];
    const wy_core_module *module = component->plan->modules[step->module];
    for (uint32_t i = 0; i < step->import_count; i++)
        if (step->imports[i].kind != WY_ITEM_TRAMPOLINE)
            return bind_singles(component, step->imports, step->import_count, diag);
    wy_err err = wy_linker_new(component->engine, &component->linkers[index]);
    for (uint32_t i = 0; i < step->import_count && !err; i++) {
        wy_bound *bound = &component->bound[step->imports[i].index];
        err = wy_linker_define(component->linkers[index], module->imports[i].module,
                               module->imports[i].name, bound->params, bound->param_count,
                               bound->results, bound->result_count, bound->callback, bound, diag);
    }
    return err;
}

static wy_err bind_steps(wy_component *component, wy_diag *diag) {
    uint32_t count = component->plan->step_count;
    component->steps = wy_arena_calloc(&component->arena, count, sizeof *component->steps);
    component->linkers = wy_arena_calloc(&component->arena, count, sizeof *component->linkers);
    if (!component->steps || !component->linkers) return no_memory(diag);
    wy_err err = wy_linker_new(component->engine, &component->trampolines);
    for (uint32_t i = 0; i < count && !err; i++)
        if (component->plan->steps[i].module != WY_PLAN_NONE) err = bind_step(component, i, diag);
    if (err) return err;
    return bind_singles(component, component->plan->funcs, component->plan->func_count, diag);
}

/* From so many functions on, one more core instance costs less than taking them from a linker. */
#define CARRIER_MIN 8

static uint32_t count_singles(const wy_component *component) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < component->plan->trampoline_count; i++)
        count += component->bound[i].key.len != 0;
    return count;
}

static wy_err prepare_singles(wy_component *component, wy_diag *diag) {
    if (count_singles(component) < CARRIER_MIN) return WY_OK;
    return wy_linker_carrier(component->trampolines, &component->carrier, &component->carrier_pre,
                             diag);
}

static wy_err prepare_steps(wy_component *component, wy_diag *diag) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < component->plan->step_count && !err; i++) {
        if (!component->linkers[i]) continue;
        err = wy_linker_pre(component->linkers[i],
                            component->modules[component->plan->steps[i].module],
                            &component->steps[i].pre, diag);
        wy_linker_finish(component->linkers[i]);
    }
    return err;
}

/* --- code --- */

wy_err wy_code_load(wy_engine *engine, const uint8_t *bytes, size_t len, bool keep_shims,
                    own wy_code **code_out, wy_diag *diag) {
    return wy_code_compose(engine, bytes, len, NULL, 0, keep_shims, code_out, diag);
}

static void free_modules(wy_code *code) {
    for (uint32_t i = 0; code->modules && i < code->plan->module_count; i++)
        wy_module_free(code->modules[i]);
    code->modules = NULL;
}

void wy_code_free(own wy_code *code) {
    if (!code) return;
    free_modules(code);
    wy_arena_deinit(&code->arena);
    wy_arena_deinit(&code->types_arena);
    free(code);
}

const wy_plan *wy_code_plan(const wy_code *code) {
    return code->plan;
}

const wy_component_types *wy_code_types(const wy_code *code) {
    return code->types;
}

void wy_code_drop_types(wy_code *code) {
    wy_arena_deinit(&code->types_arena);
    code->types = NULL;
}

typedef struct sized {
    size_t len;
    uint32_t index; /* of a module */
} sized;

static int by_size(const void *a, const void *b) {
    const sized *x = a, *y = b;
    return (x->len > y->len) - (x->len < y->len);
}

/* The smallest first: what is expected is mapped by another thread, the largest first (ahead.c). */
static wy_err compile_used(wy_code *code, const uint8_t *used, wy_diag *diag) {
    const wy_plan *plan = code->plan;
    sized *order = wy_arena_alloc(&code->arena, plan->module_count * sizeof *order);
    if (!order) return no_memory(diag);
    for (uint32_t i = 0; i < plan->module_count; i++)
        order[i] = (sized){plan->modules[i]->len, i};
    qsort(order, plan->module_count, sizeof *order, by_size);
    for (uint32_t k = 0; k < plan->module_count; k++) {
        uint32_t i = order[k].index;
        if (!used[i]) continue;
        const wy_core_module *module = plan->modules[i];
        wy_err err =
            wy_module_load(code->engine, module->bytes, module->len, &code->modules[i], diag);
        if (err) {
            wy_diag_prefix(diag, "core module at offset 0x%zx", module->offset);
            return err;
        }
    }
    return WY_OK;
}

static wy_err compile_modules(wy_code *code, wy_diag *diag) {
    if (code->modules) return WY_OK;
    const wy_plan *plan = code->plan;
    uint8_t *used = wy_arena_calloc(&code->arena, plan->module_count, 1);
    code->modules = wy_arena_calloc(&code->arena, plan->module_count, sizeof *code->modules);
    if (!code->modules || !used) {
        code->modules = NULL;
        return no_memory(diag);
    }
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].module != WY_PLAN_NONE) used[plan->steps[i].module] = 1;
    wy_err err = compile_used(code, used, diag);
    if (err) free_modules(code);
    return err;
}

/* --- loading --- */

static wy_err link_code(wy_component *component, const wy_component_config *config, wy_diag *diag) {
    wy_err err = link_imports(component, config, diag);
    if (!err) err = bind_resources(component, diag);
    if (!err) err = bind_trampolines(component, diag);
    if (!err) err = bind_steps(component, diag);
    if (!err) err = prepare_singles(component, diag); /* before it waits for ahead.c's thread */
    if (!err) err = compile_modules(component->code, diag);
    component->modules = component->code->modules;
    return err ? err : prepare_steps(component, diag);
}

wy_err wy_component_link(wy_code *code, const wy_component_config *config,
                         own wy_component **component_out, wy_diag *diag) {
    wy_component *component = calloc(1, sizeof *component);
    if (!component) return no_memory(diag);
    wy_arena_init(&component->arena, WY_MAX_COMPONENT_ARENA);
    component->engine = code->engine;
    component->code = code;
    component->plan = code->plan;
    component->name = config->name;
    component->memory_bytes_max =
        config->memory_bytes_max ? config->memory_bytes_max : WY_MAX_MEMORY_BYTES;
    component->table_elements_max =
        config->table_elements_max ? config->table_elements_max : WY_MAX_TABLE_ELEMENTS;
    memcpy(component->settings, config->settings, sizeof component->settings);
    component->provider_settings = config->provider_settings;
    wy_assert(code->provider_count == 0 || config->provider_settings);
    wy_err err = link_code(component, config, diag);
    if (err) {
        wy_component_free(component);
        return err;
    }
    *component_out = component;
    return WY_OK;
}

wy_err wy_component_load(wy_engine *engine, const uint8_t *bytes, size_t len,
                         const wy_component_config *config, own wy_component **component_out,
                         wy_diag *diag) {
    wy_code *code;
    wy_err err = wy_code_load(engine, bytes, len, config->keep_shims, &code, diag);
    if (err) return err;
    err = wy_component_link(code, config, component_out, diag);
    if (err)
        wy_code_free(code);
    else
        (*component_out)->owns_code = true;
    return err;
}

void wy_component_free(own wy_component *component) {
    if (!component) return;
    const wy_plan *plan = component->plan;
    for (uint32_t i = 0; component->steps && i < plan->step_count; i++)
        wy_instance_pre_free(component->steps[i].pre);
    for (uint32_t i = 0; component->linkers && i < plan->step_count; i++)
        wy_linker_free(component->linkers[i]);
    wy_instance_pre_free(component->carrier_pre);
    wy_module_free(component->carrier);
    wy_linker_free(component->trampolines);
    if (component->owns_code) wy_code_free(component->code);
    wy_arena_deinit(&component->arena);
    free(component);
}

/* --- questions --- */

const wy_plan *wy_component_plan(const wy_component *component) {
    return component->plan;
}

const wy_link *wy_component_links(const wy_component *component) {
    return component->links;
}

wy_str wy_component_name(const wy_component *component) {
    return component->name;
}

static bool export_matches(wy_str name, wy_str interface_name, wy_str version) {
    wy_wit_name have;
    if (!wy_wit_name_split(name, &have) || !wy_str_eq(have.unversioned, interface_name))
        return false;
    wy_semver want_version, have_version;
    if (version.len == 0 || have.version.len == 0) return version.len == have.version.len;
    return wy_semver_parse(version, &want_version) &&
           wy_semver_parse(have.version, &have_version) &&
           wy_semver_compatible(&want_version, &have_version);
}

const wy_plan_export *wy_component_export(const wy_component *component, wy_str interface_name,
                                          wy_str version, wy_str func) {
    const wy_plan *plan = component->plan;
    if (interface_name.len == 0) return wy_plan_find_export(plan, func);
    for (uint32_t i = 0; i < plan->export_count; i++) {
        const wy_plan_export *item = &plan->exports[i];
        if (item->sort != WY_SORT_INSTANCE || !export_matches(item->name, interface_name, version))
            continue;
        for (uint32_t k = 0; k < item->export_count; k++)
            if (item->exports[k].sort == WY_SORT_FUNC && wy_str_eq(item->exports[k].name, func))
                return &item->exports[k];
    }
    return NULL;
}

static bool is_host_resource(void *data, const wy_type *ours, const wy_type *theirs) {
    const wy_component *component = data;
    uint32_t import = component->plan->resources[ours->resource_index].import;
    return import != WY_PLAN_NONE && component->links[import].resource == theirs->resource;
}

bool wy_component_export_fits(const wy_component *component, const wy_plan_export *export,
                              const wy_func_type *type) {
    return wy_func_type_equal(export->func.type, type, is_host_resource, (void *)component);
}
