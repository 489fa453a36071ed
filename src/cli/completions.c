/* withy completions SHELL: a script for the shell, in which each verb has printed its own part. */
#include "cli/help.h"

#include <stdio.h>

static const char usage[] = "bash|zsh|fish";
static const char text[] =
    "Prints a script that lets the shell complete verbs, options and what they take. For the\n"
    "shell that is running, in bash: . <(withy completions bash)";

#define WORDS_MAX 4096

/* The last word of "registry push". */
static const char *last_word(const char *verb) {
    const char *space = strrchr(verb, ' ');
    return space ? space + 1 : verb;
}

static bool is_below(const char *verb) {
    return strchr(verb, ' ') != NULL;
}

/* In single quotes, where `also` gets a backslash. */
static void put_quoted(const char *what, const char *also) {
    putchar('\'');
    for (const char *c = what; *c; c++) {
        if (strchr(also, *c)) putchar('\\');
        if (*c == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*c);
    }
    putchar('\'');
}

static void put_names(const wy_verb *table) {
    for (const wy_verb *v = table; v->name; v++)
        printf("%s%s", v == table ? "" : " ", v->name);
}

/* What stands for the operands: "FILE.wasm" behind "[OPTIONS]". */
static const char *operands_of(const wy_syntax *syntax) {
    static const char options[] = "[OPTIONS]";
    bool begins = strncmp(syntax->usage, options, sizeof options - 1) == 0;
    return begins ? syntax->usage + sizeof options - 1 : syntax->usage;
}

/* --- bash --- */

/* What follows an option, or stands alone; the function _withy_offer knows what to do. */
static void bash_value(const char *argument, const char *indent) {
    wy_buf words;
    wy_buf_init(&words, WORDS_MAX);
    wy_help_value value = wy_help_value_of(argument, &words);
    const char *listed = words.ptr ? words.ptr : "";
    if (value == WY_HELP_FILES) printf("%s_withy_files\n", indent);
    if (value == WY_HELP_WORDS) {
        printf("%s_withy_words ", indent);
        put_quoted(listed, "");
        putchar('\n');
    }
    if (value == WY_HELP_FREE) printf("%s:\n", indent);
    wy_buf_deinit(&words);
}

static void bash_verb(const char *verb, const wy_syntax *syntax) {
    printf("    %s)\n        case $previous in\n", last_word(verb));
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++) {
            if (o->kind == WY_OPTION_FLAG) continue;
            printf("        --%s", o->name);
            if (o->letter) printf(" | -%c", o->letter);
            printf(")\n");
            bash_value(o->argument, "            ");
            printf("            return\n            ;;\n");
        }
    printf("        esac\n        if [[ $word == -* ]]; then\n            _withy_words '");
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++)
            printf("--%s ", o->name);
    printf("--help'\n        else\n");
    bash_value(operands_of(syntax), "            ");
    printf("        fi\n        ;;\n");
}

static void bash_group(const char *verb, const char *description, const wy_verb *table) {
    (void)description;
    printf("    %s)\n        if [[ $COMP_CWORD == 2 ]]; then\n            _withy_words '",
           last_word(verb));
    put_names(table);
    printf(" --help'\n            return\n        fi\n        case ${COMP_WORDS[2]} in\n");
    for (const wy_verb *v = table; v->name; v++)
        wy_help_of(&wy_help_bash, verb, v);
    printf("        esac\n        ;;\n");
}

const wy_help_form wy_help_bash = {"bash", bash_verb, bash_group};

static void print_bash(void) {
    fputs(
        "# Completions of withy for bash, made from the tables of its options; do not edit.\n"
        "_withy_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\"); }\n"
        "_withy_files() {\n"
        "    compopt -o filenames 2>/dev/null\n"
        "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
        "}\n"
        "_withy() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
        "    COMPREPLY=()\n"
        "    # --option=value comes as three words\n"
        "    if [[ $word == = ]]; then\n"
        "        word=\n"
        "    elif [[ $previous == = && $COMP_CWORD -gt 1 ]]; then\n"
        "        previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
        "    fi\n"
        "    if [[ $COMP_CWORD == 1 ]]; then\n"
        "        _withy_words '",
        stdout);
    put_names(wy_verbs);
    fputs(" --help --version'\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n", stdout);
    for (const wy_verb *v = wy_verbs; v->name; v++)
        wy_help_of(&wy_help_bash, NULL, v);
    fputs("    esac\n}\ncomplete -F _withy withy\n", stdout);
}

/* --- zsh --- */

/* ":FILE:_files", the end of a specification. */
static void zsh_value(const char *argument) {
    wy_buf words;
    wy_buf_init(&words, WORDS_MAX);
    wy_help_value value = wy_help_value_of(argument, &words);
    putchar(':');
    put_quoted(argument, ":\\");
    if (value == WY_HELP_FILES) fputs(":_files", stdout);
    if (value == WY_HELP_WORDS) printf(":'(%s)'", words.ptr ? words.ptr : "");
    if (value == WY_HELP_FREE) fputs(":' '", stdout);
    wy_buf_deinit(&words);
}

/* One spelling of an option; the other one is not offered beside it. */
static void zsh_option(const wy_option *o, bool letter) {
    fputs("            ", stdout);
    if (o->kind == WY_OPTION_VALUES)
        fputs("'*'", stdout);
    else if (o->letter)
        printf("'(-%c --%s)'", o->letter, o->name);
    if (letter)
        printf("-%c%s", o->letter, o->argument ? "+" : "");
    else
        printf("--%s%s", o->name, o->argument ? "=" : "");
    putchar('\'');
    putchar('[');
    putchar('\'');
    put_quoted(o->help, "[]\\");
    putchar('\'');
    putchar(']');
    putchar('\'');
    if (o->argument) zsh_value(o->argument);
    fputs(" \\\n", stdout);
}

static void zsh_verb(const char *verb, const wy_syntax *syntax) {
    int depth = is_below(verb) ? 2 : 1;
    printf(
        "    %s)\n        shift %d words\n        (( CURRENT -= %d ))\n"
        "        _arguments -s -S \\\n",
        last_word(verb), depth, depth);
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++) {
            if (o->letter) zsh_option(o, true);
            zsh_option(o, false);
        }
    fputs("            '(- *)'{-h,--help}'[print this]' \\\n            '*'", stdout);
    const char *operands = operands_of(syntax);
    zsh_value(*operands ? operands : "nothing");
    fputs("\n        ;;\n", stdout);
}

static void zsh_list(const wy_verb *table) {
    fputs("        local -a verbs=(\n", stdout);
    for (const wy_verb *v = table; v->name; v++) {
        printf("            %s:", v->name);
        put_quoted(v->summary, ":\\");
        putchar('\n');
    }
    fputs("        )\n        _describe verb verbs\n        return\n", stdout);
}

static void zsh_group(const char *verb, const char *description, const wy_verb *table) {
    (void)description;
    printf("    %s)\n        if (( CURRENT == 3 )); then\n", last_word(verb));
    zsh_list(table);
    fputs("        fi\n        case $words[3] in\n", stdout);
    for (const wy_verb *v = table; v->name; v++)
        wy_help_of(&wy_help_zsh, verb, v);
    fputs("        esac\n        ;;\n", stdout);
}

const wy_help_form wy_help_zsh = {"zsh", zsh_verb, zsh_group};

static void print_zsh(void) {
    fputs(
        "#compdef withy\n"
        "# Completions of withy for zsh, made from the tables of its options; do not edit.\n"
        "_withy() {\n    if (( CURRENT == 2 )); then\n",
        stdout);
    zsh_list(wy_verbs);
    fputs("    fi\n    case $words[2] in\n", stdout);
    for (const wy_verb *v = wy_verbs; v->name; v++)
        wy_help_of(&wy_help_zsh, NULL, v);
    fputs(
        "    esac\n}\n"
        "if [[ $funcstack[1] == _withy ]]; then _withy \"$@\"; else compdef _withy withy; fi\n",
        stdout);
}

/* --- fish --- */

static void fish_begin(const char *verb) {
    printf("complete -c withy -n '__withy_in %s'", verb);
}

static void fish_value(const char *argument) {
    wy_buf words;
    wy_buf_init(&words, WORDS_MAX);
    wy_help_value value = wy_help_value_of(argument, &words);
    fputs(value == WY_HELP_FILES ? " -r -F" : " -x", stdout);
    if (value == WY_HELP_WORDS) printf(" -a '%s'", words.ptr ? words.ptr : "");
    wy_buf_deinit(&words);
}

static void fish_operands(const char *verb, const char *operands) {
    wy_buf words;
    wy_buf_init(&words, WORDS_MAX);
    wy_help_value value = wy_help_value_of(operands, &words);
    if (value != WY_HELP_FREE) fish_begin(verb);
    if (value == WY_HELP_FILES) fputs(" -F\n", stdout);
    if (value == WY_HELP_WORDS) printf(" -a '%s'\n", words.ptr ? words.ptr : "");
    wy_buf_deinit(&words);
}

static void fish_verb(const char *verb, const wy_syntax *syntax) {
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++) {
            fish_begin(verb);
            printf(" -l %s", o->name);
            if (o->letter) printf(" -s %c", o->letter);
            if (o->argument) fish_value(o->argument);
            fputs(" -d ", stdout);
            put_quoted(o->help, "\\");
            putchar('\n');
        }
    fish_begin(verb);
    fputs(" -l help -s h -d 'print this'\n", stdout);
    fish_operands(verb, operands_of(syntax));
}

static void fish_group(const char *verb, const char *description, const wy_verb *table) {
    (void)description;
    for (const wy_verb *v = table; v->name; v++) {
        printf("complete -c withy -n '__withy_at %s' -a %s -d ", verb, v->name);
        put_quoted(v->summary, "\\");
        putchar('\n');
        wy_help_of(&wy_help_fish, verb, v);
    }
}

const wy_help_form wy_help_fish = {"fish", fish_verb, fish_group};

static void print_fish(void) {
    fputs(
        "# Completions of withy for fish, made from the tables of its options; do not edit.\n"
        "# Whether these words, and perhaps more, stand behind the command.\n"
        "function __withy_in\n"
        "    set -l words (commandline -opc)\n"
        "    set -e words[1]\n"
        "    test (count $words) -ge (count $argv)\n"
        "    and test \"$words[1..\"(count $argv)\"]\" = \"$argv\"\n"
        "end\n"
        "# Whether these words and no more do.\n"
        "function __withy_at\n"
        "    set -l words (commandline -opc)\n"
        "    test \"$words[2..]\" = \"$argv\"\n"
        "end\n"
        "complete -c withy -f\n",
        stdout);
    for (const wy_verb *v = wy_verbs; v->name; v++) {
        printf("complete -c withy -n '__withy_at' -a %s -d ", v->name);
        put_quoted(v->summary, "\\");
        putchar('\n');
        wy_help_of(&wy_help_fish, NULL, v);
    }
}

/* --- the verb --- */

int wy_verb_completions(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    const wy_option table[] = {{0}};
    const wy_option *tables[] = {table};
    const wy_syntax syntax = {.usage = usage, .text = text, .tables = tables, .table_count = 1};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    for (size_t i = 0; i < sizeof shells / sizeof *shells && operands.count == 1; i++)
        if (strcmp(operands.items[0], shells[i].name) == 0) {
            shells[i].print();
            return 0;
        }
    fprintf(stderr, "withy: completions takes the name of a shell: %s\n", usage);
    return 2;
}
