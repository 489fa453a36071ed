/* Doctor: looks at an application as `up` would, finds what people get wrong, and mends what can be
 * mended without a decision of theirs. */
#include "host/build.h"
#include "host/inspect.h"
#include "host/manifest.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATH_BYTES 4096

typedef struct doctor {
    wy_arena arena;
    const withy_doctor_options *options;
    const wy_app *app;
    void (*write)(void *data, const char *text, size_t len);
    void *data;
    unsigned problems; /* that are left */
} doctor;

static void say(const doctor *d, const char *fmt, ...) WY_PRINTF(2, 3);
static void say(const doctor *d, const char *fmt, ...) {
    wy_buf text;
    wy_buf_init(&text, (size_t)1 << 20);
    va_list args;
    va_start(args, fmt);
    wy_buf_vprintf(&text, fmt, args);
    va_end(args);
    if (text.ptr) d->write(d->data, text.ptr, text.len);
    wy_buf_deinit(&text);
}

/* A finding, with what to do; `mended` by us. */
static void report(doctor *d, bool mended, const char *fmt, ...) WY_PRINTF(3, 4);
static void report(doctor *d, bool mended, const char *fmt, ...) {
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    d->problems += !mended;
    say(d, "%s %s\n", mended ? "mended:" : "-", text);
}

/* --- components --- */

static bool is_bound(const wy_app *app, const wy_app_component *c) {
    for (uint32_t i = 0; i < app->trigger_count; i++)
        if (app->triggers[i].component == c) return true;
    return false;
}

/* Its file is another component's dependency. */
static bool is_provider(const wy_app *app, const wy_app_component *c) {
    for (uint32_t i = 0; i < app->component_count; i++)
        for (uint32_t k = 0; k < app->components[i].dependency_count; k++)
            if (wy_str_eq(app->components[i].dependencies[k].source.path, c->source.path))
                return true;
    return false;
}

static bool is_provided(const wy_app_component *c, wy_str import) {
    for (uint32_t i = 0; i < c->dependency_count; i++)
        if (wy_str_starts(import, wy_str_sub(c->dependencies[i].name, 0,
                                             wy_str_find(c->dependencies[i].name, '@'))))
            return true;
    return false;
}

static void check_imports(doctor *d, const wy_app_component *c, const wy_inspection *in) {
    wy_str last = {0};
    for (uint32_t i = 0; i < in->plan->import_count; i++) {
        wy_str name = in->plan->imports[i].interface_name;
        if (in->links[i].kind != WY_LINK_UNMET || wy_str_eq(name, last) || is_provided(c, name))
            continue;
        last = name;
        report(d, false,
               "component \"" WY_STR_FMT "\" imports " WY_STR_FMT
               ", which withy does not provide: give it as a dependency, or run with "
               "--unmet-imports trap",
               WY_STR_ARG(c->id), WY_STR_ARG(name.len ? name : WY_STR("a function")));
    }
}

static void check_binary(doctor *d, const wy_app_component *c, const char *path) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_inspection in;
    if (wy_inspection_open(&in, path, &diag))
        report(d, false, "component \"" WY_STR_FMT "\": %s", WY_STR_ARG(c->id), diag.text);
    else
        check_imports(d, c, &in);
    wy_inspection_close(&in);
}

static bool build(doctor *d, const wy_app_component *c) {
    char *id = wy_arena_strndup(&d->arena, c->id.ptr, c->id.len);
    const char *only[] = {id};
    wy_diag diag;
    wy_diag_init(&diag);
    return id && wy_build_run(d->app, only, 1, &diag) == WY_OK;
}

static void check_component(doctor *d, const wy_app_component *c) {
    char path[PATH_BYTES];
    bool absolute = c->source.path.len && c->source.path.ptr[0] == '/';
    snprintf(path, sizeof path, WY_STR_FMT "%s" WY_STR_FMT,
             WY_STR_ARG(absolute ? (wy_str){0} : d->app->root), absolute ? "" : "/",
             WY_STR_ARG(c->source.path));
    if (c->source.path.len && access(path, R_OK) != 0) {
        bool can_build = c->build_commands.count > 0;
        bool mended = can_build && d->options->fix && build(d, c) && access(path, R_OK) == 0;
        report(
            d, mended, "component \"" WY_STR_FMT "\": %s is not there%s", WY_STR_ARG(c->id), path,
            can_build ? ": build it, with `withy build`" : ", and there is no command to build it");
        if (!mended) return;
    }
    if (c->source.path.len) check_binary(d, c, path);
    if (!is_bound(d->app, c) && !is_provider(d->app, c))
        report(d, false,
               "component \"" WY_STR_FMT
               "\" is never run: no trigger names it, and no component "
               "depends on it",
               WY_STR_ARG(c->id));
}

/* --- the application --- */

static void check_routes(doctor *d) {
    const wy_app *app = d->app;
    for (uint32_t i = 0; i < app->http_trigger_count; i++)
        for (uint32_t k = i + 1; k < app->http_trigger_count; k++)
            if (!app->http_triggers[i].is_private && !app->http_triggers[k].is_private &&
                wy_str_eq(app->http_triggers[i].route, app->http_triggers[k].route))
                report(d, false,
                       "the route " WY_STR_FMT " is given twice (\"" WY_STR_FMT
                       "\" and \"" WY_STR_FMT "\"): only the last is used",
                       WY_STR_ARG(app->http_triggers[i].route),
                       WY_STR_ARG(app->http_triggers[i].id), WY_STR_ARG(app->http_triggers[k].id));
    if (app->trigger_count == 0)
        report(d, false, "the application has no trigger: nothing is ever run");
}

/* Every value that is needed at the start comes from outside. */
static void check_variables(doctor *d) {
    for (uint32_t i = 0; i < d->app->variable_count; i++) {
        const wy_app_variable *v = &d->app->variables[i];
        char name[512];
        int n = snprintf(name, sizeof name, "SPIN_VARIABLE_" WY_STR_FMT, WY_STR_ARG(v->name));
        if (!v->required || n < 0 || (size_t)n >= sizeof name) continue;
        for (char *c = name; *c; c++)
            if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 32);
        if (!getenv(name) && access(".env", F_OK) != 0 && !getenv("RUNTIME_CONFIG_FILE"))
            report(d, false,
                   "the variable \"" WY_STR_FMT
                   "\" is required and has no value here: set %s, or "
                   "give --variable",
                   WY_STR_ARG(v->name), name);
    }
}

static bool has_line(wy_str text, const char *line) {
    while (text.len) {
        size_t end = wy_str_find(text, '\n');
        wy_str at = wy_str_trim(wy_str_sub(text, 0, end));
        if (wy_str_eqz(at, line)) return true;
        text = wy_str_sub(text, end < text.len ? end + 1 : end, text.len);
    }
    return false;
}

static bool append_line(const char *path, wy_str before, const char *line) {
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0) return false;
    bool open_end = before.len && !wy_str_ends(before, WY_STR("\n"));
    bool ok = dprintf(fd, "%s%s\n", open_end ? "\n" : "", line) > 0;
    return close(fd) == 0 && ok;
}

/* State and logs are nobody else's. */
static void check_ignored(doctor *d) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, WY_STR_FMT "/.gitignore", WY_STR_ARG(d->app->root));
    wy_str text;
    wy_diag ignored;
    wy_diag_init(&ignored);
    if (wy_text_read(&d->arena, path, &text, &ignored) != WY_OK) return; /* no repository, maybe */
    if (has_line(text, ".spin/") || has_line(text, ".spin") || has_line(text, "/.spin/") ||
        has_line(text, "/.spin"))
        return;
    report(d, d->options->fix && append_line(path, text, ".spin/"),
           "%s does not name .spin/, where state and logs are kept", path);
}

int withy_doctor(const char *manifest, const withy_doctor_options *options,
                 void (*write)(void *data, const char *text, size_t len), void *data,
                 withy_error *error) {
    doctor d = {.options = options, .write = write, .data = data};
    wy_arena_init(&d.arena, (size_t)256 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    const char *path;
    wy_err err = wy_manifest_find(&d.arena, manifest, &path, &diag);
    if (!err)
        err = wy_manifest_load(&d.arena, path, wy_str_of(options->profile), NULL, 0, &d.app, &diag);
    if (err) {
        wy_arena_deinit(&d.arena);
        return wy_host_fail(&diag, error);
    }
    for (uint32_t i = 0; i < d.app->component_count; i++)
        check_component(&d, &d.app->components[i]);
    check_routes(&d);
    check_variables(&d);
    check_ignored(&d);
    if (d.problems)
        say(&d, "%u problem%s\n", d.problems, d.problems == 1 ? "" : "s");
    else
        say(&d, "nothing is wrong with %s\n", path);
    wy_arena_deinit(&d.arena);
    return d.problems ? 1 : 0;
}
