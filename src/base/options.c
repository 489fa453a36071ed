/* Parsing the command line by table, and printing help from the same table. */
#include "base/options.h"

#include <stdio.h>

#define OPTIONS_MAX 64

static const wy_option *find(const wy_syntax *syntax, wy_str name) {
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++)
            if (wy_str_eqz(name, o->name)) return o;
    return NULL;
}

static const wy_option *find_letter(const wy_syntax *syntax, char letter) {
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++)
            if (o->letter && o->letter == letter) return o;
    return NULL;
}

static const char *program_of(const wy_syntax *syntax) {
    return syntax->program ? syntax->program : "withy";
}

static const wy_refused *find_refused(const wy_syntax *syntax, wy_str name) {
    for (const wy_refused *r = syntax->refused; r && r->name; r++)
        if (wy_str_eqz(name, r->name)) return r;
    return NULL;
}

static int fail_unknown(const wy_syntax *syntax, const char *verb, wy_str name) {
    wy_str names[OPTIONS_MAX];
    size_t count = 0;
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name && count < OPTIONS_MAX; o++)
            names[count++] = wy_str_of(o->name);
    const wy_refused *refused = find_refused(syntax, name);
    if (refused) {
        fprintf(stderr, "%s: --%s is not supported: %s\n", program_of(syntax), refused->name,
                refused->why);
        return 2;
    }
    wy_str nearest = wy_str_nearest(name, names, count);
    fprintf(stderr, "%s: unknown option --" WY_STR_FMT, program_of(syntax), WY_STR_ARG(name));
    if (nearest.len) fprintf(stderr, " (did you mean --" WY_STR_FMT "?)", WY_STR_ARG(nearest));
    fprintf(stderr, "\nTry `%s %s%s--help`.\n", program_of(syntax), syntax->program ? "" : verb,
            syntax->program ? "" : " ");
    return 2;
}

int wy_options_fail_unknown(const wy_syntax *syntax, const char *verb, const char *written) {
    wy_str name = wy_str_of(written);
    while (name.len && name.ptr[0] == '-')
        name = wy_str_sub(name, 1, name.len);
    return fail_unknown(syntax, verb, wy_str_sub(name, 0, wy_str_find(name, '=')));
}

static bool parse_size(const char *text, uint64_t *out) {
    wy_str s = wy_str_of(text);
    unsigned shift = 0;
    if (s.len > 1) {
        char unit = s.ptr[s.len - 1];
        shift = unit == 'k' || unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : 0;
        s.len -= shift != 0;
    }
    uint64_t value;
    if (!wy_str_to_u64(s, UINT64_MAX >> shift, &value)) return false;
    *out = value << shift;
    return true;
}

/* Stores a value; false when it is not of the option's kind. */
static bool store(const wy_option *option, const char *value) {
    switch (option->kind) {
    case WY_OPTION_FLAG: *(bool *)option->target = true; return true;
    case WY_OPTION_TEXT: *(const char **)option->target = value; return true;
    case WY_OPTION_NUMBER: return wy_str_to_u64(wy_str_of(value), UINT64_MAX, option->target);
    case WY_OPTION_SIZE: return parse_size(value, option->target);
    case WY_OPTION_VALUES: {
        wy_option_values *values = option->target;
        if (values->count == WY_OPTION_VALUES_MAX) return false;
        values->items[values->count++] = value;
        return true;
    }
    }
    return false;
}

static void print_option(const wy_option *o) {
    char left[64];
    snprintf(left, sizeof left, "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
             o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name, o->argument ? " " : "",
             o->argument ? o->argument : "");
    printf("  %-30s %s\n", left, o->help);
}

void wy_options_print(const wy_syntax *syntax) {
    for (size_t t = 0; t < syntax->table_count; t++)
        for (const wy_option *o = syntax->tables[t]; o->name; o++)
            print_option(o);
}

static int print_help(const wy_syntax *syntax, const char *verb) {
    printf("Usage: %s %s%s%s\n\n%s\n\nOptions:\n", program_of(syntax), syntax->program ? "" : verb,
           syntax->program ? "" : " ", syntax->usage, syntax->text);
    wy_options_print(syntax);
    printf("  -h, --help                     print this\n");
    return 0;
}

/* Keeps an option that is in no table for whoever may know it. False: there is no room. */
static bool keep_unknown(wy_option_values *unknown, int argc, char **argv, int *at) {
    if (unknown->count + 2 > WY_OPTION_VALUES_MAX) return false;
    const char *arg = argv[*at];
    unknown->items[unknown->count++] = arg;
    if (!strchr(arg, '=') && *at + 1 < argc && argv[*at + 1][0] != '-')
        unknown->items[unknown->count++] = argv[++*at];
    return true;
}

/* One argument that begins with a dash. -1: go on. */
static int parse_option(const wy_syntax *syntax, int argc, char **argv, int *at) {
    const char *arg = argv[*at];
    const wy_option *option;
    const char *value = NULL;
    wy_str shown;
    if (arg[1] == '-') {
        wy_str name = wy_str_of(arg + 2);
        size_t equals = wy_str_find(name, '=');
        if (equals < name.len) value = name.ptr + equals + 1;
        shown = wy_str_sub(name, 0, equals);
        option = find(syntax, shown);
    } else {
        shown = (wy_str){arg + 1, 1};
        option = find_letter(syntax, arg[1]);
        if (arg[2]) value = arg[2] == '=' ? arg + 3 : arg + 2;
    }
    if (!option && syntax->unknown && !find_refused(syntax, shown) &&
        keep_unknown(syntax->unknown, argc, argv, at))
        return -1;
    if (!option) return fail_unknown(syntax, argv[0], shown);
    if (option->kind == WY_OPTION_FLAG && value) {
        fprintf(stderr, "%s: --%s takes no value\n", program_of(syntax), option->name);
        return 2;
    }
    if (option->kind != WY_OPTION_FLAG && !value) {
        if (*at + 1 >= argc) {
            fprintf(stderr, "%s: --%s needs a value: %s\n", program_of(syntax), option->name,
                    option->argument);
            return 2;
        }
        value = argv[++*at];
    }
    if (!store(option, value)) {
        fprintf(stderr, "%s: --%s: \"%s\" is not a %s\n", program_of(syntax), option->name, value,
                option->argument);
        return 2;
    }
    return -1;
}

int wy_options_parse(const wy_syntax *syntax, int argc, char **argv, wy_operands *operands_out) {
    *operands_out = (wy_operands){argv + 1, 0};
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "--") == 0) {
            while (++i < argc)
                operands_out->items[operands_out->count++] = argv[i];
            break;
        }
        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
            return print_help(syntax, argv[0]);
        if (arg[0] != '-' || arg[1] == '\0') {
            operands_out->items[operands_out->count++] = argv[i];
            while (syntax->stop_at_operand && ++i < argc)
                operands_out->items[operands_out->count++] = argv[i];
            continue;
        }
        int status = parse_option(syntax, argc, argv, &i);
        if (status >= 0) return status;
    }
    return -1;
}
