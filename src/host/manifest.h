/* Manifest: from what a user names (a file, a folder, a component, nothing) to the application
 * model.
 */
#ifndef WY_HOST_MANIFEST_H
#define WY_HOST_MANIFEST_H

#include "app/app.h"

/* The path of the manifest, or of the component, that `from` names; it lies in `arena`. NULL: the
 * spin.toml of the current folder or of the nearest one above. WY_NOT_FOUND; WY_UNSUPPORTED: it is
 * the name of something in a registry, which host/registry.h gets. */
wy_err wy_manifest_find(wy_arena *arena, const char *from, const char **path_out,
                        wy_diag *diag) WY_MUST_USE;

/* Whether the file is a component, by its first bytes. */
bool wy_manifest_is_component(const char *path);

/* Reads what was found, which may be a locked application too (app/locked.h). A component becomes
 * an application of it alone, which answers every path and may use the default stores. With `only`
 * the bindings of other components are left out (WY_USAGE: there is no such component). */
wy_err wy_manifest_load(wy_arena *arena, const char *path, wy_str profile, const char *const *only,
                        size_t only_count, const wy_app **app_out, wy_diag *diag) WY_MUST_USE;

/* WY_USAGE unless the application has each component that the option names. */
wy_err wy_manifest_check_ids(const wy_app *app, const char *option, const char *const *ids,
                             size_t count, wy_diag *diag) WY_MUST_USE;

/* The same application with the bindings of one type alone; and those of HTTP where components send
 * requests to each other. */
wy_err wy_manifest_keep_type(wy_arena *arena, const wy_app *app, wy_str type,
                             const wy_app **app_out, wy_diag *diag) WY_MUST_USE;

#endif
