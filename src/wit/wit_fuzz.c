/* Fuzz target: any bytes as a WIT text. What parses must resolve or fail, print, and parse again to
 * a model that prints the same. */
#include "wit/check.h"
#include "wit/print.h"
#include "wit/resolve.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Prints all packages of a text; false when it is no good WIT. */
static bool print_all(wy_str text, wy_buf *buf) {
    wy_arena arena;
    wy_wit_set set;
    wy_diag diag;
    wy_arena_init(&arena, ARENA_MAX);
    wy_wit_set_init(&set, &arena);
    wy_diag_init(&diag);
    bool good = !wy_wit_set_add_text(&set, WY_STR("fuzz.wit"), text, &diag), resolved = good;
    for (uint32_t i = 0; good && i < set.package_count; i++) {
        wy_wit_print_package(buf, set.packages[i]);
        wy_diag_init(&diag);
        if (!wy_wit_resolve_package(&set, set.packages[i], &diag)) continue;
        wy_assert(diag.err != WY_OK);
        resolved = false;
    }
    if (resolved && wy_wit_check_cycles(&set, &diag)) wy_assert(diag.err != WY_OK);
    wy_arena_deinit(&arena);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wy_buf first, second;
    wy_buf_init(&first, ARENA_MAX);
    wy_buf_init(&second, ARENA_MAX);
    if (print_all((wy_str){(const char *)data, size}, &first)) {
        /* Several packages print as several files one after the other, which is no file. */
        wy_str text = wy_buf_view(&first);
        bool one =
            !memmem(text.ptr ? text.ptr + 1 : "", text.len ? text.len - 1 : 0, "\npackage ", 9);
        if (one && text.len) {
            wy_assert(print_all(text, &second));
            wy_assert(wy_str_eq(text, wy_buf_view(&second)));
        }
    }
    wy_buf_deinit(&first);
    wy_buf_deinit(&second);
    return 0;
}
