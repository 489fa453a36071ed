/* Values of PostgreSQL, in its binary form: numbers with the highest byte first. */
#include "capability/sql/postgres_value.h"

#include "base/limits.h"

/* Object identifiers of types, fixed in pg_type.dat; 0: what the server makes of the place. */
enum {
    ANY = 0,
    BOOL = 16,
    BYTEA = 17,
    INT8 = 20,
    INT2 = 21,
    INT4 = 23,
    TEXT = 25,
    FLOAT4 = 700,
    FLOAT8 = 701,
    BPCHAR = 1042,
    VARCHAR = 1043,
};

/* --- parameters --- */

static bool put_number(wy_pg_params *p, int i, Oid type, uint64_t bits, int size,
                       wy_sql_request *r) {
    char *bytes = wy_arena_alloc_aligned(r->arena, 8, 8);
    if (!bytes) {
        wy_sql_nomem(r);
        return false;
    }
    for (int k = 0; k < size; k++)
        bytes[k] = (char)(bits >> (8 * (size - 1 - k)));
    p->types[i] = type;
    p->values[i] = bytes;
    p->lengths[i] = size;
    p->formats[i] = 1;
    return true;
}

/* As text without a type: it may stand for a date or a uuid too. */
static bool put_text(wy_pg_params *p, int i, wy_str text, wy_sql_request *r) {
    if (text.len && memchr(text.ptr, '\0', text.len)) {
        wy_sql_fail(r, WY_SQL_BAD_PARAMETER,
                    "parameter %d: PostgreSQL has no text with a zero byte in it", i + 1);
        return false;
    }
    char *copy = wy_arena_strndup(r->arena, text.ptr, text.len);
    if (!copy) wy_sql_nomem(r);
    p->values[i] = copy;
    return copy != NULL;
}

static bool put_bytes(wy_pg_params *p, int i, wy_str bytes, wy_sql_request *r) {
    if (bytes.len > WY_MAX_RESULT_BYTES) {
        wy_sql_fail(r, WY_SQL_BAD_PARAMETER, "parameter %d has more than %zu bytes", i + 1,
                    WY_MAX_RESULT_BYTES);
        return false;
    }
    p->types[i] = BYTEA;
    p->values[i] = bytes.len ? bytes.ptr : "";
    p->lengths[i] = (int)bytes.len;
    p->formats[i] = 1;
    return true;
}

static bool put_value(wy_pg_params *p, int i, const wy_sql_value *v, wy_sql_request *r) {
    uint32_t bits32;
    uint64_t bits64;
    switch ((wy_sql_kind)v->kind) {
    case WY_SQL_BOOLEAN: return put_number(p, i, BOOL, v->boolean, 1, r);
    case WY_SQL_INT16: return put_number(p, i, INT2, (uint16_t)v->int16, 2, r);
    case WY_SQL_INT32: return put_number(p, i, INT4, (uint32_t)v->int32, 4, r);
    case WY_SQL_INT64: return put_number(p, i, INT8, (uint64_t)v->int64, 8, r);
    case WY_SQL_FLOAT32:
        memcpy(&bits32, &v->float32, sizeof bits32);
        return put_number(p, i, FLOAT4, bits32, 4, r);
    case WY_SQL_FLOAT64:
        memcpy(&bits64, &v->float64, sizeof bits64);
        return put_number(p, i, FLOAT8, bits64, 8, r);
    case WY_SQL_TEXT: return put_text(p, i, v->bytes, r);
    case WY_SQL_BINARY: return put_bytes(p, i, v->bytes, r);
    case WY_SQL_NULL: return true;
    case WY_SQL_INT8:
    case WY_SQL_UINT8:
    case WY_SQL_UINT16:
    case WY_SQL_UINT32:
    case WY_SQL_UINT64:
    case WY_SQL_UNSUPPORTED: break;
    }
    wy_sql_fail(r, WY_SQL_CONVERSION_FAILED,
                "parameter %d: PostgreSQL has no integers of 8 bits or without a sign", i + 1);
    return false;
}

bool wy_pg_params_make(wy_pg_params *p, wy_sql_request *r) {
    size_t count = r->param_count;
    *p = (wy_pg_params){.count = (int)count};
    if (count > UINT16_MAX) {
        wy_sql_fail(r, WY_SQL_BAD_PARAMETER, "more than %d parameters", UINT16_MAX);
        return false;
    }
    p->types = wy_arena_calloc(r->arena, count, sizeof *p->types);
    p->values = wy_arena_calloc(r->arena, count, sizeof *p->values);
    p->lengths = wy_arena_calloc(r->arena, count, sizeof *p->lengths);
    p->formats = wy_arena_calloc(r->arena, count, sizeof *p->formats);
    if (!p->types || !p->values || !p->lengths || !p->formats) {
        wy_sql_nomem(r);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!put_value(p, (int)i, &r->params[i], r)) return false;
    return true;
}

/* --- results --- */

static uint8_t kind_of(Oid type) {
    switch (type) {
    case BOOL: return WY_SQL_BOOLEAN;
    case BYTEA: return WY_SQL_BINARY;
    case INT2: return WY_SQL_INT16;
    case INT4: return WY_SQL_INT32;
    case INT8: return WY_SQL_INT64;
    case FLOAT4: return WY_SQL_FLOAT32;
    case FLOAT8: return WY_SQL_FLOAT64;
    case TEXT:
    case BPCHAR:
    case VARCHAR: return WY_SQL_TEXT;
    default: return WY_SQL_UNSUPPORTED;
    }
}

static bool read_columns(const wy_pq *pq, const PGresult *result, wy_sql_request *r) {
    int count = pq->PQnfields(result);
    if (!wy_sql_set_columns(r, (size_t)count)) return false;
    for (int i = 0; i < count; i++) {
        r->columns[i].kind = kind_of(pq->PQftype(result, i));
        if (!wy_sql_copy(r, wy_str_of(pq->PQfname(result, i)), &r->columns[i].name)) return false;
    }
    return true;
}

/* How many bytes a value of the kind has; 0: any number. */
static int size_of(uint8_t kind) {
    return kind == WY_SQL_BOOLEAN                           ? 1
           : kind == WY_SQL_INT16                           ? 2
           : kind == WY_SQL_INT32 || kind == WY_SQL_FLOAT32 ? 4
           : kind == WY_SQL_INT64 || kind == WY_SQL_FLOAT64 ? 8
                                                            : 0;
}

static bool read_value(wy_str bytes, const wy_sql_column *column, wy_sql_value *v,
                       wy_sql_request *r) {
    int size = size_of(column->kind);
    uint64_t bits = 0;
    v->kind = column->kind;
    if (column->kind == WY_SQL_UNSUPPORTED) return true;
    if (column->kind == WY_SQL_BINARY) return wy_sql_copy(r, bytes, &v->bytes);
    bool valid = size ? bytes.len == (size_t)size : wy_utf8_valid(bytes.ptr, bytes.len);
    if (!valid) {
        wy_sql_fail(r, WY_SQL_CONVERSION_FAILED, "a value of column '" WY_STR_FMT "' is malformed",
                    WY_STR_ARG(column->name));
        return false;
    }
    if (!size) return wy_sql_copy(r, bytes, &v->bytes);
    for (int i = 0; i < size; i++)
        bits = bits << 8 | (uint8_t)bytes.ptr[i];
    if (size == 1)
        v->boolean = bits != 0;
    else if (size == 2)
        v->int16 = (int16_t)bits;
    else if (size == 4) /* an int32 or a float has the same bits */
        v->uint32 = (uint32_t)bits;
    else
        v->uint64 = bits;
    return true;
}

bool wy_pg_read(const wy_pq *pq, const PGresult *result, wy_sql_request *r) {
    if (!r->columns && !read_columns(pq, result, r)) return false;
    int rows = pq->PQntuples(result);
    for (int row = 0; row < rows; row++) {
        const wy_sql_row *out = wy_sql_add_row(r);
        for (int i = 0; out && i < (int)out->count; i++) {
            if (pq->PQgetisnull(result, row, i)) continue;
            wy_str bytes = {pq->PQgetvalue(result, row, i),
                            (size_t)pq->PQgetlength(result, row, i)};
            if (!read_value(bytes, &r->columns[i], &out->values[i], r)) return false;
        }
        if (!out) return false;
    }
    return true;
}
