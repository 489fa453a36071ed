/* withy inspect FILE.wasm */
#include "cli/verb.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] = "[OPTIONS] FILE.wasm";
static const char text[] =
    "Prints the component's world as WIT, and for each import what withy would provide.";

int wy_verb_inspect(int argc, char **argv) {
    bool json = false, plan = false, validate = false, insecure = false;
    const wy_option own_table[] = {
        {"json", 0, WY_OPTION_FLAG, NULL, "print JSON for programs", &json},
        {"plan", 0, WY_OPTION_FLAG, NULL, "print what an instance is made of instead", &plan},
        {"validate", 0, WY_OPTION_FLAG, NULL, "say only whether it is valid, or where it is not",
         &validate},
        {"insecure", 'k', WY_OPTION_FLAG, NULL, "speak HTTP to registries", &insecure},
        {0}};
    const wy_option *tables[] = {own_table};
    const wy_syntax syntax = {usage, text, tables, 1, false, NULL, NULL, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    if (operands.count != 1) {
        fprintf(stderr, "withy: inspect needs one file: withy inspect %s\n", usage);
        return 2;
    }
    char *path = wy_cli_component(operands.items[0], insecure, NULL, &status);
    if (!path) return status;
    withy_error error = {0};
    if (validate) {
        status = withy_validate(path, &error);
        if (!error.code) puts("valid");
    } else {
        status =
            (plan ? withy_inspect_plan : withy_inspect)(path, json, wy_cli_write, stdout, &error);
    }
    free(path);
    return error.code ? wy_cli_fail(&error) : status;
}
