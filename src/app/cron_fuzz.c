/* Any text: a schedule whose times go up, or an error. */
#include "app/cron.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_cron cron;
    wy_err err = wy_cron_parse((wy_str){(const char *)data, size}, &cron, &diag);
    wy_assert(err == diag.err);
    if (err) return 0;
    static const uint64_t from[] = {0, 951782399, 1795266000, 4107542399, 8078400000, UINT64_MAX};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        uint64_t time = from[i], next;
        for (unsigned k = 0; k < 4 && wy_cron_next(&cron, time, &next); k++) {
            wy_assert(next > time);
            time = next;
        }
    }
    return 0;
}
