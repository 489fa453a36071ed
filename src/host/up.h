/* Running an application, also by a trigger that is a program of its own. */
#ifndef WY_HOST_UP_H
#define WY_HOST_UP_H

#include "host/triggers.h"
#include "withy.h"

/* As withy_up, for the bindings of one type alone, which `custom` is; NULL: withy_up itself. */
int wy_up_custom(const char *manifest, const withy_up_options *options,
                 const wy_custom_trigger *custom, withy_error *error);

#endif
