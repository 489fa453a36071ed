// Called at the times of a schedule: the variable "action" says what to do. print prints "tick" and
// the time in seconds, fail returns an error, trap traps, hang never returns.
#include "gen/scheduled.h"
#include <stdlib.h>
#include <string.h>

static void print(const char *bytes, size_t len) {
    wasi_io_streams_borrow_output_stream_t out =
        wasi_io_streams_borrow_output_stream(wasi_cli_stdout_get_stdout());
    wasi_io_streams_stream_error_t error;
    scheduled_list_u8_t list = {(uint8_t *)bytes, len};
    wasi_io_streams_method_output_stream_blocking_write_and_flush(out, &list, &error);
}

static void print_time(uint64_t time) {
    char text[32] = "tick ", digits[20];
    size_t len = 5, count = 0;
    do {
        digits[count++] = (char)('0' + time % 10);
    } while (time /= 10);
    while (count) {
        text[len++] = digits[--count];
    }
    text[len++] = '\n';
    print(text, len);
}

static bool is(scheduled_string_t s, const char *text) {
    return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

bool exports_scheduled_handle_cron_event(scheduled_metadata_t *metadata, scheduled_error_t *error) {
    scheduled_string_t name = {(uint8_t *)"action", 6}, action;
    fermyon_spin_variables_error_t wrong;
    error->tag = 0;
    error->val.other = (scheduled_string_t){malloc(2), 2}; // freed after the return
    memcpy(error->val.other.ptr, "no", 2);
    if (!fermyon_spin_variables_get(&name, &action, &wrong) || is(action, "fail")) {
        return false;
    }
    if (is(action, "trap")) {
        __builtin_trap();
    }
    print_time(metadata->timestamp);
    while (is(action, "hang")) {
    }
    return true;
}
