/* Routes: what an application says of itself when it begins to serve. */
#ifndef WY_HOST_ROUTES_H
#define WY_HOST_ROUTES_H

#include "app/app.h"

/* On stdout: where it serves, and which component answers which path; private ones are left out.
 * `url` NULL: it answers no requests. */
void wy_routes_print(const wy_app *app, const char *url, bool as_json);

#endif
