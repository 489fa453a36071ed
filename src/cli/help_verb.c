/* withy help [VERB ...] [--man] */
#include "cli/help.h"

#include <stdio.h>

static const char usage[] = "[OPTIONS] [VERB]";
static const char text[] = "Prints what a verb does, or which verbs there are.";

static int print_text(const wy_operands *operands) {
    const wy_verb *verb = wy_verb_find(wy_verbs, NULL, operands->items[0]);
    if (!verb) return 2;
    char help[] = "--help";
    char *arguments[] = {operands->items[0], NULL, NULL, NULL};
    size_t count = 1;
    if (operands->count > 1) arguments[count++] = operands->items[1];
    arguments[count++] = help;
    return verb->run((int)count, arguments);
}

int wy_verb_help(int argc, char **argv) {
    bool man = false;
    const wy_option table[] = {
        {"man", 0, WY_OPTION_FLAG, NULL, "print it as a manual page, for man", &man}, {0}};
    const wy_option *tables[] = {table};
    const wy_syntax syntax = {.usage = usage, .text = text, .tables = tables, .table_count = 1};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    if (operands.count > 2) {
        fprintf(stderr, "withy: help takes a verb\n");
        return 2;
    }
    if (!man) return operands.count ? print_text(&operands) : wy_cli_help(stdout);
    const wy_verb *verb = operands.count ? wy_verb_find(wy_verbs, NULL, operands.items[0]) : NULL;
    if (operands.count && !verb) return 2;
    wy_man_page(verb);
    return 0;
}
