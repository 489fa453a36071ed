/* The command: finds the verb and hands over. */
#include "cli/help.h"

#include "base/terminal.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

const wy_verb wy_verbs[] = {
#define WY_VERB(verb, summary) {#verb, summary, wy_verb_##verb},
#include "cli/verbs.def"
#undef WY_VERB
    {0}};
#define VERBS_MAX 64

void wy_cli_write(void *file, const char *piece, size_t len) {
    fwrite(piece, 1, len, file);
}

int wy_cli_fail(const withy_error *error) {
    fprintf(stderr, "%swithy:%s %s\n", wy_terminal_style(STDERR_FILENO, WY_STYLE_BAD),
            wy_terminal_style(STDERR_FILENO, WY_STYLE_PLAIN), error->text);
    return error->code;
}

int wy_cli_help(FILE *to) {
    fprintf(to, "withy %s runs WebAssembly components.\n\nUsage: withy VERB ...\n\nVerbs:\n",
            withy_version());
    for (const wy_verb *v = wy_verbs; v->name; v++)
        fprintf(to, "  %-11s %s\n", v->name, v->summary);
    fprintf(to, "\n`withy VERB --help` says more. `withy --version` prints the version.\n");
    return to == stderr ? 2 : 0;
}

const wy_verb *wy_verb_find(const wy_verb *table, const char *before, const char *name) {
    wy_str names[VERBS_MAX];
    size_t count = 0;
    for (const wy_verb *v = table; v->name; v++) {
        if (strcmp(name, v->name) == 0) return v;
        if (count < VERBS_MAX) names[count++] = wy_str_of(v->name);
    }
    wy_str nearest = wy_str_nearest(wy_str_of(name), names, count);
    fprintf(stderr, "withy: unknown verb \"%s%s%s\"", before ? before : "", before ? " " : "",
            name);
    if (nearest.len) fprintf(stderr, " (did you mean \"" WY_STR_FMT "\"?)", WY_STR_ARG(nearest));
    fprintf(stderr, "\nTry `withy %s%s--help`.\n", before ? before : "", before ? " " : "");
    return NULL;
}

/* Every thread's heap takes four megabytes of address at a time; untouched, they cost nothing. As
 * it comes, the C library asks the system for each page of a heap anew, thousands of times while a
 * large component is loaded, and maps what is larger than 128 KiB by itself. */
static void prepare_heaps(void) {
    mallopt(M_TOP_PAD, 4 << 20);
    mallopt(M_MMAP_THRESHOLD, 2 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

/* What is no verb of withy's may be one of somebody else's. */
static int run_plugin(char **argv) {
    withy_error error = {0};
    if (argv[1][0] != '-' && withy_plugin_run(argv[1], argv + 2, &error) != WITHY_NOT_FOUND)
        return wy_cli_fail(&error);
    (void)wy_verb_find(wy_verbs, NULL, argv[1]); /* says so */
    return 2;
}

int main(int argc, char **argv) {
    prepare_heaps();
    signal(SIGPIPE, SIG_IGN); /* a peer that goes away is an error of that write */
    if (argc < 2) return wy_cli_help(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) return wy_cli_help(stdout);
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("withy %s\n", withy_version());
        return 0;
    }
    static char registry[] = "registry"; /* which Spin called otherwise once */
    if (strcmp(argv[1], "oci") == 0) argv[1] = registry;
    for (const wy_verb *v = wy_verbs; v->name; v++)
        if (strcmp(argv[1], v->name) == 0) return v->run(argc - 1, argv + 1);
    return run_plugin(argv);
}
