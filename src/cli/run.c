/* withy run FILE.wasm [ARGS] */
#include "cli/verb.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] = "[OPTIONS] FILE.wasm [ARGS]";
static const char text[] =
    "Calls wasi:cli/run of a component with ARGS and this terminal's streams; its exit\n"
    "status becomes withy's.";

int wy_verb_run(int argc, char **argv) {
    static wy_common_options common;
    wy_option table[WY_COMMON_OPTION_COUNT + 1];
    wy_common_table(&common, table);
    const wy_option *tables[] = {table};
    const wy_syntax syntax = {usage, text, tables, 1, true, NULL, NULL, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    withy_options options;
    withy_options_init(&options);
    status = wy_common_apply(&common, &options);
    if (status >= 0) return status;
    if (operands.count == 0) {
        fprintf(stderr, "withy: run needs a file: withy run %s\n", usage);
        return 2;
    }
    char *path = wy_cli_component(operands.items[0], common.insecure, common.cache_dir, &status);
    if (!path) return status;
    withy_error error = {0};
    status = withy_run(path, (const char *const *)(operands.items + 1), operands.count - 1,
                       &options, &error);
    free(path);
    wy_common_deinit(&common);
    return error.code ? wy_cli_fail(&error) : status;
}
