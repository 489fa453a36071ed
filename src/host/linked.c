/* Linked components of the public API: a component, what it may reach, and all of its imports
 * decided by a linker. */
#include "host/embed.h"
#include "host/kv.h"

#include "base/limits.h"
#include "engine/aot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void withy_link_options_init(withy_link_options *options) {
    *options = (withy_link_options){.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
}

/* Functions without a type of their own get the import's: their structs must fit that. */
static wy_err check_untyped(const withy_linked *linked, wy_diag *diag) {
    const wy_plan *plan = wy_component_plan(linked->target);
    const wy_link *links = wy_component_links(linked->target);
    for (uint32_t i = 0; i < plan->import_count; i++) {
        const wy_link *link = &links[i];
        if (!link->desc || link->desc->type || link->kind != WY_LINK_HOST) continue;
        const wy_embed_host *host = (const wy_embed_host *)link->interface;
        wy_err err = wy_embed_check_sizes(&host->sizes[link->desc - host->funcs],
                                          plan->imports[i].type, plan->imports[i].name, diag);
        if (err) {
            wy_diag_prefix(diag, WY_STR_FMT, WY_STR_ARG(plan->imports[i].interface_name));
            return err;
        }
    }
    return WY_OK;
}

/* --- what the component may reach --- */

/* What the stores keep pointers to. */
static wy_err copy_stores(withy_linked *linked, const withy_link_options *options,
                          withy_options *out) {
    wy_arena *arena = &linked->arena;
    withy_pair *config = wy_arena_calloc(arena, options->config_count, sizeof *config);
    if (!config) return WY_NOMEM;
    for (size_t i = 0; i < options->config_count; i++) {
        const withy_pair *in = &options->config[i];
        config[i].name = wy_arena_strndup(arena, in->name, strlen(in->name));
        config[i].value = wy_arena_strndup(arena, in->value, strlen(in->value));
        if (!config[i].name || !config[i].value) return WY_NOMEM;
    }
    out->config = config;
    out->config_count = options->config_count;
    if (!options->kv_file) return WY_OK;
    out->kv_file = wy_arena_strndup(arena, options->kv_file, strlen(options->kv_file));
    return out->kv_file ? WY_OK : WY_NOMEM;
}

/* Stores of the embedder; the last one that is added is found first. */
static wy_err grant_stores(withy_linked *linked, const withy_link_options *options, wy_diag *diag) {
    wy_err err = WY_OK;
    for (size_t i = options->kv_store_count; i-- > 0 && !err;) {
        wy_kv_store *store;
        err = wy_host_kv_open(&options->kv_stores[i], &store, diag);
        if (!err)
            err = wy_stores_add_kv(&linked->stores, wy_str_of(options->kv_stores[i].label), store,
                                   diag);
    }
    return err;
}

static wy_err grant_sqlite(withy_linked *linked, const char *file, wy_diag *diag) {
    static const wy_runtime_config none = {0};
    char *path = wy_arena_strndup(&linked->arena, file, strlen(file));
    return path ? wy_stores_open_sql(&linked->stores, &none, path, diag) : WY_NOMEM;
}

/* --- settings of the embedder --- */

static bool get_setting(void *data, wy_str name, wy_str *value_out) {
    const withy_config_source *source = data;
    withy_str value;
    if (!source->get(source->data, (withy_str){name.ptr, name.len}, &value)) return false;
    *value_out = (wy_str){value.ptr, value.len};
    return true;
}

static bool name_setting(void *data, size_t index, wy_str *name_out) {
    const withy_config_source *source = data;
    withy_str name;
    if (!source->name || !source->name(source->data, index, &name)) return false;
    *name_out = (wy_str){name.ptr, name.len};
    return true;
}

static wy_err grant_source(withy_linked *linked, const withy_config_source *source) {
    wy_config_source *inner = wy_arena_calloc(&linked->arena, 1, sizeof *inner);
    if (!inner) return WY_NOMEM;
    *inner = (wy_config_source){get_setting, name_setting, (void *)source};
    linked->stores.config_grants.source = inner;
    return WY_OK;
}

/* --- servers elsewhere --- */

static bool allow(void *data, wy_str scheme, wy_str host, uint16_t port) {
    const withy_linked *linked = data;
    char texts[2][256]; /* the longest name of a host has 253 characters */
    if (scheme.len >= sizeof texts[0] || host.len >= sizeof texts[1]) return false;
    snprintf(texts[0], sizeof texts[0], WY_STR_FMT, WY_STR_ARG(scheme));
    snprintf(texts[1], sizeof texts[1], WY_STR_FMT, WY_STR_ARG(host));
    return linked->allow_connect(linked->allow_data, texts[0], texts[1], port);
}

static wy_err grant_clients(withy_linked *linked, const withy_link_options *options) {
    withy_engine *engine = linked->component->engine;
    if (options->no_connect) return WY_OK;
    wy_err err = wy_embed_clients(engine);
    if (err) return err;
    linked->allow_connect = options->allow_connect;
    linked->allow_data = options->allow_data;
    linked->policy = (wy_http_policy){.allow = allow, .data = linked};
    linked->clients =
        wy_clients_grant(&engine->clients, options->allow_connect ? &linked->policy : NULL);
    return WY_OK;
}

/* --- linking --- */

static wy_err make_settings(withy_linked *linked, const withy_link_options *options,
                            wy_diag *diag) {
    withy_options stores;
    withy_options_init(&stores);
    wy_err err = copy_stores(linked, options, &stores);
    if (!err) err = wy_stores_single(&stores, false, &linked->stores, diag);
    if (!err) err = grant_stores(linked, options, diag);
    if (!err && options->sqlite_file) err = grant_sqlite(linked, options->sqlite_file, diag);
    if (!err && options->config_source) err = grant_source(linked, options->config_source);
    if (!err) err = grant_clients(linked, options);
    if (err) return err;
    wy_str *args = wy_arena_calloc(&linked->arena, options->arg_count, sizeof *args);
    if (!args) return WY_NOMEM;
    for (size_t i = 0; i < options->arg_count; i++)
        args[i] = wy_str_of(options->args[i]);
    wy_settings_config config;
    wy_settings_config_init(&config);
    config.name = options->name ? wy_str_of(options->name) : linked->component->name;
    config.arguments = args;
    config.argument_count = options->arg_count;
    config.env = options->env;
    config.env_count = options->env_count;
    config.dirs = options->dirs;
    config.dir_count = options->dir_count;
    config.stdin_fd = options->stdin_fd;
    config.stdout_fd = options->stdout_fd;
    config.stderr_fd = options->stderr_fd;
    config.kv = &linked->stores.grants;
    config.config = &linked->stores.config_grants;
    config.sqlite = &linked->stores.databases;
    config.clients = &linked->clients;
    return wy_settings_make(&linked->settings, &linked->arena, &config, diag);
}

/* The providers of a composed component may what the component itself may. */
static wy_err grant_parts(withy_linked *linked, wy_component_config *config) {
    if (linked->component->part_count == 0) return WY_OK;
    size_t count = linked->component->part_count - 1;
    wy_provider_settings *settings = wy_arena_calloc(&linked->arena, count, sizeof *settings);
    if (!settings) return WY_NOMEM;
    for (size_t i = 0; i < count; i++)
        memcpy(settings[i].settings, config->settings, sizeof settings[i].settings);
    config->provider_settings = settings;
    return WY_OK;
}

static wy_err link(withy_linked *linked, const withy_link_options *options, wy_diag *diag) {
    withy_component *component = linked->component;
    withy_linker *linker = linked->linker;
    wy_err err = make_settings(linked, options, diag);
    if (err) return err;
    wy_component_config config = {.unmet_trap = options->unmet_trap,
                                  .memory_bytes_max = options->memory_max,
                                  .interfaces = linker->interfaces,
                                  .interface_count = linker->count};
    config.name = linked->settings.name;
    wy_settings_use(&linked->settings, config.settings);
    config.settings[WY_SLOT_EMBEDDER] = linked;
    err = grant_parts(linked, &config);
    if (err) return err;
    wy_engine *engine = component->engine->engine;
    const wy_file *file = component->part_count ? &component->parts[0]->file : &component->file;
    wy_engine_set_source(engine, &file->id, file->bytes, file->len);
    err = wy_component_link(component->code, &config, &linked->target, diag);
    wy_engine_set_source(engine, NULL, NULL, 0);
    if (!err) err = check_untyped(linked, diag);
    if (!err && !component->is_compact && !component->is_part && !component->part_count)
        wy_embed_component_compact(component);
    return err;
}

withy_status withy_linker_link(withy_linker *linker, withy_component *component,
                               const withy_link_options *options, withy_linked **linked_out,
                               withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    withy_link_options defaults;
    withy_link_options_init(&defaults);
    if (component->engine != linker->engine)
        return wy_host_status(
            wy_diag_set(&diag, WY_USAGE, "component and linker belong to different engines"), &diag,
            error);
    withy_linked *linked = calloc(1, sizeof *linked);
    if (!linked) return wy_host_status(WY_NOMEM, &diag, error);
    linked->refs = 1;
    linked->component = component;
    linked->linker = linker;
    component->refs++;
    linker->refs++;
    wy_arena_init(&linked->arena, WY_MAX_EMBED_BYTES);
    wy_stores_init(&linked->stores);
    wy_err err = link(linked, options ? options : &defaults, &diag);
    if (err) {
        wy_diag_prefix(&diag, WY_STR_FMT, WY_STR_ARG(component->name));
        wy_embed_linked_release(linked);
        return wy_host_status(err, &diag, error);
    }
    *linked_out = linked;
    return WITHY_OK;
}

void wy_embed_linked_release(withy_linked *linked) {
    if (--linked->refs) return;
    wy_component_free(linked->target);
    wy_settings_deinit(&linked->settings);
    wy_stores_deinit(&linked->stores);
    wy_arena_deinit(&linked->arena);
    wy_embed_linker_release(linked->linker);
    wy_embed_component_release(linked->component);
    free(linked);
}

void withy_linked_free(withy_linked *linked) {
    if (linked) wy_embed_linked_release(linked);
}
