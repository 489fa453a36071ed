/* The command: finds the verb and hands over. */
#include "cli/verb.h"

#include "base/terminal.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} verbs[] = {
#define WY_VERB(verb, summary) {#verb, summary, wy_verb_##verb},
#include "cli/verbs.def"
#undef WY_VERB
};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

int wy_cli_fail(const withy_error *error) {
    fprintf(stderr, "%swithy:%s %s\n", wy_terminal_style(STDERR_FILENO, WY_STYLE_BAD),
            wy_terminal_style(STDERR_FILENO, WY_STYLE_PLAIN), error->text);
    return error->code;
}

static int print_help(FILE *to) {
    fprintf(to, "withy %s runs WebAssembly components.\n\nUsage: withy VERB ...\n\nVerbs:\n",
            withy_version());
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
    fprintf(to, "\n`withy VERB --help` says more. `withy --version` prints the version.\n");
    return to == stderr ? 2 : 0;
}

static int unknown_verb(const char *word) {
    wy_str names[VERB_COUNT];
    for (size_t i = 0; i < VERB_COUNT; i++)
        names[i] = wy_str_of(verbs[i].name);
    wy_str nearest = wy_str_nearest(wy_str_of(word), names, VERB_COUNT);
    fprintf(stderr, "withy: unknown verb \"%s\"", word);
    if (nearest.len) fprintf(stderr, " (did you mean \"" WY_STR_FMT "\"?)", WY_STR_ARG(nearest));
    fprintf(stderr, "\nTry `withy --help`.\n");
    return 2;
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN); /* a peer that goes away is an error of that write */
    if (argc < 2) return print_help(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return print_help(stdout);
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("withy %s\n", withy_version());
        return 0;
    }
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) return verbs[i].run(argc - 1, argv + 1);
    return unknown_verb(argv[1]);
}
