/* Percent encoding. */
#include "base/percent.h"

int wy_percent_at(wy_str text, size_t at) {
    if (text.len < 3 || at > text.len - 3 || text.ptr[at] != '%') return -1;
    int high = wy_hex_digit(text.ptr[at + 1]), low = wy_hex_digit(text.ptr[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_plain(char c, const char *also) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && (strchr("-._~", c) || strchr(also, c)));
}

void wy_percent_encode(wy_buf *out, wy_str text, const char *also) {
    for (size_t i = 0; i < text.len; i++)
        if (is_plain(text.ptr[i], also))
            wy_buf_char(out, text.ptr[i]);
        else
            wy_buf_printf(out, "%%%02X", (unsigned char)text.ptr[i]);
}
