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

typedef struct reading {
    char *path;
    wy_arena *arena;
    wy_str text;
    wy_err err;
    wy_diag detail;
} reading;

static void read_file(void *data) {
    reading *r = data;
    r->err = wy_text_read(r->arena, r->path, &r->text, &r->detail);
}

/* One line end behind the value is the editor's. Names are checked: they hold no slash. */
static wy_err file_get(void *state, const wy_config_question *question, wy_str *value_out,
                       wy_diag *diag) {
    reading *r = wy_arena_alloc(question->arena, sizeof *r);
    char *path = wy_arena_printf(question->arena, "%s/" WY_STR_FMT, (const char *)state,
                                 WY_STR_ARG(question->name));
    if (!r || !path) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    r->path = path;
    r->arena = question->arena; /* nobody else uses it meanwhile */
    wy_diag_init(&r->detail);
    if (question->task) {
        wy_err ended = wy_task_offload(question->task, read_file, r);
        if (ended != WY_OK) return ended;
    } else {
        read_file(r);
    }
    if (r->err == WY_NOT_FOUND) return r->err;
    if (r->err != WY_OK) return wy_diag_set(diag, WY_IO, "%s: %s", path, r->detail.text);
    if (wy_str_ends(r->text, WY_STR("\n"))) r->text.len--;
    if (wy_str_ends(r->text, WY_STR("\r"))) r->text.len--;
    *value_out = r->text;
    return WY_OK;
}

extern const wy_config_provider wy_config_provider_file;
const wy_config_provider wy_config_provider_file = {
    .name = "file", .make = file_make, .get = file_get};
