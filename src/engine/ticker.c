/* Ticker: advances the engine's epoch every WY_EPOCH_TICK_MS while guests run, so that a busy guest
 * comes by its epoch callback. Sleeps without waking when nothing has run for a while. Where a
 * thread makes the engine, that one goes on as the ticker: beginning another one would take as long
 * as mapping a module. */
#include "base/limits.h"
#include "base/thread.h"
#include "engine/internal.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

/* Ticks without a run before the thread goes to sleep for good. */
#define IDLE_TICKS 50

static void sleep_tick(wy_ticker *ticker) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WY_EPOCH_TICK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    while (!ticker->stop &&
           pthread_cond_timedwait(&ticker->wake, &ticker->lock, &until) != ETIMEDOUT) {
    }
}

void wy_ticker_run(wy_ticker *ticker) {
    unsigned idle = 0;
    pthread_mutex_lock(&ticker->lock);
    while (!ticker->stop) {
        sleep_tick(ticker);
        wasmtime_engine_increment_epoch(ticker->engine);
        if (atomic_exchange(&ticker->runs, 0) != 0) {
            idle = 0;
        } else if (++idle >= IDLE_TICKS) {
            /* A run noted between the exchange above and this store is seen by the second look. */
            atomic_store(&ticker->is_asleep, true);
            while (!ticker->stop && atomic_load(&ticker->is_asleep) &&
                   atomic_load(&ticker->runs) == 0)
                pthread_cond_wait(&ticker->wake, &ticker->lock);
            atomic_store(&ticker->is_asleep, false);
            idle = 0;
        }
    }
    pthread_mutex_unlock(&ticker->lock);
}

static void *thread_main(void *ticker) {
    wy_ticker_run(ticker);
    return NULL;
}

wy_err wy_ticker_init(wy_ticker *ticker) {
    *ticker = (wy_ticker){0};
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int bad = pthread_mutex_init(&ticker->lock, NULL) || pthread_cond_init(&ticker->wake, &attr);
    pthread_condattr_destroy(&attr);
    atomic_store(&ticker->is_asleep, true);
    return bad ? WY_NOMEM : WY_OK;
}

void wy_ticker_deinit(wy_ticker *ticker) {
    pthread_mutex_lock(&ticker->lock);
    ticker->stop = true;
    pthread_cond_broadcast(&ticker->wake);
    bool started = ticker->started;
    pthread_mutex_unlock(&ticker->lock);
    if (started) pthread_join(ticker->thread, NULL);
    pthread_cond_destroy(&ticker->wake);
    pthread_mutex_destroy(&ticker->lock);
}

/* Begun on another processor than this one. Linux leaves a new thread where its maker runs, which
 * then waits until that one sleeps or a tick comes, milliseconds later, however idle the others
 * are. */
static bool begin_elsewhere(pthread_t *thread_out, void *(*main)(void *data), void *data) {
    cpu_set_t allowed, others;
    int here = sched_getcpu();
    if (here < 0 || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return false;
    others = allowed;
    CPU_CLR((size_t)here, &others);
    pthread_attr_t attr;
    if (CPU_COUNT(&others) == 0 || pthread_attr_init(&attr) != 0) return false;
    bool ok = pthread_attr_setaffinity_np(&attr, sizeof others, &others) == 0 &&
              wy_thread_begin(thread_out, &attr, main, data);
    pthread_attr_destroy(&attr);
    if (ok) pthread_setaffinity_np(*thread_out, sizeof allowed, &allowed);
    return ok;
}

bool wy_engine_thread(pthread_t *thread_out, void *(*main)(void *data), void *data) {
    return begin_elsewhere(thread_out, main, data) || wy_thread_begin(thread_out, NULL, main, data);
}

bool wy_ticker_begin(wy_ticker *ticker, void *(*main)(void *data), void *data) {
    ticker->started = wy_engine_thread(&ticker->thread, main, data);
    return ticker->started;
}

void wy_ticker_wake(wy_ticker *ticker) {
    pthread_mutex_lock(&ticker->lock);
    if (!ticker->started) wy_ticker_begin(ticker, thread_main, ticker);
    atomic_store(&ticker->is_asleep, !ticker->started);
    pthread_cond_broadcast(&ticker->wake);
    pthread_mutex_unlock(&ticker->lock);
}
