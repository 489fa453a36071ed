/* withy build [-f spin.toml] [--up [-- OPTIONS OF UP]] */
#include "cli/verb.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] = "[OPTIONS] [-- OPTIONS OF up]";
static const char text[] =
    "Runs the build commands of a manifest's components. With --up the application is run when\n"
    "all are built, with what follows \"--\".";

/* The same manifest and profile, and then the user's own options. */
static int run_up(const char *from, const withy_build_options *options,
                  const wy_operands *operands) {
    size_t room = operands->count + 6, count = 0;
    char **arguments = calloc(room, sizeof *arguments);
    if (!arguments) return 71;
    arguments[count++] = (char *)(uintptr_t) "up";
    if (from) {
        arguments[count++] = (char *)(uintptr_t) "--from";
        arguments[count++] = (char *)(uintptr_t)from;
    }
    if (options->profile) {
        arguments[count++] = (char *)(uintptr_t) "--profile";
        arguments[count++] = (char *)(uintptr_t)options->profile;
    }
    for (size_t i = 0; i < operands->count; i++)
        arguments[count++] = operands->items[i];
    int status = wy_verb_up((int)count, arguments);
    free(arguments);
    return status;
}

int wy_verb_build(int argc, char **argv) {
    static wy_option_values components;
    withy_build_options options;
    withy_build_options_init(&options);
    const char *from = NULL;
    bool up = false, only_list = false, json = false;
    const wy_option table[] = {
        {"from", 'f', WY_OPTION_TEXT, "PATH",
         "manifest, or folder with a spin.toml (default: the nearest spin.toml)", &from},
        {"component-id", 'c', WY_OPTION_VALUES, "ID", "build only this component (repeatable)",
         &components},
        {"profile", 0, WY_OPTION_TEXT, "NAME", "variant of the components", &options.profile},
        {"up", 'u', WY_OPTION_FLAG, NULL, "run the application then", &up},
        {"list", 0, WY_OPTION_FLAG, NULL, "print the commands instead of running them", &only_list},
        {"json", 0, WY_OPTION_FLAG, NULL, "print that as JSON for programs", &json},
        {0}};
    const wy_option *tables[] = {table};
    static const wy_refused refused[] = {
        {"skip-target-checks", "targets are not checked"},
        {"skip-generate-wits", "no WIT is generated for dependencies"},
        {0}};
    const wy_syntax syntax = {usage, text, tables, 1, false, refused, NULL, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    if (operands.count && !up) {
        fprintf(stderr, "withy: build takes no operand \"%s\"; name a manifest with --from\n",
                operands.items[0]);
        return 2;
    }
    options.components = components.items;
    options.component_count = components.count;
    withy_error error = {0};
    if (only_list || json) {
        status = withy_build_list(from, &options, json, wy_cli_write, stdout, &error);
        return error.code ? wy_cli_fail(&error) : status;
    }
    status = withy_build(from, &options, &error);
    if (error.code) return wy_cli_fail(&error);
    return status || !up ? status : run_up(from, &options, &operands);
}
