/* Refusals: tells who runs the host which line of the manifest would allow what a component asked
 * for. What the component gets is its interface's. */
#ifndef WY_INTERFACE_REFUSAL_H
#define WY_INTERFACE_REFUSAL_H

#include "base/str.h"

/* `act` is what was refused ("open the database"), `key` the list of the component's table where
 * `label` is missing. Nothing is told where `component` is empty (there is no manifest), or of what
 * cannot be a label: it comes from the guest, and must not look like lines of the log. */
void wy_refusal_tell(wy_str component, const char *act, wy_str label, const char *key);
/* What a guest names goes on the log without what would look like further lines of it, or steer a
 * terminal. */
void wy_refusal_make_plain(char *text);

#endif
