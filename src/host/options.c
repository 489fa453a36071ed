/* Defaults of the library's option structs, and the texts of its statuses. */
#include "base/err.h"
#include "withy.h"

#include <string.h>

const char *withy_version(void) {
    return WITHY_VERSION;
}

_Static_assert((int)WITHY_NOMEM == (int)WY_NOMEM && (int)WITHY_TRAP == (int)WY_TRAP &&
                   (int)WITHY_BUSY == (int)WY_BUSY,
               "statuses are the errors of err.def, number by number");

const char *withy_status_text(withy_status status) {
    return wy_err_text((wy_err)status);
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

void withy_build_options_init(withy_build_options *options) {
    memset(options, 0, sizeof *options);
}

void withy_watch_options_init(withy_watch_options *options) {
    memset(options, 0, sizeof *options);
    withy_up_options_init(&options->up);
}

void withy_new_options_init(withy_new_options *options) {
    memset(options, 0, sizeof *options);
}

void withy_doctor_options_init(withy_doctor_options *options) {
    memset(options, 0, sizeof *options);
}
