/* Base64 (RFC 4648, section 4). */
#ifndef WY_BASE_BASE64_H
#define WY_BASE_BASE64_H

#include "base/str.h"

/* Appends the text of `bytes`, with padding where `padded`. */
void wy_base64_encode(wy_buf *out, wy_str bytes, bool padded);
/* Appends the bytes of `text`, which may lack its padding. False: it is no base64; nothing was
 * appended. A full `out` shows in out->failed. */
bool wy_base64_decode(wy_buf *out, wy_str text);

#endif
