/* withy compile FILE.wasm -o FILE.cwasm */
#include "cli/verb.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] = "[OPTIONS] FILE.wasm";
static const char text[] =
    "Compiles a component ahead of time into one file that serve, run, up and inspect accept, on\n"
    "machines with the same version of withy and the same kind of processor.";

static char *default_output(const char *path) {
    size_t len = strlen(path);
    if (len > 5 && strcmp(path + len - 5, ".wasm") == 0) len -= 5;
    char *output = malloc(len + sizeof ".cwasm");
    if (output) {
        memcpy(output, path, len);
        memcpy(output + len, ".cwasm", sizeof ".cwasm");
    }
    return output;
}

/* In this folder, by the last part of a reference without its tag. */
static char *output_of(const char *reference) {
    const char *slash = strrchr(reference, '/');
    const char *name = slash ? slash + 1 : reference;
    char *plain = strndup(name, strcspn(name, ":@"));
    char *output = plain ? default_output(plain) : NULL;
    free(plain);
    return output;
}

int wy_verb_compile(int argc, char **argv) {
    const char *output = NULL;
    bool no_cache = false, insecure = false;
    const wy_option own_table[] = {
        {"output", 'o', WY_OPTION_TEXT, "FILE", "where to write (default FILE.cwasm)", &output},
        {"no-cache", 0, WY_OPTION_FLAG, NULL, "compile anew, keep nothing", &no_cache},
        {"insecure", 'k', WY_OPTION_FLAG, NULL, "speak HTTP to registries", &insecure},
        {0}};
    const wy_option *tables[] = {own_table};
    const wy_syntax syntax = {usage, text, tables, 1, false, NULL, NULL, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    if (operands.count != 1) {
        fprintf(stderr, "withy: compile needs one file: withy compile %s\n", usage);
        return 2;
    }
    char *path = wy_cli_component(operands.items[0], insecure, NULL, &status);
    if (!path) return status;
    const char *operand = operands.items[0];
    char *made = NULL;
    if (!output) made = strcmp(path, operand) ? output_of(operand) : default_output(operand);
    withy_options options;
    withy_options_init(&options);
    options.no_cache = no_cache;
    withy_error error = {0};
    status = withy_compile(path, output ? output : made, &options, &error);
    free(made);
    free(path);
    return error.code ? wy_cli_fail(&error) : status;
}
