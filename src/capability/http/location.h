/* Location: where a redirection leads, as a URL in full. */
#ifndef WY_CAPABILITY_HTTP_LOCATION_H
#define WY_CAPABILITY_HTTP_LOCATION_H

#include "base/str.h"

/* Appends the URL that the reference `to` (a field Location) stands for in an answer from `base`,
 * an http:// or https:// URL: RFC 3986, 5.2. What is no URL of HTTP comes out as none. `out` says
 * whether there was room. */
void wy_http_location(wy_str base, wy_str to, wy_buf *out);

#endif
