/* withy serve FILE.wasm */
#include "cli/verb.h"

#include <stdio.h>

static const char usage[] = "[OPTIONS] FILE.wasm";
static const char text[] =
    "Serves a component that exports wasi:http/incoming-handler. SIGTERM and Ctrl-C drain and\n"
    "stop; SIGHUP reloads the file without losing a request.";

static int run(int argc, char **argv) {
    static wy_common_options common;
    withy_serve_options options;
    withy_serve_options_init(&options);
    uint64_t workers = 0, reuse = 0;
    wy_option table[WY_COMMON_OPTION_COUNT + 1];
    wy_common_table(&common, table);
    const wy_option own_table[] = {
        {"addr", 'a', WY_OPTION_TEXT, "HOST:PORT", "where to listen (default 127.0.0.1:3000)",
         &options.address},
        {"reuse", 0, WY_OPTION_NUMBER, "N",
         "requests an instance answers (default 1: a fresh one each)", &reuse},
        {"workers", 'w', WY_OPTION_NUMBER, "N", "processes (default: one a core; 1: in this one)",
         &workers},
        {"quiet", 'q', WY_OPTION_FLAG, NULL, "do not print the address", &options.quiet},
        {0}};
    const wy_option *tables[] = {own_table, table};
    wy_operands operands;
    int status = wy_options_parse("serve", usage, text, tables, 2, false, argc, argv, &operands);
    if (status >= 0) return status;
    status = wy_common_apply(&common, &options.common);
    if (status >= 0) return status;
    if (operands.count != 1) {
        fprintf(stderr, "withy: serve needs one file: withy serve %s\n", usage);
        return 2;
    }
    if (!wy_cli_address("--addr", options.address)) return 2;
    if (workers > 1024 || reuse > UINT32_MAX) {
        fprintf(stderr, "withy: --workers: at most 1024; --reuse: at most %u\n", UINT32_MAX);
        return 2;
    }
    options.workers = (uint32_t)workers;
    options.reuse = (uint32_t)reuse;
    withy_error error = {0};
    status = withy_serve(operands.items[0], &options, &error);
    wy_common_deinit(&common);
    return error.code ? wy_cli_fail(&error) : status;
}

const wy_verb wy_verb_serve = {usage, text, run};
