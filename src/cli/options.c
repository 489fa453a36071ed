/* The options that several verbs share. */
#include "cli/options.h"

#include "cli/verb.h"

#include <stdio.h>
#include <stdlib.h>

bool wy_cli_address(const char *option, const char *text) {
    wy_str address = wy_str_of(text);
    size_t colon = wy_str_rfind(address, ':');
    uint64_t port;
    if (colon < address.len &&
        wy_str_to_u64(wy_str_sub(address, colon + 1, address.len), 65535, &port))
        return true;
    fprintf(stderr, "withy: %s: \"%s\" is not HOST:PORT\n", option, text);
    return false;
}

int wy_cli_serving(uint64_t workers, uint64_t reuse, withy_serve_options *options) {
    if (workers > WY_CLI_WORKERS_MAX) {
        fprintf(stderr, "withy: --workers: at most %d\n", WY_CLI_WORKERS_MAX);
        return 2;
    }
    if (reuse > UINT32_MAX) {
        fprintf(stderr, "withy: --reuse: at most %u\n", UINT32_MAX);
        return 2;
    }
    if (!options->tls_cert != !options->tls_key) {
        fprintf(stderr, "withy: --tls-cert and --tls-key go together\n");
        return 2;
    }
    options->workers = (uint32_t)workers;
    options->reuse = (uint32_t)reuse;
    return -1;
}

/* --- what verbs share --- */

void wy_common_table(wy_common_options *c, wy_option table[WY_COMMON_OPTION_COUNT + 1]) {
    const wy_option rows[WY_COMMON_OPTION_COUNT + 1] = {
        {"env", 'e', WY_OPTION_VALUES, "NAME=VALUE", "environment variable of the component",
         &c->env},
        {"dir", 0, WY_OPTION_VALUES, "HOST::GUEST[:ro]", "folder the component may use", &c->dirs},
        {"config", 0, WY_OPTION_VALUES, "NAME=VALUE", "value for variables and wasi:config",
         &c->config},
        {"kv", 0, WY_OPTION_TEXT, "FILE", "sqlite file of the store \"default\" (else in memory)",
         &c->kv},
        {"timeout", 0, WY_OPTION_NUMBER, "MS", "deadline of a request or run (0: none)",
         &c->timeout_ms},
        {"max-memory", 0, WY_OPTION_SIZE, "BYTES", "all memories of an instance (k, M, G)",
         &c->memory_max},
        {"max-instances", 0, WY_OPTION_NUMBER, "N", "instances alive at once in a worker",
         &c->instances_max},
        {"unmet-imports", 0, WY_OPTION_TEXT, "refuse|trap",
         "what to do with imports nobody provides", &c->unmet},
        {"cache-dir", 0, WY_OPTION_TEXT, "DIR", "where compiled code is kept", &c->cache_dir},
        {"insecure", 'k', WY_OPTION_FLAG, NULL, "speak HTTP to registries", &c->insecure},
        {"no-cache", 0, WY_OPTION_FLAG, NULL, "compile anew, keep nothing", &c->no_cache},
        {"network", 0, WY_OPTION_FLAG, NULL, "sockets may connect and listen anywhere (not for up)",
         &c->network},
        {"no-pooling", 0, WY_OPTION_FLAG, NULL, "allocate memories on demand", &c->no_pooling},
        {"keep-shims", 0, WY_OPTION_FLAG, NULL, "link every module as the component says",
         &c->keep_shims},
        {0}};
    memcpy(table, rows, sizeof rows);
}

static char *keep(wy_common_options *common, char *copy) {
    if (copy) common->copies[common->copy_count++] = copy;
    return copy;
}

static bool parse_pair(wy_common_options *common, const char *text, withy_pair *pair_out) {
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) return false;
    char *name = keep(common, strndup(text, (size_t)(equals - text)));
    *pair_out = (withy_pair){name, equals + 1};
    return name != NULL;
}

/* "HOST::GUEST[:ro]" or "DIR[:ro]" (the same path for the guest). */
static bool parse_dir(wy_common_options *common, const char *text, withy_dir *dir_out) {
    char *copy = keep(common, strdup(text));
    if (!copy || !copy[0]) return false;
    size_t len = strlen(copy);
    *dir_out = (withy_dir){copy, copy, false};
    if (len > 3 && strcmp(copy + len - 3, ":ro") == 0) {
        copy[len - 3] = '\0';
        dir_out->read_only = true;
    }
    char *split = strstr(copy, "::");
    if (split) {
        *split = '\0';
        dir_out->guest_path = split + 2;
    }
    return copy[0] && dir_out->guest_path[0];
}

int wy_common_apply(wy_common_options *common, withy_options *options) {
    for (size_t i = 0; i < common->env.count; i++)
        if (!parse_pair(common, common->env.items[i], &common->env_pairs[i])) {
            fprintf(stderr, "withy: --env: what is given is not NAME=VALUE\n");
            return 2;
        }
    for (size_t i = 0; i < common->config.count; i++)
        if (!parse_pair(common, common->config.items[i], &common->config_pairs[i])) {
            fprintf(stderr, "withy: --config: what is given is not NAME=VALUE\n");
            return 2;
        }
    for (size_t i = 0; i < common->dirs.count; i++)
        if (!parse_dir(common, common->dirs.items[i], &common->dir_items[i])) {
            fprintf(stderr, "withy: --dir: \"%s\" is not HOST::GUEST[:ro]\n",
                    common->dirs.items[i]);
            return 2;
        }
    if (common->unmet && strcmp(common->unmet, "trap") != 0 &&
        strcmp(common->unmet, "refuse") != 0) {
        fprintf(stderr, "withy: --unmet-imports: \"%s\" is neither refuse nor trap\n",
                common->unmet);
        return 2;
    }
    if (common->instances_max > WY_CLI_INSTANCES_MAX) {
        fprintf(stderr, "withy: --max-instances: at most %d\n", WY_CLI_INSTANCES_MAX);
        return 2;
    }
    options->unmet_trap = common->unmet && strcmp(common->unmet, "trap") == 0;
    options->no_cache = common->no_cache;
    options->no_pooling = common->no_pooling;
    options->keep_shims = common->keep_shims;
    options->network = common->network;
    options->insecure = common->insecure;
    options->cache_dir = common->cache_dir;
    options->memory_max = common->memory_max;
    options->instances_max = (uint32_t)common->instances_max;
    options->timeout_ms = common->timeout_ms;
    options->env = common->env_pairs;
    options->env_count = common->env.count;
    options->dirs = common->dir_items;
    options->dir_count = common->dirs.count;
    options->kv_file = common->kv;
    options->config = common->config_pairs;
    options->config_count = common->config.count;
    return -1;
}

void wy_common_deinit(wy_common_options *common) {
    for (size_t i = 0; i < common->copy_count; i++)
        free(common->copies[i]);
    common->copy_count = 0;
}

char *wy_cli_component(const char *operand, bool insecure, const char *cache_dir, int *status_out) {
    withy_registry_options options;
    withy_registry_options_init(&options);
    options.insecure = insecure;
    options.cache_dir = cache_dir;
    char *path;
    withy_error error = {0};
    *status_out = withy_registry_resolve(operand, &options, &path, &error);
    if (*status_out) wy_cli_fail(&error);
    return path;
}
