/* PostgreSQL's binary form of what the capability has no kinds for: numbers of any length, uuids,
 * arrays, ranges. For interfaces that get such values raw (`has_raw`). Each function returns false
 * for a value that is malformed, or one that the interface cannot say. */
#ifndef WY_CAPABILITY_SQL_POSTGRES_DECODE_H
#define WY_CAPABILITY_SQL_POSTGRES_DECODE_H

#include "base/arena.h"
#include "base/str.h"

/* Object identifiers of types, fixed in pg_type.dat. */
typedef enum wy_pg_type {
    WY_PG_INT4_ARRAY = 1007,
    WY_PG_TEXT_ARRAY = 1009,
    WY_PG_BPCHAR_ARRAY = 1014,
    WY_PG_VARCHAR_ARRAY = 1015,
    WY_PG_INT8_ARRAY = 1016,
    WY_PG_INTERVAL = 1186,
    WY_PG_NUMERIC_ARRAY = 1231,
    WY_PG_NUMERIC = 1700,
    WY_PG_UUID = 2950,
    WY_PG_JSONB = 3802,
    WY_PG_INT4_RANGE = 3904,
    WY_PG_NUMERIC_RANGE = 3906,
    WY_PG_INT8_RANGE = 3926,
} wy_pg_type;

/* A number of 4 or 8 bytes; else false. */
bool wy_pg_integer(wy_str raw, int64_t *out);
/* As text in the arena: "123.4500", "NaN", "-Infinity". */
bool wy_pg_numeric(wy_str raw, wy_arena *arena, wy_str *out);
bool wy_pg_uuid(wy_str raw, wy_arena *arena, wy_str *out);
/* The JSON text. */
bool wy_pg_jsonb(wy_str raw, wy_str *out);

typedef struct wy_pg_interval {
    int64_t micros;
    int32_t days, months;
} wy_pg_interval;
bool wy_pg_interval_read(wy_str raw, wy_pg_interval *out);

/* A range that is not empty. */
typedef struct wy_pg_range {
    struct {
        bool is_there, is_inclusive;
        wy_str raw;
    } bounds[2]; /* lower, upper */
} wy_pg_range;
bool wy_pg_range_read(wy_str raw, wy_pg_range *out);

/* An array of one dimension at most: how many elements, and then one after the other. */
typedef struct wy_pg_array {
    wy_str rest;
    uint32_t count;
} wy_pg_array;
bool wy_pg_array_read(wy_str raw, wy_pg_array *out);
bool wy_pg_array_next(wy_pg_array *array, bool *is_null_out, wy_str *raw_out);

#endif
