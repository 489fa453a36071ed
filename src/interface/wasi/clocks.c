/* wasi:clocks: the system's clocks. The time zone is UTC, always. */
#include "interface/wasi/io.h"

#include <time.h>

#include "gen/wasi_clocks_monotonic_clock.h"
#include "gen/wasi_clocks_timezone.h"
#include "gen/wasi_clocks_wall_clock.h"

/* --- monotonic --- */

static own wy_trap *monotonic_now(wy_call *call, const void *args,
                                  wasi_clocks_monotonic_clock_now_result *result) {
    (void)call, (void)args;
    *result = wy_clock_monotonic_ns();
    return NULL;
}

static own wy_trap *monotonic_resolution(wy_call *call, const void *args,
                                         wasi_clocks_monotonic_clock_resolution_result *result) {
    (void)call, (void)args;
    struct timespec resolution;
    clock_getres(CLOCK_MONOTONIC, &resolution);
    *result = (uint64_t)resolution.tv_sec * UINT64_C(1000000000) + (uint64_t)resolution.tv_nsec;
    return NULL;
}

static own wy_trap *subscribe(uint64_t deadline_ns, wy_handle *result) {
    wy_pollable *pollable = wy_pollable_new_timer(deadline_ns);
    if (!pollable) return wy_trap_new("out of memory for a timer");
    *result = (wy_handle)pollable;
    return NULL;
}

static own wy_trap *
subscribe_instant(wy_call *call, const wasi_clocks_monotonic_clock_subscribe_instant_args *args,
                  wasi_clocks_monotonic_clock_subscribe_instant_result *result) {
    (void)call;
    return subscribe(args->when, result);
}

static own wy_trap *
subscribe_duration(wy_call *call, const wasi_clocks_monotonic_clock_subscribe_duration_args *args,
                   wasi_clocks_monotonic_clock_subscribe_duration_result *result) {
    (void)call;
    uint64_t now = wy_clock_monotonic_ns();
    return subscribe(args->when < UINT64_MAX - now ? now + args->when : UINT64_MAX, result);
}

static const wasi_clocks_monotonic_clock_ops monotonic_ops = {
    .now = monotonic_now,
    .resolution = monotonic_resolution,
    .subscribe_instant = subscribe_instant,
    .subscribe_duration = subscribe_duration,
};

const wy_interface wy_interface_wasi_clocks_monotonic_clock = {
    &wasi_clocks_monotonic_clock_interface, &monotonic_ops};

/* --- wall --- */

static own wy_trap *wall_now(wy_call *call, const void *args,
                             wasi_clocks_wall_clock_now_result *result) {
    (void)call, (void)args;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec < 0) return wy_trap_new("the wall clock stands before 1970");
    *result = (wasi_clocks_wall_clock_datetime){(uint64_t)now.tv_sec, (uint32_t)now.tv_nsec};
    return NULL;
}

static own wy_trap *wall_resolution(wy_call *call, const void *args,
                                    wasi_clocks_wall_clock_resolution_result *result) {
    (void)call, (void)args;
    struct timespec resolution;
    clock_getres(CLOCK_REALTIME, &resolution);
    *result = (wasi_clocks_wall_clock_datetime){(uint64_t)resolution.tv_sec,
                                                (uint32_t)resolution.tv_nsec};
    return NULL;
}

static const wasi_clocks_wall_clock_ops wall_ops = {
    .now = wall_now,
    .resolution = wall_resolution,
};

const wy_interface wy_interface_wasi_clocks_wall_clock = {&wasi_clocks_wall_clock_interface,
                                                          &wall_ops};

/* --- time zone --- */

static own wy_trap *display(wy_call *call, const wasi_clocks_timezone_display_args *args,
                            wasi_clocks_timezone_display_result *result) {
    (void)call, (void)args;
    *result = (wasi_clocks_timezone_timezone_display){.utc_offset = 0, .name = WY_STR("UTC")};
    return NULL;
}

static own wy_trap *utc_offset(wy_call *call, const wasi_clocks_timezone_utc_offset_args *args,
                               wasi_clocks_timezone_utc_offset_result *result) {
    (void)call, (void)args;
    *result = 0;
    return NULL;
}

static const wasi_clocks_timezone_ops timezone_ops = {
    .display = display,
    .utc_offset = utc_offset,
};

const wy_interface wy_interface_wasi_clocks_timezone = {&wasi_clocks_timezone_interface,
                                                        &timezone_ops};
