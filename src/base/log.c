/* Log: formats a line and writes it with one system call, so that lines of processes do not mix. */
#include "base/log.h"

#include "base/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const level_prefix[] = {"error: ", "warning: ", "", "debug: "};
static const wy_style level_styles[] = {WY_STYLE_BAD, WY_STYLE_WARNING, WY_STYLE_PLAIN,
                                        WY_STYLE_PLAIN};

bool wy_log_enabled(wy_log_level level) {
    const char *wanted = getenv("WITHY_LOG");
    wy_log_level limit = WY_LOG_INFO;
    for (int i = 0; wanted && i < 4; i++)
        if (strcmp(wanted, level_names[i]) == 0) limit = (wy_log_level)i;
    return level <= limit;
}

void wy_log(wy_log_level level, const char *fmt, ...) {
    if (!wy_log_enabled(level)) return;
    char line[LINE_MAX_BYTES];
    wy_style style = level_styles[level];
    bool plain = style == WY_STYLE_PLAIN;
    int n = snprintf(line, sizeof line, "withy: %s%s%s",
                     plain ? "" : wy_terminal_style(STDERR_FILENO, style), level_prefix[level],
                     plain ? "" : wy_terminal_style(STDERR_FILENO, WY_STYLE_PLAIN));
    va_list args;
    va_start(args, fmt);
    int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, fmt, args);
    va_end(args);
    if (m < 0) return;
    size_t len = (size_t)n + (size_t)m;
    if (len > sizeof line - 2) len = sizeof line - 2;
    line[len++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written; /* nowhere left to report it */
}
