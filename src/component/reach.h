/* What a core function may call: read off its code, so that the plan can tell a function that
 * cannot leave its module. */
#ifndef WY_COMPONENT_REACH_H
#define WY_COMPONENT_REACH_H

#include "component/core_ast.h"

/* True when no way from function `func` of the valid module leads out of it but to imports whose
 * `safe` is set (by import). False also where the code is not understood: calls through tables and
 * references, vector and atomic instructions; or where there is no memory to find out. */
bool wy_core_stays_inside(const wy_core_module *module, uint32_t func, const bool *safe);

#endif
