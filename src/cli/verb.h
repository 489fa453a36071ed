/* Verbs of the command: one file each, listed in verbs.def. */
#ifndef WY_CLI_VERB_H
#define WY_CLI_VERB_H

#include "cli/options.h"
#include "withy.h"

/* wy_verb_<name>: reads its options, makes the one call of the library, and returns the exit
 * status. `argv[0]` is the verb. */
#define WY_VERB(verb, summary) int wy_verb_##verb(int argc, char **argv);
#include "cli/verbs.def"
#undef WY_VERB

/* Prints "withy: ..." on stderr and returns the code. */
int wy_cli_fail(const withy_error *error);

#endif
