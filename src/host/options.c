/* Defaults of the library's option structs. */
#include "withy.h"

#include <string.h>

const char *withy_version(void) {
    return WITHY_VERSION;
}

void withy_options_init(withy_options *options) {
    memset(options, 0, sizeof *options);
}

void withy_serve_options_init(withy_serve_options *options) {
    memset(options, 0, sizeof *options);
    withy_options_init(&options->common);
    options->address = "127.0.0.1:3000";
}

void withy_up_options_init(withy_up_options *options) {
    memset(options, 0, sizeof *options);
    withy_serve_options_init(&options->serve);
    options->follow_all = true;
}
