/* Triggers of the public API: the program, as withy and Spin start it. */
#include "host/trigger.h"

#include "app/locked.h"
#include "base/log.h"
#include "base/options.h"
#include "base/terminal.h"
#include "host/load.h"
#include "host/up.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ALL_TABLES 3

/* Everything that the command line says. */
typedef struct arguments {
    wy_arena arena;
    wy_trigger_program program;
    wy_trigger_value *values;
    wy_option *own_table;
    withy_up_options up;
    wy_option_values follow, sqlite, variables, key_values;
    const char *unmet;
    bool quiet, help_args, metadata;
    uint64_t instances_max;
} arguments;

/* --- tables --- */

#define COMMON_COUNT 17
#define ASKED_COUNT 2

static void common_table(arguments *a, wy_option table[COMMON_COUNT + 1]) {
    withy_up_options *o = &a->up;
    withy_options *c = &o->serve.common;
    const wy_option rows[COMMON_COUNT + 1] = {
        {"log-dir", 'L', WY_OPTION_TEXT, "DIR", "folder of logs (default .spin/logs; \"\": none)",
         &o->log_dir},
        {"truncate-logs", 0, WY_OPTION_FLAG, NULL, "begin logs anew", &o->truncate_logs},
        {"follow", 0, WY_OPTION_VALUES, "ID", "show the output of this component only (repeatable)",
         &a->follow},
        {"quiet", 'q', WY_OPTION_FLAG, NULL, "show no output of components", &a->quiet},
        {"runtime-config-file", 0, WY_OPTION_TEXT, "FILE", "what labels and variables stand for",
         &o->runtime_config},
        {"state-dir", 0, WY_OPTION_TEXT, "DIR", "folder of state (default .spin; \"\": none)",
         &o->state_dir},
        {"variable", 0, WY_OPTION_VALUES, "NAME=VALUE",
         "application variable; NAME=@FILE: what FILE holds; @FILE.json, @FILE.toml: several",
         &a->variables},
        {"key-value", 0, WY_OPTION_VALUES, "KEY=VALUE", "set this in the default store first",
         &a->key_values},
        {"sqlite", 0, WY_OPTION_VALUES, "SQL",
         "run statements on the database first; @FILE[:LABEL]: those of a file", &a->sqlite},
        {"allow-transient-write", 0, WY_OPTION_FLAG, NULL, "let components write to their files",
         &o->transient_write},
        {"disable-cache", 0, WY_OPTION_FLAG, NULL, "compile anew, keep nothing", &c->no_cache},
        {"disable-pooling", 0, WY_OPTION_FLAG, NULL, "allocate memories on demand", &c->no_pooling},
        {"cache-dir", 0, WY_OPTION_TEXT, "DIR", "where compiled code is kept", &c->cache_dir},
        {"max-instance-memory", 0, WY_OPTION_SIZE, "BYTES", "all memories of an instance (k, M, G)",
         &c->memory_max},
        {"max-instances", 0, WY_OPTION_NUMBER, "N", "instances alive at once", &a->instances_max},
        {"timeout", 0, WY_OPTION_NUMBER, "MS", "deadline of a call (0: none)", &c->timeout_ms},
        {"unmet-imports", 0, WY_OPTION_TEXT, "refuse|trap",
         "what to do with imports nobody provides", &a->unmet},
        {0}};
    memcpy(table, rows, sizeof rows);
}

/* What whoever starts the program asks it. */
static void asked_table(arguments *a, wy_option table[ASKED_COUNT + 1]) {
    const wy_option rows[ASKED_COUNT + 1] = {
        {"help-args-only", 0, WY_OPTION_FLAG, NULL, "print these options alone", &a->help_args},
        {"launch-metadata-only", 0, WY_OPTION_FLAG, NULL, "print their names for programs",
         &a->metadata},
        {0}};
    memcpy(table, rows, sizeof rows);
}

static bool own_table(arguments *a) {
    const withy_trigger_option *options = a->program.type->options;
    size_t count = 0;
    while (options && options[count].name)
        count++;
    a->values = wy_arena_calloc(&a->arena, count, sizeof *a->values);
    a->own_table = wy_arena_calloc(&a->arena, count + 1, sizeof *a->own_table);
    if (!a->values || !a->own_table) return false;
    for (size_t i = 0; i < count; i++) {
        bool has_value = options[i].argument != NULL;
        a->own_table[i] =
            (wy_option){options[i].name,
                        options[i].letter,
                        has_value ? WY_OPTION_TEXT : WY_OPTION_FLAG,
                        options[i].argument,
                        options[i].help,
                        has_value ? (void *)&a->values[i].text : (void *)&a->values[i].flag};
    }
    a->program.values = a->values;
    return true;
}

static void set_defaults(arguments *a) {
    withy_up_options *o = &a->up;
    withy_up_options_init(o);
    o->log_dir = getenv("SPIN_LOG_DIR");
    o->runtime_config = getenv("RUNTIME_CONFIG_FILE");
    o->temp_dir = getenv("SPIN_WORKING_DIR");
    o->direct_mounts = true; /* what it is given are copies already */
    o->serve.workers = 1;
    const char *memory = getenv("SPIN_MAX_INSTANCE_MEMORY");
    uint64_t bytes;
    if (memory && wy_str_to_u64(wy_str_of(memory), UINT64_MAX, &bytes))
        o->serve.common.memory_max = bytes;
}

/* --- answers --- */

static int print_metadata(const wy_syntax *syntax) {
    wy_buf text;
    wy_buf_init(&text, (size_t)1 << 20);
    wy_buf_str(&text, WY_STR("{\"all_flags\":["));
    const char *comma = "";
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++) {
            wy_buf_printf(&text, "%s{\"long\":\"--%s\"", comma, o->name);
            if (o->letter) wy_buf_printf(&text, ",\"short\":\"-%c\"", o->letter);
            wy_buf_char(&text, '}');
            comma = ",";
        }
    wy_buf_str(&text, WY_STR("]}\n"));
    if (!text.failed) fputs(text.ptr, stderr);
    wy_buf_deinit(&text);
    return 0;
}

static int wrong(const arguments *a, const char *what, const char *value) {
    fprintf(stderr, "trigger-%s: %s \"%s\"\n", a->program.type->name, what, value);
    return 2;
}

static int fail(const arguments *a, const withy_error *error) {
    fprintf(stderr, "%strigger-%s:%s %s\n", wy_terminal_style(STDERR_FILENO, WY_STYLE_BAD),
            a->program.type->name, wy_terminal_style(STDERR_FILENO, WY_STYLE_PLAIN), error->text);
    return error->code;
}

/* --- what was said --- */

static int apply_pairs(arguments *a) {
    withy_pair *pairs = wy_arena_calloc(&a->arena, a->key_values.count, sizeof *pairs);
    if (!pairs) return wrong(a, "out of memory for", "--key-value");
    for (size_t i = 0; i < a->key_values.count; i++) {
        const char *text = a->key_values.items[i], *equals = strchr(text, '=');
        if (!equals || equals == text) return wrong(a, "--key-value: not KEY=VALUE:", text);
        pairs[i].name = wy_arena_strndup(&a->arena, text, (size_t)(equals - text));
        pairs[i].value = equals + 1;
    }
    a->up.key_values = pairs;
    a->up.key_value_count = a->key_values.count;
    return -1;
}

static int apply(arguments *a, const wy_operands *operands) {
    withy_up_options *o = &a->up;
    if (operands->count) return wrong(a, "unexpected", operands->items[0]);
    bool traps = a->unmet && strcmp(a->unmet, "trap") == 0;
    if (a->unmet && !traps && strcmp(a->unmet, "refuse") != 0)
        return wrong(a, "--unmet-imports is refuse or trap, not", a->unmet);
    if (a->instances_max > 100000) return wrong(a, "--max-instances: at most", "100000");
    o->serve.common.unmet_trap = traps;
    o->serve.common.instances_max = (uint32_t)a->instances_max;
    o->follow = a->follow.items;
    o->follow_count = a->follow.count;
    o->follow_all = !a->quiet && a->follow.count == 0;
    o->variables = a->variables.items;
    o->variable_count = a->variables.count;
    o->sqlite = a->sqlite.items;
    o->sqlite_count = a->sqlite.count;
    return apply_pairs(a);
}

static int parse(arguments *a, int argc, char **argv) {
    wy_option common[COMMON_COUNT + 1], asked[ASKED_COUNT + 1];
    char name[64];
    snprintf(name, sizeof name, "trigger-%s", a->program.type->name);
    set_defaults(a);
    common_table(a, common);
    asked_table(a, asked);
    const wy_option *tables[ALL_TABLES] = {a->own_table, common, asked};
    const wy_syntax syntax = {.usage = "[OPTIONS]",
                              .text = a->program.type->text ? a->program.type->text : "A trigger.",
                              .tables = tables,
                              .table_count = ALL_TABLES,
                              .program = name};
    wy_operands operands;
    int status = wy_options_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    wy_syntax shown = syntax;
    shown.table_count = ALL_TABLES - 1;
    if (a->metadata) return print_metadata(&shown);
    if (a->help_args) wy_options_print(&shown);
    return a->help_args ? 0 : apply(a, &operands);
}

static int run(arguments *a) {
    const char *url = getenv("SPIN_LOCKED_URL");
    wy_str path;
    if (!url) {
        fprintf(stderr,
                "trigger-%s: SPIN_LOCKED_URL is not set: this program is started by `withy up` "
                "for an application that has [[trigger.%s]]\n",
                a->program.type->name, a->program.type->name);
        return 2;
    }
    if (!wy_file_url_read(&a->arena, wy_str_of(url), &path))
        return wrong(a, "SPIN_LOCKED_URL: no file:", url);
    wy_custom_trigger custom = wy_trigger_custom;
    custom.type = wy_str_of(a->program.type->name);
    custom.data = &a->program;
    withy_error error = {0};
    int status = wy_up_custom(path.ptr, &a->up, &custom, &error);
    if (error.code) return fail(a, &error);
    return status ? status : a->program.status;
}

int withy_trigger_main(int argc, char **argv, const withy_trigger_type *type) {
    arguments *a = calloc(1, sizeof *a);
    if (!a) return wy_err_exit_code(WY_NOMEM);
    wy_arena_init(&a->arena, (size_t)64 << 20);
    a->program.type = type;
    int status = own_table(a) ? parse(a, argc, argv) : wy_err_exit_code(WY_NOMEM);
    if (status < 0) status = run(a);
    wy_arena_deinit(&a->arena);
    free(a);
    return status;
}
