/* Any bytes: a tree or an error with a place inside the document, within the limits. */
#include "app/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every place lies in the document; every string is UTF-8. */
static void check(const wy_toml *value, uint32_t lines) {
    wy_assert(value->line >= 1 && value->line <= lines);
    if (value->kind == WY_TOML_STRING)
        wy_assert(wy_utf8_valid(value->string.ptr, value->string.len));
    if (value->kind == WY_TOML_ARRAY)
        for (uint32_t i = 0; i < value->array.count; i++)
            check(value->array.items[i], lines);
    if (value->kind != WY_TOML_TABLE) return;
    for (uint32_t i = 0; i < value->table.map.count; i++) {
        const wy_map_entry *entry = &value->table.map.entries[i];
        wy_assert(wy_utf8_valid(entry->key.ptr, entry->key.len));
        wy_assert(((const wy_toml *)entry->value)->key_line >= 1);
        check((const wy_toml *)entry->value, lines);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)64 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    const wy_toml *root;
    uint32_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    wy_err err = wy_toml_parse(&arena, (wy_str){(const char *)data, size}, &root, &diag);
    wy_assert(err == diag.err && (root != NULL) == (err == WY_OK));
    if (root)
        check(root, lines);
    else if (err == WY_MALFORMED)
        wy_assert(diag.line >= 1 && diag.line <= lines && diag.column >= 1);
    wy_arena_deinit(&arena);
    return 0;
}
