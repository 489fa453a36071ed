/* Schedules: the times that a cron expression stands for, in UTC.
 *
 *   second minute hour day-of-month month day-of-week [year]
 *
 *   *        every value           5,10     each of them       1-5      from, to
 *   0/15     from 0, every 15th    10-40/5  of a range         ?        as *, of days
 *   JAN-DEC, SUN-SAT; days of a week count from 0, Sunday, which is 7 as well
 *   L        last day of a month; 5L: its last Friday; MON#2: its second Monday
 *
 * A time is meant when all fields agree, those of both kinds of days too. */
#ifndef WY_APP_CRON_H
#define WY_APP_CRON_H

#include "base/err.h"
#include "base/str.h"

#define WY_CRON_FIRST_YEAR 1970
#define WY_CRON_LAST_YEAR 2225

/* Plain data. Bits stand for values. */
typedef struct wy_cron {
    uint64_t seconds, minutes;
    uint32_t hours, days, months; /* days from bit 1, months from bit 1 */
    bool last_day;                /* of the month, too */
    uint8_t weekdays;             /* any such day of a month */
    uint8_t nth_weekdays[5];      /* only its first, second, ... */
    uint8_t last_weekdays;        /* only its last */
    uint64_t years[4];            /* from WY_CRON_FIRST_YEAR */
} wy_cron;

/* WY_INVALID, with what is wrong with which field. "@hourly", "@daily", "@weekly", "@monthly" and
 * "@yearly" are expressions too. */
wy_err wy_cron_parse(wy_str text, wy_cron *cron_out, wy_diag *diag) WY_MUST_USE;

/* The first time after `seconds` since the beginning of 1970. False: there is none. */
bool wy_cron_next(const wy_cron *cron, uint64_t seconds, uint64_t *next_out);

#endif
