/* Doctor: looks at an application as `up` would, finds what people get wrong, and mends what can be
 * mended without a decision of theirs. Here: the manifest itself, and how findings are written. */
#include "host/doctor.h"

#include "base/text.h"
#include "host/inspect.h"
#include "host/manifest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATH_BYTES 4096

static void say(const wy_doctor *d, const char *fmt, ...) WY_PRINTF(2, 3);
static void say(const wy_doctor *d, const char *fmt, ...) {
    wy_buf text;
    wy_buf_init(&text, (size_t)1 << 20);
    va_list args;
    va_start(args, fmt);
    wy_buf_vprintf(&text, fmt, args);
    va_end(args);
    if (text.ptr) d->write(d->data, text.ptr, text.len);
    wy_buf_deinit(&text);
}

static void say_json(const wy_doctor *d, const char *kind, bool can_be_mended, const char *text) {
    wy_buf json;
    wy_buf_init(&json, (size_t)64 << 10);
    wy_buf_printf(&json,
                  "%s\n    {\"kind\":\"%s\",\"can_be_mended\":%s,\"text\":", d->count ? "," : "",
                  kind, can_be_mended ? "true" : "false");
    wy_buf_json(&json, wy_str_of(text));
    wy_buf_char(&json, '}');
    if (json.ptr) d->write(d->data, json.ptr, json.len);
    wy_buf_deinit(&json);
}

void wy_doctor_report(wy_doctor *d, wy_finding finding, const char *fmt, ...) {
    static const char *const marks[] = {"-", "-", "mended:", "note:"};
    static const char *const kinds[] = {"problem", "problem", "mended", "note"};
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    d->problems += finding == WY_FINDING_PROBLEM || finding == WY_FINDING_MENDABLE;
    d->mendable += finding == WY_FINDING_MENDABLE;
    if (d->options->json)
        say_json(d, kinds[finding], finding == WY_FINDING_MENDABLE, text);
    else
        say(d, "%s %s\n", marks[finding], text);
    d->count++;
}

wy_finding wy_doctor_outcome(const wy_doctor *d, bool mended) {
    if (mended) return WY_FINDING_MENDED;
    return d->options->fix ? WY_FINDING_PROBLEM : WY_FINDING_MENDABLE;
}

/* --- the application --- */

static void check_routes(wy_doctor *d) {
    const wy_app *app = d->app;
    for (uint32_t i = 0; i < app->http_trigger_count; i++)
        for (uint32_t k = i + 1; k < app->http_trigger_count; k++)
            if (!app->http_triggers[i].is_private && !app->http_triggers[k].is_private &&
                wy_str_eq(app->http_triggers[i].route, app->http_triggers[k].route))
                wy_doctor_report(d, WY_FINDING_PROBLEM,
                                 "the route " WY_STR_FMT " is given twice (\"" WY_STR_FMT
                                 "\" and \"" WY_STR_FMT "\"): only the last is used",
                                 WY_STR_ARG(app->http_triggers[i].route),
                                 WY_STR_ARG(app->http_triggers[i].id),
                                 WY_STR_ARG(app->http_triggers[k].id));
    if (app->trigger_count == 0)
        wy_doctor_report(d, WY_FINDING_PROBLEM,
                         "the application has no trigger: nothing is ever run");
}

/* A line of the file that begins so. */
static bool has_line(wy_str text, const char *begin, bool whole) {
    while (text.len) {
        size_t end = wy_str_find(text, '\n');
        wy_str at = wy_str_trim(wy_str_sub(text, 0, end));
        if (whole ? wy_str_eqz(at, begin) : wy_str_starts(at, wy_str_of(begin))) return true;
        text = wy_str_sub(text, end < text.len ? end + 1 : end, text.len);
    }
    return false;
}

static wy_str file_text(wy_doctor *d, const char *path) {
    wy_str text = {0};
    wy_diag ignored;
    wy_diag_init(&ignored);
    return wy_text_read(&d->arena, path, &text, &ignored) == WY_OK ? text : (wy_str){0};
}

/* Every value that is needed at the start comes from outside. */
static void check_variables(wy_doctor *d) {
    wy_str dotenv = file_text(d, ".env");
    for (uint32_t i = 0; i < d->app->variable_count; i++) {
        const wy_app_variable *v = &d->app->variables[i];
        char name[512];
        int n = snprintf(name, sizeof name, "SPIN_VARIABLE_" WY_STR_FMT, WY_STR_ARG(v->name));
        if (!v->required || n < 0 || (size_t)n >= sizeof name) continue;
        for (char *c = name; *c; c++)
            if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 32);
        if (!getenv(name) && !has_line(dotenv, name, false) && d->runtime.provider_count == 0)
            wy_doctor_report(d, WY_FINDING_PROBLEM,
                             "the variable \"" WY_STR_FMT
                             "\" is required and has no value here: set %s, or give --variable",
                             WY_STR_ARG(v->name), name);
    }
}

static bool append_line(const char *path, wy_str before, const char *line) {
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0) return false;
    bool open_end = before.len && !wy_str_ends(before, WY_STR("\n"));
    bool ok = dprintf(fd, "%s%s\n", open_end ? "\n" : "", line) > 0;
    return close(fd) == 0 && ok;
}

/* State and logs are nobody else's. */
static void check_ignored(wy_doctor *d) {
    static const char *const forms[] = {".spin/", ".spin", "/.spin/", "/.spin"};
    char path[PATH_BYTES];
    snprintf(path, sizeof path, WY_STR_FMT "/.gitignore", WY_STR_ARG(d->app->root));
    if (access(path, F_OK) != 0) return; /* no repository, maybe */
    wy_str text = file_text(d, path);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (has_line(text, forms[i], true)) return;
    bool mended = d->options->fix && append_line(path, text, ".spin/");
    wy_doctor_report(d, wy_doctor_outcome(d, mended),
                     "%s does not name .spin/, where state and logs are kept", path);
}

/* --- all of it --- */

static void examine(wy_doctor *d) {
    wy_doctor_components(d);
    check_routes(d);
    check_variables(d);
    wy_doctor_machine(d);
    check_ignored(d);
}

/* A manifest that cannot be read is a finding too: the last one. */
static bool read_manifest(wy_doctor *d, const char *path) {
    wy_str profile = wy_str_of(d->options->profile);
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = wy_manifest_load(&d->arena, path, profile, NULL, 0, &d->app, &diag);
    bool mended = false, is_version = err && wy_doctor_version(d, path, &mended);
    if (mended) {
        wy_diag_init(&diag);
        err = wy_manifest_load(&d->arena, path, profile, NULL, 0, &d->app, &diag);
    }
    if (err && (mended || !is_version)) wy_doctor_report(d, WY_FINDING_PROBLEM, "%s", diag.text);
    return err == WY_OK;
}

static void read_runtime_config(wy_doctor *d) {
    const char *path = d->options->runtime_config;
    if (!path) path = getenv("RUNTIME_CONFIG_FILE");
    wy_diag diag;
    wy_diag_init(&diag);
    if (path && *path && wy_runtime_config_load(&d->arena, path, &d->runtime, &diag))
        wy_doctor_report(d, WY_FINDING_PROBLEM, "%s", diag.text);
}

static void conclude(const wy_doctor *d, const char *path) {
    if (d->options->json) {
        say(d, "%s],\n  \"problems\": %u\n}\n", d->count ? "\n  " : "", d->problems);
        return;
    }
    if (d->problems == 0) {
        say(d, "nothing is wrong with %s\n", path);
        return;
    }
    say(d, "%u problem%s\n", d->problems, d->problems == 1 ? "" : "s");
    if (d->mendable) say(d, "%u of them can be mended: withy doctor --fix\n", d->mendable);
}

int withy_doctor(const char *manifest, const withy_doctor_options *options,
                 void (*write)(void *data, const char *text, size_t len), void *data,
                 withy_error *error) {
    wy_doctor d = {.options = options, .write = write, .data = data};
    wy_arena_init(&d.arena, (size_t)256 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    const char *path;
    wy_err err = wy_manifest_find(&d.arena, manifest, &path, &diag);
    if (err) {
        wy_arena_deinit(&d.arena);
        return wy_host_fail(&diag, error);
    }
    if (options->json) say(&d, "{\n  \"findings\": [");
    if (read_manifest(&d, path)) {
        read_runtime_config(&d);
        examine(&d);
    }
    conclude(&d, path);
    wy_arena_deinit(&d.arena);
    return d.problems ? 1 : 0;
}
