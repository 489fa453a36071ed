/* withy up [-f spin.toml] */
#include "cli/up_options.h"

static const char usage[] = "[OPTIONS]";
static const char text[] =
    "Runs the application of a Spin manifest: its HTTP triggers, each request in the component\n"
    "that its route names, and others. Triggers that withy does not have itself are programs of\n"
    "their own, which get the options that are not listed here. Output of components goes to\n"
    ".spin/logs and is followed here unless --quiet.";

/* Behind the plain help: what the triggers of the application say, which are programs of their own.
 */
static void print_trigger_help(int argc, char **argv) {
    const char *from = NULL;
    bool is_plain = false;
    for (int i = 1; i < argc; i++) {
        is_plain |= strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
        bool is_from = strcmp(argv[i], "--from") == 0 || strcmp(argv[i], "-f") == 0;
        if (is_from && i + 1 < argc) from = argv[i + 1];
    }
    if (is_plain) withy_up_print_args(from);
}

int wy_verb_up(int argc, char **argv) {
    static wy_cli_up up;
    wy_option table[WY_COMMON_OPTION_COUNT + 1], own_table[WY_CLI_UP_COUNT + 1];
    wy_common_table(&up.common, table);
    wy_cli_up_table(&up, own_table);
    const wy_option *tables[] = {own_table, table};
    const wy_syntax syntax = {usage, text, tables, 2, false, wy_cli_up_refused, &up.unknown, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status == 0) print_trigger_help(argc, argv);
    if (status < 0) status = wy_cli_up_check_unknown(&up, &syntax, "up");
    if (status < 0) status = wy_cli_up_apply(&up, "up", &operands);
    if (status >= 0) return status;
    withy_error error = {0};
    status = withy_up(up.from, &up.options, &error);
    wy_common_deinit(&up.common);
    return error.code ? wy_cli_fail(&error) : status;
}
