/* Validating a component without running it: its own rules here, those of its core modules by the
 * engine. Nothing is compiled, linked or kept. */
#include "host/load.h"

#include "base/arena.h"
#include "base/limits.h"
#include "component/decode.h"
#include "component/validate.h"
#include "engine/aot.h"

static wy_err check_modules(wy_engine *engine, const wy_component_ast *ast, wy_diag *diag) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < ast->definition_count && !err; i++) {
        const wy_definition *def = &ast->definitions[i];
        if (def->kind == WY_DEF_COMPONENT) {
            err = check_modules(engine, def->component, diag);
        } else if (def->kind == WY_DEF_CORE_MODULE) {
            const wy_core_module *module = def->core_module;
            err = wy_module_check(engine, module->bytes, module->len, diag);
            if (err && diag->has_offset) diag->offset += module->offset;
        }
    }
    return err;
}

static wy_err check(wy_engine *engine, wy_arena *arena, const wy_file *file, wy_diag *diag) {
    wy_component_ast *ast;
    const wy_component_types *types;
    if (wy_aot_is(file->bytes, file->len))
        return wy_diag_set(diag, WY_INVALID,
                           "this is compiled ahead of time; validate the component it was made of");
    wy_err err = wy_host_check_kind(file->bytes, file->len, diag);
    if (!err) err = wy_component_decode(arena, file->bytes, file->len, &ast, diag);
    if (!err) err = wy_component_validate(arena, ast, &types, diag);
    return err ? err : check_modules(engine, ast, diag);
}

int withy_validate(const char *path, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    withy_options options;
    withy_options_init(&options);
    options.no_cache = true;
    wy_file file = {0};
    wy_engine *engine = NULL;
    wy_arena arena;
    wy_arena_init(&arena, WY_MAX_COMPONENT_ARENA);
    wy_err err = wy_file_map(path, &file, &diag);
    if (!err) {
        err = wy_host_engine(&options, &engine, &diag);
        if (!err) err = check(engine, &arena, &file, &diag);
        if (err) wy_host_place(&diag, path);
    }
    wy_engine_free(engine);
    wy_arena_deinit(&arena);
    wy_file_unmap(&file);
    return err ? wy_host_fail(&diag, error) : 0;
}
