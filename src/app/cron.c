/* Schedules: see cron.h. */
#include "app/cron.h"

#define DAY_SECONDS 86400

/* --- parsing --- */

typedef struct field {
    const char *name;
    unsigned min, max;
    const char *words; /* of three letters each, for the values from `min` on; NULL: none */
} field;

enum { SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR, FIELDS };

static const field fields[FIELDS] = {
    {"second", 0, 59, NULL},
    {"minute", 0, 59, NULL},
    {"hour", 0, 23, NULL},
    {"day of month", 1, 31, NULL},
    {"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
    {"day of week", 0, 7, "SUNMONTUEWEDTHUFRISAT"},
    {"year", WY_CRON_FIRST_YEAR, WY_CRON_LAST_YEAR, NULL},
};

/* The values of a field: bit 0 is its smallest. */
typedef struct values {
    uint64_t bits[4];
} values;

static void set(values *v, unsigned bit) {
    v->bits[bit / 64] |= (uint64_t)1 << bit % 64;
}

static wy_err fail(wy_diag *diag, const field *f, wy_str part) {
    return wy_diag_set(diag, WY_INVALID, "'" WY_STR_FMT "' is no %s (%u to %u)", WY_STR_ARG(part),
                       f->name, f->min, f->max);
}

static bool read_value(const field *f, wy_str text, unsigned *out) {
    uint64_t number;
    if (wy_str_to_u64(text, f->max, &number) && number >= f->min) {
        *out = (unsigned)number;
        return true;
    }
    for (unsigned i = 0; f->words && text.len == 3 && f->words[i * 3]; i++) {
        if (!wy_str_eq_nocase(text, (wy_str){f->words + i * 3, 3})) continue;
        *out = f->min + i;
        return true;
    }
    return false;
}

/* "*", "5", "1-5", each maybe with "/2" behind. */
static wy_err read_range(const field *f, wy_str part, values *out, wy_diag *diag) {
    size_t slash = wy_str_find(part, '/');
    wy_str range = wy_str_sub(part, 0, slash);
    uint64_t step = 1;
    unsigned from = f->min, to = f->max;
    bool has_step = slash < part.len;
    if (has_step && (!wy_str_to_u64(wy_str_sub(part, slash + 1, part.len), f->max, &step) || !step))
        return fail(diag, f, part);
    size_t dash = wy_str_find(range, '-');
    bool is_any = wy_str_eqz(range, "*") || (wy_str_eqz(range, "?") && f->name[0] == 'd');
    if (!is_any && !read_value(f, wy_str_sub(range, 0, dash), &from)) return fail(diag, f, part);
    if (!is_any && dash == range.len && !has_step) to = from;
    if (!is_any && dash < range.len && !read_value(f, wy_str_sub(range, dash + 1, range.len), &to))
        return fail(diag, f, part);
    if (from > to) return fail(diag, f, part);
    for (uint64_t v = from; v <= to; v += step)
        set(out, (unsigned)v - f->min);
    return WY_OK;
}

/* "MON#2", "5L". False: it is neither. */
static bool read_weekday_of_month(const field *f, wy_str part, wy_cron *cron) {
    size_t hash = wy_str_find(part, '#');
    uint64_t nth;
    unsigned day;
    bool is_last = part.len > 1 && (part.ptr[part.len - 1] | 0x20) == 'l' && hash == part.len;
    if (is_last && read_value(f, wy_str_sub(part, 0, part.len - 1), &day)) {
        cron->last_weekdays |= (uint8_t)(1u << day % 7);
        return true;
    }
    if (hash == part.len || !read_value(f, wy_str_sub(part, 0, hash), &day) ||
        !wy_str_to_u64(wy_str_sub(part, hash + 1, part.len), 5, &nth) || nth == 0)
        return false;
    cron->nth_weekdays[nth - 1] |= (uint8_t)(1u << day % 7);
    return true;
}

static wy_err read_part(unsigned which, wy_str part, values *out, wy_cron *cron, wy_diag *diag) {
    if (which == DAY && wy_str_eq_nocase(part, WY_STR("L"))) {
        cron->last_day = true;
        return WY_OK;
    }
    if (which == WEEKDAY && read_weekday_of_month(&fields[which], part, cron)) return WY_OK;
    return read_range(&fields[which], part, out, diag);
}

static wy_err read_field(unsigned which, wy_str text, values *out, wy_cron *cron, wy_diag *diag) {
    wy_err err = WY_OK;
    for (size_t at = 0; at <= text.len && !err;) {
        wy_str rest = wy_str_sub(text, at, text.len);
        size_t comma = wy_str_find(rest, ',');
        err = read_part(which, wy_str_sub(rest, 0, comma), out, cron, diag);
        at += comma + 1;
    }
    return err;
}

/* Words between blanks; more than FIELDS are counted only. */
static size_t split(wy_str text, wy_str out[FIELDS]) {
    size_t count = 0;
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\t')
            end++;
        if (end > at && count < FIELDS) out[count] = wy_str_sub(text, at, end);
        count += end > at;
        at = end + 1;
    }
    return count;
}

static wy_str spelled_out(wy_str text) {
    static const char *const names[][2] = {
        {"@yearly", "0 0 0 1 1 *"}, {"@annually", "0 0 0 1 1 *"}, {"@monthly", "0 0 0 1 * *"},
        {"@weekly", "0 0 0 * * 0"}, {"@daily", "0 0 0 * * *"},    {"@midnight", "0 0 0 * * *"},
        {"@hourly", "0 0 * * * *"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (wy_str_eqz(text, names[i][0])) return wy_str_of(names[i][1]);
    return text;
}

wy_err wy_cron_parse(wy_str text, wy_cron *cron_out, wy_diag *diag) {
    wy_str parts[FIELDS];
    values v[FIELDS] = {{{0}}};
    size_t count = split(spelled_out(wy_str_trim(text)), parts);
    *cron_out = (wy_cron){0};
    if (count != FIELDS - 1 && count != FIELDS)
        return wy_diag_set(diag, WY_INVALID,
                           "a schedule has six fields, or seven: second, minute, hour, day of "
                           "month, month, day of week, year; this has %zu%s",
                           count, count == 5 ? ": put '0' in front for the second" : "");
    if (count < FIELDS) parts[YEAR] = WY_STR("*");
    wy_err err = WY_OK;
    for (unsigned i = 0; i < FIELDS && !err; i++)
        err = read_field(i, parts[i], &v[i], cron_out, diag);
    if (err) return err;
    cron_out->seconds = v[SECOND].bits[0];
    cron_out->minutes = v[MINUTE].bits[0];
    cron_out->hours = (uint32_t)v[HOUR].bits[0];
    cron_out->days = (uint32_t)(v[DAY].bits[0] << 1);
    cron_out->months = (uint32_t)(v[MONTH].bits[0] << 1);
    cron_out->weekdays = (uint8_t)((v[WEEKDAY].bits[0] & 0x7f) | (v[WEEKDAY].bits[0] >> 7));
    memcpy(cron_out->years, v[YEAR].bits, sizeof cron_out->years);
    return WY_OK;
}

/* --- times --- */

static bool is_leap(unsigned year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(unsigned year, unsigned month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* A day, as its date and as a number of days since the first of 1970. */
typedef struct date {
    unsigned year, month, day;
    uint64_t number;
} date;

static date date_of(uint64_t number) {
    date d = {WY_CRON_FIRST_YEAR, 1, 1, number};
    uint64_t left = number;
    while (d.year <= WY_CRON_LAST_YEAR && left >= 365u + is_leap(d.year))
        left -= 365u + is_leap(d.year++);
    while (d.year <= WY_CRON_LAST_YEAR && left >= month_days(d.year, d.month))
        left -= month_days(d.year, d.month++);
    d.day = d.year <= WY_CRON_LAST_YEAR ? (unsigned)left + 1 : 1;
    return d;
}

static void next_day(date *d) {
    d->number++;
    if (++d->day <= month_days(d->year, d->month)) return;
    d->day = 1;
    if (++d->month <= 12) return;
    d->month = 1;
    d->year++;
}

static bool is_meant(const wy_cron *c, const date *d) {
    unsigned year = d->year - WY_CRON_FIRST_YEAR, length = month_days(d->year, d->month);
    if (!(c->years[year / 64] >> year % 64 & 1) || !(c->months >> d->month & 1)) return false;
    if (!(c->days >> d->day & 1) && !(c->last_day && d->day == length)) return false;
    unsigned weekday = (unsigned)((d->number + 4) % 7); /* 1970 began on a Thursday */
    return c->weekdays >> weekday & 1 || c->nth_weekdays[(d->day - 1) / 7] >> weekday & 1 ||
           (c->last_weekdays >> weekday & 1 && d->day + 7 > length);
}

/* The first second of a day, from `from` on, that is meant. */
static bool find_in_day(const wy_cron *c, unsigned from, unsigned *second_out) {
    for (unsigned hour = from / 3600; hour < 24; hour++) {
        if (!(c->hours >> hour & 1)) continue;
        for (unsigned minute = hour == from / 3600 ? from / 60 % 60 : 0; minute < 60; minute++) {
            if (!(c->minutes >> minute & 1)) continue;
            unsigned begin = hour * 3600 + minute * 60;
            for (unsigned s = begin > from ? 0 : from - begin; s < 60; s++) {
                if (!(c->seconds >> s & 1)) continue;
                *second_out = begin + s;
                return true;
            }
        }
    }
    return false;
}

bool wy_cron_next(const wy_cron *cron, uint64_t seconds, uint64_t *next_out) {
    if (seconds == UINT64_MAX) return false;
    seconds++;
    date d = date_of(seconds / DAY_SECONDS);
    unsigned from = (unsigned)(seconds % DAY_SECONDS), found;
    for (; d.year <= WY_CRON_LAST_YEAR; next_day(&d), from = 0) {
        if (!is_meant(cron, &d) || !find_in_day(cron, from, &found)) continue;
        *next_out = d.number * DAY_SECONDS + found;
        return true;
    }
    return false;
}
