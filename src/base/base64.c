/* Base64: three bytes are four letters. */
#include "base/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void wy_base64_encode(wy_buf *out, wy_str bytes, bool padded) {
    for (size_t at = 0; at < bytes.len; at += 3) {
        size_t count = bytes.len - at < 3 ? bytes.len - at : 3;
        uint32_t group = 0;
        for (size_t i = 0; i < 3; i++)
            group = group << 8 | (i < count ? (unsigned char)bytes.ptr[at + i] : 0);
        for (size_t i = 0; i < 4; i++) {
            if (i <= count)
                wy_buf_char(out, letters[group >> (18 - 6 * i) & 63]);
            else if (padded)
                wy_buf_char(out, '=');
        }
    }
}

/* 64: no letter. */
static uint32_t value_of(char c) {
    if (c >= 'A' && c <= 'Z') return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z') return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9') return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

bool wy_base64_decode(wy_buf *out, wy_str text) {
    size_t begin = out->len;
    if (text.len % 4 == 0 && text.len)
        for (int i = 0; i < 2 && text.ptr[text.len - 1] == '='; i++)
            text.len--;
    if (text.len % 4 == 1) return false;
    for (size_t at = 0; at < text.len; at += 4) {
        size_t count = text.len - at < 4 ? text.len - at : 4;
        uint32_t group = 0;
        for (size_t i = 0; i < 4; i++) {
            uint32_t value = i < count ? value_of(text.ptr[at + i]) : 0;
            if (value == 64) {
                out->len = begin;
                return false;
            }
            group = group << 6 | value;
        }
        for (size_t i = 0; i + 1 < count; i++)
            wy_buf_char(out, (char)(group >> (16 - 8 * i) & 255));
    }
    return true;
}
