/* withy plugins list */
#include "cli/verb.h"

static const char list_usage[] = "[OPTIONS]";
static const char list_text[] =
    "Lists the plug-ins that are installed: programs that are verbs of withy (`withy NAME`) or\n"
    "triggers (trigger-NAME). Those that Spin has installed are among them.";

static void print_plain(void *data, const withy_plugin *plugin) {
    bool *any = data;
    *any = true;
    printf("%s%s%s  %s\n", plugin->name, plugin->version ? " " : "",
           plugin->version ? plugin->version : "", plugin->path);
    if (plugin->description) printf("    %s\n", plugin->description);
}

static void put_member(wy_buf *out, const char *key, const char *value) {
    if (!value) return;
    wy_buf_printf(out, ",\"%s\":", key);
    wy_buf_json(out, wy_str_of(value));
}

static void add_json(void *data, const withy_plugin *plugin) {
    wy_buf *out = data;
    wy_buf_str(out, out->len > 1 ? WY_STR(",{\"name\":") : WY_STR("{\"name\":"));
    wy_buf_json(out, wy_str_of(plugin->name));
    put_member(out, "version", plugin->version);
    put_member(out, "description", plugin->description);
    put_member(out, "path", plugin->path);
    wy_buf_char(out, '}');
}

static void print_json(void) {
    wy_buf out;
    wy_buf_init(&out, (size_t)64 << 20);
    wy_buf_char(&out, '[');
    withy_plugin_each(add_json, &out);
    wy_buf_char(&out, ']');
    puts(out.failed ? "[]" : out.ptr);
    wy_buf_deinit(&out);
}

static int run_list(int argc, char **argv) {
    bool json = false, any = false;
    const wy_option table[] = {{"json", 0, WY_OPTION_FLAG, NULL, "print them for programs", &json},
                               {0}};
    const wy_option *tables[] = {table};
    const wy_syntax syntax = {
        .usage = list_usage, .text = list_text, .tables = tables, .table_count = 1};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status >= 0) return status;
    if (operands.count) {
        fprintf(stderr, "withy: %s takes no operand \"%s\"\n", argv[0], operands.items[0]);
        return 2;
    }
    if (json)
        print_json();
    else
        withy_plugin_each(print_plain, &any);
    if (!json && !any) printf("No plug-ins found\n");
    return 0;
}

int wy_verb_plugins(int argc, char **argv) {
    static const wy_verb table[] = {{"list", "list the plug-ins that are installed", run_list},
                                    {0}};
    return wy_cli_subverb("Programs that are verbs or triggers of their own.", table, argc, argv);
}
