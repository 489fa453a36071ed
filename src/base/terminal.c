/* Terminal: asked each time, since streams are redirected and windows change. */
#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_USUAL 80

static const char *const sequences[] = {
    [WY_STYLE_PLAIN] = "\033[0m", [WY_STYLE_BAD] = "\033[1;31m", [WY_STYLE_WARNING] = "\033[33m",
    [WY_STYLE_GOOD] = "\033[32m", [WY_STYLE_STRONG] = "\033[1m",
};

const char *wy_terminal_style(int fd, wy_style style) {
    wy_assert((unsigned)style < sizeof sequences / sizeof *sequences);
    const char *refused = getenv("NO_COLOR"), *term = getenv("TERM");
    if (refused && *refused) return "";
    if (!term || strcmp(term, "dumb") == 0 || !isatty(fd)) return "";
    return sequences[style];
}

unsigned wy_terminal_width(int fd) {
    struct winsize size = {0};
    if (!isatty(fd)) return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return WIDTH_USUAL;
    return size.ws_col;
}
