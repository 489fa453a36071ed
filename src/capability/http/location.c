/* Location: references to URLs. */
#include "capability/http/location.h"

/* The index of the first of two characters, or the end. */
static size_t find_either(wy_str s, char a, char b) {
    size_t at = wy_str_find(s, a), other = wy_str_find(s, b);
    return at < other ? at : other;
}

static bool has_scheme(wy_str to) {
    size_t colon = wy_str_find(to, ':');
    return colon < wy_str_find(to, '/') && colon < find_either(to, '?', '#');
}

/* Appends a path, which begins with '/', without its segments "." and "..". */
static void append_path(wy_buf *out, wy_str path) {
    size_t root = out->len;
    while (path.len) {
        size_t end = 1 + wy_str_find(wy_str_sub(path, 1, path.len), '/');
        wy_str segment = wy_str_sub(path, 0, end);
        path = wy_str_sub(path, end, path.len);
        bool is_up = wy_str_eqz(segment, "/.."), is_here = wy_str_eqz(segment, "/.");
        if (!is_up && !is_here) {
            wy_buf_str(out, segment);
            continue;
        }
        if (is_up && out->len > root) {
            out->len = root + wy_str_rfind(wy_str_sub(wy_buf_view(out), root, out->len), '/');
            out->ptr[out->len] = '\0';
        }
        if (path.len == 0) wy_buf_char(out, '/');
    }
}

/* Appends a path and what is behind it. */
static void append_target(wy_buf *out, wy_str target) {
    size_t end = find_either(target, '?', '#');
    append_path(out, wy_str_sub(target, 0, end));
    wy_buf_str(out, wy_str_sub(target, end, target.len));
}

void wy_http_location(wy_str base, wy_str to, wy_buf *out) {
    size_t scheme = wy_str_find(base, ':') + 1;
    size_t host = scheme + 2 < base.len ? scheme + 2 : base.len;
    wy_str rest = wy_str_sub(base, host, base.len);
    rest = wy_str_sub(rest, 0, wy_str_find(rest, '#'));
    size_t query = wy_str_find(rest, '?'), slash = wy_str_find(rest, '/');
    size_t path = slash < query ? slash : query;
    if (has_scheme(to)) {
        wy_buf_str(out, to);
    } else if (wy_str_starts(to, WY_STR("//"))) {
        wy_buf_str(out, wy_str_sub(base, 0, scheme));
        wy_buf_str(out, to);
    } else if (to.len == 0 || to.ptr[0] == '?' || to.ptr[0] == '#') {
        wy_buf_str(out, wy_str_sub(base, 0, host));
        wy_buf_str(out, wy_str_sub(rest, 0, to.len && to.ptr[0] == '?' ? query : rest.len));
        wy_buf_str(out, to);
    } else {
        wy_buf_str(out, wy_str_sub(base, 0, host));
        wy_buf_str(out, wy_str_sub(rest, 0, path));
        wy_buf target;
        wy_buf_init(&target, out->limit);
        if (to.ptr[0] != '/') {
            wy_str folder = wy_str_sub(rest, path, query);
            wy_buf_str(&target, wy_str_sub(folder, 0, wy_str_rfind(folder, '/')));
            wy_buf_char(&target, '/');
        }
        wy_buf_str(&target, to);
        append_target(out, wy_buf_view(&target));
        out->failed |= target.failed;
        wy_buf_deinit(&target);
    }
}
