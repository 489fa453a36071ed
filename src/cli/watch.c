/* withy watch [-f spin.toml] */
#include "cli/up_options.h"

#include <stdio.h>

static const char usage[] = "[OPTIONS]";
static const char text[] =
    "Runs the application of a Spin manifest, and builds and loads it anew when the manifest or\n"
    "what a component is built of changes. Requests go on meanwhile; none is lost.";

int wy_verb_watch(int argc, char **argv) {
    static wy_cli_up up;
    withy_watch_options options;
    withy_watch_options_init(&options);
    uint64_t debounce = 0;
    wy_option table[WY_COMMON_OPTION_COUNT + 1], up_table[WY_CLI_UP_COUNT + 1];
    wy_common_table(&up.common, table);
    wy_cli_up_table(&up, up_table);
    for (wy_option *o = up_table; o->name; o++)
        if (o->letter == 'c') o->letter = 0; /* here it clears */
    const wy_option own_table[] = {{"clear", 'c', WY_OPTION_FLAG, NULL,
                                    "clear the terminal before each round", &options.clear},
                                   {"debounce", 'd', WY_OPTION_NUMBER, "MS",
                                    "quiet time after a change (default 100)", &debounce},
                                   {"skip-build", 0, WY_OPTION_FLAG, NULL,
                                    "only load anew; watch the components themselves",
                                    &options.skip_build},
                                   {0}};
    const wy_option *tables[] = {own_table, up_table, table};
    const wy_syntax syntax = {usage, text, tables, 3, false, wy_cli_up_refused, &up.unknown, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status < 0) status = wy_cli_up_check_unknown(&up, &syntax, "watch");
    if (status < 0) status = wy_cli_up_apply(&up, "watch", &operands);
    if (status >= 0) return status;
    if (debounce > 60000) {
        fprintf(stderr, "withy: --debounce: at most 60000\n");
        return 2;
    }
    options.up = up.options;
    options.up.build = false; /* each round builds */
    options.debounce_ms = (uint32_t)debounce;
    withy_error error = {0};
    status = withy_watch(up.from, &options, &error);
    wy_common_deinit(&up.common);
    return error.code ? wy_cli_fail(&error) : status;
}
