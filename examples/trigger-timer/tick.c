/* The component: prints the value of its variable "message" whenever it is called. */
#include "gen/tick.h"
#include <string.h>

static void print(tick_string_t text) {
    wasi_cli_stdout_own_output_stream_t out = wasi_cli_stdout_get_stdout();
    wasi_io_streams_borrow_output_stream_t self = wasi_io_streams_borrow_output_stream(out);
    wasi_io_streams_stream_error_t error;
    tick_list_u8_t bytes = {text.ptr, text.len};
    wasi_io_streams_method_output_stream_blocking_write_and_flush(self, &bytes, &error);
}

void exports_tick_handle_timer_request(void) {
    tick_string_t name = {(uint8_t *)"message", strlen("message")}, message;
    tick_string_t end = {(uint8_t *)"\n", 1};
    fermyon_spin_variables_error_t error;
    if (!fermyon_spin_variables_get(&name, &message, &error))
        __builtin_trap(); /* the trigger says what happened, and goes on */
    print(message);
    print(end);
}
