/* URLs of files. */
#include "app/locked.h"

#include "base/percent.h"

void wy_file_url_write(wy_buf *out, const char *path) {
    wy_buf_str(out, WY_STR("file://"));
    wy_percent_encode(out, wy_str_of(path), "/");
}

bool wy_file_url_read(wy_arena *arena, wy_str url, wy_str *path_out) {
    wy_str scheme = WY_STR("file://");
    if (!wy_str_starts(url, scheme)) return false;
    url = wy_str_sub(url, scheme.len, url.len);
    if (wy_str_starts(url, WY_STR("localhost/"))) url = wy_str_sub(url, 9, url.len);
    if (url.len == 0 || url.ptr[0] != '/') return false;
    char *path = wy_arena_strndup(arena, url.ptr, url.len);
    size_t len = 0;
    for (size_t i = 0; path && i < url.len; i++) {
        bool is_escape = url.ptr[i] == '%';
        int byte = is_escape ? wy_percent_at(url, i) : (unsigned char)url.ptr[i];
        if (is_escape && byte <= 0) return false;
        path[len++] = (char)byte;
        if (is_escape) i += 2;
    }
    if (!path) return false;
    path[len] = '\0';
    *path_out = (wy_str){path, len};
    return true;
}
