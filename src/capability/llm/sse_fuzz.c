/* Any bytes as a stream of events: the same events however the bytes are cut. */
#include "base/check.h"
#include "capability/llm/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static wy_err add(void *data, wy_str text) {
    size_t *sum = data;
    for (size_t i = 0; i < text.len; i++)
        *sum = *sum * 31 + (unsigned char)text.ptr[i];
    *sum = *sum * 31 + 256;
    return text.len == 3 ? WY_CLOSED : WY_OK;
}

static size_t read_all(const uint8_t *data, size_t size, size_t step) {
    wy_sse sse;
    size_t sum = 0;
    wy_sse_init(&sse, 64);
    wy_err err = WY_OK;
    for (size_t at = 0; at < size && !err; at += step) {
        size_t len = size - at < step ? size - at : step;
        err = wy_sse_feed(&sse, (wy_str){(const char *)data + at, len}, add, &sum);
    }
    wy_sse_deinit(&sse);
    return err == WY_LIMIT ? 0 : sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t one = read_all(data, size, 1);
    wy_assert(one == read_all(data, size, size + 1));
    wy_assert(one == read_all(data, size, size / 2 + 1));
    return 0;
}
