/* Manual pages: the same help in the language of man(7). */
#include "cli/help.h"

#include <ctype.h>
#include <stdio.h>

static const struct {
    const char *name, *what;
} environment[] = {
    {"WITHY_CACHE_DIR",
     "where compiled code and downloads are kept; else XDG_CACHE_HOME/withy or "
     "~/.cache/withy"},
    {"WITHY_CACHE_MAX_BYTES", "how much of it; 2 GiB; what was not used longest goes"},
    {"DOCKER_CONFIG", "folder of Docker's config.json with credentials for registries; ~/.docker"},
    {"SPIN_OCI_ARCHIVE_LAYERS", "set to anything: registry push packs files together"},
    {"SOURCE_DATE_EPOCH", "the time that registry push gives an image, in seconds since 1970"},
    {"WITHY_LOG", "error, warn, info or debug: what is logged; info"},
    {"NO_COLOR", "set to anything: no colours"},
    {"WITHY_DATA_DIR", "folder with plugins/; else XDG_DATA_HOME/withy or ~/.local/share/withy"},
    {"SPIN_DATA_DIR", "the same of Spin, whose plug-ins are run too"},
    {"SPIN_VARIABLE_NAME", "value of the application variable \"name\""},
    {"SPIN_HTTP_LISTEN_ADDR", "as --listen of up"},
    {"SPIN_LOG_DIR", "as --log-dir of up"},
    {"RUNTIME_CONFIG_FILE", "as --runtime-config-file of up"},
    {"SPIN_ALWAYS_BUILD", "as --build of up"},
    {"SPIN_MAX_INSTANCE_MEMORY", "as --max-instance-memory of up"},
};

static const struct {
    int code;
    const char *what;
} statuses[] = {
    {0, "done"},
    {2, "wrong use of the command line"},
    {65, "the component or manifest is malformed or invalid"},
    {66, "no such file"},
    {69, "not supported, or an import that cannot be met"},
    {71, "a limit was reached"},
    {74, "input or output failed"},
    {75, "a deadline passed"},
    {77, "not permitted"},
    {134, "the guest trapped"},
};

/* Text as it is: nothing in it is a request. Lines are filled; empty ones part paragraphs. */
static void put(const char *text) {
    bool begins = true;
    for (const char *c = text; *c; c++) {
        if (*c == '\n' && c[1] == '\n') {
            fputs("\n.PP", stdout);
            c++;
            while (c[1] == '\n')
                c++;
        }
        if (begins && (*c == '.' || *c == '\'')) fputs("\\&", stdout);
        begins = *c == '\n';
        if (*c == '\\')
            fputs("\\e", stdout);
        else if (*c == '-')
            fputs("\\-", stdout);
        else
            putchar(*c);
    }
}

static void put_option(const wy_option *o) {
    fputs(".TP\n", stdout);
    if (o->letter) printf("\\fB\\-%c\\fR, ", o->letter);
    fputs("\\fB\\-\\-", stdout);
    put(o->name);
    fputs("\\fR", stdout);
    if (o->argument) {
        fputs(" \\fI", stdout);
        put(o->argument);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    put(o->help);
    putchar('\n');
}

/* ".TP" with a word in bold. */
static void put_term(const char *term, const char *what) {
    fputs(".TP\n\\fB", stdout);
    put(term);
    fputs("\\fR\n", stdout);
    put(what);
    putchar('\n');
}

static void put_usage(const char *verb, const char *usage) {
    fputs("\\fBwithy ", stdout);
    put(verb);
    fputs("\\fR ", stdout);
    put(usage);
    putchar('\n');
}

static void put_verb(const char *verb, const wy_syntax *syntax) {
    bool below = strchr(verb, ' ') != NULL; /* part of the page of the verb above it */
    fputs(below ? ".SH \"" : ".SH SYNOPSIS", stdout);
    for (const char *c = verb; below && *c; c++)
        putchar(toupper((unsigned char)*c));
    fputs(below ? "\"\n" : "\n", stdout);
    put_usage(verb, syntax->usage);
    fputs(below ? ".PP\n" : ".SH DESCRIPTION\n", stdout);
    put(syntax->text);
    fputs(below ? "\n" : "\n.SH OPTIONS\n", stdout);
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++)
            put_option(o);
    fputs(".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nprint this\n", stdout);
}

static void put_group(const char *verb, const char *text, const wy_verb *table) {
    fputs(".SH SYNOPSIS\n", stdout);
    put_usage(verb, "VERB ...");
    fputs(".SH DESCRIPTION\n", stdout);
    put(text);
    putchar('\n');
    for (const wy_verb *v = table; v->name; v++)
        put_term(v->name, v->summary);
    for (const wy_verb *v = table; v->name; v++)
        wy_help_of(&wy_help_man, verb, v);
}

const wy_help_form wy_help_man = {"man", put_verb, put_group};

/* --- pages --- */

/* No date: what is built twice is the same. */
static void put_head(const char *title, const char *name, const char *summary) {
    fputs(".\\\" Made from the tables of the command's options; do not edit.\n.TH \"", stdout);
    for (const char *c = title; *c; c++)
        putchar(toupper((unsigned char)*c));
    printf("\" 1 \"\" \"withy %s\" \"withy\"\n.SH NAME\n", withy_version());
    put(name);
    fputs(" \\- ", stdout);
    put(summary);
    putchar('\n');
}

static void put_statuses(void) {
    fputs(".SH \"EXIT STATUS\"\n", stdout);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        char code[16];
        snprintf(code, sizeof code, "%d", statuses[i].code);
        put_term(code, statuses[i].what);
    }
}

static void put_main_page(void) {
    put_head("withy", "withy", "run WebAssembly components");
    fputs(".SH SYNOPSIS\n", stdout);
    put_usage("", "VERB ...");
    fputs(
        ".SH DESCRIPTION\n"
        "One host for components: it serves HTTP, runs commands, and runs applications that\n"
        "were written for Spin. Each verb has a page of its own.\n.SH VERBS\n",
        stdout);
    for (const wy_verb *v = wy_verbs; v->name; v++)
        put_term(v->name, v->summary);
    put_statuses();
    fputs(
        ".PP\nwithy run and withy call end with the component\\(aqs own status where it exits by\n"
        "itself.\n.SH ENVIRONMENT\n",
        stdout);
    for (size_t i = 0; i < sizeof environment / sizeof *environment; i++)
        put_term(environment[i].name, environment[i].what);
    fputs(".SH \"SEE ALSO\"\n", stdout);
    for (const wy_verb *v = wy_verbs; v->name; v++)
        printf("\\fBwithy\\-%s\\fR(1)%s\n", v->name, v[1].name ? "," : "");
}

void wy_man_page(const wy_verb *verb) {
    if (!verb) {
        put_main_page();
        return;
    }
    char name[64];
    snprintf(name, sizeof name, "withy-%s", verb->name);
    put_head(name, name, verb->summary);
    wy_help_of(&wy_help_man, NULL, verb);
    fputs(".SH \"SEE ALSO\"\n\\fBwithy\\fR(1)\n", stdout);
}
