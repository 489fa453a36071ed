/* One converted script: its commands, carried out over the project's loader and runtime. */
#ifndef WY_TESTS_CONFORMANCE_SCRIPT_H
#define WY_TESTS_CONFORMANCE_SCRIPT_H

#include "base/str.h"
#include "suite.h"

#include <jansson.h>

typedef struct script script;

/* `folder` holds the binaries that the commands name. `keep_shims`: plans do not eliminate shims.
 * `of` is read until the script is freed. */
script *script_new(const char *folder, const suite *of, bool keep_shims);
void script_free(script *s);

/* Carries out one command of a script. True: it went as the script says; else `why` says what
 * happened instead. */
bool script_run(script *s, const json_t *command, wy_buf *why);

#endif
