/* A component that is looked at and not run: decoded, validated, planned, its imports linked. */
#ifndef WY_HOST_INSPECT_H
#define WY_HOST_INSPECT_H

#include "component/plan.h"
#include "component/types.h"
#include "host/load.h"
#include "runtime/component.h"

#define WY_INSPECTION_TEXT_MAX ((size_t)64 << 20)

typedef struct wy_inspection {
    const char *path;
    wy_arena arena; /* of all but the engine */
    wy_file file;
    wy_engine *engine; /* for ahead-of-time files only */
    const wy_component_types *types;
    const wy_plan *plan;
    wy_link *links; /* one an import of the plan */
} wy_inspection;

/* Opens a component or ahead-of-time file; errors name the file. To be closed in either case. */
wy_err wy_inspection_open(wy_inspection *in, const char *path, wy_diag *diag) WY_MUST_USE;
void wy_inspection_close(wy_inspection *in);

#endif
