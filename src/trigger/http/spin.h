/* A Spin application over HTTP: routes, fixed responses, reserved paths, and the spin-* fields that
 * its components find in their requests. */
#ifndef WY_TRIGGER_HTTP_SPIN_H
#define WY_TRIGGER_HTTP_SPIN_H

#include "app/app.h"
#include "app/route.h"
#include "trigger/http/component.h"

typedef struct wy_http_spin wy_http_spin;

/* `components` has one handler for each of app->http_triggers: NULL where the trigger has a fixed
 * response or is private. Both and `arena` outlive the result, which lives in `arena`. Routes that
 * lose against a later one of the same path are logged. */
wy_err wy_http_spin_new(wy_arena *arena, const wy_app *app, wy_http_component *const *components,
                        wy_http_spin **spin_out, wy_diag *diag) WY_MUST_USE;
/* Answers one request of a component of the application: for "NAME.spin.internal" the component of
 * that name, private or not, else as wy_http_spin_handle. */
void wy_http_spin_handle_inside(void *data, own wy_http_exchange *exchange);
/* Whether there is a component of that name to answer. */
bool wy_http_spin_has(const wy_http_spin *spin, wy_str component);
/* Answers one request; `data` is the wy_http_spin. */
void wy_http_spin_handle(void *data, own wy_http_exchange *exchange);

#endif
