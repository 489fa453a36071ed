/* Values of spin:postgres@4.1.0: parameters to the capability's, rows from them. */
#include "interface/spin/postgres_fourth.h"

#include "base/limits.h"
#include "capability/sql/postgres_decode.h"

typedef spin_postgres_fourth_postgres_parameter_value parameter;
typedef spin_postgres_fourth_postgres_db_value db_value;
typedef spin_postgres_fourth_postgres_db_data_type data_type;

#define VALUE(name) SPIN_POSTGRES_FOURTH_POSTGRES_DB_VALUE_##name

_Static_assert((int)SPIN_POSTGRES_FOURTH_POSTGRES_PARAMETER_VALUE_INTERVAL ==
                       (int)VALUE(INTERVAL) &&
                   (int)SPIN_POSTGRES_FOURTH_POSTGRES_PARAMETER_VALUE_DB_NULL ==
                       (int)VALUE(DB_NULL) &&
                   (int)SPIN_POSTGRES_FOURTH_POSTGRES_DB_DATA_TYPE_INTERVAL == (int)VALUE(INTERVAL),
               "parameters, values and types are numbered alike");

/* Cases that the capability has kinds for. */
static const struct {
    uint8_t tag, kind;
} plain[] = {
    {VALUE(BOOLEAN), WY_SQL_BOOLEAN},     {VALUE(INT8), WY_SQL_INT8},
    {VALUE(INT16), WY_SQL_INT16},         {VALUE(INT32), WY_SQL_INT32},
    {VALUE(INT64), WY_SQL_INT64},         {VALUE(FLOATING32), WY_SQL_FLOAT32},
    {VALUE(FLOATING64), WY_SQL_FLOAT64},  {VALUE(STR), WY_SQL_TEXT},
    {VALUE(BINARY), WY_SQL_BINARY},       {VALUE(DATE), WY_SQL_DATE},
    {VALUE(TIME), WY_SQL_TIME},           {VALUE(DATETIME), WY_SQL_DATETIME},
    {VALUE(TIMESTAMP), WY_SQL_TIMESTAMP}, {VALUE(DB_NULL), WY_SQL_NULL},
};
#define PLAIN_COUNT (sizeof plain / sizeof *plain)

/* Cases that the server has types for; several may give one. */
static const struct {
    uint8_t tag;
    uint32_t type;
} typed[] = {
    {VALUE(UUID), WY_PG_UUID},
    {VALUE(JSONB), WY_PG_JSONB},
    {VALUE(DECIMAL), WY_PG_NUMERIC},
    {VALUE(RANGE_INT32), WY_PG_INT4_RANGE},
    {VALUE(RANGE_INT64), WY_PG_INT8_RANGE},
    {VALUE(RANGE_DECIMAL), WY_PG_NUMERIC_RANGE},
    {VALUE(ARRAY_INT32), WY_PG_INT4_ARRAY},
    {VALUE(ARRAY_INT64), WY_PG_INT8_ARRAY},
    {VALUE(ARRAY_DECIMAL), WY_PG_NUMERIC_ARRAY},
    {VALUE(ARRAY_STR), WY_PG_TEXT_ARRAY},
    {VALUE(ARRAY_STR), WY_PG_VARCHAR_ARRAY},
    {VALUE(ARRAY_STR), WY_PG_BPCHAR_ARRAY},
    {VALUE(INTERVAL), WY_PG_INTERVAL},
};
#define TYPED_COUNT (sizeof typed / sizeof *typed)

/* --- parameters: what the capability has no kind for, as PostgreSQL writes it --- */

static void print_bound(wy_buf *text, bool is_lower, bool is_there, uint8_t kind) {
    bool inclusive = is_there && kind == SPIN_POSTGRES_FOURTH_POSTGRES_RANGE_BOUND_KIND_INCLUSIVE;
    wy_buf_char(text, is_lower ? (inclusive ? '[' : '(') : (inclusive ? ']' : ')'));
}

static void print_range(wy_buf *text, const parameter *p) {
    const bool small = p->tag == VALUE(RANGE_INT32), large = p->tag == VALUE(RANGE_INT64);
    for (int i = 0; i < 2; i++) {
        const __typeof__(p->range_int32.f0) *s = i ? &p->range_int32.f1 : &p->range_int32.f0;
        const __typeof__(p->range_int64.f0) *l = i ? &p->range_int64.f1 : &p->range_int64.f0;
        const __typeof__(p->range_decimal.f0) *d = i ? &p->range_decimal.f1 : &p->range_decimal.f0;
        bool there = small ? s->is_some : large ? l->is_some : d->is_some;
        uint8_t kind = small ? s->some.f1 : large ? l->some.f1 : d->some.f1;
        if (i == 0) print_bound(text, true, there, kind);
        if (i == 1) wy_buf_char(text, ',');
        if (there && (small || large))
            wy_buf_printf(text, "%lld", small ? (long long)s->some.f0 : (long long)l->some.f0);
        else if (there)
            wy_buf_str(text, d->some.f0);
        if (i == 1) print_bound(text, false, there, kind);
    }
}

static void print_quoted(wy_buf *text, wy_str word) {
    wy_buf_char(text, '"');
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '"' || word.ptr[i] == '\\') wy_buf_char(text, '\\');
        wy_buf_char(text, word.ptr[i]);
    }
    wy_buf_char(text, '"');
}

static void print_array(wy_buf *text, const parameter *p) {
    const bool small = p->tag == VALUE(ARRAY_INT32), large = p->tag == VALUE(ARRAY_INT64);
    size_t count = small ? p->array_int32.len : large ? p->array_int64.len : p->array_str.len;
    wy_buf_char(text, '{');
    for (size_t i = 0; i < count; i++) {
        bool there = small   ? p->array_int32.ptr[i].is_some
                     : large ? p->array_int64.ptr[i].is_some
                             : p->array_str.ptr[i].is_some;
        if (i) wy_buf_char(text, ',');
        if (!there)
            wy_buf_str(text, WY_STR("NULL"));
        else if (small || large)
            wy_buf_printf(text, "%lld",
                          small ? (long long)p->array_int32.ptr[i].some
                                : (long long)p->array_int64.ptr[i].some);
        else /* decimals lie as texts do */
            print_quoted(text, p->array_str.ptr[i].some);
    }
    wy_buf_char(text, '}');
}

static void print_value(wy_buf *text, const parameter *p) {
    switch (p->tag) {
    case VALUE(RANGE_INT32):
    case VALUE(RANGE_INT64):
    case VALUE(RANGE_DECIMAL): print_range(text, p); return;
    case VALUE(ARRAY_INT32):
    case VALUE(ARRAY_INT64):
    case VALUE(ARRAY_DECIMAL):
    case VALUE(ARRAY_STR): print_array(text, p); return;
    case VALUE(INTERVAL):
        wy_buf_printf(text, "%d months %d days %lld microseconds", p->interval.months,
                      p->interval.days, (long long)p->interval.micros);
        return;
    default: wy_buf_str(text, p->str); return; /* uuid, jsonb and decimal lie alike */
    }
}

static bool make_typed(wy_call *call, const parameter *p, wy_sql_value *out) {
    wy_buf text;
    wy_buf_init(&text, WY_MAX_RESULT_BYTES);
    print_value(&text, p);
    char *copy =
        text.failed ? NULL : wy_arena_strndup(call->arena, text.ptr ? text.ptr : "", text.len);
    *out = (wy_sql_value){.kind = WY_SQL_TEXT, .bytes = {copy, text.len}};
    for (size_t i = 0; i < TYPED_COUNT;
         i++) /* an array of texts is of whatever type is asked for */
        if (typed[i].tag == p->tag && p->tag != VALUE(ARRAY_STR)) out->type = typed[i].type;
    wy_buf_deinit(&text);
    return copy != NULL;
}

const wy_sql_value *
wy_pg4_params(wy_call *call, const spin_postgres_fourth_postgres_list_parameter_value *params) {
    _Static_assert(offsetof(parameter, date) == offsetof(wy_sql_value, date), "what is plain");
    wy_sql_value *values = wy_arena_calloc(call->arena, params->len, sizeof *values);
    for (size_t i = 0; values && i < params->len; i++) {
        const parameter *p = &params->ptr[i];
        size_t k = 0;
        while (k < PLAIN_COUNT && plain[k].tag != p->tag)
            k++;
        if (k == PLAIN_COUNT) {
            if (!make_typed(call, p, &values[i])) return NULL;
            continue;
        }
        memcpy(&values[i], p, sizeof *values);
        values[i].kind = plain[k].kind;
        values[i].type = 0;
    }
    return values;
}

/* --- rows --- */

static bool read_bound(wy_call *call, uint8_t tag, const wy_pg_range *range, int i, db_value *v) {
    int64_t n = 0;
    wy_str text = {0};
    bool there = range->bounds[i].is_there;
    uint8_t kind = range->bounds[i].is_inclusive
                       ? SPIN_POSTGRES_FOURTH_POSTGRES_RANGE_BOUND_KIND_INCLUSIVE
                       : SPIN_POSTGRES_FOURTH_POSTGRES_RANGE_BOUND_KIND_EXCLUSIVE;
    bool is_decimal = tag == VALUE(RANGE_DECIMAL);
    if (there && (is_decimal ? !wy_pg_numeric(range->bounds[i].raw, call->arena, &text)
                             : !wy_pg_integer(range->bounds[i].raw, &n)))
        return false;
    if (is_decimal) {
        __typeof__(v->range_decimal.f0) *bound = i ? &v->range_decimal.f1 : &v->range_decimal.f0;
        bound->is_some = there, bound->some.f0 = text, bound->some.f1 = kind;
    } else if (tag == VALUE(RANGE_INT32)) {
        __typeof__(v->range_int32.f0) *bound = i ? &v->range_int32.f1 : &v->range_int32.f0;
        bound->is_some = there, bound->some.f0 = (int32_t)n, bound->some.f1 = kind;
    } else {
        __typeof__(v->range_int64.f0) *bound = i ? &v->range_int64.f1 : &v->range_int64.f0;
        bound->is_some = there, bound->some.f0 = n, bound->some.f1 = kind;
    }
    return true;
}

static bool read_range(wy_call *call, uint8_t tag, wy_str raw, db_value *v) {
    wy_pg_range range;
    return wy_pg_range_read(raw, &range) && read_bound(call, tag, &range, 0, v) &&
           read_bound(call, tag, &range, 1, v);
}

static bool read_int32s(wy_call *call, wy_pg_array *array, db_value *v) {
    wit_option_s32 *items = wy_arena_calloc(call->arena, array->count, sizeof *items);
    for (uint32_t i = 0; items && i < array->count; i++) {
        bool is_null;
        wy_str raw;
        int64_t n = 0;
        if (!wy_pg_array_next(array, &is_null, &raw)) return false;
        if (!is_null && !wy_pg_integer(raw, &n)) return false;
        items[i] = (wit_option_s32){!is_null, (int32_t)n};
    }
    v->array_int32 = (wit_list_option_s32){items, array->count};
    return items != NULL;
}

static bool read_int64s(wy_call *call, wy_pg_array *array, db_value *v) {
    wit_option_s64 *items = wy_arena_calloc(call->arena, array->count, sizeof *items);
    for (uint32_t i = 0; items && i < array->count; i++) {
        bool is_null;
        wy_str raw;
        int64_t n = 0;
        if (!wy_pg_array_next(array, &is_null, &raw)) return false;
        if (!is_null && !wy_pg_integer(raw, &n)) return false;
        items[i] = (wit_option_s64){!is_null, n};
    }
    v->array_int64 = (wit_list_option_s64){items, array->count};
    return items != NULL;
}

static bool read_texts(wy_call *call, bool is_decimal, wy_pg_array *array, db_value *v) {
    wit_option_string *items = wy_arena_calloc(call->arena, array->count, sizeof *items);
    for (uint32_t i = 0; items && i < array->count; i++) {
        bool is_null;
        wy_str raw = {0}, text;
        if (!wy_pg_array_next(array, &is_null, &raw)) return false;
        if (is_null) continue;
        text = raw;
        if (is_decimal ? !wy_pg_numeric(raw, call->arena, &text) : !wy_utf8_valid(raw.ptr, raw.len))
            return false;
        items[i] = (wit_option_string){true, text};
    }
    v->array_str = (wit_list_option_string){items, array->count}; /* where decimals lie too */
    return items != NULL;
}

static bool read_array(wy_call *call, uint8_t tag, wy_str raw, db_value *v) {
    wy_pg_array array;
    if (!wy_pg_array_read(raw, &array)) return false;
    if (tag == VALUE(ARRAY_INT32)) return read_int32s(call, &array, v);
    if (tag == VALUE(ARRAY_INT64)) return read_int64s(call, &array, v);
    return read_texts(call, tag == VALUE(ARRAY_DECIMAL), &array, v);
}

static bool read_interval(wy_str raw, db_value *v) {
    wy_pg_interval interval;
    if (!wy_pg_interval_read(raw, &interval)) return false;
    v->interval.micros = interval.micros;
    v->interval.days = interval.days;
    v->interval.months = interval.months;
    return true;
}

static bool read_typed(wy_call *call, uint8_t tag, wy_str raw, db_value *v) {
    wy_str json;
    switch (tag) {
    case VALUE(UUID): return wy_pg_uuid(raw, call->arena, &v->uuid);
    case VALUE(DECIMAL): return wy_pg_numeric(raw, call->arena, &v->decimal);
    case VALUE(JSONB):
        if (!wy_pg_jsonb(raw, &json)) return false;
        v->jsonb = (wy_list_u8){(const uint8_t *)json.ptr, json.len};
        return true;
    case VALUE(INTERVAL): return read_interval(raw, v);
    case VALUE(RANGE_INT32):
    case VALUE(RANGE_INT64):
    case VALUE(RANGE_DECIMAL): return read_range(call, tag, raw, v);
    default: return read_array(call, tag, raw, v);
    }
}

/* The tag of a column's type; VALUE(UNSUPPORTED): it has none. */
static uint8_t tag_of(const wy_sql_column *column) {
    for (size_t i = 0; i < PLAIN_COUNT; i++)
        if (plain[i].kind == column->kind) return plain[i].tag;
    for (size_t i = 0; i < TYPED_COUNT; i++)
        if (typed[i].type == column->type) return typed[i].tag;
    return VALUE(UNSUPPORTED);
}

static void read_value(wy_call *call, uint8_t tag, const wy_sql_value *in, db_value *out) {
    memset(out, 0, sizeof *out);
    if (in->kind == WY_SQL_NULL) {
        out->tag = VALUE(DB_NULL);
    } else if (in->kind != WY_SQL_UNSUPPORTED) {
        memcpy(out, in, sizeof *in);
        out->tag = tag;
    } else if (tag != VALUE(UNSUPPORTED) && read_typed(call, tag, in->bytes, out)) {
        out->tag = tag;
    } else { /* an array of several dimensions, an empty range, another type */
        out->tag = VALUE(UNSUPPORTED);
        out->unsupported = (wy_list_u8){(const uint8_t *)in->bytes.ptr, in->bytes.len};
    }
}

/* What the type is called; its number where that is not known here. */
static wy_str type_name(wy_call *call, uint32_t type) {
    static const struct {
        uint32_t type;
        const char *name;
    } names[] = {{18, "char"},   {19, "name"},     {26, "oid"},     {114, "json"},
                 {142, "xml"},   {650, "cidr"},    {790, "money"},  {829, "macaddr"},
                 {869, "inet"},  {1266, "timetz"}, {1560, "bit"},   {1562, "varbit"},
                 {2278, "void"}, {600, "point"},   {1000, "bool[]"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].type == type) return wy_str_of(names[i].name);
    char *text = wy_arena_printf(call->arena, "oid %u", type);
    return wy_str_of(text ? text : "");
}

bool wy_pg4_rows(wy_call *call, const wy_sql_request *r,
                 spin_postgres_fourth_postgres_row_set *out) {
    spin_postgres_fourth_postgres_column *columns =
        wy_arena_calloc(call->arena, r->column_count, sizeof *columns);
    spin_postgres_fourth_postgres_list_db_value *rows =
        wy_arena_calloc(call->arena, r->row_count, sizeof *rows);
    if (!columns || !rows) return false;
    for (size_t i = 0; i < r->column_count; i++) {
        uint8_t tag = tag_of(&r->columns[i]);
        columns[i].name = r->columns[i].name;
        columns[i].data_type.tag = tag;
        if (tag != VALUE(UNSUPPORTED)) continue;
        columns[i].data_type.tag = SPIN_POSTGRES_FOURTH_POSTGRES_DB_DATA_TYPE_OTHER;
        columns[i].data_type.other = type_name(call, r->columns[i].type);
    }
    for (size_t k = 0; k < r->row_count; k++) {
        db_value *values = wy_arena_calloc(call->arena, r->column_count, sizeof *values);
        if (!values) return false;
        for (size_t i = 0; i < r->column_count; i++)
            read_value(call, tag_of(&r->columns[i]), &r->rows[k].values[i], &values[i]);
        rows[k].ptr = values;
        rows[k].len = r->column_count;
    }
    out->columns.ptr = columns;
    out->columns.len = r->column_count;
    out->rows.ptr = rows;
    out->rows.len = r->row_count;
    return true;
}
