/* withy doctor [-f spin.toml] [--fix] */
#include "cli/verb.h"

#include "base/terminal.h"

#include <stdio.h>
#include <unistd.h>

static const char usage[] = "[OPTIONS]";
static const char text[] =
    "Looks at the application of a Spin manifest for what would go wrong when it is built or run:\n"
    "tools that are not installed, components that are not built, imports nobody provides, routes\n"
    "given twice, variables and stores without a value, files that may not be read or written.";

/* Each piece is a line that begins with its kind. */
static void write_line(void *data, const char *bytes, size_t len) {
    (void)data;
    size_t mark = 0;
    wy_style style = WY_STYLE_PLAIN;
    if (len && bytes[0] == '-') style = WY_STYLE_BAD, mark = 1;
    if (len > 7 && memcmp(bytes, "mended:", 7) == 0) style = WY_STYLE_GOOD, mark = 7;
    if (len > 5 && memcmp(bytes, "note:", 5) == 0) style = WY_STYLE_WARNING, mark = 5;
    if (mark)
        printf("%s%.*s%s", wy_terminal_style(STDOUT_FILENO, style), (int)mark, bytes,
               wy_terminal_style(STDOUT_FILENO, WY_STYLE_PLAIN));
    fwrite(bytes + mark, 1, len - mark, stdout);
}

int wy_verb_doctor(int argc, char **argv) {
    withy_doctor_options options;
    withy_doctor_options_init(&options);
    const char *from = NULL;
    const wy_option table[] = {
        {"from", 'f', WY_OPTION_TEXT, "PATH",
         "manifest, or folder with a spin.toml (default: the nearest spin.toml)", &from},
        {"profile", 0, WY_OPTION_TEXT, "NAME", "variant of the components", &options.profile},
        {"runtime-config-file", 0, WY_OPTION_TEXT, "FILE", "what labels and variables stand for",
         &options.runtime_config},
        {"fix", 0, WY_OPTION_FLAG, NULL, "mend what can be mended", &options.fix},
        {"json", 0, WY_OPTION_FLAG, NULL, "print JSON for programs", &options.json},
        {0}};
    const wy_option *tables[] = {table};
    const wy_syntax syntax = {usage, text, tables, 1, false, NULL, NULL, NULL};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    if (operands.count > 0) {
        fprintf(stderr, "withy: doctor takes no operand \"%s\"; name a manifest with --from\n",
                operands.items[0]);
        return 2;
    }
    withy_error error = {0};
    status = withy_doctor(from, &options, write_line, NULL, &error);
    return error.code ? wy_cli_fail(&error) : status;
}
