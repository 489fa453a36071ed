/* withy serve FILE.wasm */
#include "cli/verb.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] = "[OPTIONS] FILE.wasm";
static const char text[] =
    "Serves a component that exports wasi:http/incoming-handler. SIGTERM and Ctrl-C drain and\n"
    "stop; SIGHUP reloads the file without losing a request.";

int wy_verb_serve(int argc, char **argv) {
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
        {"tls-cert", 0, WY_OPTION_TEXT, "FILE", "speak https, with this certificate (PEM)",
         &options.tls_cert},
        {"tls-key", 0, WY_OPTION_TEXT, "FILE", "its key (PEM)", &options.tls_key},
        {"quiet", 'q', WY_OPTION_FLAG, NULL, "do not print the address", &options.quiet},
        {0}};
    const wy_option *tables[] = {own_table, table};
    const wy_syntax syntax = {usage, text, tables, 2, false, NULL, NULL, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    status = wy_common_apply(&common, &options.common);
    if (status >= 0) return status;
    if (operands.count != 1) {
        fprintf(stderr, "withy: serve needs one file: withy serve %s\n", usage);
        return 2;
    }
    if (!wy_cli_address("--addr", options.address)) return 2;
    status = wy_cli_serving(workers, reuse, &options);
    if (status >= 0) return status;
    char *path = wy_cli_component(operands.items[0], common.insecure, common.cache_dir, &status);
    if (!path) return status;
    withy_error error = {0};
    status = withy_serve(path, &options, &error);
    free(path);
    wy_common_deinit(&common);
    return error.code ? wy_cli_fail(&error) : status;
}
