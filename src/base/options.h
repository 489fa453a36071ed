/* Command-line options: a table says what there is, where it goes and how help prints it. */
#ifndef WY_BASE_OPTIONS_H
#define WY_BASE_OPTIONS_H

#include "base/str.h"

#define WY_OPTION_VALUES_MAX 1024 /* of one option that may be given several times */

/* An option that may be given several times. */
typedef struct wy_option_values {
    const char *items[WY_OPTION_VALUES_MAX];
    size_t count;
} wy_option_values;

typedef enum wy_option_kind {
    WY_OPTION_FLAG,   /* bool * */
    WY_OPTION_TEXT,   /* const char ** */
    WY_OPTION_NUMBER, /* uint64_t *: a plain number */
    WY_OPTION_SIZE,   /* uint64_t *: bytes, with k, M or G */
    WY_OPTION_VALUES, /* wy_option_values * */
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

/* How a program, or a verb of one, is used. */
typedef struct wy_syntax {
    const char *usage; /* behind the program's name and "VERB " */
    const char *text;  /* what it does, for --help */
    const wy_option *const *tables;
    size_t table_count;
    bool stop_at_operand;      /* what follows the first operand is the component's */
    const wy_refused *refused; /* NULL: none */
    wy_option_values *unknown; /* takes options that are in no table, as they were written, each
                                  with what may be its value behind it; NULL: they are errors */
    const char *program;       /* without verbs, by this name; NULL: withy, with one */
} wy_syntax;

/* Parses argv[1..] by the tables (each ended by a NULL name); argv[0] is the verb. Understands
 * --name VALUE, --name=VALUE, -x VALUE, -xVALUE and "--". With `stop_at_operand` everything from
 * the first operand on is an operand. Returns -1 to go on, or an exit status: 0 after --help was
 * printed, 2 after an error. */
int wy_options_parse(const wy_syntax *syntax, int argc, char **argv,
                     wy_operands *operands_out) WY_MUST_USE;

/* The options of all tables, one a line with its help. */
void wy_options_print(const wy_syntax *syntax);
/* Says that an option, written as the user did, is not known; returns 2. */
int wy_options_fail_unknown(const wy_syntax *syntax, const char *verb, const char *written);

#endif
