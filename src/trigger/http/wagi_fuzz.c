/* Fuzz target: the output of a program -> where its head ends, and what it says. What is taken must
 * be sendable: names and values that HTTP knows. */
#include "trigger/http/wagi.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wy_str output = {(const char *)data, size};
    size_t end = wy_wagi_head_end(output);
    wy_assert(end <= size);
    wy_arena arena;
    wy_wagi_head head;
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_http_fields_init(&head.fields, &arena);
    if (wy_wagi_read_head(wy_str_sub(output, 0, end ? end : size), &head) == WY_OK) {
        wy_assert(head.status >= 100 && head.status <= 999);
        for (uint32_t i = 0; i < head.fields.count; i++)
            wy_assert(wy_http_token_valid(head.fields.items[i].name) &&
                      wy_http_value_valid(head.fields.items[i].value));
    }
    wy_arena_deinit(&arena);
    return 0;
}
