/* withy up [-f spin.toml] */
#include "cli/up_options.h"

static const char usage[] = "[OPTIONS]";
static const char text[] =
    "Runs the application of a Spin manifest: its HTTP triggers, each request in the component "
    "that\n"
    "its route names. Output of components goes to .spin/logs and is followed here unless --quiet.";

int wy_verb_up(int argc, char **argv) {
    static wy_cli_up up;
    wy_option table[WY_COMMON_OPTION_COUNT + 1], own_table[WY_CLI_UP_COUNT + 1];
    wy_common_table(&up.common, table);
    wy_cli_up_table(&up, own_table);
    const wy_option *tables[] = {own_table, table};
    const wy_syntax syntax = {usage, text, tables, 2, false, wy_cli_up_refused, NULL, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status < 0) status = wy_cli_up_apply(&up, "up", &operands);
    if (status >= 0) return status;
    withy_error error = {0};
    status = withy_up(up.from, &up.options, &error);
    wy_common_deinit(&up.common);
    return error.code ? wy_cli_fail(&error) : status;
}
