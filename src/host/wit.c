/* WIT packages for the person who writes them: checked, and printed in one form. */
#include "host/inspect.h"
#include "host/wit_text.h"

#include "base/limits.h"
#include "component/decode.h"
#include "engine/aot.h"
#include "wit/check.h"
#include "wit/print.h"
#include "wit/resolve.h"

#define TEXT_MAX ((size_t)64 << 20)
#define ARENA_MAX ((size_t)256 << 20)

/* Whether the package was read from `path` itself, or lies in the folder; others only help it. */
static bool is_main(const wy_wit_package *package, wy_str path) {
    if (package->is_nested) return false;
    wy_str file = package->pos.file->path;
    size_t slash = wy_str_rfind(file, '/');
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    wy_str folder = wy_str_sub(file, 0, slash < file.len ? slash : 0);
    while (folder.len > 1 && folder.ptr[folder.len - 1] == '/')
        folder.len--;
    return wy_str_eq(file, path) || wy_str_eq(folder, path);
}

/* The packages with the main ones first. */
static wy_err print_set(const wy_wit_set *set, wy_str path, wy_buf *buf, wy_diag *diag) {
    wy_wit_package **order = wy_arena_calloc(set->arena, set->package_count, sizeof *order);
    if (!order) return wy_diag_set(diag, WY_LIMIT, "out of memory for the packages");
    uint32_t count = 0;
    for (int main = 1; main >= 0; main--)
        for (uint32_t i = 0; i < set->package_count; i++)
            if (is_main(set->packages[i], path) == (main == 1)) order[count++] = set->packages[i];
    wy_wit_print_packages(buf, order, count);
    return WY_OK;
}

static wy_err read_set(const char *path, wy_arena *arena, wy_wit_set *set, wy_diag *diag) {
    wy_wit_set_init(set, arena);
    wy_err err = wy_wit_set_add_path(set, path, diag);
    if (!err && set->package_count == 0)
        err = wy_diag_set(diag, WY_NOT_FOUND, "%s: there is no WIT package", path);
    for (uint32_t i = 0; !err && i < set->package_count; i++)
        err = wy_wit_resolve_package(set, set->packages[i], diag);
    return err ? err : wy_wit_check_cycles(set, diag);
}

static wy_err text_of_wit(const char *path, wy_buf *buf, wy_diag *diag) {
    wy_arena arena;
    wy_wit_set set;
    wy_arena_init(&arena, ARENA_MAX);
    wy_err err = read_set(path, &arena, &set, diag);
    if (!err) err = print_set(&set, wy_str_of(path), buf, diag);
    wy_arena_deinit(&arena);
    return err;
}

static wy_err text_of_component(const char *path, wy_buf *buf, wy_diag *diag) {
    wy_inspection in;
    wy_err err = wy_inspection_open(&in, path, diag);
    if (!err) err = wy_wit_text_world(buf, &in.arena, in.types->type, diag);
    wy_inspection_close(&in);
    return err;
}

/* Whether the file begins as a component does, or an ahead-of-time file. */
static bool is_binary(const char *path) {
    wy_file file = {0};
    bool binary = false;
    if (wy_file_map(path, &file, NULL)) return false;
    binary = wy_aot_is(file.bytes, file.len) ||
             wy_binary_kind_of(file.bytes, file.len) != WY_BINARY_OTHER;
    wy_file_unmap(&file);
    return binary;
}

int withy_wit(const char *path, const withy_wit_options *options,
              void (*write)(void *data, const char *text, size_t len), void *data,
              withy_error *error) {
    wy_diag diag;
    wy_buf buf;
    wy_diag_init(&diag);
    wy_buf_init(&buf, TEXT_MAX);
    wy_err err =
        is_binary(path) ? text_of_component(path, &buf, &diag) : text_of_wit(path, &buf, &diag);
    if (!err && buf.failed) err = wy_diag_set(&diag, WY_LIMIT, "%s: the text is too long", path);
    if (!err && !options->check && buf.ptr) write(data, buf.ptr, buf.len);
    wy_buf_deinit(&buf);
    return err ? wy_host_fail(&diag, error) : 0;
}

void withy_wit_options_init(withy_wit_options *options) {
    *options = (withy_wit_options){0};
}
