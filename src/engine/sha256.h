/* SHA-256 as text. */
#ifndef WY_ENGINE_SHA256_H
#define WY_ENGINE_SHA256_H

#include "base/str.h"

#define WY_SHA256_TEXT 65 /* bytes: hexadecimal, NUL-terminated */

/* The digest of several pieces in a row. Any thread. */
void wy_sha256(const wy_str *pieces, uint32_t count, char text_out[WY_SHA256_TEXT]);

#endif
