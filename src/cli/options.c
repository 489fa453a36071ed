/* Parsing the command line by table, and printing help from the same table. */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>

#define OPTIONS_MAX 64

static const wy_option *find(const wy_syntax *syntax, wy_str name) {
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++)
            if (wy_str_eqz(name, o->name)) return o;
    return NULL;
}

static const wy_option *find_letter(const wy_syntax *syntax, char letter) {
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++)
            if (o->letter && o->letter == letter) return o;
    return NULL;
}

static int fail_unknown(const wy_syntax *syntax, const char *verb, wy_str name) {
    wy_str names[OPTIONS_MAX];
    size_t count = 0;
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name && count < OPTIONS_MAX; o++)
            names[count++] = wy_str_of(o->name);
    for (const wy_refused *r = syntax->refused; r && r->name; r++) {
        if (!wy_str_eqz(name, r->name)) continue;
        fprintf(stderr, "withy: --%s is not supported: %s\n", r->name, r->why);
        return 2;
    }
    wy_str nearest = wy_str_nearest(name, names, count);
    fprintf(stderr, "withy: unknown option --" WY_STR_FMT, WY_STR_ARG(name));
    if (nearest.len) fprintf(stderr, " (did you mean --" WY_STR_FMT "?)", WY_STR_ARG(nearest));
    fprintf(stderr, "\nTry `withy %s --help`.\n", verb);
    return 2;
}

static bool parse_size(const char *text, uint64_t *out) {
    wy_str s = wy_str_of(text);
    unsigned shift = 0;
    if (s.len > 1) {
        char unit = s.ptr[s.len - 1];
        shift = unit == 'k' || unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : 0;
        s.len -= shift != 0;
    }
    uint64_t value;
    if (!wy_str_to_u64(s, UINT64_MAX >> shift, &value)) return false;
    *out = value << shift;
    return true;
}

/* Stores a value; false when it is not of the option's kind. */
static bool store(const wy_option *option, const char *value) {
    switch (option->kind) {
    case WY_OPTION_FLAG: *(bool *)option->target = true; return true;
    case WY_OPTION_TEXT: *(const char **)option->target = value; return true;
    case WY_OPTION_NUMBER: return wy_str_to_u64(wy_str_of(value), UINT64_MAX, option->target);
    case WY_OPTION_SIZE: return parse_size(value, option->target);
    case WY_OPTION_VALUES: {
        wy_cli_values *values = option->target;
        if (values->count == WY_CLI_VALUES_MAX) return false;
        values->items[values->count++] = value;
        return true;
    }
    }
    return false;
}

static void print_option(const wy_option *o) {
    char left[64];
    snprintf(left, sizeof left, "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
             o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name, o->argument ? " " : "",
             o->argument ? o->argument : "");
    printf("  %-30s %s\n", left, o->help);
}

static int print_help(const wy_syntax *syntax, const char *verb) {
    printf("Usage: withy %s %s\n\n%s\n\nOptions:\n", verb, syntax->usage, syntax->text);
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++)
            print_option(o);
    printf("  -h, --help                     print this\n");
    return 0;
}

/* One argument that begins with a dash. -1: go on. */
static int parse_option(const wy_syntax *syntax, int argc, char **argv, int *at) {
    const char *arg = argv[*at];
    const wy_option *option;
    const char *value = NULL;
    wy_str shown;
    if (arg[1] == '-') {
        wy_str name = wy_str_of(arg + 2);
        size_t equals = wy_str_find(name, '=');
        if (equals < name.len) value = name.ptr + equals + 1;
        shown = wy_str_sub(name, 0, equals);
        option = find(syntax, shown);
    } else {
        shown = (wy_str){arg + 1, 1};
        option = find_letter(syntax, arg[1]);
        if (arg[2]) value = arg[2] == '=' ? arg + 3 : arg + 2;
    }
    if (!option) return fail_unknown(syntax, argv[0], shown);
    if (option->kind == WY_OPTION_FLAG && value) {
        fprintf(stderr, "withy: --%s takes no value\n", option->name);
        return 2;
    }
    if (option->kind != WY_OPTION_FLAG && !value) {
        if (*at + 1 >= argc) {
            fprintf(stderr, "withy: --%s needs a value: %s\n", option->name, option->argument);
            return 2;
        }
        value = argv[++*at];
    }
    if (!store(option, value)) {
        fprintf(stderr, "withy: --%s: \"%s\" is not a %s\n", option->name, value, option->argument);
        return 2;
    }
    return -1;
}

int wy_options_parse(const wy_syntax *syntax, int argc, char **argv, wy_operands *operands_out) {
    *operands_out = (wy_operands){argv + 1, 0};
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "--") == 0) {
            while (++i < argc)
                operands_out->items[operands_out->count++] = argv[i];
            break;
        }
        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
            return print_help(syntax, argv[0]);
        if (arg[0] != '-' || arg[1] == '\0') {
            operands_out->items[operands_out->count++] = argv[i];
            while (syntax->stop_at_operand && ++i < argc)
                operands_out->items[operands_out->count++] = argv[i];
            continue;
        }
        int status = parse_option(syntax, argc, argv, &i);
        if (status >= 0) return status;
    }
    return -1;
}

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
            fprintf(stderr, "withy: --env: \"%s\" is not NAME=VALUE\n", common->env.items[i]);
            return 2;
        }
    for (size_t i = 0; i < common->config.count; i++)
        if (!parse_pair(common, common->config.items[i], &common->config_pairs[i])) {
            fprintf(stderr, "withy: --config: \"%s\" is not NAME=VALUE\n", common->config.items[i]);
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
