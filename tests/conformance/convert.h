/* Scripts to JSON and binaries, by the wast2json tool; the results are kept outside the tree. */
#ifndef WY_TESTS_CONFORMANCE_CONVERT_H
#define WY_TESTS_CONFORMANCE_CONVERT_H

#include <jansson.h>
#include <stdbool.h>

/* Room for a path. */
typedef struct path {
    char text[4096];
} path;

/* Finds the tool (environment: WAST2JSON) or has it built. False, with a message on stderr, when
 * that fails. */
bool convert_tool(path *tool_out);

/* The commands of a script, and the folder with their binaries. `strict_indices`: component
 * definitions are numbered as the current specification does. NULL, with a message on stderr, when
 * the script cannot be converted. */
json_t *convert_script(const path *tool, const char *script, bool strict_indices, path *folder_out);

#endif
