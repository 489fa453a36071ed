/* wasi:logging: where a component's log messages go. */
#ifndef WY_INTERFACE_WASI_LOGGING_H
#define WY_INTERFACE_WASI_LOGGING_H

#include "base/str.h"

/* A component's settings for WY_SLOT_LOGGING. No settings: messages go to the host's standard
 * error.
 */
typedef struct wy_logging_settings {
    int fd;            /* open for writing as long as the component; each message is one write */
    wy_str component;  /* named in each line; may be empty */
    uint8_t level_min; /* wasi_logging_logging_level: lower ones are dropped */
} wy_logging_settings;

#endif
