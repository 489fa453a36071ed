/* Percent encoding (RFC 3986, section 2.1). */
#ifndef WY_BASE_PERCENT_H
#define WY_BASE_PERCENT_H

#include "base/str.h"

/* The byte that the escape "%XX" at `at` of `text` stands for; -1: there is no whole one. */
int wy_percent_at(wy_str text, size_t at);

/* Appends `text` with everything escaped but letters, digits, "-._~" and what `also` lists. */
void wy_percent_encode(wy_buf *out, wy_str text, const char *also);

#endif
