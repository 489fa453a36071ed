/* Log: one line an event on stderr, for the person who runs the host. Guests' own output is not
 * logged here: it goes where the trigger says. */
#ifndef WY_BASE_LOG_H
#define WY_BASE_LOG_H

#include "base/check.h"

typedef enum wy_log_level { WY_LOG_ERROR, WY_LOG_WARN, WY_LOG_INFO, WY_LOG_DEBUG } wy_log_level;

/* "withy: warning: ..." and a newline, in one write. Levels above the one in WITHY_LOG (error,
 * warn, info, debug; default info) are dropped. Any thread. */
void wy_log(wy_log_level level, const char *fmt, ...) WY_PRINTF(2, 3);
bool wy_log_enabled(wy_log_level level);

#endif
