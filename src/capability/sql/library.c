/* Loading client libraries. */
#include "capability/sql/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

bool wy_sql_library_load(const char *file, const char *const *names, size_t count, void **table_out,
                         char text[256]) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(text, 256, "%s", dlerror());
        return false;
    }
    void **table = calloc(count, sizeof *table);
    snprintf(text, 256, "out of memory");
    for (size_t i = 0; table && i < count; i++) {
        table[i] = dlsym(library, names[i]);
        if (table[i]) continue;
        snprintf(text, 256, "%s has no %s", file, names[i]);
        free(table);
        return false;
    }
    *table_out = table;
    return table != NULL;
}
