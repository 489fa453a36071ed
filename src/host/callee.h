/* Callees: the functions that a component exports, and finding one by what a person wrote. */
#ifndef WY_HOST_CALLEE_H
#define WY_HOST_CALLEE_H

#include "base/arena.h"
#include "component/plan.h"

typedef struct wy_callee {
    wy_str interface_name; /* "ns:pkg/iface@1.0.0"; empty: the world's own function */
    wy_str name;           /* "find", "[method]thing.get" */
    const wy_plan_export *export;
} wy_callee;

typedef struct wy_callees {
    const wy_plan *plan;
    wy_callee *items;
    uint32_t count;
} wy_callees;

/* WY_NOMEM. The list lies in `arena` and points into the plan. */
wy_err wy_callees_list(wy_arena *arena, const wy_plan *plan, wy_callees *callees_out,
                       wy_diag *diag) WY_MUST_USE;

/* Finds the function that bytes [from, to) of `text` name: "ns:pkg/iface@1.0.0#func", "func" of the
 * world itself or of whichever interface has it. The version may be left out, or be another that is
 * compatible; of the interface's name the last part is enough; "thing.get" and "thing" stand for
 * "[method]thing.get" and "[constructor]thing". WY_NOT_FOUND, with the nearest name and all there
 * are; WY_INVALID where the name fits several. Both show the place in `text`. */
wy_err wy_callee_find(const wy_callees *callees, wy_str text, size_t from, size_t to,
                      const wy_callee **callee_out, wy_diag *diag) WY_MUST_USE;

/* The method "name" of the resource that the handle type `self` is of; NULL: it has none. */
const wy_callee *wy_callee_method(const wy_callees *callees, const wy_type *self, wy_str name);

/* What the component calls the resource of an own or borrow type where it exports it, or else the
 * plan's name for it; may be empty. */
wy_str wy_callees_resource(const wy_callees *callees, const wy_type *handle);

#endif
