/* withy call FILE.wasm 'ns:pkg/iface#func(args)' ... */
#include "cli/verb.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] = "[OPTIONS] FILE.wasm 'FUNCTION(ARGUMENTS)' ...";
static const char text[] =
    "Calls functions that a component exports, one after another on one instance, and\n"
    "prints the result of each on a line. Arguments and results are WAVE: 1, \"text\",\n"
    "[1, 2], {field: 1}, case(1), some(1), none, ok(1), err(\"no\"), {flag, flag}.\n\n"
    "FUNCTION is ns:pkg/iface@1.0.0#func; the version may be left out, and the interface\n"
    "where no other has such a function. NAME=FUNCTION(...) names the handle in a result:\n"
    "later calls may pass NAME, or call its methods, NAME.method(...).";

static void write_out(void *data, const char *piece, size_t len) {
    fwrite(piece, 1, len, data);
    fflush(data); /* before the guest's own output, which does not pass through here */
}

int wy_verb_call(int argc, char **argv) {
    static wy_common_options common;
    wy_option table[WY_COMMON_OPTION_COUNT + 1];
    wy_common_table(&common, table);
    const wy_option *tables[] = {table};
    const wy_syntax syntax = {usage, text, tables, 1, false, NULL, NULL, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    withy_options options;
    withy_options_init(&options);
    status = wy_common_apply(&common, &options);
    if (status >= 0) return status;
    if (operands.count < 2) {
        fprintf(stderr, "withy: call needs a file and a call: withy call %s\n", usage);
        return 2;
    }
    char *path = wy_cli_component(operands.items[0], common.insecure, common.cache_dir, &status);
    if (!path) return status;
    withy_error error = {0};
    status = withy_run_calls(path, (const char *const *)(operands.items + 1), operands.count - 1,
                             &options, write_out, stdout, &error);
    free(path);
    wy_common_deinit(&common);
    return error.code ? wy_cli_fail(&error) : status;
}
