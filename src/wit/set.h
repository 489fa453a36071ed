/* Package set: the WIT packages of some files and folders, and looking up what they hold by name.
 */
#ifndef WY_WIT_SET_H
#define WY_WIT_SET_H

#include "base/arena.h"
#include "wit/model.h"

/* Plain data. All of it lives in `arena`; there is nothing to free besides. */
typedef struct wy_wit_set {
    wy_arena *arena;
    wy_wit_package **packages;
    uint32_t package_count, package_cap;
} wy_wit_set;

/* `arena` must outlive the set. Never fails. */
void wy_wit_set_init(wy_wit_set *set, wy_arena *arena);

/* Each adds packages; errors are those of wy_wit_parse, and WY_INVALID where a package or a name in
 * it is defined twice, or a file's package is unknown. After an error the set may hold a part.
 *
 * One text by itself; it is copied. `path` is what errors call it. */
wy_err wy_wit_set_add_text(wy_wit_set *set, wy_str path, wy_str text, wy_diag *diag) WY_MUST_USE;
/* All *.wit files of a folder and of the folders in it. Files of one folder that have no package
 * line belong to the package that the others name. */
wy_err wy_wit_set_add_folder(wy_wit_set *set, const char *path, wy_diag *diag) WY_MUST_USE;
/* One file by itself, or a folder. */
wy_err wy_wit_set_add_path(wy_wit_set *set, const char *path, wy_diag *diag) WY_MUST_USE;

/* An interface or world by its full name, "wasi:io/streams@0.2.12": of the packages that have the
 * item, that of exactly this version, or else the newest compatible one (wit/semver.h); without a
 * version the one without, or else the newest. NULL: there is none. */
wy_wit_scope *wy_wit_set_find(const wy_wit_set *set, wy_str full_name);
/* The same from parts. */
wy_wit_scope *wy_wit_set_find_item(const wy_wit_set *set, wy_str package, wy_str item,
                                   wy_str version);

#endif
