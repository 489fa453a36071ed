#include "interface/registry.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

TEST(every_interface_has_one_line) {
    size_t count;
    const wy_interface *const *all = wy_interfaces(&count);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(all[i]->desc);
        assert_non_null(all[i]->ops);
        for (size_t k = i + 1; k < count; k++)
            assert_false(wy_str_eq(all[i]->desc->name, all[k]->desc->name) &&
                         wy_str_eq(all[i]->desc->version, all[k]->desc->version));
    }
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

/* docs/wasi.md has a section for each interface of WASI 0.2, and says of each function whether it
 * is there. */
TEST(the_page_about_wasi_is_true) {
    char *page = read_file(WITHY_SOURCE_DIR "/docs/wasi.md");
    size_t count;
    const wy_interface *const *all = wy_interfaces(&count);
    for (size_t i = 0; i < count; i++) {
        const wy_interface_desc *desc = all[i]->desc;
        if (!wy_str_starts(desc->name, WY_STR("wasi:")) ||
            !wy_str_eq(desc->version, WY_STR("0.2.12")))
            continue;
        char line[256];
        snprintf(line, sizeof line, "\n## `" WY_STR_FMT "@" WY_STR_FMT "`\n",
                 WY_STR_ARG(desc->name), WY_STR_ARG(desc->version));
        const char *section = strstr(page, line);
        if (!section) fail_msg("docs/wasi.md lacks the section%s", line);
        const char *end = strstr(section + 1, "\n## ");
        const wy_host_func *ops = all[i]->ops;
        for (uint32_t k = 0; k < desc->func_count; k++) {
            snprintf(line, sizeof line, "\n| `" WY_STR_FMT "` | %s |\n",
                     WY_STR_ARG(desc->funcs[k].name), ops[desc->funcs[k].op] ? "yes" : "no");
            const char *row = strstr(section, line);
            if (!row || (end && row > end))
                fail_msg("docs/wasi.md lacks in the section of " WY_STR_FMT " the row%s",
                         WY_STR_ARG(desc->name), line);
        }
    }
    free(page);
}
