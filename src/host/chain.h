/* Chain: a component that answers requests, with others around it (middleware) that see them first:
 * linked together for one HTTP trigger, each with the grants of its own table. */
#ifndef WY_HOST_CHAIN_H
#define WY_HOST_CHAIN_H

#include "app/app.h"
#include "trigger/http/component.h"

typedef struct wy_application wy_application;
typedef struct wy_chain wy_chain;

/* WY_UNMET, WY_INVALID: one of them does not import or export wasi:http/incoming-handler. */
wy_err wy_chain_load(wy_application *application, const wy_app_http_trigger *trigger,
                     own wy_chain **chain_out, wy_diag *diag) WY_MUST_USE;
/* The chain's. */
wy_http_component *wy_chain_handler(const wy_chain *chain);
void wy_chain_free(own wy_chain *chain); /* NULL is fine */

#endif
