/* Verbs of the command: one file each, listed in verbs.def. */
#ifndef WY_CLI_VERB_H
#define WY_CLI_VERB_H

#include "cli/options.h"
#include "withy.h"

typedef struct wy_verb {
    const char *usage; /* behind "withy NAME " */
    const char *text;  /* what it does, for --help */
    /* The verb's own options into `parser`, then the call; returns the exit status. `argv[0]` is
     * the verb. */
    int (*run)(int argc, char **argv);
} wy_verb;

/* Prints "withy: ..." on stderr and returns the code. */
int wy_cli_fail(const withy_error *error);

#endif
