/* Random types and values for tests and fuzz targets; both programs of one file, so all is static.
 */
#ifndef WY_VALUE_TESTING_H
#define WY_VALUE_TESTING_H

#include "base/arena.h"
#include "value/type.h"

/* Bytes that decide what is made: those of an input, then of a generator (seed 0: zeros). */
typedef struct wy_source {
    const uint8_t *at, *end;
    uint64_t seed;
} wy_source;

static inline uint8_t wy_source_byte(wy_source *source) {
    if (source->at < source->end) return *source->at++;
    source->seed ^= source->seed << 13; /* xorshift64 */
    source->seed ^= source->seed >> 7;
    source->seed ^= source->seed << 17;
    return (uint8_t)(source->seed >> 32);
}

static inline uint64_t wy_source_bits(wy_source *source) {
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | wy_source_byte(source);
    return bits;
}

/* Any type, nested up to `depth` levels; handles are of `resource`, which may be NULL. */
static inline const wy_type *wy_source_type(wy_source *source, wy_arena *arena, unsigned depth,
                                            const wy_resource_type *resource) {
    static const wy_str names[] = {
        WY_STR("ok"),    WY_STR("err"),   WY_STR("none"), WY_STR("some"), WY_STR("true"),
        WY_STR("false"), WY_STR("inf"),   WY_STR("nan"),  WY_STR("a"),    WY_STR("two-words"),
        WY_STR("HTTP"),  WY_STR("x2-3z"), WY_STR("own"),  WY_STR("list"), WY_STR("e5"),
        WY_STR("f"),     WY_STR("u"),     WY_STR("r"),    WY_STR("n"),    WY_STR("method-GET")};
    unsigned kind = wy_source_byte(source) % (WY_KIND_FIXED_LIST + 1);
    if (kind <= WY_KIND_STRING || depth == 0)
        return wy_type_scalar((wy_kind)(kind % (WY_KIND_STRING + 1)));
    wy_type *type = wy_arena_calloc(arena, 1, sizeof *type);
    if (!type) return &wy_type_u8;
    type->kind = (uint8_t)kind;
    type->resource = resource;
    type->count =
        kind == WY_KIND_OPTION || kind == WY_KIND_RESULT ? 2 : 1u + wy_source_byte(source) % 20;
    bool is_list = kind == WY_KIND_LIST || kind == WY_KIND_FIXED_LIST;
    if (is_list) type->elem = wy_source_type(source, arena, depth - 1, resource);
    wy_field *fields = wy_arena_calloc(arena, type->count, sizeof *fields);
    if (!fields) return &wy_type_u8;
    for (uint32_t i = 0; i < type->count; i++) {
        bool typed =
            kind == WY_KIND_RECORD || kind == WY_KIND_TUPLE || (kind == WY_KIND_OPTION && i == 1) ||
            ((kind == WY_KIND_VARIANT || kind == WY_KIND_RESULT) && wy_source_byte(source) % 2);
        fields[i].name = names[i];
        if (typed) fields[i].type = wy_source_type(source, arena, depth - 1, resource);
    }
    type->fields = is_list ? NULL : fields;
    return wy_type_layout(type, is_list ? NULL : fields, NULL) ? &wy_type_u8 : type;
}

#endif
