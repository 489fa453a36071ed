/* Any text: a model, or an error with a place inside the manifest, within the limits. */
#include "app/spin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const wy_app *app) {
    for (uint32_t i = 0; i < app->http_trigger_count; i++)
        wy_assert(!app->http_triggers[i].component != !app->http_triggers[i].response);
    for (uint32_t i = 0; i < app->redis_trigger_count; i++)
        wy_assert(app->redis_triggers[i].component && app->redis_triggers[i].address.len);
    for (uint32_t i = 0; i < app->component_count; i++) {
        const wy_app_component *c = &app->components[i];
        wy_assert(c->id.len && (c->source.path.len > 0) + (c->source.url.len > 0) +
                                       (c->source.package.len > 0) ==
                                   1);
        wy_assert(wy_app_component_find(app, c->id) == c);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const profiles[] = {"", "debug"};
    uint32_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    for (size_t i = 0; i < 2; i++) {
        wy_arena arena;
        wy_arena_init(&arena, (size_t)64 << 20);
        wy_diag diag;
        wy_diag_init(&diag);
        const wy_app *app;
        wy_str text = {(const char *)data, size};
        wy_err err =
            wy_app_read_spin(&arena, text, WY_STR("."), wy_str_of(profiles[i]), &app, &diag);
        wy_assert(err == diag.err && (app != NULL) == (err == WY_OK));
        wy_assert(diag.line <= lines);
        if (app) check(app);
        wy_arena_deinit(&arena);
    }
    return 0;
}
