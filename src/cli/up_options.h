/* The options of up, which watch has too. */
#ifndef WY_CLI_UP_OPTIONS_H
#define WY_CLI_UP_OPTIONS_H

#include "cli/verb.h"

typedef struct wy_cli_up {
    wy_common_options common;
    wy_option_values follow, sqlite, variables, key_values, components;
    wy_option_values unknown; /* for triggers that are programs of their own */
    withy_up_options options;
    withy_pair pairs[WY_OPTION_VALUES_MAX]; /* of key_values */
    const char *from, *registry, *listen, *format;
    uint64_t workers, reuse;
    bool quiet;
} wy_cli_up;

#define WY_CLI_UP_COUNT 34

/* Sets the defaults, also those of the environment, and fills the table. */
void wy_cli_up_table(wy_cli_up *up, wy_option table[WY_CLI_UP_COUNT + 1]);
/* Options of Spin's that mean nothing here. */
extern const wy_refused wy_cli_up_refused[];
/* Options that neither withy nor a trigger of the application can know are refused: returns 2 then,
 * else -1. */
int wy_cli_up_check_unknown(const wy_cli_up *up, const wy_syntax *syntax,
                            const char *verb) WY_MUST_USE;
/* Moves what was parsed into `up->options`. Returns -1, or 2 after printing what is wrong. */
int wy_cli_up_apply(wy_cli_up *up, const char *verb, const wy_operands *operands) WY_MUST_USE;

#endif
