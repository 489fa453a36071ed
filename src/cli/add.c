/* withy add NAME -t TEMPLATE */
#include "cli/verb.h"

#include <stdio.h>

static const char usage[] = "[OPTIONS] NAME";
static const char text[] =
    "Writes a new component into a folder beside the manifest of an application, and adds it to\n"
    "that, with a route of its name.";

int wy_verb_add(int argc, char **argv) {
    withy_new_options options;
    withy_new_options_init(&options);
    const char *from = NULL;
    const wy_option table[] = {
        {"template", 't', WY_OPTION_TEXT, "TEMPLATE", "what to begin with", &options.template_name},
        {"from", 'f', WY_OPTION_TEXT, "PATH",
         "manifest, or folder with a spin.toml (default: the nearest spin.toml)", &from},
        {"description", 'd', WY_OPTION_TEXT, "TEXT", "of the component", &options.description},
        {"allow-overwrite", 0, WY_OPTION_FLAG, NULL, "replace files that are there",
         &options.overwrite},
        {0}};
    const wy_option *tables[] = {table};
    const wy_syntax syntax = {usage, text, tables, 1, false, NULL, NULL, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    if (operands.count != 1) {
        fprintf(stderr, "withy: add takes one operand, the name of the component\n");
        return 2;
    }
    options.name = operands.items[0];
    withy_error error = {0};
    status = withy_add(from, &options, &error);
    return error.code ? wy_cli_fail(&error) : status;
}
