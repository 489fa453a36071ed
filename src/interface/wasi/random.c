/* wasi:random: the kernel's generator for all three interfaces, as it is fast enough for the
 * insecure ones too. */
#include "runtime/host.h"
#include "runtime/task.h"

#include <errno.h>
#include <sys/random.h>

#include "base/limits.h"
#include "gen/wasi_random_insecure.h"
#include "gen/wasi_random_insecure_seed.h"
#include "gen/wasi_random_random.h"

static own wy_trap *fill(void *bytes, size_t len) {
    uint8_t *at = bytes;
    while (len > 0) {
        ssize_t count = getrandom(at, len, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return wy_trap_new("the system's random numbers: %s", strerror(errno));
        at += count;
        len -= (size_t)count;
    }
    return NULL;
}

/* Some milliseconds of work are left to the pool. */
#define DIRECT_MAX ((size_t)256 << 10)

typedef struct fill_job {
    void *bytes;
    size_t len;
    own wy_trap *trap;
} fill_job;

static void fill_work(void *data) {
    fill_job *job = data;
    job->trap = fill(job->bytes, job->len);
}

static own wy_trap *fill_list(wy_call *call, uint64_t len, wy_list_u8 *result) {
    *result = (wy_list_u8){NULL, 0};
    if (len == 0) return NULL;
    if (len > WY_MAX_LIST_BYTES)
        return wy_trap_new("%llu random bytes pass the limit WY_MAX_LIST_BYTES",
                           (unsigned long long)len);
    wy_trap *trap;
    uint8_t *bytes = wy_abi_reserve(call->cx, (uint32_t)len, &trap);
    if (!bytes) return trap;
    *result = (wy_list_u8){bytes, (size_t)len};
    if (len <= DIRECT_MAX) return fill(bytes, (size_t)len);
    fill_job job = {bytes, (size_t)len, NULL};
    wy_err err = wy_task_offload(call->task, fill_work, &job);
    if (err == WY_CANCELLED || err == WY_TIMEOUT) {
        if (job.trap) wy_trap_free(job.trap);
        return wy_task_trap(call->task);
    }
    return err ? wy_trap_new("random bytes: %s", wy_err_text(err)) : job.trap;
}

/* --- random --- */

static own wy_trap *get_random_bytes(wy_call *call,
                                     const wasi_random_random_get_random_bytes_args *args,
                                     wasi_random_random_get_random_bytes_result *result) {
    return fill_list(call, args->len, result);
}

static own wy_trap *get_random_u64(wy_call *call, const void *args,
                                   wasi_random_random_get_random_u64_result *result) {
    (void)call, (void)args;
    return fill(result, sizeof *result);
}

static const wasi_random_random_ops random_ops = {
    .get_random_bytes = get_random_bytes,
    .get_random_u64 = get_random_u64,
};

const wy_interface wy_interface_wasi_random_random = {&wasi_random_random_interface, &random_ops};

/* --- insecure --- */

static own wy_trap *
get_insecure_random_bytes(wy_call *call,
                          const wasi_random_insecure_get_insecure_random_bytes_args *args,
                          wasi_random_insecure_get_insecure_random_bytes_result *result) {
    return fill_list(call, args->len, result);
}

static own wy_trap *
get_insecure_random_u64(wy_call *call, const void *args,
                        wasi_random_insecure_get_insecure_random_u64_result *result) {
    (void)call, (void)args;
    return fill(result, sizeof *result);
}

static const wasi_random_insecure_ops insecure_ops = {
    .get_insecure_random_bytes = get_insecure_random_bytes,
    .get_insecure_random_u64 = get_insecure_random_u64,
};

const wy_interface wy_interface_wasi_random_insecure = {&wasi_random_insecure_interface,
                                                        &insecure_ops};

/* --- insecure seed --- */

/* One value an instance: the WIT means it as a value import. */
static own wy_trap *insecure_seed(wy_call *call, const void *args,
                                  wasi_random_insecure_seed_insecure_seed_result *result) {
    (void)args;
    wit_tuple2_u64_u64 *seed = wy_instance_state(call->instance, WY_SLOT_WASI_RANDOM);
    if (!seed) {
        seed = wy_arena_alloc(wy_instance_arena(call->instance), sizeof *seed);
        if (!seed) return wy_trap_new("out of memory for a seed");
        wy_trap *trap = fill(seed, sizeof *seed);
        if (trap) return trap;
        wy_instance_set_state(call->instance, WY_SLOT_WASI_RANDOM, seed, NULL);
    }
    *result = *seed;
    return NULL;
}

static const wasi_random_insecure_seed_ops insecure_seed_ops = {.insecure_seed = insecure_seed};

const wy_interface wy_interface_wasi_random_insecure_seed = {&wasi_random_insecure_seed_interface,
                                                             &insecure_seed_ops};
