/* Build: running the build commands that a manifest has for its components. */
#ifndef WY_HOST_BUILD_H
#define WY_HOST_BUILD_H

#include "app/app.h"

/* Runs the commands of all components, or of those in `only`, in their folders; says on stderr what
 * is run, and the commands' output goes where this process's goes. The first that fails ends it:
 * WY_IO. WY_USAGE: an id that no component has, or one without commands. */
wy_err wy_build_run(const wy_app *app, const char *const *only, size_t only_count,
                    wy_diag *diag) WY_MUST_USE;

#endif
