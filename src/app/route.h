/* Routes: which HTTP binding answers a path. A table is compiled once; a lookup allocates nothing.
 *
 *   /users/me        exactly this path
 *   /users/:id       one segment, whatever it is
 *   /static/...      this path and everything below it ("/" followed by "*" means the same)
 *
 * A literal segment beats a parameter, a parameter beats a wildcard, at the first segment where two
 * routes differ: so the longest literal beginning wins. Slashes at the begin and the end of a path
 * do not count. */
#ifndef WY_APP_ROUTE_H
#define WY_APP_ROUTE_H

#include "base/arena.h"
#include "base/str.h"

/* Of one route: more is WY_LIMIT. */
#define WY_ROUTE_PARAMS_MAX 16
#define WY_ROUTE_SEGMENTS_MAX 64

typedef struct wy_route_param {
    wy_str name, value;
} wy_route_param;

/* What a lookup found. Views of the table and of the path. */
typedef struct wy_route_match {
    uint32_t entry; /* index of the route given to wy_route_table_new */
    wy_str route;   /* with a slash in front and none behind; so "" for "/" */
    wy_str prefix;  /* the route without its wildcard */
    bool is_wildcard;
    wy_str remainder; /* what the wildcard matched, from the slash on: "", "/", "/a/b/" */
    wy_route_param params[WY_ROUTE_PARAMS_MAX]; /* in the order of the route */
    uint32_t param_count;
} wy_route_match;

/* Two entries with the same route: the later one is in effect. */
typedef struct wy_route_duplicate {
    wy_str route;
    uint32_t replaced, effective; /* entries */
} wy_route_duplicate;

typedef struct wy_route_table wy_route_table;

/* Compiles `routes`; an entry whose ptr is NULL has no route. The texts must live as long as
 * `arena`. WY_INVALID: a parameter without name, a wildcard before the end. */
wy_err wy_route_table_new(wy_arena *arena, const wy_str *routes, uint32_t count,
                          const wy_route_table **table_out, wy_diag *diag) WY_MUST_USE;
/* `*count_out` duplicates; lives with the table. */
const wy_route_duplicate *wy_route_table_duplicates(const wy_route_table *table,
                                                    uint32_t *count_out);
/* False: no route. `path` is a request's path without query. Any thread. */
bool wy_route_find(const wy_route_table *table, wy_str path, wy_route_match *match_out);

/* Only says whether one route is well-formed. */
wy_err wy_route_check(wy_arena *arena, wy_str route, wy_diag *diag) WY_MUST_USE;

#endif
