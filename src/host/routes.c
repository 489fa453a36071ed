/* Routes: printing them for people and for programs. */
#include "host/routes.h"

#include "host/triggers.h"

#include <stdio.h>

/* "/path/..." without its end. */
static bool split_wildcard(wy_str route, wy_str *plain_out) {
    bool wild = wy_str_ends(route, WY_STR("/..."));
    *plain_out = wild ? wy_str_sub(route, 0, route.len - 4) : route;
    return wild;
}

static void print_json(const wy_app *app, const char *url) {
    wy_buf out;
    wy_buf_init(&out, (size_t)64 << 20);
    wy_buf_printf(&out, "{\"base_url\":\"%s\",\"routes\":[", url ? url : "");
    const char *comma = "";
    for (uint32_t t = 0; t < app->http_trigger_count; t++) {
        const wy_app_http_trigger *trigger = &app->http_triggers[t];
        if (trigger->is_private) continue;
        wy_str plain;
        bool wild = split_wildcard(trigger->route, &plain);
        wy_buf_printf(&out, "%s{\"id\":", comma);
        wy_buf_json(&out, trigger->component ? trigger->component->id : trigger->id);
        wy_buf_str(&out, WY_STR(",\"route\":"));
        wy_buf_json(&out, plain.len ? plain : WY_STR("/"));
        wy_buf_printf(&out, ",\"wildcard\":%s", wild ? "true" : "false");
        if (trigger->component && trigger->component->description.len) {
            wy_buf_str(&out, WY_STR(",\"description\":"));
            wy_buf_json(&out, trigger->component->description);
        }
        wy_buf_char(&out, '}');
        comma = ",";
    }
    wy_buf_str(&out, WY_STR("]}"));
    puts(out.failed ? "{}" : out.ptr);
    wy_buf_deinit(&out);
}

static void print_plain(const wy_app *app, const char *url) {
    if (url) printf("Serving %s\nAvailable Routes:\n", url);
    for (uint32_t t = 0; t < app->http_trigger_count; t++) {
        const wy_app_http_trigger *trigger = &app->http_triggers[t];
        if (trigger->is_private) continue;
        wy_str plain;
        bool wild = split_wildcard(trigger->route, &plain);
        printf("  " WY_STR_FMT ": %s" WY_STR_FMT "%s\n",
               WY_STR_ARG(trigger->component ? trigger->component->id : trigger->id), url,
               WY_STR_ARG(plain), wild ? " (wildcard)" : "");
    }
    wy_triggers_announce(app);
}

void wy_routes_print(const wy_app *app, const char *url, bool as_json) {
    if (as_json)
        print_json(app, url);
    else
        print_plain(app, url);
    fflush(stdout);
}
