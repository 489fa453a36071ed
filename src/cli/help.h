/* Help in other forms than text: manual pages and completions of shells, from the tables that parse
 * the options. --help=FORM has a verb print itself in one. */
#ifndef WY_CLI_HELP_H
#define WY_CLI_HELP_H

#include "cli/verb.h"

/* How one form shows verbs; each prints on stdout. */
typedef struct wy_help_form {
    const char *name; /* behind --help= */
    void (*verb)(const char *verb, const wy_syntax *syntax);
    /* A verb that has verbs of its own. */
    void (*group)(const char *verb, const char *text, const wy_verb *table);
} wy_help_form;

extern const wy_help_form wy_help_man, wy_help_bash, wy_help_zsh, wy_help_fish;

/* Has a verb print itself in a form: `before` is the verb above it, or NULL. */
void wy_help_of(const wy_help_form *form, const char *before, const wy_verb *verb);

/* What is asked for in place of a value or operand. */
typedef enum wy_help_value {
    WY_HELP_FREE,  /* nothing that a shell could know */
    WY_HELP_FILES, /* a path */
    WY_HELP_WORDS, /* one of a few */
} wy_help_value;

/* Tells it from how help calls the value ("FILE", "plain|json", "TEMPLATE"); words go into `words`
 * with a space behind each. */
wy_help_value wy_help_value_of(const char *argument, wy_buf *words);

/* Prints a whole manual page: of a verb, or of the command (NULL). */
void wy_man_page(const wy_verb *verb);

#endif
