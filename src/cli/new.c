/* withy new NAME -t TEMPLATE */
#include "cli/verb.h"

#include <stdio.h>

static const char usage[] = "[OPTIONS] NAME";
static const char text[] =
    "Writes a new Spin application with one component into a folder of its own. Then:\n"
    "withy build --up";

static void print_name(void *data, const char *name) {
    (void)data;
    puts(name);
}

int wy_verb_new(int argc, char **argv) {
    withy_new_options options;
    withy_new_options_init(&options);
    bool list = false;
    const wy_option table[] = {
        {"template", 't', WY_OPTION_TEXT, "TEMPLATE", "what to begin with", &options.template_name},
        {"list", 0, WY_OPTION_FLAG, NULL, "print the templates", &list},
        {"output", 'o', WY_OPTION_TEXT, "DIR", "folder to write to (default: NAME)",
         &options.folder},
        {"init", 0, WY_OPTION_FLAG, NULL, "write into the current folder", &options.init},
        {"description", 'd', WY_OPTION_TEXT, "TEXT", "of the application", &options.description},
        {"allow-overwrite", 0, WY_OPTION_FLAG, NULL, "replace files that are there",
         &options.overwrite},
        {0}};
    const wy_option *tables[] = {table};
    static const wy_refused refused[] = {
        {"values-file", "templates ask for nothing but name and description"},
        {"value", "templates ask for nothing but name and description"},
        {"tag", "there are few templates; see --list"},
        {"no-vcs", "no repository is made"},
        {0}};
    const wy_syntax syntax = {usage, text, tables, 1, false, refused, NULL, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    if (list) {
        withy_templates(print_name, NULL);
        return 0;
    }
    if (operands.count != 1) {
        fprintf(stderr, "withy: new takes one operand, the name of the application\n");
        return 2;
    }
    options.name = operands.items[0];
    withy_error error = {0};
    status = withy_new(&options, &error);
    return error.code ? wy_cli_fail(&error) : status;
}
