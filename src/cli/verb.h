/* Verbs of the command: one file each, listed in verbs.def. */
#ifndef WY_CLI_VERB_H
#define WY_CLI_VERB_H

#include "cli/options.h"
#include "withy.h"

#include <stdio.h>

/* wy_verb_<name>: reads its options, makes the one call of the library, and returns the exit
 * status. `argv[0]` is the verb. One that has verbs of its own ("withy registry push") hands over
 * to wy_cli_subverb. */
#define WY_VERB(verb, summary) int wy_verb_##verb(int argc, char **argv);
#include "cli/verbs.def"
#undef WY_VERB

/* A verb, or one below it; a NULL name ends a table. */
typedef struct wy_verb {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} wy_verb;

extern const wy_verb wy_verbs[]; /* as verbs.def has them */

/* wy_options_parse for verbs: --help=FORM prints them as help.h says. */
int wy_cli_parse(const wy_syntax *syntax, int argc, char **argv,
                 wy_operands *operands_out) WY_MUST_USE;

/* The verb of that name, or NULL after saying which is nearest. */
const wy_verb *wy_verb_find(const wy_verb *table, const char *before, const char *name);

/* Runs the verb below `argv[0]` that `argv[1]` names; its own `argv[0]` is both ("registry push"),
 * as its help calls it. `text` is what help says of all of them. Returns the exit status. */
int wy_cli_subverb(const char *text, const wy_verb *table, int argc, char **argv);

/* Prints which verbs there are. Returns the exit status: 2 on stderr. */
int wy_cli_help(FILE *to);

/* Writes a piece of what the library prints to the FILE that `file` is. */
void wy_cli_write(void *file, const char *piece, size_t len);

/* Prints "withy: ..." on stderr and returns the code. */
int wy_cli_fail(const withy_error *error);

#endif
