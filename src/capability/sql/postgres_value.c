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
    DATE = 1082,
    TIME = 1083,
    TIMESTAMP = 1114,
    TIMESTAMPTZ = 1184,
};

/* --- dates and times: days and microseconds since the beginning of 2000 --- */

#define DAY_US INT64_C(86400000000)
#define EPOCH_DAYS 10957 /* from 1970 to 2000 */

/* Days since 1970 in the Gregorian calendar. Years begin in March here, so that the leap day is the
 * last; an era is 400 years. */
static int64_t days_of(int32_t year, uint8_t month, uint8_t day) {
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static wy_sql_date date_of(int64_t days) {
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; /* 0: March */
    return (wy_sql_date){.year = (int32_t)(year + era * 400 + (month >= 10)),
                         .month = (uint8_t)(month < 10 ? month + 3 : month - 9),
                         .day = (uint8_t)(of_year - (153 * month + 2) / 5 + 1)};
}

static bool is_date(const wy_sql_date *d) {
    return d->year >= -4712 && d->year <= 294276 && d->month >= 1 && d->month <= 12 &&
           d->day >= 1 && d->day <= 31;
}

static bool is_time(const wy_sql_time *t) {
    return t->hour <= 24 && t->minute < 60 && t->second <= 60 && t->nanosecond < 1000000000;
}

static int64_t us_of(const wy_sql_time *t) {
    return ((t->hour * INT64_C(60) + t->minute) * 60 + t->second) * 1000000 + t->nanosecond / 1000;
}

static wy_sql_time time_of(int64_t us) {
    return (wy_sql_time){.hour = (uint8_t)(us / INT64_C(3600000000)),
                         .minute = (uint8_t)(us / 60000000 % 60),
                         .second = (uint8_t)(us / 1000000 % 60),
                         .nanosecond = (uint32_t)(us % 1000000) * 1000};
}

/* Rounded down. */
static int64_t divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

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

/* As text; without a type it may stand for a date or a uuid too. */
static bool put_text(wy_pg_params *p, int i, Oid type, wy_str text, wy_sql_request *r) {
    if (text.len && memchr(text.ptr, '\0', text.len)) {
        wy_sql_fail(r, WY_SQL_BAD_PARAMETER,
                    "parameter %d: PostgreSQL has no text with a zero byte in it", i + 1);
        return false;
    }
    char *copy = wy_arena_strndup(r->arena, text.ptr, text.len);
    if (!copy) wy_sql_nomem(r);
    p->types[i] = type;
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

static bool fail_time(int i, wy_sql_request *r) {
    wy_sql_fail(r, WY_SQL_CONVERSION_FAILED, "parameter %d is no date or time that there is",
                i + 1);
    return false;
}

static bool put_date(wy_pg_params *p, int i, const wy_sql_date *d, wy_sql_request *r) {
    int64_t days = days_of(d->year, d->month, d->day) - EPOCH_DAYS;
    return is_date(d) ? put_number(p, i, DATE, (uint64_t)days, 4, r) : fail_time(i, r);
}

static bool put_datetime(wy_pg_params *p, int i, const wy_sql_datetime *dt, wy_sql_request *r) {
    wy_sql_date d = {dt->year, dt->month, dt->day};
    wy_sql_time t = {dt->hour, dt->minute, dt->second, dt->nanosecond};
    if (!is_date(&d) || !is_time(&t)) return fail_time(i, r);
    int64_t days = days_of(d.year, d.month, d.day) - EPOCH_DAYS;
    return put_number(p, i, TIMESTAMP, (uint64_t)(days * DAY_US + us_of(&t)), 8, r);
}

static bool put_timestamp(wy_pg_params *p, int i, int64_t seconds, wy_sql_request *r) {
    const int64_t epoch = EPOCH_DAYS * INT64_C(86400), most = INT64_C(9000000000000);
    if (seconds <= -most || seconds >= most) return fail_time(i, r);
    return put_number(p, i, TIMESTAMPTZ, (uint64_t)((seconds - epoch) * 1000000), 8, r);
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
    case WY_SQL_TEXT: return put_text(p, i, r->has_raw ? v->type : ANY, v->bytes, r);
    case WY_SQL_BINARY: return put_bytes(p, i, v->bytes, r);
    case WY_SQL_NULL: return true;
    case WY_SQL_DATE: return put_date(p, i, &v->date, r);
    case WY_SQL_TIME:
        return is_time(&v->time) ? put_number(p, i, TIME, (uint64_t)us_of(&v->time), 8, r)
                                 : fail_time(i, r);
    case WY_SQL_DATETIME: return put_datetime(p, i, &v->datetime, r);
    case WY_SQL_TIMESTAMP: return put_timestamp(p, i, v->int64, r);
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

static uint8_t kind_of(Oid type, bool has_times) {
    if (has_times && type == DATE) return WY_SQL_DATE;
    if (has_times && type == TIME) return WY_SQL_TIME;
    if (has_times && type == TIMESTAMP) return WY_SQL_DATETIME;
    if (has_times && type == TIMESTAMPTZ) return WY_SQL_TIMESTAMP;
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
        r->columns[i].type = pq->PQftype(result, i);
        r->columns[i].kind = kind_of(pq->PQftype(result, i), r->has_times);
        if (!wy_sql_copy_name(r, wy_str_of(pq->PQfname(result, i)), &r->columns[i].name))
            return false;
    }
    return true;
}

/* How many bytes a value of the kind has; 0: any number. */
static int size_of(uint8_t kind) {
    switch ((wy_sql_kind)kind) {
    case WY_SQL_BOOLEAN: return 1;
    case WY_SQL_INT16: return 2;
    case WY_SQL_INT32:
    case WY_SQL_FLOAT32:
    case WY_SQL_DATE: return 4;
    case WY_SQL_INT64:
    case WY_SQL_FLOAT64:
    case WY_SQL_TIME:
    case WY_SQL_DATETIME:
    case WY_SQL_TIMESTAMP: return 8;
    case WY_SQL_INT8:
    case WY_SQL_UINT8:
    case WY_SQL_UINT16:
    case WY_SQL_UINT32:
    case WY_SQL_UINT64:
    case WY_SQL_TEXT:
    case WY_SQL_BINARY:
    case WY_SQL_NULL:
    case WY_SQL_UNSUPPORTED: break;
    }
    return 0;
}

/* False: one of the infinite ones. */
static bool read_time(uint64_t bits, wy_sql_value *v) {
    int64_t us = (int64_t)bits, days = divide(us, DAY_US);
    if (v->kind == WY_SQL_DATE) {
        int32_t day = (int32_t)bits;
        v->date = date_of((int64_t)day + EPOCH_DAYS);
        return day != INT32_MAX && day != INT32_MIN;
    }
    if (us == INT64_MAX || us == INT64_MIN) return false;
    if (v->kind == WY_SQL_TIME) {
        v->time = time_of(us);
    } else if (v->kind == WY_SQL_TIMESTAMP) {
        v->int64 = divide(us, 1000000) + EPOCH_DAYS * INT64_C(86400);
    } else {
        wy_sql_date d = date_of(days + EPOCH_DAYS);
        wy_sql_time t = time_of(us - days * DAY_US);
        v->datetime =
            (wy_sql_datetime){d.year, d.month, d.day, t.hour, t.minute, t.second, t.nanosecond};
    }
    return true;
}

static bool read_value(wy_str bytes, const wy_sql_column *column, wy_sql_value *v,
                       wy_sql_request *r) {
    int size = size_of(column->kind);
    uint64_t bits = 0;
    v->kind = column->kind;
    if (column->kind == WY_SQL_UNSUPPORTED)
        return r->has_raw ? wy_sql_copy(r, bytes, &v->bytes) : true;
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
    if (column->kind >= WY_SQL_DATE) {
        if (read_time(bits, v)) return true;
        wy_sql_fail(r, WY_SQL_CONVERSION_FAILED, "a value of column '" WY_STR_FMT "' is infinite",
                    WY_STR_ARG(column->name));
        return false;
    }
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
