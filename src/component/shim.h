/* Shim and fixup modules: recognised by their code, so that the plan can do without them.
 *
 * Tools break the cycle between a lowered import and the memory it needs with two small modules: a
 * shim whose functions only call through a table, and a fixup whose one element segment fills that
 * table. Trampolines find their memory when called, so neither is needed. */
#ifndef WY_COMPONENT_SHIM_H
#define WY_COMPONENT_SHIM_H

#include "component/core_ast.h"

/* True when `module` is a shim: imports nothing, defines one table, and each function exported
 * under a name consists of "push all parameters, call through slot k of the table". Then `slot_out`
 * (room for export_count) tells the slot of each exported function, UINT32_MAX for other exports,
 * and `table_export_out` the index of the export that is the table. */
bool wy_shim_recognise(const wy_core_module *module, uint32_t *slot_out,
                       uint32_t *table_export_out);

/* What a fixup is made of, as indexes of its imports. */
typedef struct wy_fixup {
    uint32_t table;
    uint32_t slot_count;
    uint32_t *func_of_slot; /* given by the caller, with room for import_count */
    uint32_t start;         /* the function that it starts, or UINT32_MAX */
} wy_fixup;

/* True when `module` is a fixup: imports one table and functions, defines nothing, its only active
 * element segment puts imported function i into slot i, and its start function, if any, is an
 * imported one: tools run a module's initialiser there, after the table is filled. */
bool wy_fixup_recognise(const wy_core_module *module, wy_fixup *fixup_out);

/* The plain function type at a core type index of the module; NULL when it is none or not plain. */
const wy_core_functype *wy_shim_functype(const wy_core_module *module, uint32_t index);

#endif
