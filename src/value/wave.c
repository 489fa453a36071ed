/* WAVE: text to values. One function a kind of type, in the order of wy_kind; tokens are
 * wave_scan.c's business, printing wave_print.c's. */
#include "value/wave.h"

#include "base/limits.h"
#include "value/wave_scan.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct parser {
    wy_wave_scan scan;
    const wy_wave_handles *handles; /* NULL: handles cannot be written */
    uint32_t depth;
} parser;

static bool parse_value(parser *p, const wy_type *type, void *out);

/* --- scalars --- */

static bool parse_bool(wy_wave_scan *s, uint8_t *out) {
    wy_wave_label label;
    size_t at = s->at;
    bool found = wy_wave_label_next(s, &label);
    if (found && label.keyword && wy_str_eqz(label.name, "true")) return *out = 1, true;
    if (found && label.keyword && wy_str_eqz(label.name, "false")) return *out = 0, true;
    s->at = at;
    return wy_wave_expected(s, "true or false");
}

/* An integer of `size` bytes. */
static bool parse_integer(wy_wave_scan *s, const wy_type *type, bool is_signed, void *out) {
    wy_str text;
    char what[32], name[8];
    wy_buf buf;
    wy_buf_init(&buf, sizeof name);
    wy_type_print(&buf, type);
    snprintf(name, sizeof name, "%s", buf.ptr ? buf.ptr : "integer");
    wy_buf_deinit(&buf);
    snprintf(what, sizeof what, "an integer (%s)", name);
    if (!wy_wave_number(s, what, &text)) return false;
    size_t at = s->at - text.len;
    bool negative = text.ptr[0] == '-';
    wy_str magnitude = wy_str_sub(text, negative, text.len);
    if (wy_str_find(text, '.') < text.len || wy_str_find(text, 'e') < text.len ||
        wy_str_find(text, 'E') < text.len)
        return wy_wave_fail(s, at, WY_MALFORMED, "expected %s without fraction or exponent", what);
    unsigned bits = 8 * type->size;
    uint64_t max = is_signed ? ((uint64_t)1 << (bits - 1)) - 1 : UINT64_MAX >> (64 - bits);
    uint64_t limit = negative ? (is_signed ? max + 1 : 0) : max, value;
    if (!wy_str_to_u64(magnitude, limit, &value)) {
        long long least = is_signed ? -(long long)max - 1 : 0;
        return wy_wave_fail(s, at, WY_MALFORMED, WY_STR_FMT " does not fit %s (%lld to %llu)",
                            WY_STR_ARG(text), name, least, (unsigned long long)max);
    }
    if (negative) value = 0 - value;
    memcpy(out, &value, type->size); /* little-endian hosts only, as in abi/ */
    return true;
}

/* Of a number's exponent; far beyond what a double reaches, where only that counts. */
static long long read_exponent(wy_str text) {
    bool negative = text.ptr[0] == '-', sign = negative || text.ptr[0] == '+';
    uint64_t value;
    if (!wy_str_to_u64(wy_str_sub(text, sign, text.len), 1000000000, &value)) value = 1000000000;
    return negative ? -(long long)value : (long long)value;
}

/* The double, or float, nearest to a number. The point is taken out first, so that a locale with
 * another one does not matter. */
static bool read_float(wy_wave_scan *s, wy_str text, bool is_double, void *out) {
    size_t e = wy_str_find(text, 'e'), point = wy_str_find(text, '.');
    if (e == text.len) e = wy_str_find(text, 'E');
    if (point > e) point = e;
    long long exponent = e < text.len ? read_exponent(wy_str_sub(text, e + 1, text.len)) : 0;
    size_t fraction = point < e ? e - point - 1 : 0;
    char *copy =
        wy_arena_printf(s->arena, "%.*s%.*se%lld", (int)point, text.ptr, (int)fraction,
                        text.ptr + (point < e ? point + 1 : e), exponent - (long long)fraction);
    if (!copy) return wy_wave_no_memory(s);
    if (is_double)
        *(double *)out = strtod(copy, NULL);
    else
        *(float *)out = strtof(copy, NULL);
    return true;
}

static bool parse_float(wy_wave_scan *s, const wy_type *type, void *out) {
    bool is_double = type->kind == WY_KIND_F64;
    wy_wave_skip(s);
    size_t at = s->at;
    bool negative = wy_wave_accept(s, '-');
    wy_wave_label label;
    if (wy_wave_label_next(s, &label) && label.keyword && label.at == at + negative) {
        bool inf = wy_str_eqz(label.name, "inf");
        double value = inf ? (negative ? -__builtin_inf() : __builtin_inf()) : __builtin_nan("");
        if (inf || (!negative && wy_str_eqz(label.name, "nan"))) {
            if (is_double)
                *(double *)out = value;
            else
                *(float *)out = (float)value;
            return true;
        }
    }
    s->at = at;
    wy_str text;
    return wy_wave_number(s, is_double ? "a number (f64)" : "a number (f32)", &text) &&
           read_float(s, text, is_double, out);
}

/* --- lists --- */

static bool parse_list(parser *p, const wy_type *type, wy_list *out) {
    wy_wave_scan *s = &p->scan;
    const wy_type *elem = type->elem;
    char *items = NULL;
    uint32_t cap = 0, count = 0;
    if (!wy_wave_need(s, '[', "a list in brackets")) return false;
    while (wy_wave_peek(s) != ']') {
        if (count == WY_MAX_LIST_BYTES / elem->size)
            return wy_wave_fail(s, s->at, WY_LIMIT, "the list is longer than %u bytes",
                                WY_MAX_LIST_BYTES);
        items = wy_arena_grow(s->arena, items, count, &cap, (size_t)count + 1, elem->size);
        if (!items) return wy_wave_no_memory(s);
        memset(items + (size_t)count * elem->size, 0, elem->size);
        if (!parse_value(p, elem, items + (size_t)count * elem->size)) return false;
        count++;
        if (!wy_wave_accept(s, ',')) break;
    }
    *out = (wy_list){items, count};
    return wy_wave_need(s, ']', "\",\" or \"]\"");
}

static bool parse_fixed_list(parser *p, const wy_type *type, char *out) {
    wy_wave_scan *s = &p->scan;
    size_t at = s->at;
    uint32_t count = 0;
    if (!wy_wave_need(s, '[', "a list in brackets")) return false;
    while (wy_wave_peek(s) != ']' && count < type->count) {
        if (!parse_value(p, type->elem, out + (size_t)count * type->elem->size)) return false;
        count++;
        if (!wy_wave_accept(s, ',')) break;
    }
    if (wy_wave_accept(s, ']') && count == type->count) return true;
    return wy_wave_fail(s, at, WY_MALFORMED, "expected a list of exactly %u elements", type->count);
}

/* --- records, tuples, arguments --- */

static bool is_option(const wy_type *type) {
    return type->kind == WY_KIND_OPTION;
}

/* The index of a field, case or flag; an error that names the nearest where there is none. */
static bool find_label(wy_wave_scan *s, const wy_type *type, const wy_wave_label *label,
                       const char *what, uint32_t *index_out) {
    for (uint32_t i = 0; i < type->count; i++)
        if (wy_str_eq(type->fields[i].name, label->name)) return *index_out = i, true;
    wy_str *names = wy_arena_calloc(s->arena, type->count, sizeof *names);
    if (!names) return wy_wave_no_memory(s);
    wy_buf list;
    wy_buf_init(&list, 512);
    for (uint32_t i = 0; i < type->count; i++) {
        names[i] = type->fields[i].name;
        if (i) wy_buf_str(&list, WY_STR(", "));
        wy_buf_str(&list, names[i]);
    }
    wy_str nearest = wy_str_nearest(label->name, names, type->count);
    if (nearest.len)
        wy_wave_fail(s, label->at, WY_MALFORMED,
                     "no such %s: " WY_STR_FMT " (did you mean " WY_STR_FMT "?)", what,
                     WY_STR_ARG(label->name), WY_STR_ARG(nearest));
    else
        wy_wave_fail(s, label->at, WY_MALFORMED, "no such %s: " WY_STR_FMT "; there are: %s%s",
                     what, WY_STR_ARG(label->name), list.ptr ? list.ptr : "",
                     list.failed ? ", ..." : "");
    wy_buf_deinit(&list);
    return false;
}

static bool parse_field(parser *p, const wy_type *type, uint8_t *given, char *out) {
    wy_wave_scan *s = &p->scan;
    wy_wave_label label;
    uint32_t index;
    if (!wy_wave_label_next(s, &label)) return wy_wave_expected(s, "a field's name");
    if (!find_label(s, type, &label, "field", &index)) return false;
    if (given[index]) return wy_wave_fail(s, label.at, WY_MALFORMED, "the field is given twice");
    given[index] = 1;
    return wy_wave_need(s, ':', "\":\"") &&
           parse_value(p, type->fields[index].type, out + type->fields[index].offset);
}

/* {name: value, ...} in any order; {:} has no field. Options may be left out: their `none` is all
 * zeros, which the value is from the start. */
static bool parse_record(parser *p, const wy_type *type, char *out) {
    wy_wave_scan *s = &p->scan;
    wy_wave_skip(s);
    size_t at = s->at;
    if (!wy_wave_need(s, '{', "a record in braces")) return false;
    uint8_t *given = wy_arena_calloc(s->arena, type->count, 1);
    if (!given) return wy_wave_no_memory(s);
    if (wy_wave_peek(s) == '}')
        return wy_wave_fail(s, at, WY_MALFORMED, "a record without fields is written {:}");
    if (!wy_wave_accept(s, ':')) {
        do {
            if (!parse_field(p, type, given, out)) return false;
        } while (wy_wave_accept(s, ',') && wy_wave_peek(s) != '}');
    }
    if (!wy_wave_need(s, '}', "\",\" or \"}\"")) return false;
    for (uint32_t i = 0; i < type->count; i++)
        if (!given[i] && !is_option(type->fields[i].type))
            return wy_wave_fail(s, at, WY_MALFORMED,
                                "the record lacks the field \"" WY_STR_FMT "\"",
                                WY_STR_ARG(type->fields[i].name));
    return true;
}

static bool parse_tuple(parser *p, const wy_type *type, char *out) {
    wy_wave_scan *s = &p->scan;
    wy_wave_skip(s);
    size_t at = s->at;
    if (!wy_wave_need(s, '(', "a tuple in parentheses")) return false;
    uint32_t count = 0;
    while (wy_wave_peek(s) != ')' && count < type->count) {
        if (!parse_value(p, type->fields[count].type, out + type->fields[count].offset))
            return false;
        count++;
        if (!wy_wave_accept(s, ',')) break;
    }
    if (wy_wave_peek(s) != ')' && count < type->count) return wy_wave_expected(s, "\",\" or \")\"");
    if (wy_wave_accept(s, ')') && count == type->count) return true;
    return wy_wave_fail(s, at, WY_MALFORMED, "expected a tuple of %u values", type->count);
}

/* "name: string, size: option<u32>" */
static void print_params(wy_buf *buf, const wy_type *params) {
    for (uint32_t i = 0; i < params->count; i++) {
        if (i) wy_buf_str(buf, WY_STR(", "));
        wy_buf_str(buf, params->fields[i].name);
        wy_buf_str(buf, WY_STR(": "));
        wy_type_print(buf, params->fields[i].type);
    }
}

static bool fail_count(wy_wave_scan *s, const wy_type *params) {
    wy_buf list;
    wy_buf_init(&list, 700);
    print_params(&list, params);
    wy_wave_fail(s, s->at, WY_MALFORMED, "expected %u argument%s: (%s%s)", params->count,
                 params->count == 1 ? "" : "s", list.ptr ? list.ptr : "", list.failed ? "..." : "");
    wy_buf_deinit(&list);
    return false;
}

static bool parse_args(parser *p, const wy_type *params, char *out) {
    wy_wave_scan *s = &p->scan;
    if (!wy_wave_need(s, '(', "\"(\" and arguments")) return false;
    uint32_t count = 0;
    while (wy_wave_peek(s) != ')') {
        if (count == params->count) return fail_count(s, params);
        if (!parse_value(p, params->fields[count].type, out + params->fields[count].offset))
            return false;
        count++;
        if (!wy_wave_accept(s, ',')) break;
    }
    for (uint32_t i = count; i < params->count && wy_wave_peek(s) == ')'; i++)
        if (!is_option(params->fields[i].type)) return fail_count(s, params);
    return wy_wave_need(s, ')', "\",\" or \")\"");
}

/* --- variants, enums, options, results --- */

static void set_case(const wy_type *type, uint32_t index, char *out) {
    memcpy(out, &index, type->disc_size);
}

static bool parse_payload(parser *p, const wy_type *type, uint32_t index, char *out) {
    wy_wave_scan *s = &p->scan;
    const wy_field *chosen = &type->fields[index];
    set_case(type, index, out);
    if (!chosen->type) {
        if (wy_wave_peek(s) != '(') return true;
        return wy_wave_fail(s, s->at, WY_MALFORMED, "\"" WY_STR_FMT "\" has no value",
                            WY_STR_ARG(wy_wave_case_name(type, index)));
    }
    return wy_wave_need(s, '(', "\"(\" and a value") &&
           parse_value(p, chosen->type, out + type->payload_offset) &&
           wy_wave_need(s, ')', "\")\"");
}

/* Enums are variants without values. */
static bool parse_variant(parser *p, const wy_type *type, char *out) {
    wy_wave_scan *s = &p->scan;
    wy_wave_label label;
    uint32_t index;
    if (!wy_wave_label_next(s, &label)) return wy_wave_expected(s, "a case's name");
    if (!find_label(s, type, &label, "case", &index)) return false;
    if (label.keyword)
        return wy_wave_fail(s, label.at, WY_MALFORMED,
                            "here \"" WY_STR_FMT "\" must be written %%" WY_STR_FMT,
                            WY_STR_ARG(label.name), WY_STR_ARG(label.name));
    return parse_payload(p, type, index, out);
}

/* Options and results: their cases by name, or the value of some or ok by itself, unless that is an
 * option or result again. */
static bool parse_flattened(parser *p, const wy_type *type, char *out) {
    wy_wave_scan *s = &p->scan;
    wy_wave_skip(s);
    size_t at = s->at;
    wy_wave_label label;
    uint32_t plain = is_option(type) ? 1 : 0; /* the case that needs no name */
    if (wy_wave_label_next(s, &label) && label.keyword)
        for (uint32_t i = 0; i < type->count; i++)
            if (wy_str_eq(wy_wave_case_name(type, i), label.name))
                return parse_payload(p, type, i, out);
    s->at = at;
    const wy_type *inner = type->fields[plain].type;
    if (!inner || is_option(inner) || inner->kind == WY_KIND_RESULT)
        return wy_wave_expected(s, is_option(type) ? "some(...) or none" : "ok or err");
    set_case(type, plain, out);
    return parse_value(p, inner, out + type->payload_offset);
}

static bool parse_flags(parser *p, const wy_type *type, char *out) {
    wy_wave_scan *s = &p->scan;
    uint32_t bits = 0, index;
    if (!wy_wave_need(s, '{', "flags in braces")) return false;
    while (wy_wave_peek(s) != '}') {
        wy_wave_label label;
        if (!wy_wave_label_next(s, &label)) return wy_wave_expected(s, "a flag's name");
        if (!find_label(s, type, &label, "flag", &index)) return false;
        if (bits >> index & 1)
            return wy_wave_fail(s, label.at, WY_MALFORMED, "the flag is given twice");
        bits |= (uint32_t)1 << index;
        if (!wy_wave_accept(s, ',')) break;
    }
    memcpy(out, &bits, type->size);
    return wy_wave_need(s, '}', "\",\" or \"}\"");
}

/* --- handles --- */

static bool parse_handle(parser *p, const wy_type *type, wy_handle *out) {
    wy_wave_scan *s = &p->scan;
    wy_wave_label label;
    wy_wave_skip(s);
    if (!p->handles || !p->handles->find)
        return wy_wave_fail(s, s->at, WY_MALFORMED, "a handle cannot be written here");
    if (!wy_wave_label_next(s, &label)) return wy_wave_expected(s, "the name of a handle");
    const char *wrong = p->handles->find(p->handles->data, label.name, type, out);
    return !wrong || wy_wave_fail(s, label.at, WY_MALFORMED, "\"" WY_STR_FMT "\" %s",
                                  WY_STR_ARG(label.name), wrong);
}

/* Ends of streams and futures are passed on, not written down. */
static bool refuse_type(wy_wave_scan *s, const wy_type *type) {
    wy_buf name;
    wy_buf_init(&name, 1 << 16);
    wy_type_print(&name, type);
    wy_wave_skip(s);
    wy_wave_fail(s, s->at, WY_MALFORMED, WY_STR_FMT " cannot be written as text",
                 WY_STR_ARG(wy_buf_view(&name)));
    wy_buf_deinit(&name);
    return false;
}

/* --- any type --- */

/* `out` is all zeros. */
static bool parse_kind(parser *p, const wy_type *type, void *out) {
    wy_wave_scan *s = &p->scan;
    switch ((wy_kind)type->kind) {
    case WY_KIND_BOOL: return parse_bool(s, out);
    case WY_KIND_S8:
    case WY_KIND_S16:
    case WY_KIND_S32:
    case WY_KIND_S64: return parse_integer(s, type, true, out);
    case WY_KIND_U8:
    case WY_KIND_U16:
    case WY_KIND_U32:
    case WY_KIND_U64: return parse_integer(s, type, false, out);
    case WY_KIND_F32:
    case WY_KIND_F64: return parse_float(s, type, out);
    case WY_KIND_CHAR: return wy_wave_char(s, out);
    case WY_KIND_STRING: return wy_wave_string(s, out);
    case WY_KIND_LIST:
    case WY_KIND_MAP: return parse_list(p, type, out);
    case WY_KIND_FIXED_LIST: return parse_fixed_list(p, type, out);
    case WY_KIND_RECORD: return parse_record(p, type, out);
    case WY_KIND_TUPLE: return parse_tuple(p, type, out);
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM: return parse_variant(p, type, out);
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return parse_flattened(p, type, out);
    case WY_KIND_FLAGS: return parse_flags(p, type, out);
    case WY_KIND_OWN:
    case WY_KIND_BORROW: return parse_handle(p, type, out);
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: return refuse_type(s, type);
    }
    wy_assert(!"a kind of type");
    return false;
}

static bool parse_value(parser *p, const wy_type *type, void *out) {
    if (p->depth == WY_MAX_TYPE_DEPTH)
        return wy_wave_fail(&p->scan, p->scan.at, WY_LIMIT,
                            "values are nested deeper than %d (WY_MAX_TYPE_DEPTH)",
                            WY_MAX_TYPE_DEPTH);
    p->depth++;
    bool ok = parse_kind(p, type, out);
    p->depth--;
    return ok;
}

/* --- whole texts --- */

static bool begin(parser *p, size_t at) {
    wy_wave_scan *s = &p->scan;
    if (wy_utf8_valid(s->text.ptr, s->text.len)) return s->at = at, true;
    size_t good = 0, bad = s->text.len; /* the longest valid beginning */
    while (bad - good > 1) {
        size_t middle = good + (bad - good) / 2;
        size_t cut = middle;
        while (cut > good && ((unsigned char)s->text.ptr[cut] & 0xc0) == 0x80)
            cut--;
        if (cut > good && wy_utf8_valid(s->text.ptr, cut))
            good = cut;
        else if (cut > good)
            bad = cut;
        else
            break;
    }
    return wy_wave_fail(s, good, WY_MALFORMED, "the text is not UTF-8");
}

static wy_err finish(parser *p, bool ok) {
    wy_wave_scan *s = &p->scan;
    wy_wave_skip(s);
    if (ok && s->at < s->text.len) wy_wave_expected(s, "the end");
    return s->err;
}

wy_err wy_wave_parse(wy_str text, const wy_type *type, wy_arena *arena,
                     const wy_wave_handles *handles, void *value_out, wy_diag *diag) {
    parser p = {.scan = {.text = text, .arena = arena, .diag = diag}, .handles = handles};
    memset(value_out, 0, type->size);
    return finish(&p, begin(&p, 0) && parse_value(&p, type, value_out));
}

wy_err wy_wave_parse_args(wy_str text, size_t at, const wy_func_type *func, wy_arena *arena,
                          const wy_wave_handles *handles, void *args_out, wy_diag *diag) {
    wy_assert(at <= text.len);
    parser p = {.scan = {.text = text, .arena = arena, .diag = diag}, .handles = handles};
    memset(args_out, 0, func->params.size);
    return finish(&p, begin(&p, at) && parse_args(&p, &func->params, args_out));
}
