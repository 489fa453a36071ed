/* The end of a process that found its own bug: say where, then abort. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void wy_assert_failed(const char *expr, const char *file, int line) {
    fprintf(stderr, "withy: internal error: %s:%d: assertion failed: %s\n", file, line, expr);
    abort();
}
