/* What the benchmarks share: a clock, and the lines that bench/run reads: a name, a tab, seconds.
 * The same names are printed by the peer (bench/peers), and compared. */
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>
#include <time.h>

#define BENCH_RUNS 5 /* of each measurement; the best counts */

static inline double bench_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline void bench_report(const char *group, const char *name, double seconds) {
    printf("%s, %s\t%.3e\n", group, name, seconds);
}

#endif
