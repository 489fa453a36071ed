/* Types out of WIT text: descriptors of functions whose types somebody wrote down at run time. (For
 * withy's own interfaces tools/witgen does this when it is built.) */
#ifndef WY_HOST_WIT_TYPE_H
#define WY_HOST_WIT_TYPE_H

#include "value/type.h"
#include "wit/set.h"

typedef struct wy_wit_types {
    wy_arena *arena; /* the descriptors lie here, and refer to the names of the WIT model */
    wy_diag *diag;
    /* Identity of a resource that a type mentions; NULL: unknown here. */
    const wy_resource_type *(*resource)(void *data, const wy_wit_typedef *def);
    void *data;
} wy_wit_types;

/* The descriptor of a function of a resolved scope, a method's with its self. WY_NOT_FOUND: a
 * resource that is unknown; WY_UNSUPPORTED: async, and types above WASI 0.2; WY_LIMIT, WY_NOMEM. */
wy_err wy_wit_types_func(wy_wit_types *types, const wy_wit_func *func,
                         const wy_func_type **type_out) WY_MUST_USE;

/* Appends the function's name in a component: "[method]counter.add". */
void wy_wit_types_func_name(wy_buf *buf, const wy_wit_func *func);

#endif
