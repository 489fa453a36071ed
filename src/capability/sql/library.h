/* Client libraries that are loaded when a guest first asks for a server: they bring others along,
 * whose loading would cost every program its start. */
#ifndef WY_CAPABILITY_SQL_LIBRARY_H
#define WY_CAPABILITY_SQL_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* The addresses of `count` functions of the shared library `file`, in their order, in a table to be
 * freed with free(); the library itself stays. False: `text` says why. Any thread. */
bool wy_sql_library_load(const char *file, const char *const *names, size_t count, void **table_out,
                         char text[256]);

#endif
