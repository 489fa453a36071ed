/* wasi:logging/logging: a guest's message becomes one line. */
#include "interface/wasi/logging.h"

#include <unistd.h>

#include "gen/wasi_logging_logging.h"
#include "runtime/host.h"

#define LINE_MAX_BYTES ((size_t)64 << 10) /* a longer message is cut */

/* Control characters would let a guest write lines in another's name. */
static void append_plain(wy_buf *line, wy_str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\n')
            wy_buf_str(line, WY_STR("\n    ")); /* go on, indented */
        else if (c < 0x20 && c != '\t')
            wy_buf_printf(line, "\\x%02x", c);
        else
            wy_buf_char(line, (char)c);
    }
}

static own wy_trap *log_message(wy_call *call, const wasi_logging_logging_log_args *args,
                                void *result) {
    static const char *const names[] = {"trace", "debug", "info", "warn", "error", "critical"};
    static const wy_logging_settings fallback = {.fd = STDERR_FILENO};
    (void)result;
    const wy_logging_settings *settings = wy_instance_settings(call->instance, WY_SLOT_LOGGING);
    if (!settings) settings = &fallback;
    if (args->level < settings->level_min || settings->fd < 0) return NULL;
    wy_assert(args->level < sizeof names / sizeof *names);
    wy_buf line;
    wy_buf_init(&line, LINE_MAX_BYTES);
    if (settings->component.len)
        wy_buf_printf(&line, WY_STR_FMT ": ", WY_STR_ARG(settings->component));
    wy_buf_printf(&line, "%s: ", names[args->level]);
    if (args->context.len) {
        append_plain(&line, args->context);
        wy_buf_str(&line, WY_STR(": "));
    }
    append_plain(&line, args->message);
    if (line.len == LINE_MAX_BYTES) line.len--;
    wy_buf_char(&line, '\n');
    ssize_t written = line.len ? write(settings->fd, line.ptr, line.len) : 0;
    (void)written; /* a log that cannot be written is no reason to stop the guest */
    wy_buf_deinit(&line);
    return NULL;
}

static const wasi_logging_logging_ops ops = {.log = log_message};

extern const wy_interface wy_interface_wasi_logging_logging;
const wy_interface wy_interface_wasi_logging_logging = {&wasi_logging_logging_interface, &ops};
