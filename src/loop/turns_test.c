/* Turns: what a thread's scheduling is before and after. */
#include "loop/internal.h"

#include "base/limits.h"
#include "base/test.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
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
