/* Terminal: whether a stream is one, how wide it is, and colours for it. What is written elsewhere,
 * into a file or a pipe, gets none. */
#ifndef WY_BASE_TERMINAL_H
#define WY_BASE_TERMINAL_H

#include "base/check.h"

typedef enum wy_style {
    WY_STYLE_PLAIN, /* ends any other */
    WY_STYLE_BAD,
    WY_STYLE_WARNING,
    WY_STYLE_GOOD,
    WY_STYLE_STRONG,
} wy_style;

/* The escape sequence that begins a style, or "" where there are no colours: `fd` is no terminal or
 * one that cannot show them (TERM=dumb), or NO_COLOR is set to anything. Any thread. */
const char *wy_terminal_style(int fd, wy_style style);

/* Columns; 0: not a terminal. Any thread. */
unsigned wy_terminal_width(int fd);

#endif
