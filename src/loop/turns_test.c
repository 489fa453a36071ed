/* Turns: what a thread's scheduling is before and after. */
#include "loop/internal.h"

#include "base/limits.h"
#include "base/test.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static wy_sched now(void) {
    wy_sched sched;
    assert_true(wy_sched_get(&sched));
    return sched;
}

static void take_short_turns(void) {
    wy_loop *loop;
    assert_int_equal(wy_loop_new(&loop), WY_OK);
    wy_loop_take_short_turns(loop);
    assert_false(wy_loop_step(loop, true)); /* nothing to wait for, with or without giving way */
    wy_loop_free(loop);
}

/* On a thread of its own: what a thread is does not outlive the test. */
static void on_a_thread(void *(*body)(void *data)) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, body, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void *ordinary(void *data) {
    wy_sched before = now();
    setpriority(PRIO_PROCESS, (id_t)gettid(), before.nice + 1);
    take_short_turns();
    wy_sched after = now();
    assert_int_equal(after.policy, SCHED_OTHER);
    assert_int_equal(after.nice, before.nice < 19 ? before.nice + 1 : 19);
    if (before.runtime_ns) assert_int_equal(after.runtime_ns, WY_TURN_US * 1000); /* Linux 6.12 */
    return data;
}

TEST(an_ordinary_thread_takes_short_turns_and_stays_as_nice) {
    on_a_thread(ordinary);
}

static void *chosen(void *data) {
    const struct sched_param none = {0};
    assert_int_equal(sched_setscheduler(0, SCHED_BATCH, &none), 0);
    wy_sched before = now();
    take_short_turns();
    wy_sched after = now();
    assert_int_equal(after.policy, SCHED_BATCH);
    assert_int_equal(after.runtime_ns, before.runtime_ns);
    return data;
}

TEST(a_thread_whose_scheduling_was_chosen_stays_as_it_is) {
    on_a_thread(chosen);
}

/* Rounds of a loop that has nothing to wait for, as if others had wanted its processor. */
static void turn(wy_loop *loop, int rounds) {
    loop->turns->switches--;
    for (int i = 0; i < rounds; i++)
        (void)wy_loop_step(loop, true);
}

static void rest(void) {
    const struct timespec a_little = {.tv_nsec = 1000000};
    nanosleep(&a_little, NULL);
}

static bool is_only(const cpu_set_t *set, size_t cpu) {
    return CPU_COUNT(set) == 1 && CPU_ISSET(cpu, set);
}

#define PATIENCE 10000 /* looks, a millisecond or more apart */

static bool is_followed_to(wy_loop *loop, size_t cpu) {
    cpu_set_t only, set;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    assert_int_equal(sched_setaffinity(0, sizeof only, &only), 0);
    for (int i = 0; i < PATIENCE; i++) {
        turn(loop, 1000);
        if (atomic_load(&loop->turns->is_nudged) &&
            pthread_getaffinity_np(loop->turns->nudger, sizeof set, &set) == 0 &&
            is_only(&set, cpu))
            return true;
        rest();
    }
    return false;
}

static bool is_left_alone(const wy_turns *turns) {
    for (int i = 0; i < PATIENCE && atomic_load(&turns->is_nudged); i++)
        rest();
    return !atomic_load(&turns->is_nudged);
}

static void *busy(void *data) {
    wy_loop *loop;
    cpu_set_t allowed;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    assert_int_equal(wy_loop_new(&loop), WY_OK);
    wy_loop_take_short_turns(loop);
    if (!loop->turns) goto out; /* a Linux before 6.12 */
    assert_false(loop->turns->has_nudger);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed)) assert_true(is_followed_to(loop, cpu));
    assert_true(is_left_alone(loop->turns));
    turn(loop, 1000);
    assert_true(atomic_load(&loop->turns->is_nudged));
out:
    wy_loop_free(loop);
    return data;
}

TEST(a_busy_loop_is_nudged_where_it_runs_and_left_alone_when_it_is_idle) {
    on_a_thread(busy);
}
