/* Turns: the share of a processor that the loop's thread takes at once, where others want it too.
 *
 * Linux lets a thread that was given a processor keep it for a turn, and looks whether the turn is
 * over once in a tick of its clock: 4 ms where that ticks 250 times a second. A server that shares
 * its processor with a client runs whenever the client sends; once it has had more than its half,
 * what comes next waits until the client's turn is over. Two things help:
 *
 * A loop that gives way after each round has never had much more than its part, and finds more to
 * do when it comes round again. What giving way costs is the rest of the turn: so the turn is a
 * short one.
 *
 * A thread that wakes on the loop's processor (the nudger) has Linux look more often than it
 * ticks: whenever a thread wakes, it chooses anew who runs. */
#include "base/limits.h"
#include "base/thread.h"
#include "loop/internal.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLEEP_AFTER 10    /* nudges in a row that found the loop idle */
#define WATCH_ROUNDS 1000 /* of the loop, between two looks whether others want its processor */

bool wy_sched_get(wy_sched *out) {
    *out = (wy_sched){0};
    return syscall(SYS_sched_getattr, 0, out, sizeof *out, 0) == 0;
}

static int64_t forced_switches(void) {
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

void wy_loop_take_short_turns(wy_loop *loop) {
    const uint64_t turn_ns = WY_TURN_US * 1000;
    wy_sched sched;
    if (loop->turns) return;
    if (!wy_sched_get(&sched) || sched.policy != SCHED_OTHER) return; /* somebody chose otherwise */
    sched.runtime_ns = turn_ns;
    if (syscall(SYS_sched_setattr, 0, &sched, 0) != 0 || !wy_sched_get(&sched) ||
        sched.runtime_ns != turn_ns)
        return;
    wy_turns *turns = calloc(1, sizeof *turns);
    if (!turns) return;
    atomic_store(&turns->cpu, -1);
    pthread_mutex_init(&turns->lock, NULL);
    pthread_cond_init(&turns->wake, NULL);
    turns->switches = forced_switches();
    loop->turns = turns;
}

/* Goes where the loop is. Left behind, its waking would be of no use there. */
static void follow(int cpu) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET((size_t)cpu, &only);
    sched_setaffinity(0, sizeof only, &only);
}

static void *nudge(void *data) {
    wy_turns *turns = data;
    const struct timespec pause = {.tv_nsec = WY_NUDGE_US * 1000L};
    int here = -1;
    unsigned idle = 0;
    prctl(PR_SET_TIMERSLACK, 1UL);
    pthread_mutex_lock(&turns->lock);
    while (!turns->stop) {
        pthread_mutex_unlock(&turns->lock);
        nanosleep(&pause, NULL);
        int cpu = atomic_exchange(&turns->cpu, -1);
        if (cpu >= 0 && cpu != here) follow(here = cpu);
        idle = cpu >= 0 ? 0 : idle + 1;
        pthread_mutex_lock(&turns->lock);
        if (idle < SLEEP_AFTER) continue;
        atomic_store(&turns->is_nudged, false);
        while (!turns->stop && !atomic_load(&turns->is_nudged))
            pthread_cond_wait(&turns->wake, &turns->lock);
        idle = 0;
    }
    pthread_mutex_unlock(&turns->lock);
    return NULL;
}

/* Without a nudger there are short turns only. */
static void wake_nudger(wy_turns *turns) {
    pthread_mutex_lock(&turns->lock);
    atomic_store(&turns->is_nudged, true);
    if (!turns->has_nudger) turns->has_nudger = wy_thread_begin(&turns->nudger, NULL, nudge, turns);
    pthread_cond_signal(&turns->wake);
    pthread_mutex_unlock(&turns->lock);
}

/* Wakes the nudger if the thread had to leave its processor meanwhile. */
static void look(wy_turns *turns) {
    int64_t switches = forced_switches();
    if (switches != turns->switches && !atomic_load(&turns->is_nudged)) wake_nudger(turns);
    turns->switches = switches;
    turns->rounds = 0;
}

void wy_turns_give_way(wy_turns *turns) {
    atomic_store_explicit(&turns->cpu, sched_getcpu(), memory_order_relaxed);
    if (WY_UNLIKELY(++turns->rounds >= WATCH_ROUNDS)) look(turns);
    sched_yield();
}

void wy_turns_free(wy_turns *turns) {
    if (!turns) return;
    pthread_mutex_lock(&turns->lock);
    turns->stop = true;
    pthread_cond_signal(&turns->wake);
    pthread_mutex_unlock(&turns->lock);
    if (turns->has_nudger) pthread_join(turns->nudger, NULL);
    pthread_cond_destroy(&turns->wake);
    pthread_mutex_destroy(&turns->lock);
    free(turns);
}
