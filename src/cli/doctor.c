/* withy doctor [-f spin.toml] [--fix] */
#include "cli/verb.h"

#include <stdio.h>

static const char usage[] = "[OPTIONS]";
static const char text[] =
    "Looks at the application of a Spin manifest for what would go wrong when it is run: "
    "components\n"
    "that are not built, imports nobody provides, routes given twice, variables without a value.";

static void write_out(void *data, const char *bytes, size_t len) {
    (void)data;
    fwrite(bytes, 1, len, stdout);
}

int wy_verb_doctor(int argc, char **argv) {
    withy_doctor_options options;
    withy_doctor_options_init(&options);
    const char *from = NULL;
    const wy_option table[] = {
        {"from", 'f', WY_OPTION_TEXT, "PATH",
         "manifest, or folder with a spin.toml (default: the nearest spin.toml)", &from},
        {"profile", 0, WY_OPTION_TEXT, "NAME", "variant of the components", &options.profile},
        {"fix", 0, WY_OPTION_FLAG, NULL, "mend what can be mended", &options.fix},
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
    status = withy_doctor(from, &options, write_out, NULL, &error);
    return error.code ? wy_cli_fail(&error) : status;
}
