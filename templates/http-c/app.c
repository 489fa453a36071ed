// %NAME%: answers every request with a greeting. The functions of wasi:http are called as the
// canonical ABI has them; app.wit says which there are.
#include <stdint.h>

#define TYPES(name) __attribute__((import_module("wasi:http/types@0.2.0"), import_name(name)))
#define STREAMS(name) __attribute__((import_module("wasi:io/streams@0.2.0"), import_name(name)))

TYPES("[constructor]fields") int32_t fields_new(void);
TYPES("[constructor]outgoing-response") int32_t response_new(int32_t fields);
TYPES("[method]outgoing-response.body") void response_body(int32_t response, uint8_t *result);
TYPES("[method]outgoing-body.write") void body_write(int32_t body, uint8_t *result);
TYPES("[static]outgoing-body.finish")
void body_finish(int32_t body, int32_t has_trailers, int32_t trailers, uint8_t *result);
TYPES("[static]response-outparam.set")
void outparam_set(int32_t out, int32_t is_error, int32_t response, int32_t, int64_t, int32_t,
                  int32_t, int32_t, int32_t);
TYPES("[resource-drop]incoming-request") void request_drop(int32_t request);
STREAMS("[method]output-stream.blocking-write-and-flush")
void stream_write(int32_t stream, const char *bytes, int32_t len, uint8_t *result);
STREAMS("[resource-drop]output-stream") void stream_drop(int32_t stream);

// Where results of functions go that are too large to be returned: a tag, and behind it the value.
static _Alignas(8) uint8_t result[64];

static int32_t handle_in_result(void) {
    if (result[0] != 0) __builtin_trap();
    return *(int32_t *)(void *)(result + 4);
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle"))) void handle(int32_t request,
                                                                                    int32_t out) {
    static const char greeting[] = "Hello from %NAME%\n";
    int32_t response = response_new(fields_new());
    response_body(response, result);
    int32_t body = handle_in_result();
    outparam_set(out, 0, response, 0, 0, 0, 0, 0, 0);
    body_write(body, result);
    int32_t stream = handle_in_result();
    stream_write(stream, greeting, sizeof greeting - 1, result);
    stream_drop(stream);
    body_finish(body, 0, 0, result);
    request_drop(request);
}

// What the host returns in memory (nothing here asks for it) would be made by this.
static uint8_t heap[65536];
static uint32_t used;
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, uint32_t old_size,
                                                                uint32_t align, uint32_t size) {
    (void)old, (void)old_size;
    used = (used + align - 1) / align * align;
    if (size > sizeof heap - used) __builtin_trap();
    void *at = heap + used;
    used += size;
    return at;
}
