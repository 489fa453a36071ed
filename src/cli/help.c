/* Help: which form is asked for, and what they share. The options of a verb as text are printed by
 * the parser of options itself. */
#include "cli/help.h"

#include <ctype.h>
#include <stdio.h>

static const wy_help_form *const forms[] = {&wy_help_man, &wy_help_bash, &wy_help_zsh,
                                            &wy_help_fish};

#define OPTION "--help="

/* NULL: `argument` asks for no form; or, after saying so, for one that there is not. */
static const wy_help_form *form_of(const char *argument, int *status_out) {
    *status_out = -1;
    if (!argument || strncmp(argument, OPTION, sizeof OPTION - 1) != 0) return NULL;
    const char *name = argument + sizeof OPTION - 1;
    *status_out = 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(name, forms[i]->name) == 0) return forms[i];
    *status_out = 2;
    fprintf(stderr, "withy: --help comes as");
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        fprintf(stderr, "%s %s", i ? "," : "", forms[i]->name);
    fprintf(stderr, "; \"%s\" is none of them\n", name);
    return NULL;
}

int wy_cli_parse(const wy_syntax *syntax, int argc, char **argv, wy_operands *operands_out) {
    int status;
    const wy_help_form *form = form_of(argc > 1 ? argv[1] : NULL, &status);
    if (form) form->verb(argv[0], syntax);
    return status >= 0 ? status : wy_options_parse(syntax, argc, argv, operands_out);
}

static int print_group(FILE *to, const char *verb, const char *text, const wy_verb *table) {
    fprintf(to, "Usage: withy %s VERB ...\n\n%s\n\nVerbs:\n", verb, text);
    for (const wy_verb *v = table; v->name; v++)
        fprintf(to, "  %-11s %s\n", v->name, v->summary);
    fprintf(to, "\n`withy %s VERB --help` says more.\n", verb);
    return to == stderr ? 2 : 0;
}

int wy_cli_subverb(const char *text, const wy_verb *table, int argc, char **argv) {
    if (argc < 2) return print_group(stderr, argv[0], text, table);
    if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
        return print_group(stdout, argv[0], text, table);
    int status;
    const wy_help_form *form = form_of(argv[1], &status);
    if (form) form->group(argv[0], text, table);
    if (status >= 0) return status;
    const wy_verb *verb = wy_verb_find(table, argv[0], argv[1]);
    if (!verb) return 2;
    char name[64];
    snprintf(name, sizeof name, "%s %s", argv[0], verb->name);
    argv[1] = name;
    return verb->run(argc - 1, argv + 1);
}

void wy_help_of(const wy_help_form *form, const char *before, const wy_verb *verb) {
    char name[64], option[32];
    snprintf(name, sizeof name, "%s%s%s", before ? before : "", before ? " " : "", verb->name);
    snprintf(option, sizeof option, OPTION "%s", form->name);
    char *arguments[] = {name, option, NULL};
    int status = verb->run(2, arguments);
    wy_assert(status == 0);
}

/* --- values --- */

static void add_word(void *words, const char *name) {
    wy_buf_printf(words, "%s ", name);
}

wy_help_value wy_help_value_of(const char *argument, wy_buf *words) {
    static const char *const paths[] = {"FILE", "PATH", "DIR", "FOLDER"};
    if (strstr(argument, "TEMPLATE")) {
        withy_templates(add_word, words);
        return WY_HELP_WORDS;
    }
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strstr(argument, paths[i])) return WY_HELP_FILES;
    if (!strchr(argument, '|') || !islower((unsigned char)argument[0])) return WY_HELP_FREE;
    for (const char *at = argument; *at;) {
        size_t len = strcspn(at, "|");
        wy_buf_printf(words, "%.*s ", (int)len, at);
        at += len + (at[len] == '|');
    }
    return WY_HELP_WORDS;
}
