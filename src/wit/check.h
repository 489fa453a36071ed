/* Checker: rules about a package as a whole, once its names are resolved: feature gates, names at
 * the top of files, packages that depend on each other. */
#ifndef WY_WIT_CHECK_H
#define WY_WIT_CHECK_H

#include "wit/set.h"

/* All of the package is resolved. WY_INVALID at what breaks a rule, WY_NOT_FOUND at a `use` of
 * nothing, WY_LIMIT. */
wy_err wy_wit_check_package(const wy_wit_set *set, const wy_wit_package *package,
                            wy_diag *diag) WY_MUST_USE;
/* Whether packages depend on each other in a circle: WY_INVALID. All of the set is resolved. */
wy_err wy_wit_check_cycles(const wy_wit_set *set, wy_diag *diag) WY_MUST_USE;

#endif
