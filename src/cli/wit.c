/* withy wit FILE|FOLDER */
#include "cli/verb.h"

#include <stdio.h>

static const char usage[] = "[OPTIONS] FILE|FOLDER";
static const char text[] =
    "Checks WIT packages and prints them in one form: a file, a folder with its deps, or\n"
    "what a component says of itself.";

int wy_verb_wit(int argc, char **argv) {
    withy_wit_options options;
    withy_wit_options_init(&options);
    const wy_option own_table[] = {
        {"check", 0, WY_OPTION_FLAG, NULL, "print nothing but errors", &options.check}, {0}};
    const wy_option *tables[] = {own_table};
    const wy_syntax syntax = {usage, text, tables, 1, false, NULL, NULL, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    if (operands.count != 1) {
        fprintf(stderr, "withy: wit needs one file or folder: withy wit %s\n", usage);
        return 2;
    }
    withy_error error = {0};
    status = withy_wit(operands.items[0], &options, wy_cli_write, stdout, &error);
    return error.code ? wy_cli_fail(&error) : status;
}
