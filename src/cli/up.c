/* withy up [-f spin.toml] */
#include "cli/verb.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] = "[OPTIONS]";
static const char text[] =
    "Runs the application of a Spin manifest: its HTTP triggers, each request in the component "
    "that\n"
    "its route names. Output of components goes to .spin/logs and is followed here unless --quiet.";

int wy_verb_up(int argc, char **argv) {
    static wy_common_options common;
    static wy_cli_values follow, sqlite;
    withy_up_options options;
    withy_up_options_init(&options);
    uint64_t workers = 0, reuse = 0;
    const char *from = NULL, *listen = getenv("SPIN_HTTP_LISTEN_ADDR");
    bool quiet = false;
    options.log_dir = getenv("SPIN_LOG_DIR");
    options.runtime_config = getenv("RUNTIME_CONFIG_FILE");
    if (!listen) listen = options.serve.address;
    wy_option table[WY_COMMON_OPTION_COUNT + 1];
    wy_common_table(&common, table);
    const wy_option own_table[] = {
        {"from", 'f', WY_OPTION_TEXT, "PATH", "manifest, or folder with a spin.toml (default .)",
         &from},
        {"file", 0, WY_OPTION_TEXT, "PATH", "the same", &from},
        {"listen", 0, WY_OPTION_TEXT, "HOST:PORT", "where to listen (default 127.0.0.1:3000)",
         &listen},
        {"addr", 'a', WY_OPTION_TEXT, "HOST:PORT", "the same", &listen},
        {"variable", 0, WY_OPTION_VALUES, "NAME=VALUE", "value of an application variable",
         &common.config},
        {"follow", 0, WY_OPTION_VALUES, "ID", "show the output of this component only (repeatable)",
         &follow},
        {"quiet", 'q', WY_OPTION_FLAG, NULL, "show no output of components", &quiet},
        {"log-dir", 'L', WY_OPTION_TEXT, "DIR", "folder of logs (default .spin/logs; \"\": none)",
         &options.log_dir},
        {"truncate-logs", 0, WY_OPTION_FLAG, NULL, "begin logs anew", &options.truncate_logs},
        {"state-dir", 0, WY_OPTION_TEXT, "DIR", "folder of state (default .spin; \"\": none)",
         &options.state_dir},
        {"runtime-config-file", 0, WY_OPTION_TEXT, "FILE", "what labels and variables stand for",
         &options.runtime_config},
        {"profile", 0, WY_OPTION_TEXT, "NAME", "variant of the components", &options.profile},
        {"sqlite", 0, WY_OPTION_VALUES, "SQL",
         "run statements on the database first; @FILE[:LABEL]: those of a file", &sqlite},
        {"reuse", 0, WY_OPTION_NUMBER, "N",
         "requests an instance answers (default 1: a fresh one each)", &reuse},
        {"workers", 'w', WY_OPTION_NUMBER, "N", "processes (default: one a core; 1: in this one)",
         &workers},
        {0}};
    const wy_option *tables[] = {own_table, table};
    const wy_syntax syntax = {usage, text, tables, 2, false};
    wy_operands operands;
    int status = wy_options_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    status = wy_common_apply(&common, &options.serve.common);
    if (status >= 0) return status;
    if (operands.count > 0) {
        fprintf(stderr, "withy: up takes no operand \"%s\"; name a manifest with --from\n",
                operands.items[0]);
        return 2;
    }
    if (!wy_cli_address("--listen", listen)) return 2;
    status = wy_cli_serving(workers, reuse, &options.serve);
    if (status >= 0) return status;
    options.serve.address = listen;
    options.follow = follow.items;
    options.follow_count = follow.count;
    options.sqlite = sqlite.items;
    options.sqlite_count = sqlite.count;
    options.follow_all = !quiet && follow.count == 0;
    withy_error error = {0};
    status = withy_up(from ? from : ".", &options, &error);
    wy_common_deinit(&common);
    return error.code ? wy_cli_fail(&error) : status;
}
