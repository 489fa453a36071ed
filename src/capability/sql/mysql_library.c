/* The functions of libmariadb. */
#include "capability/sql/mysql_library.h"

#include "capability/sql/library.h"

static const char *const names[] = {
#define X(name) #name,
    WY_MY_FUNCTIONS(X)
#undef X
};

_Static_assert(sizeof(wy_my) == sizeof names / sizeof *names * sizeof(void *),
               "one pointer a function");

bool wy_my_load(void **library_out, char text[256]) {
    return wy_sql_library_load("libmariadb.so.3", names, sizeof names / sizeof *names, library_out,
                               text);
}
