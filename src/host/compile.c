/* Compiling ahead of time: every core module of a component's plan into one file. */
#include "host/load.h"

#include "base/file.h"
#include "base/limits.h"
#include "component/decode.h"
#include "component/validate.h"
#include "engine/aot.h"

#include <stdlib.h>

static wy_err build(wy_engine *engine, wy_arena *arena, const wy_file *file, const char *output,
                    wy_diag *diag) {
    wy_component_ast *ast;
    const wy_component_types *types;
    const wy_plan *plan;
    wy_plan_config config = {.keep_shims = true}; /* whoever loads it may want them */
    if (wy_aot_is(file->bytes, file->len))
        return wy_diag_set(diag, WY_INVALID, "this is compiled ahead of time already");
    wy_err err = wy_host_check_kind(file->bytes, file->len, diag);
    if (!err) err = wy_component_decode(arena, file->bytes, file->len, &ast, diag);
    if (!err) err = wy_component_validate(arena, ast, &types, diag);
    if (!err) err = wy_plan_make(arena, ast, &config, &plan, diag);
    if (err) return err;
    wy_str *modules = wy_arena_calloc(arena, plan->module_count, sizeof *modules);
    if (!modules) return wy_diag_set(diag, WY_NOMEM, "out of memory while compiling");
    for (uint32_t i = 0; i < plan->module_count; i++)
        modules[i] = (wy_str){(const char *)plan->modules[i]->bytes, plan->modules[i]->len};
    uint8_t *bytes = NULL;
    size_t len = 0;
    wy_str component = {(const char *)file->bytes, file->len};
    err = wy_aot_build(engine, component, modules, plan->module_count, &bytes, &len, diag);
    if (!err) err = wy_file_replace(output, (wy_str){(const char *)bytes, len}, 0644, diag);
    free(bytes);
    return err;
}

int withy_compile(const char *path, const char *output, const withy_options *options,
                  withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_file file = {0};
    wy_engine *engine = NULL;
    wy_arena arena;
    wy_arena_init(&arena, WY_MAX_COMPONENT_ARENA);
    wy_err err = wy_file_map(path, &file, &diag);
    if (!err) err = wy_host_engine(options, &engine, &diag);
    if (!err) {
        err = build(engine, &arena, &file, output, &diag);
        if (err) wy_host_place(&diag, path);
    }
    wy_engine_free(engine);
    wy_arena_deinit(&arena);
    wy_file_unmap(&file);
    return err ? wy_host_fail(&diag, error) : 0;
}
