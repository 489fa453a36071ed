/* URLs of files. */
#include "app/locked.h"

static bool is_plain(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("/-._~", c));
}

void wy_file_url_write(wy_buf *out, const char *path) {
    wy_buf_str(out, WY_STR("file://"));
    for (const unsigned char *c = (const unsigned char *)path; *c; c++)
        if (is_plain(*c))
            wy_buf_char(out, (char)*c);
        else
            wy_buf_printf(out, "%%%02X", *c);
}

static int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
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
        int high = -1, low = -1;
        if (url.ptr[i] == '%' && i + 2 < url.len) {
            high = digit_of(url.ptr[i + 1]);
            low = digit_of(url.ptr[i + 2]);
        }
        bool is_escape = url.ptr[i] == '%';
        if (is_escape && (high < 0 || low < 0 || (high == 0 && low == 0))) return false;
        path[len++] = is_escape ? (char)(high * 16 + low) : url.ptr[i];
        if (is_escape) i += 2;
    }
    if (!path) return false;
    path[len] = '\0';
    *path_out = (wy_str){path, len};
    return true;
}
