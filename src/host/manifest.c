/* Manifest: finding it, and making one for a component without. */
#include "host/manifest.h"

#include "app/locked.h"
#include "app/spin.h"
#include "base/text.h"
#include "host/load.h"
#include "host/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARENTS_MAX 64

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for the manifest");
}

static bool is_top(const char *folder, const char *above) {
    struct stat a, b;
    return stat(folder, &a) != 0 || stat(above, &b) != 0 ||
           (a.st_ino == b.st_ino && a.st_dev == b.st_dev);
}

static wy_err find_above(wy_arena *arena, const char **path_out, wy_diag *diag) {
    const char *folder = "./";
    for (unsigned i = 0; i < PARENTS_MAX; i++) {
        const char *path = wy_arena_printf(arena, "%sspin.toml", folder);
        const char *above = wy_arena_printf(arena, "%s../", i ? folder : "");
        if (!path || !above) return no_memory(diag);
        if (access(path, F_OK) == 0) {
            *path_out = path;
            return WY_OK;
        }
        if (is_top(folder, above)) break;
        folder = above;
    }
    return wy_diag_set(diag, WY_NOT_FOUND,
                       "there is no spin.toml in this folder, nor in one above; name one with "
                       "--from");
}

wy_err wy_manifest_find(wy_arena *arena, const char *from, const char **path_out, wy_diag *diag) {
    if (!from) return find_above(arena, path_out, diag);
    struct stat info;
    if (stat(from, &info) != 0) {
        if (wy_host_is_reference(from))
            return wy_diag_set(diag, WY_UNSUPPORTED,
                               "%s: this is no file here; what is in a registry can be run, but "
                               "not built or changed",
                               from);
        return wy_diag_set(diag, WY_NOT_FOUND, "%s: %s", from, strerror(errno));
    }
    *path_out = S_ISDIR(info.st_mode) ? wy_arena_printf(arena, "%s/spin.toml", from)
                                      : wy_arena_printf(arena, "%s", from);
    return *path_out ? WY_OK : no_memory(diag);
}

/* --- a component by itself --- */

static bool begins_with(const char *path, wy_str magic) {
    char bytes[4];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool yes = fd >= 0 && read(fd, bytes, magic.len) == (ssize_t)magic.len &&
               memcmp(bytes, magic.ptr, magic.len) == 0;
    if (fd >= 0) close(fd);
    return yes;
}

bool wy_manifest_is_component(const char *path) {
    return begins_with(path, WY_STR("\0asm"));
}

/* From a registry: it has its state in the current folder. For a trigger that is a program of its
 * own: where whoever started it says. */
static wy_err load_locked(wy_arena *arena, const char *path, const wy_app **app_out,
                          wy_diag *diag) {
    const char *folder = getenv("SPIN_LOCAL_APP_DIR");
    wy_str root = folder ? wy_str_of(folder) : WY_STR("."), text;
    const char *copy = wy_arena_strndup(arena, root.ptr, root.len);
    if (!copy) return no_memory(diag);
    wy_err err = wy_text_read(arena, path, &text, diag);
    if (!err) err = wy_app_read_locked(arena, text, wy_str_of(copy), app_out, diag);
    if (err) wy_diag_prefix(diag, "%s", path);
    return err;
}

/* The file's name as the id of a component: words of letters and digits. */
static const char *id_of(wy_arena *arena, const char *path) {
    wy_str name = wy_host_file_name(path);
    name = wy_str_sub(name, 0, wy_str_rfind(name, '.'));
    char *id = wy_arena_printf(arena, "%s" WY_STR_FMT, "", WY_STR_ARG(name));
    size_t len = 0;
    for (const char *c = id; c && *c; c++) {
        bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        bool is_word = is_letter || (*c >= '0' && *c <= '9' && len > 0);
        if (is_word)
            id[len++] = is_letter ? (char)(*c | 0x20) : *c;
        else if (len && id[len - 1] != '-')
            id[len++] = '-';
    }
    while (len && id[len - 1] == '-')
        len--;
    if (id) id[len] = '\0';
    return id && len ? id : "component";
}

static wy_err component_alone(wy_arena *arena, const char *path, const wy_app **app_out,
                              wy_diag *diag) {
    wy_app *app = wy_arena_calloc(arena, 1, sizeof *app);
    wy_app_component *component = wy_arena_calloc(arena, 1, sizeof *component);
    wy_app_http_trigger *trigger = wy_arena_calloc(arena, 1, sizeof *trigger);
    wy_app_trigger *binding = wy_arena_calloc(arena, 1, sizeof *binding);
    wy_str *label = wy_arena_calloc(arena, 1, sizeof *label);
    char *name = realpath(path, NULL);
    const char *full = name ? wy_arena_printf(arena, "%s", name) : NULL;
    free(name);
    if (!app || !component || !trigger || !binding || !label || !full) return no_memory(diag);
    *label = WY_STR("default");
    *component = (wy_app_component){.id = wy_str_of(id_of(arena, path)),
                                    .source = {.path = wy_str_of(full)},
                                    .key_value_stores = {label, 1},
                                    .sqlite_databases = {label, 1}};
    *trigger =
        (wy_app_http_trigger){.id = component->id, .route = WY_STR("/..."), .component = component};
    *binding = (wy_app_trigger){.type = WY_STR("http"),
                                .id = component->id,
                                .config = WY_STR("{\"route\":\"/...\"}"),
                                .component = component};
    *app = (wy_app){.name = component->id,
                    .root = WY_STR("."),
                    .components = component,
                    .component_count = 1,
                    .http_triggers = trigger,
                    .http_trigger_count = 1,
                    .triggers = binding,
                    .trigger_count = 1};
    *app_out = app;
    return WY_OK;
}

/* --- a part of the application --- */

static bool is_chosen(const wy_app_component *component, const char *const *only, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (component && wy_str_eqz(component->id, only[i])) return true;
    return false;
}

static wy_err no_such_component(const wy_app *app, const char *option, const char *id,
                                wy_diag *diag) {
    wy_str *names = calloc(app->component_count + 1, sizeof *names);
    wy_buf list;
    wy_buf_init(&list, 4096);
    for (uint32_t i = 0; names && i < app->component_count; i++) {
        names[i] = app->components[i].id;
        wy_buf_printf(&list, " " WY_STR_FMT, WY_STR_ARG(names[i]));
    }
    wy_str nearest =
        names ? wy_str_nearest(wy_str_of(id), names, app->component_count) : (wy_str){0};
    wy_err err = wy_diag_set(
        diag, WY_USAGE, "%s %s: the application has no such component" WY_NEAREST_FMT "; it has:%s",
        option, id, WY_NEAREST_ARG(nearest), list.ptr ? list.ptr : "");
    wy_buf_deinit(&list);
    free(names);
    return err;
}

wy_err wy_manifest_check_ids(const wy_app *app, const char *option, const char *const *ids,
                             size_t count, wy_diag *diag) {
    for (size_t i = 0; i < count; i++)
        if (!wy_app_component_find(app, wy_str_of(ids[i])))
            return no_such_component(app, option, ids[i], diag);
    return WY_OK;
}

/* A host "NAME.spin.internal" of a chosen component that names one which is not. */
static wy_err check_chaining(const wy_app *app, const char *const *only, size_t count,
                             wy_diag *diag) {
    wy_str suffix = WY_STR(".spin.internal");
    for (uint32_t i = 0; i < app->component_count; i++) {
        const wy_app_component *from = &app->components[i];
        const wy_app_list *hosts = &from->allowed_outbound_hosts;
        for (uint32_t k = 0; k < hosts->count && is_chosen(from, only, count); k++) {
            wy_str entry = hosts->items[k];
            size_t colon = wy_str_find(entry, ':');
            if (colon + 3 > entry.len) continue;
            wy_str host = wy_str_sub(entry, colon + 3, entry.len);
            host = wy_str_sub(host, 0, wy_str_find(host, ':'));
            host = wy_str_sub(host, 0, wy_str_find(host, '/'));
            if (!wy_str_ends(host, suffix)) continue;
            wy_str id = wy_str_sub(host, 0, host.len - suffix.len);
            const wy_app_component *to = wy_app_component_find(app, id);
            if (wy_str_eqz(id, "*") ? app->component_count == count
                                    : !to || is_chosen(to, only, count))
                continue;
            return wy_diag_set(diag, WY_USAGE,
                               "--component-id: component \"" WY_STR_FMT "\" calls \"" WY_STR_FMT
                               "\", which is not among those to run",
                               WY_STR_ARG(from->id), WY_STR_ARG(host));
        }
    }
    return WY_OK;
}

/* What is left of an application's bindings. */
typedef struct part {
    const char *const *only; /* ids of components; NULL: of any */
    size_t count;
    wy_str type;     /* empty: of any */
    bool keeps_http; /* of any type, and of HTTP */
} part;

static bool is_kept(const part *p, wy_str type, const wy_app_component *component) {
    if (p->only && !is_chosen(component, p->only, p->count)) return false;
    return p->type.len == 0 || wy_str_eq(p->type, type) ||
           (p->keeps_http && wy_str_eqz(type, "http"));
}

static wy_err keep_part(wy_arena *arena, const wy_app *app, const part *p, const wy_app **app_out,
                        wy_diag *diag) {
    wy_app *kept = wy_arena_alloc(arena, sizeof *kept);
    wy_app_http_trigger *http = wy_arena_calloc(arena, app->http_trigger_count, sizeof *http);
    wy_app_redis_trigger *redis = wy_arena_calloc(arena, app->redis_trigger_count, sizeof *redis);
    wy_app_mqtt_trigger *mqtt = wy_arena_calloc(arena, app->mqtt_trigger_count, sizeof *mqtt);
    wy_app_cron_trigger *cron = wy_arena_calloc(arena, app->cron_trigger_count, sizeof *cron);
    wy_app_trigger *all = wy_arena_calloc(arena, app->trigger_count, sizeof *all);
    if (!kept || !cron || !http || !redis || !mqtt || !all) return no_memory(diag);
    *kept = *app;
    kept->http_triggers = http;
    kept->redis_triggers = redis;
    kept->mqtt_triggers = mqtt;
    kept->cron_triggers = cron;
    kept->triggers = all;
    kept->http_trigger_count = kept->redis_trigger_count = kept->mqtt_trigger_count = 0;
    kept->cron_trigger_count = kept->trigger_count = 0;
    for (uint32_t i = 0; i < app->trigger_count; i++)
        if (is_kept(p, app->triggers[i].type, app->triggers[i].component))
            all[kept->trigger_count++] = app->triggers[i];
    for (uint32_t i = 0; i < app->http_trigger_count; i++)
        if (is_kept(p, WY_STR("http"), app->http_triggers[i].component))
            http[kept->http_trigger_count++] = app->http_triggers[i];
    for (uint32_t i = 0; i < app->redis_trigger_count; i++)
        if (is_kept(p, WY_STR("redis"), app->redis_triggers[i].component))
            redis[kept->redis_trigger_count++] = app->redis_triggers[i];
    for (uint32_t i = 0; i < app->mqtt_trigger_count; i++)
        if (is_kept(p, WY_STR("mqtt"), app->mqtt_triggers[i].component))
            mqtt[kept->mqtt_trigger_count++] = app->mqtt_triggers[i];
    for (uint32_t i = 0; i < app->cron_trigger_count; i++)
        if (is_kept(p, WY_STR("cron"), app->cron_triggers[i].component))
            cron[kept->cron_trigger_count++] = app->cron_triggers[i];
    *app_out = kept;
    return WY_OK;
}

static wy_err choose(wy_arena *arena, const wy_app *app, const char *const *only, size_t count,
                     const wy_app **app_out, wy_diag *diag) {
    wy_err err = wy_manifest_check_ids(app, "--component-id", only, count, diag);
    if (!err) err = check_chaining(app, only, count, diag);
    const part p = {.only = only, .count = count};
    return err ? err : keep_part(arena, app, &p, app_out, diag);
}

wy_err wy_manifest_keep_type(wy_arena *arena, const wy_app *app, wy_str type,
                             const wy_app **app_out, wy_diag *diag) {
    part p = {.type = type};
    for (uint32_t i = 0; i < app->component_count; i++)
        p.keeps_http |= wy_app_needs_chaining(&app->components[i]);
    return keep_part(arena, app, &p, app_out, diag);
}

wy_err wy_manifest_load(wy_arena *arena, const char *path, wy_str profile, const char *const *only,
                        size_t only_count, const wy_app **app_out, wy_diag *diag) {
    wy_err err = wy_manifest_is_component(path) ? component_alone(arena, path, app_out, diag)
                 : begins_with(path, WY_STR("{"))
                     ? load_locked(arena, path, app_out, diag)
                     : wy_app_load_spin(arena, path, profile, app_out, diag);
    return err || only_count == 0 ? err : choose(arena, *app_out, only, only_count, app_out, diag);
}
