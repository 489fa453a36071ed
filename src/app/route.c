/* Routes: a trie over the segments of paths. */
#include "app/route.h"

#include "base/map.h"

#define NONE UINT32_MAX

/* A place in the trie: all routes that begin with the segments on the way to it.
 *
 *   root -"users"-> node -param-> node     exact: entry of /users/:id
 *     \-"static"-> node                    wildcard: entry of /static/... */
typedef struct node {
    wy_map literals;    /* segment -> struct node * */
    struct node *param; /* any one segment */
    uint32_t exact;     /* entry of the route that ends here, or NONE */
    uint32_t wildcard;  /* entry of the route that goes on with anything, or NONE */
} node;

/* A route taken apart. */
typedef struct spec {
    wy_str text;   /* sanitized: "/a/:b/..." or "" for "/" */
    wy_str prefix; /* without the wildcard */
    bool is_wildcard;
    wy_str params[WY_ROUTE_PARAMS_MAX]; /* names */
    uint32_t param_count;
} spec;

struct wy_route_table {
    node root;
    const spec *specs; /* one an entry */
    wy_route_duplicate *duplicates;
    uint32_t duplicate_count;
};

/* Cuts the next segment off `rest`, which begins with a slash or is empty. */
static bool next_segment(wy_str *rest, wy_str *segment_out) {
    if (rest->len == 0) return false;
    wy_assert(rest->ptr[0] == '/');
    wy_str tail = wy_str_sub(*rest, 1, rest->len);
    size_t end = wy_str_find(tail, '/');
    *segment_out = wy_str_sub(tail, 0, end);
    *rest = wy_str_sub(tail, end, tail.len);
    return true;
}

/* Checks the segments of `prefix` and notes the parameters' names. */
static wy_err read_segments(spec *s, wy_diag *diag) {
    wy_str segment;
    uint32_t count = 0;
    for (wy_str rest = s->prefix; next_segment(&rest, &segment);) {
        if (++count > WY_ROUTE_SEGMENTS_MAX)
            return wy_diag_set(diag, WY_LIMIT, "a route has more than %d segments",
                               WY_ROUTE_SEGMENTS_MAX);
        if (segment.len && segment.ptr[0] == ':') {
            if (segment.len == 1 || wy_str_find(segment, '.') < segment.len)
                return wy_diag_set(diag, WY_INVALID,
                                   "route '" WY_STR_FMT
                                   "': a parameter is ':' and a name of "
                                   "letters, digits, '-' and '_', and a whole segment",
                                   WY_STR_ARG(s->text));
            if (s->param_count == WY_ROUTE_PARAMS_MAX)
                return wy_diag_set(diag, WY_LIMIT,
                                   "route '" WY_STR_FMT "': more than %d parameters",
                                   WY_STR_ARG(s->text), WY_ROUTE_PARAMS_MAX);
            s->params[s->param_count++] = wy_str_sub(segment, 1, segment.len);
        } else if (wy_str_eqz(segment, "...") || (segment.len && segment.ptr[0] == '*')) {
            return wy_diag_set(diag, WY_INVALID,
                               "route '" WY_STR_FMT
                               "': a wildcard may stand only at the end, as "
                               "'/...'",
                               WY_STR_ARG(s->text));
        }
    }
    return WY_OK;
}

/* `text` begins with a slash and has none at its end. */
static wy_err read_spec(wy_str text, spec *s, wy_diag *diag) {
    *s = (spec){.text = text, .prefix = text};
    size_t tail = wy_str_ends(text, WY_STR("/...")) ? 4 : wy_str_ends(text, WY_STR("/*")) ? 2 : 0;
    s->is_wildcard = tail != 0;
    s->prefix = wy_str_sub(text, 0, text.len - tail);
    return read_segments(s, diag);
}

/* Adds the slash in front, removes one at the end. */
static wy_str sanitize(wy_arena *arena, wy_str route) {
    if (route.len && route.ptr[route.len - 1] == '/') route.len--;
    if (route.len == 0) return WY_STR("");
    if (route.ptr[0] == '/') return route;
    char *text = wy_arena_alloc_aligned(arena, route.len + 1, 1);
    if (!text) return (wy_str){0};
    text[0] = '/';
    memcpy(text + 1, route.ptr, route.len);
    return (wy_str){text, route.len + 1};
}

static node *new_node(wy_arena *arena) {
    node *n = wy_arena_calloc(arena, 1, sizeof *n);
    if (!n) return NULL;
    wy_map_init(&n->literals, arena);
    n->exact = n->wildcard = NONE;
    return n;
}

/* The node below `at` for one segment of a route, made when absent. */
static node *descend(wy_arena *arena, node *at, wy_str segment) {
    bool is_param = segment.len && segment.ptr[0] == ':';
    node *next = is_param ? at->param : wy_map_get_ptr(&at->literals, segment);
    if (next) return next;
    next = new_node(arena);
    if (!next) return NULL;
    if (is_param)
        at->param = next;
    else if (!wy_map_set(&at->literals, segment, (uintptr_t)next))
        return NULL;
    return next;
}

static bool insert(wy_arena *arena, wy_route_table *table, uint32_t entry) {
    const spec *s = &table->specs[entry];
    node *at = &table->root;
    wy_str segment;
    for (wy_str rest = s->prefix; next_segment(&rest, &segment);) {
        if (segment.len == 0) continue; /* "//" counts as "/" */
        at = descend(arena, at, segment);
        if (!at) return false;
    }
    uint32_t *slot = s->is_wildcard ? &at->wildcard : &at->exact;
    if (*slot != NONE)
        table->duplicates[table->duplicate_count++] =
            (wy_route_duplicate){s->text.len ? s->text : WY_STR("/"), *slot, entry};
    *slot = entry;
    return true;
}

wy_err wy_route_table_new(wy_arena *arena, const wy_str *routes, uint32_t count,
                          const wy_route_table **table_out, wy_diag *diag) {
    wy_route_table *table = wy_arena_calloc(arena, 1, sizeof *table);
    spec *specs = wy_arena_calloc(arena, count, sizeof *specs);
    *table_out = NULL;
    if (table) table->duplicates = wy_arena_calloc(arena, count, sizeof *table->duplicates);
    if (!table || !specs || !table->duplicates) return wy_diag_set(diag, WY_NOMEM, "routes");
    wy_map_init(&table->root.literals, arena);
    table->root.exact = table->root.wildcard = NONE;
    table->specs = specs;
    for (uint32_t i = 0; i < count; i++) {
        if (!routes[i].ptr) continue;
        wy_str text = sanitize(arena, routes[i]);
        if (!text.ptr) return wy_diag_set(diag, WY_NOMEM, "routes");
        wy_err err = read_spec(text, &specs[i], diag);
        if (err != WY_OK) return err;
        if (!insert(arena, table, i)) return wy_diag_set(diag, WY_NOMEM, "routes");
    }
    *table_out = table;
    return WY_OK;
}

const wy_route_duplicate *wy_route_table_duplicates(const wy_route_table *table,
                                                    uint32_t *count_out) {
    *count_out = table->duplicate_count;
    return table->duplicates;
}

wy_err wy_route_check(wy_arena *arena, wy_str route, wy_diag *diag) {
    spec s;
    wy_str text = sanitize(arena, route);
    if (!text.ptr) return wy_diag_set(diag, WY_NOMEM, "routes");
    return read_spec(text, &s, diag);
}

/* A lookup on its way down. */
typedef struct search {
    wy_str values[WY_ROUTE_PARAMS_MAX];
    uint32_t count;
    uint32_t entry;
    wy_str remainder;
} search;

/* Depth is bounded by the longest route, work by the number of nodes: each node is visited once at
 * most, as a path leads to it in one way only. */
static bool find(const node *at, wy_str rest, search *s) {
    wy_str tail = rest, segment;
    if (!next_segment(&tail, &segment)) {
        if (at->exact != NONE || at->wildcard != NONE) {
            s->entry = at->exact != NONE ? at->exact : at->wildcard;
            s->remainder = rest;
            return true;
        }
        return false;
    }
    const node *literal = wy_map_get_ptr(&at->literals, segment);
    if (literal && find(literal, tail, s)) return true;
    if (at->param && segment.len) {
        wy_assert(s->count < WY_ROUTE_PARAMS_MAX);
        s->values[s->count++] = segment;
        if (find(at->param, tail, s)) return true;
        s->count--;
    }
    if (at->wildcard == NONE) return false;
    s->entry = at->wildcard;
    s->remainder = rest;
    return true;
}

bool wy_route_find(const wy_route_table *table, wy_str path, wy_route_match *match_out) {
    if (path.len == 0) path = WY_STR("/");
    while (path.len > 1 && path.ptr[1] == '/' && path.ptr[0] == '/')
        path = wy_str_sub(path, 1, path.len);
    size_t whole = path.len;
    while (path.len && path.ptr[path.len - 1] == '/')
        path.len--;
    if (path.len && path.ptr[0] != '/') return false;
    search s = {0};
    if (!find(&table->root, path, &s)) return false;
    const spec *found = &table->specs[s.entry];
    *match_out = (wy_route_match){.entry = s.entry,
                                  .route = found->text,
                                  .prefix = found->prefix,
                                  .is_wildcard = found->is_wildcard,
                                  .param_count = found->param_count};
    wy_assert(s.count == found->param_count);
    for (uint32_t i = 0; i < s.count; i++)
        match_out->params[i] = (wy_route_param){found->params[i], s.values[i]};
    if (found->is_wildcard) {
        /* slashes at the end belong to the remainder */
        match_out->remainder = s.remainder;
        match_out->remainder.len += whole - path.len;
    }
    return true;
}
