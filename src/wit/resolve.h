/* Resolver: finds what every name in interfaces and worlds stands for, and checks what only then
 * can be checked: types that contain themselves, handles of what is no resource, includes in a
 * circle. */
#ifndef WY_WIT_RESOLVE_H
#define WY_WIT_RESOLVE_H

#include "wit/set.h"

/* Fills the members marked "resolved" of an interface or world and of all it refers to; doing it
 * again is fine. Fails with WY_NOT_FOUND at a name that stands for nothing, WY_INVALID at one that
 * stands for the wrong thing, WY_LIMIT at types nested too deep. */
wy_err wy_wit_resolve(const wy_wit_set *set, wy_wit_scope *scope, wy_diag *diag) WY_MUST_USE;
/* All of a package. */
wy_err wy_wit_resolve_package(const wy_wit_set *set, wy_wit_package *package,
                              wy_diag *diag) WY_MUST_USE;

#endif
