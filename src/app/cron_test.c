#include "app/cron.h"

#include "base/test.h"

#include <stdio.h>
#include <time.h>

static wy_diag diag;

static wy_cron parse(const char *text) {
    wy_cron cron;
    wy_diag_init(&diag);
    if (wy_cron_parse(wy_str_of(text), &cron, &diag)) fail_msg("%s: %s", text, diag.text);
    return cron;
}

static uint64_t at(int year, int month, int day, int hour, int minute, int second) {
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_sec = second};
    return (uint64_t)timegm(&tm);
}

static void expect(const char *text, uint64_t after, uint64_t expected) {
    wy_cron cron = parse(text);
    uint64_t next = 0;
    bool found = wy_cron_next(&cron, after, &next);
    if (found != (expected != 0) || next != expected)
        fail_msg("%s after %llu: %llu instead of %llu", text, (unsigned long long)after,
                 (unsigned long long)next, (unsigned long long)expected);
}

TEST(times_of_a_day) {
    uint64_t noon = at(2026, 11, 21, 12, 0, 0);
    expect("* * * * * *", noon, noon + 1);
    expect("0 * * * * *", noon, noon + 60);
    expect("0/15 * * * * *", noon, noon + 15);
    expect("1/2 * * * * *", noon, noon + 1);
    expect("5-10/5 * * * * *", noon + 5, noon + 10);
    expect("2,8 * * * * * *", noon + 2, noon + 8);
    expect("59 59 23 * * *", noon, at(2026, 11, 21, 23, 59, 59));
    expect("0 0 0 * * *", noon, at(2026, 11, 22, 0, 0, 0));
    expect("0 30 9,17 * * *", noon, at(2026, 11, 21, 17, 30, 0));
    expect("0 0 12 * * *", noon - 1, noon);
    expect("0 0 12 * * *", noon, noon + 86400);
    expect("0 1/2 11,12 5-10 * * *", noon, at(2026, 12, 5, 11, 1, 0));
}

TEST(days_months_and_years) {
    uint64_t begin = at(2026, 11, 21, 12, 0, 0); /* a Saturday */
    expect("0 0 0 1 JAN *", begin, at(2027, 1, 1, 0, 0, 0));
    expect("0 0 0 * * mon-fri", begin, at(2026, 11, 23, 0, 0, 0));
    expect("0 0 0 * * SUN", begin, at(2026, 11, 22, 0, 0, 0));
    expect("0 0 0 * * 7", begin, at(2026, 11, 22, 0, 0, 0));
    expect("0 0 0 ? * 0", begin, at(2026, 11, 22, 0, 0, 0));
    expect("0 0 0 13 * FRI", begin, at(2027, 8, 13, 0, 0, 0)); /* both */
    expect("0 0 0 29 2 *", begin, at(2028, 2, 29, 0, 0, 0));
    expect("0 0 0 29 2 * 2100-2110", begin, at(2104, 2, 29, 0, 0, 0));
    expect("0 0 0 30 2 *", begin, 0);
    expect("0 0 0 1 1 * 2020", begin, 0);
    expect("0 0 0 31 */2 *", begin, at(2027, 1, 31, 0, 0, 0));
    expect("0 0 0 L * *", begin, at(2026, 11, 30, 0, 0, 0));
    expect("0 0 0 L 2 *", begin, at(2027, 2, 28, 0, 0, 0));
    expect("0 0 0 * * 5L", begin, at(2026, 11, 27, 0, 0, 0));
    expect("0 0 0 * * MON#2", begin, at(2026, 12, 14, 0, 0, 0));
    expect("0 0 0 * * 1#5", begin, at(2026, 11, 30, 0, 0, 0));
    expect("@yearly", begin, at(2027, 1, 1, 0, 0, 0));
    expect("@monthly", begin, at(2026, 12, 1, 0, 0, 0));
    expect("@weekly", begin, at(2026, 11, 22, 0, 0, 0));
    expect("@daily", begin, at(2026, 11, 22, 0, 0, 0));
    expect("@hourly", begin, at(2026, 11, 21, 13, 0, 0));
    expect("59 59 23 31 12 * 2225", begin, at(2225, 12, 31, 23, 59, 59));
    expect("* * * * * *", at(2225, 12, 31, 23, 59, 59), 0);
    expect("* * * * * *", UINT64_MAX, 0);
    expect("* * * * * *", UINT64_MAX - 1, 0);
    expect("* * * * * *", 0, 1);
}

TEST(calendar_agrees_with_the_library_of_c) {
    wy_cron cron = parse("0 0 0 * * *");
    uint64_t time = 0;
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t next;
        if (!wy_cron_next(&cron, time, &next)) break;
        assert_int_equal(next, time + 86400);
        time = next;
    }
    assert_int_equal(time, at(2225, 12, 31, 0, 0, 0));
    for (int year = 1970; year <= 2225; year++)
        for (int month = 1; month <= 12; month++) {
            char text[64];
            snprintf(text, sizeof text, "0 0 0 1 %d * %d", month, year);
            if (year > 1970 || month > 1) expect(text, 0, at(year, month, 1, 0, 0, 0));
        }
}

static void refuse(const char *text, const char *message) {
    wy_cron cron;
    wy_diag_init(&diag);
    assert_int_equal(wy_cron_parse(wy_str_of(text), &cron, &diag), WY_INVALID);
    if (!strstr(diag.text, message)) fail_msg("%s: %s", text, diag.text);
}

TEST(mistakes_are_named) {
    refuse("", "this has 0");
    refuse("* * * * *", "put '0' in front");
    refuse("* * * * * * * *", "this has 8");
    refuse("60 * * * * *", "'60' is no second (0 to 59)");
    refuse("* -1 * * * *", "'-1' is no minute");
    refuse("* * 24 * * *", "'24' is no hour");
    refuse("* * * 0 * *", "'0' is no day of month (1 to 31)");
    refuse("* * * * 13 *", "'13' is no month");
    refuse("* * * * * 8", "'8' is no day of week");
    refuse("* * * * * * 1969", "'1969' is no year");
    refuse("5-1 * * * * *", "'5-1' is no second");
    refuse("*/0 * * * * *", "'*/0' is no second");
    refuse("1, * * * * *", "'' is no second");
    refuse("? * * * * *", "'?' is no second");
    refuse("* * * 15W * *", "'15W' is no day of month");
    refuse("* * * * FEBR *", "'FEBR' is no month");
    refuse("* * * * * MON#6", "'MON#6' is no day of week");
    refuse("@often", "this has 1");
}
