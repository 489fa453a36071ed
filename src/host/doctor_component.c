/* Doctor: the binaries of components: whether they are there, can be run, and may use what they
 * import. */
#include "host/doctor.h"

#include "host/build.h"
#include "host/inspect.h"

#include <stdio.h>
#include <unistd.h>

#define PATH_BYTES 4096

static bool is_bound(const wy_app *app, const wy_app_component *c) {
    for (uint32_t i = 0; i < app->trigger_count; i++)
        if (app->triggers[i].component == c) return true;
    for (uint32_t i = 0; i < app->http_trigger_count; i++)
        for (uint32_t k = 0; k < app->http_triggers[i].middleware_count; k++)
            if (app->http_triggers[i].middleware[k] == c) return true;
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

/* --- what it imports --- */

/* "wasi:http/types@0.2.0-rc-2023-11-10": what toolchains made before WASI 0.2 was there. */
static bool is_preview(wy_str name) {
    wy_str version = wy_str_sub(name, wy_str_rfind(name, '@'), name.len);
    return wy_str_starts(name, WY_STR("wasi:")) &&
           (wy_str_starts(version, WY_STR("@0.2.0-rc")) || wy_str_starts(version, WY_STR("@2023")));
}

static void check_imports(wy_doctor *d, const wy_app_component *c, const wy_inspection *in) {
    wy_str last = {0};
    bool said = false;
    for (uint32_t i = 0; i < in->plan->import_count; i++) {
        wy_str name = in->plan->imports[i].interface_name;
        if (in->links[i].kind != WY_LINK_UNMET || wy_str_eq(name, last) || is_provided(c, name))
            continue;
        last = name;
        if (is_preview(name)) {
            if (!said)
                wy_doctor_report(d, WY_FINDING_PROBLEM,
                                 "component \"" WY_STR_FMT
                                 "\" was made for a preview of WASI 0.2 "
                                 "(" WY_STR_FMT
                                 "), with an adapter or SDK of that time: build it "
                                 "with newer ones",
                                 WY_STR_ARG(c->id), WY_STR_ARG(name));
            said = true;
            continue;
        }
        wy_doctor_report(d, WY_FINDING_PROBLEM,
                         "component \"" WY_STR_FMT "\" imports " WY_STR_FMT
                         ", which withy does not provide: give it as a dependency, or run with "
                         "--unmet-imports trap",
                         WY_STR_ARG(c->id), WY_STR_ARG(name.len ? name : WY_STR("a function")));
    }
}

/* Interfaces that give nothing unless the manifest does. */
static const struct grant {
    const char *imports[3]; /* beginnings of names */
    const char *what, *line;
} grants[] = {
    {{"fermyon:spin/key-value", "wasi:keyvalue/", "spin:key-value/"},
     "key-value stores",
     "key_value_stores = [\"default\"]"},
    {{"fermyon:spin/sqlite", "spin:sqlite/", NULL},
     "SQLite databases",
     "sqlite_databases = [\"default\"]"},
    {{"fermyon:spin/variables", "wasi:config/", "spin:variables/"},
     "variables",
     "variables = { ... }"},
    {{"fermyon:spin/llm", NULL, NULL}, "language models", "ai_models = [...]"},
};
#define GRANT_COUNT (sizeof grants / sizeof *grants)

static bool is_granted(const wy_app_component *c, size_t grant) {
    const uint32_t counts[GRANT_COUNT] = {c->key_value_stores.count, c->sqlite_databases.count,
                                          c->variables.count, c->ai_models.count};
    return counts[grant] > 0;
}

static bool imports_any(const wy_plan *plan, const struct grant *grant) {
    for (uint32_t i = 0; i < plan->import_count; i++)
        for (size_t k = 0; k < 3 && grant->imports[k]; k++)
            if (wy_str_starts(plan->imports[i].interface_name, wy_str_of(grant->imports[k])))
                return true;
    return false;
}

/* Some SDKs have every component import everything: then nothing follows from it. */
static void check_grants(wy_doctor *d, const wy_app_component *c, const wy_plan *plan) {
    size_t missing[GRANT_COUNT], count = 0, imported = 0;
    for (size_t g = 0; g < GRANT_COUNT; g++) {
        if (!imports_any(plan, &grants[g])) continue;
        imported++;
        if (!is_granted(c, g)) missing[count++] = g;
    }
    for (size_t i = 0; i < count && imported < 3; i++)
        wy_doctor_report(d, WY_FINDING_NOTE,
                         "component \"" WY_STR_FMT
                         "\" was made to use %s, and its table grants it none: %s",
                         WY_STR_ARG(c->id), grants[missing[i]].what, grants[missing[i]].line);
}

static void check_binary(wy_doctor *d, const wy_app_component *c, const char *path) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_inspection in;
    if (wy_inspection_open(&in, path, &diag)) {
        wy_doctor_report(d, WY_FINDING_PROBLEM, "component \"" WY_STR_FMT "\": %s",
                         WY_STR_ARG(c->id), diag.text);
    } else {
        check_imports(d, c, &in);
        check_grants(d, c, in.plan);
    }
    wy_inspection_close(&in);
}

/* --- where it is --- */

static const char *in_root(const wy_doctor *d, wy_str path, char out[PATH_BYTES]) {
    bool absolute = path.len && path.ptr[0] == '/';
    snprintf(out, PATH_BYTES, WY_STR_FMT "%s" WY_STR_FMT,
             WY_STR_ARG(absolute ? (wy_str){0} : d->app->root), absolute ? "" : "/",
             WY_STR_ARG(path));
    return out;
}

static bool build(wy_doctor *d, const wy_app_component *c) {
    char *id = wy_arena_strndup(&d->arena, c->id.ptr, c->id.len);
    const char *only[] = {id};
    wy_diag diag;
    wy_diag_init(&diag);
    return id && wy_build_run(d->app, only, 1, &diag) == WY_OK;
}

/* False: there is nothing to look into. */
static bool check_there(wy_doctor *d, const wy_app_component *c, const char *path) {
    if (access(path, R_OK) == 0) return true;
    if (access(path, F_OK) == 0) {
        wy_doctor_report(d, WY_FINDING_PROBLEM,
                         "component \"" WY_STR_FMT "\": %s may not be read by this user",
                         WY_STR_ARG(c->id), path);
        return false;
    }
    bool can_build = c->build_commands.count > 0;
    bool mended = can_build && d->options->fix && build(d, c) && access(path, R_OK) == 0;
    wy_doctor_report(d, can_build ? wy_doctor_outcome(d, mended) : WY_FINDING_PROBLEM,
                     "component \"" WY_STR_FMT "\": %s is not there%s", WY_STR_ARG(c->id), path,
                     can_build ? ": build it, with `withy build`"
                               : ", and there is no command to build it");
    return mended;
}

static void check_files(wy_doctor *d, const wy_app_component *c) {
    char path[PATH_BYTES];
    for (uint32_t i = 0; i < c->files_count; i++) {
        wy_str source = c->files[i].source;
        if (wy_str_find(source, '*') < source.len || wy_str_find(source, '?') < source.len)
            continue;
        if (access(in_root(d, source, path), R_OK) != 0)
            wy_doctor_report(
                d, WY_FINDING_PROBLEM, "component \"" WY_STR_FMT "\": %s, one of its files, %s",
                WY_STR_ARG(c->id), path,
                access(path, F_OK) == 0 ? "may not be read by this user" : "is not there");
    }
}

static void check_component(wy_doctor *d, const wy_app_component *c) {
    char path[PATH_BYTES];
    wy_doctor_tools(d, c);
    if (c->source.path.len && check_there(d, c, in_root(d, c->source.path, path)))
        check_binary(d, c, path);
    for (uint32_t i = 0; i < c->dependency_count; i++) {
        wy_str source = c->dependencies[i].source.path;
        if (source.len && access(in_root(d, source, path), R_OK) != 0)
            wy_doctor_report(d, WY_FINDING_PROBLEM,
                             "component \"" WY_STR_FMT "\": %s, which it depends on, is not there",
                             WY_STR_ARG(c->id), path);
    }
    check_files(d, c);
    if (!is_bound(d->app, c) && !is_provider(d->app, c))
        wy_doctor_report(d, WY_FINDING_PROBLEM,
                         "component \"" WY_STR_FMT
                         "\" is never run: no trigger names it, and no component depends on it",
                         WY_STR_ARG(c->id));
}

void wy_doctor_components(wy_doctor *d) {
    for (uint32_t i = 0; i < d->app->component_count; i++)
        check_component(d, &d->app->components[i]);
}
