/* Command-line options: a table says what there is, where it goes and how help prints it. */
#ifndef WY_CLI_OPTIONS_H
#define WY_CLI_OPTIONS_H

#include "base/str.h"
#include "withy.h"

#define WY_CLI_VALUES_MAX 1024 /* of one option that may be given several times */
#define WY_CLI_WORKERS_MAX 1024
#define WY_CLI_INSTANCES_MAX 100000 /* each reserves address space, in every worker */

/* An option that may be given several times. */
typedef struct wy_cli_values {
    const char *items[WY_CLI_VALUES_MAX];
    size_t count;
} wy_cli_values;

typedef enum wy_option_kind {
    WY_OPTION_FLAG,   /* bool * */
    WY_OPTION_TEXT,   /* const char ** */
    WY_OPTION_NUMBER, /* uint64_t *: a plain number */
    WY_OPTION_SIZE,   /* uint64_t *: bytes, with k, M or G */
    WY_OPTION_VALUES, /* wy_cli_values * */
} wy_option_kind;

typedef struct wy_option {
    const char *name; /* without the dashes; NULL ends a table */
    char letter;      /* 0: none */
    wy_option_kind kind;
    const char *argument; /* how help calls the value; NULL for flags */
    const char *help;
    void *target;
} wy_option;

/* What parsing left: the operands, in order. */
typedef struct wy_operands {
    char **items;
    size_t count;
} wy_operands;

/* An option that other tools have and withy does not: named, with what to do instead. */
typedef struct wy_refused {
    const char *name; /* without the dashes; NULL ends a table */
    const char *why;
} wy_refused;

/* How a verb is used. */
typedef struct wy_syntax {
    const char *usage; /* behind "withy VERB " */
    const char *text;  /* what it does, for --help */
    const wy_option *const *tables;
    size_t table_count;
    bool stop_at_operand;      /* what follows the first operand is the component's */
    const wy_refused *refused; /* NULL: none */
} wy_syntax;

/* Parses argv[1..] by the tables (each ended by a NULL name); argv[0] is the verb. Understands
 * --name VALUE, --name=VALUE, -x VALUE, -xVALUE and "--". With `stop_at_operand` everything from
 * the first operand on is an operand. Returns -1 to go on, or an exit status: 0 after --help was
 * printed, 2 after an error. */
int wy_options_parse(const wy_syntax *syntax, int argc, char **argv,
                     wy_operands *operands_out) WY_MUST_USE;

/* Storage behind the options that several verbs share, and the table for them. */
typedef struct wy_common_options {
    wy_cli_values env, dirs, config;
    const char *unmet, *cache_dir, *kv;
    uint64_t memory_max, instances_max, timeout_ms;
    bool no_cache, no_pooling, keep_shims, network;
    withy_pair env_pairs[WY_CLI_VALUES_MAX], config_pairs[WY_CLI_VALUES_MAX];
    withy_dir dir_items[WY_CLI_VALUES_MAX];
    char *copies[4 * WY_CLI_VALUES_MAX]; /* freed by wy_common_deinit */
    size_t copy_count;
} wy_common_options;

#define WY_COMMON_OPTION_COUNT 13
void wy_common_table(wy_common_options *common, wy_option table[WY_COMMON_OPTION_COUNT + 1]);
/* Moves what was parsed into `options`. Returns -1, or 2 after printing what is wrong. */
int wy_common_apply(wy_common_options *common, withy_options *options) WY_MUST_USE;
void wy_common_deinit(wy_common_options *common);

/* Puts the numbers of --workers and --reuse into `options`. Returns -1, or 2 after saying that one
 * is too large. */
int wy_cli_serving(uint64_t workers, uint64_t reuse, withy_serve_options *options) WY_MUST_USE;

/* Whether `text` is HOST:PORT; says so on stderr where it is not. */
bool wy_cli_address(const char *option, const char *text);

#endif
