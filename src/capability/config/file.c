/* config from files: a folder whose files are named like variables and hold their values, as
 * secrets are mounted. Read anew at each question, so that a secret may be replaced. */
#include <sys/stat.h>

#include "base/text.h"
#include "capability/config/provider.h"

static wy_err file_make(wy_arena *arena, const wy_config_provider_options *options,
                        void **state_out, wy_diag *diag) {
    char *path = wy_arena_strndup(arena, options->path.ptr, options->path.len);
    if (!path) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return wy_diag_set(diag, WY_NOT_FOUND,
                           "%s: this must be a folder with a file for each variable", path);
    *state_out = path;
    return WY_OK;
}

/* One line end behind the value is the editor's. Names are checked: they hold no slash. */
static wy_err file_get(void *state, wy_str name, wy_arena *arena, wy_str *value_out,
                       wy_diag *diag) {
    char *path = wy_arena_printf(arena, "%s/" WY_STR_FMT, (const char *)state, WY_STR_ARG(name));
    if (!path) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    wy_diag detail;
    wy_diag_init(&detail);
    wy_err err = wy_text_read(arena, path, value_out, &detail);
    if (err == WY_NOT_FOUND) return err;
    if (err != WY_OK) return wy_diag_set(diag, WY_IO, "%s: %s", path, detail.text);
    if (wy_str_ends(*value_out, WY_STR("\n"))) value_out->len--;
    if (wy_str_ends(*value_out, WY_STR("\r"))) value_out->len--;
    return WY_OK;
}

extern const wy_config_provider wy_config_provider_file;
const wy_config_provider wy_config_provider_file = {
    .name = "file", .blocks = true, .make = file_make, .get = file_get};
