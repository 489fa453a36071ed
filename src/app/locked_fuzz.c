/* Any text: a model, which can be written and read again as the same, or an error. */
#include "app/locked.h"

#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(wy_arena *arena, const wy_app *app) {
    wy_locked_place *places = wy_arena_calloc(arena, app->component_count, sizeof *places);
    wy_locked_mount *mounts = wy_arena_calloc(arena, app->component_count, sizeof *mounts);
    const char *dependencies[1000];
    for (size_t i = 0; i < 1000; i++)
        dependencies[i] = "/d.wasm";
    for (uint32_t i = 0; places && mounts && i < app->component_count; i++) {
        const wy_app_component *c = &app->components[i];
        if (c->dependency_count > 1000) return;
        mounts[i] = (wy_locked_mount){"/files", WY_STR("/")};
        places[i] = (wy_locked_place){"/c.wasm", dependencies, &mounts[i], c->files_count > 0,
                                      c->environment};
    }
    const wy_locked_facts facts = {"/spin.toml", {0}, places};
    wy_diag diag;
    wy_diag_init(&diag);
    wy_buf text;
    wy_buf_init(&text, WY_MAX_LOCK_BYTES);
    const wy_app *again;
    if (places && mounts && wy_app_write_locked(app, &facts, &text, &diag) == WY_OK) {
        wy_err err = wy_app_read_locked(arena, wy_buf_view(&text), WY_STR("."), &again, &diag);
        wy_assert(err == WY_OK || err == WY_NOMEM);
        wy_assert(err || (again->trigger_count == app->trigger_count &&
                          again->component_count == app->component_count));
    }
    wy_buf_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)64 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    const wy_app *app;
    wy_err err =
        wy_app_read_locked(&arena, (wy_str){(const char *)data, size}, WY_STR("."), &app, &diag);
    wy_assert(err == diag.err && (app != NULL) == (err == WY_OK));
    if (app) write_and_read(&arena, app);
    wy_arena_deinit(&arena);
    return 0;
}
