/* TOML's booleans, numbers, dates and times. */
#include "app/toml_lex.h"

#include <stdlib.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* All that can belong to a number, date or word. */
static bool is_scalar_char(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '+' || c == '.' || c == ':';
}

/* `count` digits at `text[*pos]` with a value in [min, max]. */
static bool fixed_digits(wy_str text, size_t *pos, size_t count, unsigned min, unsigned max,
                         unsigned *value_out) {
    unsigned value = 0;
    if (text.len - *pos < count) return false;
    for (size_t i = 0; i < count; i++) {
        char c = text.ptr[*pos + i];
        if (!is_digit(c)) return false;
        value = value * 10 + (unsigned)(c - '0');
    }
    *pos += count;
    *value_out = value;
    return value >= min && value <= max;
}

static bool take(wy_str text, size_t *pos, char c) {
    if (*pos >= text.len || text.ptr[*pos] != c) return false;
    ++*pos;
    return true;
}

static unsigned days_in_month(unsigned year, unsigned month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* YYYY-MM-DD */
static bool read_date(wy_str text, size_t *pos, wy_toml_datetime *out) {
    unsigned year, month, day;
    if (!fixed_digits(text, pos, 4, 0, 9999, &year) || !take(text, pos, '-') ||
        !fixed_digits(text, pos, 2, 1, 12, &month) || !take(text, pos, '-') ||
        !fixed_digits(text, pos, 2, 1, days_in_month(year, month), &day))
        return false;
    out->has_date = true;
    out->year = (uint16_t)year;
    out->month = (uint8_t)month;
    out->day = (uint8_t)day;
    return true;
}

/* HH:MM:SS[.fraction] */
static bool read_time(wy_str text, size_t *pos, wy_toml_datetime *out) {
    unsigned hour, minute, second;
    if (!fixed_digits(text, pos, 2, 0, 23, &hour) || !take(text, pos, ':') ||
        !fixed_digits(text, pos, 2, 0, 59, &minute) || !take(text, pos, ':') ||
        !fixed_digits(text, pos, 2, 0, 59, &second))
        return false;
    out->has_time = true;
    out->hour = (uint8_t)hour;
    out->minute = (uint8_t)minute;
    out->second = (uint8_t)second;
    if (!take(text, pos, '.')) return true;
    size_t digits = 0;
    for (uint32_t unit = 100000000; *pos < text.len && is_digit(text.ptr[*pos]); ++*pos, digits++) {
        out->nanosecond += unit * (uint32_t)(text.ptr[*pos] - '0');
        unit /= 10;
    }
    return digits > 0;
}

/* Z or +HH:MM, or nothing. */
static bool read_offset(wy_str text, size_t *pos, wy_toml_datetime *out) {
    if (*pos == text.len) return true;
    out->has_offset = true;
    if (take(text, pos, 'Z') || take(text, pos, 'z')) return true;
    bool negative = take(text, pos, '-');
    unsigned hour, minute;
    if ((!negative && !take(text, pos, '+')) || !fixed_digits(text, pos, 2, 0, 23, &hour) ||
        !take(text, pos, ':') || !fixed_digits(text, pos, 2, 0, 59, &minute))
        return false;
    int minutes = (int)(hour * 60 + minute);
    out->offset_minutes = (int16_t)(negative ? -minutes : minutes);
    return true;
}

static bool read_datetime(wy_str text, wy_toml_datetime *out) {
    size_t pos = 0;
    *out = (wy_toml_datetime){0};
    if (text.len > 2 && text.ptr[2] == ':') return read_time(text, &pos, out) && pos == text.len;
    if (!read_date(text, &pos, out)) return false;
    if (pos == text.len) return true;
    if (!take(text, &pos, 'T') && !take(text, &pos, 't') && !take(text, &pos, ' ')) return false;
    return read_time(text, &pos, out) && read_offset(text, &pos, out) && pos == text.len;
}

/* A run of digits of `base` with single underscores between them. */
static bool digit_run(wy_str text, size_t *pos, unsigned base) {
    bool after_digit = false;
    for (; *pos < text.len; ++*pos) {
        char c = text.ptr[*pos];
        unsigned value = is_digit(c)            ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 99;
        if (value < base)
            after_digit = true;
        else if (c == '_' && after_digit)
            after_digit = false;
        else
            break;
    }
    return after_digit;
}

/* The value of a run that digit_run accepted; false: above `max`. */
static bool run_value(wy_str run, unsigned base, uint64_t max, uint64_t *value_out) {
    uint64_t value = 0;
    for (size_t i = 0; i < run.len; i++) {
        char c = run.ptr[i];
        if (c == '_') continue;
        unsigned digit = is_digit(c) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    *value_out = value;
    return value <= max;
}

static wy_err out_of_range(wy_toml_lexer *lexer, wy_str text) {
    return wy_toml_fail(lexer, "the integer " WY_STR_FMT " does not fit 64 bits", WY_STR_ARG(text));
}

/* Which is not repeated: it may be a secret, and where it is none the line is shown. */
static wy_err not_a_value(wy_toml_lexer *lexer) {
    return wy_toml_fail(lexer,
                        "this is no value: strings stand in quotes, and numbers, dates, "
                        "true and false are spelled as TOML 1.0 says");
}

/* 0x, 0o and 0b */
static wy_err prefixed_integer(wy_toml_lexer *lexer, wy_str text, wy_toml *value) {
    unsigned base = text.ptr[1] == 'x' ? 16 : text.ptr[1] == 'o' ? 8 : 2;
    size_t pos = 2;
    uint64_t number;
    if (!digit_run(text, &pos, base) || pos != text.len) return not_a_value(lexer);
    if (!run_value(wy_str_sub(text, 2, pos), base, INT64_MAX, &number))
        return out_of_range(lexer, text);
    value->kind = WY_TOML_INTEGER;
    value->integer = (int64_t)number;
    return WY_OK;
}

static wy_err read_float(wy_toml_lexer *lexer, wy_str text, wy_toml *value) {
    char small[64], *clean = small;
    if (text.len >= sizeof small) clean = wy_arena_alloc(lexer->arena, text.len + 1);
    if (!clean) return wy_toml_nomem(lexer);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '_') clean[len++] = text.ptr[i];
    clean[len] = '\0';
    value->kind = WY_TOML_FLOAT;
    value->number = strtod_l(clean, NULL, lexer->c_locale);
    return WY_OK;
}

/* [+-] digits [. digits] [e [+-] digits], inf, nan */
static wy_err read_number(wy_toml_lexer *lexer, wy_str text, wy_toml *value) {
    size_t pos = 0;
    bool negative = take(text, &pos, '-');
    if (!negative) take(text, &pos, '+');
    wy_str magnitude = wy_str_sub(text, pos, text.len);
    if (wy_str_eqz(magnitude, "inf") || wy_str_eqz(magnitude, "nan"))
        return read_float(lexer, text, value);
    size_t from = pos;
    if (!digit_run(text, &pos, 10)) return not_a_value(lexer);
    if (pos - from > 1 && text.ptr[from] == '0')
        return wy_toml_fail(lexer, "'" WY_STR_FMT "': a number may not begin with a zero",
                            text.len > 64 ? 64 : (int)text.len, text.ptr);
    if (pos == text.len) {
        uint64_t number, max = (uint64_t)INT64_MAX + negative;
        if (!run_value(wy_str_sub(text, from, pos), 10, max, &number))
            return out_of_range(lexer, text);
        value->kind = WY_TOML_INTEGER;
        value->integer = negative ? (int64_t)(0 - number) : (int64_t)number;
        return WY_OK;
    }
    if (take(text, &pos, '.') && !digit_run(text, &pos, 10)) return not_a_value(lexer);
    if (take(text, &pos, 'e') || take(text, &pos, 'E')) {
        if (!take(text, &pos, '-')) take(text, &pos, '+');
        if (!digit_run(text, &pos, 10)) return not_a_value(lexer);
    }
    return pos == text.len ? read_float(lexer, text, value) : not_a_value(lexer);
}

/* Four digits and a dash: no number begins so. */
static bool begins_date(wy_str text) {
    size_t pos = 0;
    unsigned year;
    return fixed_digits(text, &pos, 4, 0, 9999, &year) && take(text, &pos, '-');
}

wy_err wy_toml_scalar(wy_toml_lexer *lexer, wy_toml *value) {
    const char *at = lexer->at;
    while (at < lexer->end && is_scalar_char(*at))
        at++;
    wy_str text = {lexer->at, (size_t)(at - lexer->at)};
    if (text.len == 0) return wy_toml_unexpected(lexer, "a value");
    /* "1979-05-27 07:32:00": the one place where a blank belongs to a value */
    if (text.len == 10 && begins_date(text) && lexer->end - at >= 4 && *at == ' ' &&
        is_digit(at[1]) && is_digit(at[2]) && at[3] == ':') {
        at++;
        while (at < lexer->end && is_scalar_char(*at))
            at++;
        text.len = (size_t)(at - lexer->at);
    }
    wy_err err = WY_OK;
    if (wy_str_eqz(text, "true") || wy_str_eqz(text, "false")) {
        value->kind = WY_TOML_BOOLEAN;
        value->boolean = text.len == 4;
    } else if (begins_date(text) || (text.len > 2 && is_digit(text.ptr[0]) && text.ptr[2] == ':')) {
        value->kind = WY_TOML_DATETIME;
        if (!read_datetime(text, &value->datetime)) err = not_a_value(lexer);
    } else if (text.len >= 2 && text.ptr[0] == '0' && strchr("xob", text.ptr[1])) {
        err = prefixed_integer(lexer, text, value);
    } else {
        err = read_number(lexer, text, value);
    }
    if (err == WY_OK) lexer->at = at;
    return err;
}
