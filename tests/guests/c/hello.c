// Answers every request with "Hello, world!": the component that the benchmarks use. It has its own
// few lines in place of a C library's allocator so that nothing but the bindings is linked in.
#include "guest.h"

#include <stdlib.h>

static _Alignas(16) unsigned char heap[16384];
static size_t heap_used;

void *malloc(size_t size) {
    size_t at = heap_used;
    if (size > sizeof heap - at) {
        __builtin_trap();
    }
    heap_used = (at + size + 15) & ~(size_t)15;
    return heap + at;
}

void *realloc(void *old, size_t size) {
    return old == NULL ? malloc(size) : NULL;
}

void free(void *p) {
    (void)p;
}

void abort(void) {
    __builtin_trap();
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    wasi_http_types_incoming_request_drop_own(request);
    reply(out, 200, "Hello, world!");
}
