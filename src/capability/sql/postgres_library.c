/* Loading libpq. */
#include "capability/sql/postgres_library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_NAME "libpq.so.5"

static const char *const names[] = {
#define X(name) #name,
    WY_PQ_FUNCTIONS(X)
#undef X
};

_Static_assert(sizeof(wy_pq) == sizeof names / sizeof *names * sizeof(void *),
               "one pointer a function");

bool wy_pq_load(void **library_out, char text[256]) {
    void *file = dlopen(FILE_NAME, RTLD_NOW | RTLD_LOCAL);
    if (!file) {
        snprintf(text, 256, "%s", dlerror());
        return false;
    }
    void **library = malloc(sizeof(wy_pq));
    snprintf(text, 256, "out of memory");
    for (size_t i = 0; library && i < sizeof names / sizeof *names; i++) {
        library[i] = dlsym(file, names[i]);
        if (library[i]) continue;
        snprintf(text, 256, FILE_NAME " has no %s", names[i]);
        free(library);
        return false;
    }
    *library_out = library;
    return library != NULL;
}
