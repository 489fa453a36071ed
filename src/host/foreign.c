/* Foreign triggers: which programs they are, what they are told, and the application as they read
 * it. Running them is foreign_run.c's. */
#include "host/foreign.h"

#include "app/locked.h"
#include "app/spin.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/manifest.h"
#include "host/plugin.h"
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for triggers");
}

/* --- options --- */

/* An option that a trigger may know, with its value. */
typedef struct option {
    const char *name;  /* with its dashes, and "=VALUE" if it was written so */
    const char *value; /* NULL: none, or in the name */
    enum {
        COMMON, /* every trigger of Spin's knows it */
        OURS,   /* only those made with withy do */
        OTHER,  /* the user's, and nothing withy knows */
    } kind;
    bool is_taken; /* by some trigger */
} option;

typedef struct option_list {
    wy_arena *arena;
    option *items;
    uint32_t count, cap;
    bool failed;
} option_list;

static void add(option_list *o, const char *name, const char *value, int kind) {
    option *grown =
        wy_arena_grow(o->arena, o->items, o->count, &o->cap, o->count + 1u, sizeof *grown);
    if (!grown) {
        o->failed = true;
        return;
    }
    o->items = grown;
    grown[o->count] = (option){.name = name, .value = value};
    grown[o->count++].kind = kind == COMMON ? COMMON : kind == OURS ? OURS : OTHER;
}

static void add_text(option_list *o, const char *name, const char *value) {
    if (value) add(o, name, value, COMMON);
}

static void add_flag(option_list *o, const char *name, bool is_set) {
    if (is_set) add(o, name, NULL, COMMON);
}

static void add_number(option_list *o, const char *name, uint64_t value, int kind) {
    if (value == 0) return;
    const char *text = wy_arena_printf(o->arena, "%" PRIu64, value);
    if (!text) o->failed = true;
    add(o, name, text, kind);
}

/* What `up` was told and concerns every trigger. Keys and statements for the default stores are
 * set before any trigger starts, unless nobody would see that. */
static void collect(option_list *o, const withy_up_options *up) {
    const withy_options *common = &up->serve.common;
    bool is_shared = !up->state_dir || up->state_dir[0];
    for (size_t i = 0; i < up->follow_count; i++)
        add(o, "--follow", up->follow[i], COMMON);
    add_flag(o, "--quiet", !up->follow_all && up->follow_count == 0);
    add_text(o, "--log-dir", up->log_dir);
    add_flag(o, "--truncate-logs", up->truncate_logs);
    add_text(o, "--runtime-config-file", up->runtime_config);
    add_text(o, "--state-dir", up->state_dir);
    for (size_t i = 0; i < up->variable_count; i++)
        add(o, "--variable", up->variables[i], COMMON);
    for (size_t i = 0; i < up->key_value_count && !is_shared; i++)
        add(o, "--key-value",
            wy_arena_printf(o->arena, "%s=%s", up->key_values[i].name, up->key_values[i].value),
            COMMON);
    for (size_t i = 0; i < up->sqlite_count && !is_shared; i++)
        add(o, "--sqlite", up->sqlite[i], COMMON);
    add_flag(o, "--allow-transient-write", up->transient_write);
    add_flag(o, "--disable-cache", common->no_cache);
    add_flag(o, "--disable-pooling", common->no_pooling);
    add_number(o, "--max-instance-memory", common->memory_max, COMMON);
    add_number(o, "--timeout", common->timeout_ms, OURS);
    if (common->unmet_trap) add(o, "--unmet-imports", "trap", OURS);
    for (size_t i = 0; i < up->trigger_arg_count; i++) {
        bool has_value = i + 1 < up->trigger_arg_count && up->trigger_args[i + 1][0] != '-';
        add(o, up->trigger_args[i], has_value ? up->trigger_args[i + 1] : NULL, OTHER);
        i += has_value;
    }
}

/* --- asking a program --- */

static bool is_flag(const json_t *flag, const char *key, const option *o) {
    const char *name = json_string_value(json_object_get(flag, key));
    size_t len = strcspn(o->name, "=");
    return name && strlen(name) == len && memcmp(name, o->name, len) == 0;
}

static bool is_known(const json_t *metadata, const option *o) {
    const json_t *flags = json_object_get(metadata, "all_flags");
    for (size_t i = 0; i < json_array_size(flags); i++)
        if (is_flag(json_array_get(flags, i), "long", o) ||
            is_flag(json_array_get(flags, i), "short", o))
            return true;
    return false;
}

/* NULL: it does not say. */
static json_t *ask(wy_foreign *f, const wy_foreign_program *program) {
    static const char *const none[] = {NULL};
    const char *arguments[] = {program->path, "--launch-metadata-only", NULL};
    const wy_process_spec spec = {
        .arguments = arguments, .variables = wy_plugin_variables(&f->arena, none), .stderr_fd = -1};
    wy_buf answer;
    wy_buf_init(&answer, WY_MAX_TRIGGER_METADATA_BYTES);
    wy_diag diag;
    wy_diag_init(&diag);
    json_t *metadata = NULL;
    if (wy_process_ask(&spec, WY_TRIGGER_PROBE_TIMEOUT_MS, &answer, &diag) == 0 && answer.len)
        metadata = json_loadb(answer.ptr, answer.len, 0, NULL);
    wy_buf_deinit(&answer);
    if (json_is_array(json_object_get(metadata, "all_flags"))) return metadata;
    json_decref(metadata);
    return NULL;
}

static wy_err choose(wy_foreign *f, wy_foreign_program *program, option_list *all, wy_diag *diag) {
    json_t *metadata = all->count ? ask(f, program) : NULL;
    if (all->count && !metadata)
        wy_log(WY_LOG_WARN, "%s does not say which options it knows: it is given all",
               program->path);
    program->arguments =
        wy_arena_calloc(&f->arena, 2 * (size_t)all->count + 2, sizeof *program->arguments);
    if (!program->arguments) {
        json_decref(metadata);
        return no_memory(diag);
    }
    size_t count = 0;
    program->arguments[count++] = program->path;
    for (uint32_t i = 0; i < all->count; i++) {
        option *o = &all->items[i];
        if (metadata ? !is_known(metadata, o) : o->kind == OURS) continue;
        o->is_taken = true;
        program->arguments[count++] = o->name;
        if (o->value) program->arguments[count++] = o->value;
    }
    json_decref(metadata);
    return WY_OK;
}

/* --- finding them --- */

static wy_err find(wy_foreign *f, const wy_app_trigger *trigger, wy_diag *diag) {
    wy_foreign_program *program = &f->programs[f->program_count++];
    const char *name = wy_arena_printf(&f->arena, "trigger-" WY_STR_FMT, WY_STR_ARG(trigger->type));
    if (!name) return no_memory(diag);
    wy_str program_name = wy_str_of(name);
    program->type = wy_str_of(name + strlen("trigger-"));
    wy_diag places;
    wy_diag_init(&places);
    wy_err err = wy_plugin_find(&f->arena, program_name, true, &program->path, &places);
    if (!err) return WY_OK;
    if (err != WY_NOT_FOUND) return wy_diag_set(diag, err, "%s", places.text);
    wy_str nearest = wy_spin_trigger_nearest(trigger->type);
    return wy_diag_set_line(
        diag, WY_UNSUPPORTED, trigger->line, trigger->column,
        "the trigger type '" WY_STR_FMT "' is not built in (%s" WY_STR_FMT "%s), and %s",
        WY_STR_ARG(trigger->type), nearest.len ? "did you mean '" : "", WY_STR_ARG(nearest),
        nearest.len ? "'?" : wy_spin_trigger_names(), places.text);
}

static wy_err make(wy_foreign *f, const wy_app *app, wy_diag *diag) {
    uint32_t count = 0;
    for (const wy_app_trigger *t = NULL; (t = wy_app_foreign_next(app, t));)
        count++;
    f->programs = wy_arena_calloc(&f->arena, count, sizeof *f->programs);
    if (!f->programs) return no_memory(diag);
    wy_err err = WY_OK;
    for (const wy_app_trigger *t = NULL; !err && (t = wy_app_foreign_next(app, t));)
        err = find(f, t, diag);
    option_list all = {.arena = &f->arena};
    collect(&all, f->options);
    if (!err && all.failed) err = no_memory(diag);
    for (uint32_t i = 0; i < count && !err; i++)
        err = choose(f, &f->programs[i], &all, diag);
    for (uint32_t i = 0; i < all.count && !err; i++)
        if (all.items[i].kind == OTHER && !all.items[i].is_taken)
            err = wy_diag_set(diag, WY_USAGE,
                              "unknown option %s: neither withy nor a trigger of the application "
                              "knows it",
                              all.items[i].name);
    return err;
}

wy_err wy_foreign_new(const wy_app *app, const withy_up_options *options,
                      own wy_foreign **foreign_out, wy_diag *diag) {
    *foreign_out = NULL;
    if (!wy_app_foreign_next(app, NULL)) {
        if (options->trigger_arg_count)
            return wy_diag_set(diag, WY_USAGE, "unknown option %s", options->trigger_args[0]);
        return WY_OK;
    }
    wy_foreign *f = calloc(1, sizeof *f);
    if (!f) return no_memory(diag);
    wy_arena_init(&f->arena, (size_t)256 << 20);
    f->options = options;
    wy_err err = make(f, app, diag);
    if (err)
        wy_foreign_free(f);
    else
        *foreign_out = f;
    return err;
}

void wy_foreign_free(own wy_foreign *f) {
    if (!f) return;
    wy_arena_deinit(&f->arena);
    free(f);
}

/* --- questions before anything is run --- */

/* NULL: it cannot be read. */
static const wy_app *look_at(wy_arena *arena, const char *from) {
    wy_diag diag;
    wy_diag_init(&diag);
    const char *path;
    const wy_app *app = NULL;
    wy_arena_init(arena, (size_t)256 << 20);
    wy_err err = wy_manifest_find(arena, from, &path, &diag);
    if (!err) err = wy_manifest_load(arena, path, (wy_str){0}, NULL, 0, &app, &diag);
    return err ? NULL : app;
}

bool withy_up_takes_args(const char *manifest) {
    wy_arena arena;
    const wy_app *app = look_at(&arena, manifest);
    bool takes = app && wy_app_foreign_next(app, NULL);
    wy_arena_deinit(&arena);
    return takes;
}

static void print_help(wy_arena *arena, const wy_app_trigger *trigger) {
    static const char *const more[] = {"SPIN_PLUGINS_SUPPRESS_COMPATIBILITY_WARNINGS=1", NULL};
    const char *arguments[] = {NULL, "--help-args-only", NULL};
    wy_diag diag;
    wy_diag_init(&diag);
    const char *name = wy_arena_printf(arena, "trigger-" WY_STR_FMT, WY_STR_ARG(trigger->type));
    if (!name || wy_plugin_find(arena, wy_str_of(name), true, &arguments[0], &diag)) return;
    const wy_process_spec spec = {.arguments = arguments,
                                  .variables = wy_plugin_variables(arena, more),
                                  .shows_output = true,
                                  .stderr_fd = -1};
    wy_buf ignored;
    wy_buf_init(&ignored, WY_MAX_TRIGGER_METADATA_BYTES);
    printf("\nOptions of %s:\n", name);
    (void)wy_process_ask(&spec, WY_TRIGGER_PROBE_TIMEOUT_MS, &ignored, &diag);
    wy_buf_deinit(&ignored);
}

void withy_up_print_args(const char *manifest) {
    wy_arena arena;
    const wy_app *app = look_at(&arena, manifest);
    for (const wy_app_trigger *t = NULL; app && (t = wy_app_foreign_next(app, t));)
        print_help(&arena, t);
    wy_arena_deinit(&arena);
}

/* --- the application as they read it --- */

static const char *absolute(wy_arena *arena, const char *path, wy_diag *diag) {
    char *real = realpath(path, NULL);
    if (!real) {
        wy_diag_set(diag, errno == ENOENT ? WY_NOT_FOUND : WY_IO, "%s: %s", path, strerror(errno));
        return NULL;
    }
    const char *copy = wy_arena_strndup(arena, real, strlen(real));
    free(real);
    if (!copy) no_memory(diag);
    return copy;
}

static const char *binary(wy_application *a, const wy_app_source *source, wy_diag *diag) {
    const char *path;
    if (wy_application_source(a, source, false, &path, diag)) return NULL;
    return absolute(&a->arena, path, diag);
}

static wy_err place_mounts(wy_application *a, const wy_unit *u, wy_locked_place *out,
                           wy_diag *diag) {
    wy_locked_mount *mounts = wy_arena_calloc(&a->arena, u->dir_count, sizeof *mounts);
    if (!mounts) return no_memory(diag);
    for (size_t i = 0; i < u->dir_count; i++) {
        mounts[i].host_path = absolute(&a->arena, u->dirs[i].host_path, diag);
        mounts[i].guest_path = wy_str_of(u->dirs[i].guest_path);
        if (!mounts[i].host_path) return diag->err;
    }
    out->mounts = mounts;
    out->mount_count = u->dir_count;
    return WY_OK;
}

static wy_err place_environment(wy_application *a, const wy_unit *u, wy_locked_place *out,
                                wy_diag *diag) {
    wy_app_pair *pairs = wy_arena_calloc(&a->arena, u->env_count, sizeof *pairs);
    if (!pairs) return no_memory(diag);
    for (size_t i = 0; i < u->env_count; i++)
        pairs[i] = (wy_app_pair){wy_str_of(u->env[i].name), wy_str_of(u->env[i].value)};
    out->environment = (wy_app_pairs){pairs, (uint32_t)u->env_count};
    return WY_OK;
}

static wy_err place(wy_application *a, wy_unit *u, wy_locked_place *out, wy_diag *diag) {
    const wy_app_component *c = u->component;
    const char **dependencies =
        wy_arena_calloc(&a->arena, c->dependency_count, sizeof *dependencies);
    if (!dependencies) return no_memory(diag);
    out->path = binary(a, &c->source, diag);
    if (!out->path) return diag->err;
    for (uint32_t i = 0; i < c->dependency_count; i++)
        if (!(dependencies[i] = binary(a, &c->dependencies[i].source, diag))) return diag->err;
    out->dependencies = dependencies;
    wy_err err = wy_unit_mount(a, u, diag);
    if (!err) err = place_mounts(a, u, out, diag);
    return err ? err : place_environment(a, u, out, diag);
}

static wy_err save(const char *path, wy_str text, wy_diag *diag) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0;
    for (size_t at = 0; ok && at < text.len;) {
        ssize_t n = write(fd, text.ptr + at, text.len - at);
        ok = n > 0;
        if (ok) at += (size_t)n;
    }
    if (fd >= 0 && close(fd) != 0) ok = false;
    return ok ? WY_OK : wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
}

static wy_err write_locked(wy_application *a, const wy_locked_facts *facts, const char *path,
                           wy_diag *diag) {
    wy_buf text;
    wy_buf_init(&text, WY_MAX_LOCK_BYTES);
    wy_err err = wy_app_write_locked(a->app, facts, &text, diag);
    if (!err) err = save(path, wy_buf_view(&text), diag);
    wy_buf_deinit(&text);
    return err;
}

/* What tells a program where everything is. */
static wy_err make_variables(wy_foreign *f, const char *manifest, const char *folder,
                             const char *path, wy_diag *diag) {
    wy_buf url;
    wy_buf_init(&url, WY_MAX_LOCK_BYTES);
    wy_file_url_write(&url, path);
    size_t root = wy_str_rfind(wy_str_of(manifest), '/');
    const char *cache = f->options->serve.common.cache_dir;
    const char *more[] = {
        wy_arena_printf(&f->arena, "SPIN_LOCKED_URL=%s", url.ptr ? url.ptr : ""),
        wy_arena_printf(&f->arena, "SPIN_WORKING_DIR=%s", folder),
        wy_arena_printf(&f->arena, "SPIN_LOCAL_APP_DIR=%.*s", root ? (int)root : 1, manifest),
        cache ? wy_arena_printf(&f->arena, "WITHY_CACHE_DIR=%s", cache) : NULL,
        NULL,
    };
    f->variables = more[0] && more[1] && more[2] ? wy_plugin_variables(&f->arena, more) : NULL;
    bool failed = url.failed || !f->variables;
    wy_buf_deinit(&url);
    return failed ? no_memory(diag) : WY_OK;
}

wy_err wy_foreign_lock(wy_foreign *f, wy_application *a, const char *folder, wy_diag *diag) {
    wy_err err = wy_folder_make(folder, diag);
    if (err) return err;
    const char *manifest = absolute(&a->arena, a->base->manifest, diag);
    folder = absolute(&f->arena, folder, diag);
    if (!manifest || !folder) return diag->err;
    a->files = wy_arena_printf(&a->arena, "%s/assets", folder);
    const char *path = wy_arena_printf(&a->arena, "%s/spin.lock", folder);
    wy_locked_place *places = wy_arena_calloc(&a->arena, a->app->component_count, sizeof *places);
    if (!a->files || !path || !places) return no_memory(diag);
    for (uint32_t i = 0; i < a->app->component_count && !err; i++) {
        err = place(a, &a->units[i], &places[i], diag);
        if (err)
            wy_diag_prefix(diag, "component \"" WY_STR_FMT "\"",
                           WY_STR_ARG(a->app->components[i].id));
    }
    a->files = NULL; /* they stay when the application goes */
    const wy_locked_facts facts = {manifest, wy_str_of(f->options->profile), places};
    if (!err) err = write_locked(a, &facts, path, diag);
    return err ? err : make_variables(f, manifest, folder, path, diag);
}
