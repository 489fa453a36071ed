/* The functions of libpq. */
#include "capability/sql/postgres_library.h"

#include "capability/sql/library.h"

static const char *const names[] = {
#define X(name) #name,
    WY_PQ_FUNCTIONS(X)
#undef X
};

_Static_assert(sizeof(wy_pq) == sizeof names / sizeof *names * sizeof(void *),
               "one pointer a function");

bool wy_pq_load(void **library_out, char text[256]) {
    return wy_sql_library_load("libpq.so.5", names, sizeof names / sizeof *names, library_out,
                               text);
}
