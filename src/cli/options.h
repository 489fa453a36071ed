/* The options that several verbs share. */
#ifndef WY_CLI_OPTIONS_H
#define WY_CLI_OPTIONS_H

#include "base/options.h"
#include "withy.h"

#define WY_CLI_WORKERS_MAX 1024
#define WY_CLI_INSTANCES_MAX 100000 /* each reserves address space, in every worker */

/* Storage behind the options that several verbs share, and the table for them. */
typedef struct wy_common_options {
    wy_option_values env, dirs, config;
    const char *unmet, *cache_dir, *kv;
    uint64_t memory_max, instances_max, timeout_ms;
    bool no_cache, no_pooling, keep_shims, network, insecure;
    withy_pair env_pairs[WY_OPTION_VALUES_MAX], config_pairs[WY_OPTION_VALUES_MAX];
    withy_dir dir_items[WY_OPTION_VALUES_MAX];
    char *copies[4 * WY_OPTION_VALUES_MAX]; /* freed by wy_common_deinit */
    size_t copy_count;
} wy_common_options;

#define WY_COMMON_OPTION_COUNT 14
void wy_common_table(wy_common_options *common, wy_option table[WY_COMMON_OPTION_COUNT + 1]);
/* Moves what was parsed into `options`. Returns -1, or 2 after printing what is wrong. */
int wy_common_apply(wy_common_options *common, withy_options *options) WY_MUST_USE;
void wy_common_deinit(wy_common_options *common);

/* Puts the numbers of --workers and --reuse into `options`. Returns -1, or 2 after saying that one
 * is too large. */
int wy_cli_serving(uint64_t workers, uint64_t reuse, withy_serve_options *options) WY_MUST_USE;

/* The file of a component that an operand names: itself, or what a registry has by that name. NULL
 * after saying why not. The result is the caller's to free. */
char *wy_cli_component(const char *operand, bool insecure, const char *cache_dir, int *status_out);

/* Whether `text` is HOST:PORT; says so on stderr where it is not. */
bool wy_cli_address(const char *option, const char *text);

#endif
