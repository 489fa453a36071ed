/* Calls that wait, calls inside of calls, what host functions can ask, and threads. */
#include "host/embed_testing.h"

#include <poll.h>
#include <unistd.h>

/* --- waiting --- */

typedef struct outcome {
    int count;
    withy_status status;
    uint32_t result;
} outcome;

static void note(void *data, withy_status status, const void *result) {
    outcome *o = data;
    o->count++;
    o->status = status;
    if (result) o->result = *(const uint32_t *)result;
}

static withy_trap *sleep_a_bit(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    (void)w;
    *result = n + 1;
    return withy_call_sleep(call, n);
}

static withy_status start_wait(world *w, withy_instance *instance, const uint32_t *n, outcome *o) {
    return withy_instance_start(instance, func(w, "wait"), n, sizeof *n, note, o);
}

TEST(calls_wait_beside_each_other) {
    world w;
    setup(&w);
    w.pause = sleep_a_bit;
    withy_instance *more[3];
    outcome outcomes[3] = {{0}};
    const uint32_t naps[3] = {30, 5, 15};
    for (int i = 0; i < 3; i++) {
        OK(withy_instance_new(w.linked, NULL, &more[i], &error));
        OK(start_wait(&w, more[i], &naps[i], &outcomes[i]));
        assert_int_equal(outcomes[i].count, 0); /* never from inside start */
    }
    uint32_t again = 1;
    assert_int_equal(start_wait(&w, more[0], &again, &outcomes[0]), WITHY_BUSY);
    /* From a loop of one's own. */
    struct pollfd fd = {.fd = withy_engine_fd(w.engine), .events = POLLIN};
    do {
        (void)poll(&fd, 1, withy_engine_timeout_ms(w.engine));
    } while (withy_engine_poll(w.engine, 0));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(outcomes[i].count, 1);
        assert_int_equal(outcomes[i].status, WITHY_OK);
        assert_int_equal(outcomes[i].result, naps[i] + 1);
        withy_instance_free(more[i]);
    }
    assert_false(withy_engine_poll(w.engine, -1)); /* nothing to wait for */
    uint32_t nap = 2, result = 0;
    OK(withy_instance_call(w.instance, func(&w, "wait"), &nap, 4, &result, 4));
    assert_int_equal(result, 3);
    teardown(&w);
}

TEST(a_call_that_does_not_wait_is_told_later_too) {
    world w;
    setup(&w);
    add_args args = {1, 2};
    outcome o = {0};
    OK(withy_instance_start(w.instance, func(&w, "add"), &args, sizeof args, note, &o));
    assert_int_equal(o.count, 0);
    assert_int_equal(withy_engine_timeout_ms(w.engine), 0);
    assert_false(withy_engine_poll(w.engine, -1));
    assert_int_equal(o.count, 1);
    assert_int_equal(o.result, 3);
    teardown(&w);
}

static void *wake_from_thread(void *data) {
    usleep(5000);
    withy_waker_wake(data);
    return NULL;
}

static withy_trap *wait_for_thread(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    withy_waker *waker = withy_call_waker(call);
    assert_non_null(waker);
    assert_int_equal(pthread_create(&w->thread, NULL, wake_from_thread, waker), 0);
    *result = n;
    return withy_call_wait(call);
}

TEST(another_thread_wakes_a_call) {
    world w;
    setup(&w);
    w.pause = wait_for_thread;
    uint32_t n = 9, result = 0;
    for (int i = 0; i < 3; i++) {
        OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
        assert_int_equal(result, 9);
        pthread_join(w.thread, NULL);
    }
    /* And from poll. */
    outcome o = {0};
    OK(start_wait(&w, w.instance, &n, &o));
    while (withy_engine_poll(w.engine, -1)) {
    }
    assert_int_equal(o.count, 1);
    pthread_join(w.thread, NULL);
    /* A waker of a call that is over before: the thread may come late. */
    withy_instance_set_timeout(w.instance, 1);
    assert_int_equal(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4),
                     WITHY_TIMEOUT);
    teardown(&w); /* waits for the waker */
    pthread_join(w.thread, NULL);
}

static withy_trap *wait_for_ever(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    (void)n, (void)result;
    w->waker = withy_call_waker(call);
    return withy_call_wait(call);
}

TEST(a_call_that_waits_can_be_cancelled) {
    world w;
    setup(&w);
    w.pause = wait_for_ever;
    uint32_t n = 0;
    outcome o = {0};
    withy_instance_cancel(w.instance); /* nothing to cancel */
    OK(start_wait(&w, w.instance, &n, &o));
    assert_true(withy_engine_poll(w.engine, 0));
    withy_instance_cancel(w.instance);
    assert_int_equal(withy_engine_timeout_ms(w.engine), 0);
    while (withy_engine_poll(w.engine, -1)) {
    }
    assert_int_equal(o.count, 1);
    assert_int_equal(o.status, WITHY_CANCELLED);
    assert_non_null(strstr(withy_instance_problem(w.instance), "cancelled"));
    withy_waker_wake(w.waker);
    teardown(&w);
}

TEST(an_instance_and_an_engine_end_what_is_under_way) {
    world w;
    setup(&w);
    w.pause = wait_for_ever;
    uint32_t n = 0;
    outcome first = {0}, second = {0};
    OK(start_wait(&w, w.instance, &n, &first));
    withy_waker_wake(w.waker); /* it waits no longer, but is not told before it is freed */
    withy_instance_free(w.instance);
    assert_int_equal(first.count, 0);
    while (withy_engine_poll(w.engine, -1)) {
    }
    assert_int_equal(first.count, 1);
    assert_int_equal(first.status, WITHY_CANCELLED);
    OK(withy_instance_new(w.linked, NULL, &w.instance, &error));
    OK(start_wait(&w, w.instance, &n, &second));
    withy_waker_wake(w.waker);
    withy_linked_free(w.linked);
    withy_linker_free(w.linker);
    withy_component_free(w.component);
    withy_engine_free(w.engine);
    assert_int_equal(second.count, 1);
    assert_int_equal(second.status, WITHY_CANCELLED);
    withy_instance_free(w.instance);
}

static void work(void *data) {
    usleep(3000);
    *(uint32_t *)data *= 2;
}

static withy_trap *offload(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    (void)w;
    *result = n;
    return withy_call_offload(call, work, result);
}

TEST(blocking_work_goes_to_a_thread) {
    world w;
    setup(&w);
    w.pause = offload;
    uint32_t n = 21, result = 0;
    OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
    assert_int_equal(result, 42);
    teardown(&w);
}

/* --- calls inside calls --- */

static withy_trap *call_again(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    assert_ptr_equal(withy_call_instance(call), w->instance);
    w->inner = add(w, w->instance, n, 1, result);
    return NULL;
}

static withy_trap *call_other(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    if (withy_call_instance(call) == w->other) {
        *result = n;
        return withy_call_sleep(call, 3);
    }
    w->inner = withy_instance_call(w->other, func(w, "wait"), &n, 4, result, 4);
    *result += 1;
    return withy_call_check(call);
}

TEST(a_host_function_may_not_enter_the_instance_that_calls_it) {
    world w;
    setup(&w);
    w.pause = call_again;
    uint32_t n = 1, result = 7;
    OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
    assert_int_equal(w.inner, WITHY_BUSY);
    OK(add(&w, w.instance, 1, 2, &result));
    teardown(&w);
}

TEST(a_host_function_calls_another_instance) {
    world w;
    setup(&w);
    OK(withy_instance_new(w.linked, NULL, &w.other, &error));
    w.pause = call_other;
    uint32_t n = 1, result = 0;
    OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
    assert_int_equal(w.inner, WITHY_OK);
    assert_int_equal(result, 2);
    /* What ends the caller ends the one it waits for. */
    withy_instance_set_timeout(w.instance, 1);
    n = 3;
    assert_int_equal(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4),
                     WITHY_TIMEOUT);
    assert_int_equal(w.inner, WITHY_CANCELLED);
    withy_instance_free(w.other);
    teardown(&w);
}

static void call_next(void *data, withy_status status, const void *result) {
    world *w = data;
    assert_int_equal(status, WITHY_OK);
    assert_int_equal(*(const uint32_t *)result, 3);
    uint32_t sum = 0;
    w->inner = add(w, w->instance, 4, 5, &sum);
    assert_int_equal(sum, 9);
    withy_instance_free(w->instance);
    w->instance = NULL;
}

TEST(done_may_call_and_free) {
    world w;
    setup(&w);
    add_args args = {1, 2};
    OK(withy_instance_start(w.instance, func(&w, "add"), &args, sizeof args, call_next, &w));
    while (withy_engine_poll(w.engine, -1)) {
    }
    assert_null(w.instance);
    assert_int_equal(w.inner, WITHY_OK);
    teardown(&w);
}

/* --- what a host function can ask --- */

static withy_trap *describe(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    const withy_extern *import = withy_call_import(call);
    assert_true(withy_str_is(import->name, "pause") && import->interface_name.len == 0);
    assert_int_equal(withy_type_size(withy_func_result(import->type)), 4);
    assert_ptr_equal(withy_instance_data(withy_call_instance(call)), w);
    assert_non_null(withy_call_alloc(call, 1000));
    withy_trap *trap = NULL;
    assert_null(withy_call_reserve(call, 8, &trap)); /* the result is no string */
    withy_trap_free(trap);
    *result = 0;
    return n ? withy_trap_new("n is %u", n) : NULL;
}

TEST(a_host_function_knows_its_call_and_traps) {
    world w;
    setup(&w);
    w.pause = describe;
    uint32_t n = 0, result = 1;
    OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
    assert_int_equal(result, 0);
    n = 5;
    assert_int_equal(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4),
                     WITHY_TRAP);
    assert_non_null(strstr(withy_instance_problem(w.instance), "n is 5"));
    teardown(&w);
}

/* One function for all imports, that knows no type beforehand. */
static withy_trap *answer_any(withy_call *call, const void *args, void *result) {
    world *w = withy_call_data(call);
    withy_arena *arena = withy_call_arena(call);
    const withy_extern *import = withy_call_import(call);
    withy_value params = withy_call_args(call, args), out = withy_call_result(call, result);
    snprintf(w->logged + strlen(w->logged), sizeof w->logged - strlen(w->logged), "%.*s%s;",
             (int)import->name.len, import->name.ptr, withy_value_print(arena, params));
    int64_t n = 0;
    (void)withy_value_get_int(withy_value_field_at(params, 0), &n);
    (void)withy_value_set_int(out, n + 1);
    return NULL;
}

TEST(one_function_serves_every_type) {
    world w;
    engine_of(&w);
    withy_arena *arena = withy_arena_new();
    const withy_host_func log = {"log", NULL, answer_any, 0, 0};
    const withy_host_func pause = {"pause", NULL, answer_any, 0, 0};
    withy_host_interface host = log_interface, of_world = world_interface;
    host.funcs = &log;
    of_world.funcs = &pause;
    OK(withy_linker_define(w.linker, &host, &w, &error));
    OK(withy_linker_define(w.linker, &of_world, &w, &error));
    OK(withy_linker_define(w.linker, &things_interface, &w, &error));
    OK(withy_linker_link(w.linker, w.component, NULL, &w.linked, &error));
    OK(withy_instance_new(w.linked, NULL, &w.instance, &error));
    withy_value args, result;
    const withy_extern *wait = func(&w, "wait"), *greet = func(&w, "demo:greet/api#greet");
    OK(withy_value_parse_args(arena, wait->type, "(41)", &args, &error));
    OK(withy_instance_call_value(w.instance, wait, args, &result));
    assert_string_equal(withy_value_print(arena, result), "42");
    OK(withy_value_parse_args(arena, greet->type, "(\"Zoe\")", &args, &error));
    assert_int_equal(withy_instance_call_value(w.instance, wait, args, &result), WITHY_USAGE);
    assert_null(result.type);
    OK(withy_instance_call_value(w.instance, greet, args, &result));
    assert_string_equal(withy_value_print(arena, result), "\"Hello, Zoe\"");
    assert_string_equal(w.logged, "pause{n: 41};log{level: 3, text: \"Zoe\"};");
    const withy_value none = {NULL, NULL};
    assert_int_equal(withy_instance_call_value(w.instance, wait, none, NULL), WITHY_USAGE);
    OK(withy_instance_call_value(w.instance, func(&w, "dropped"), none, &result));
    assert_string_equal(withy_value_print(arena, result), "0");
    withy_arena_free(arena);
    teardown(&w);
}

/* --- threads --- */

static void *own_engine(void *data) {
    (void)data;
    world w;
    setup(&w);
    w.pause = sleep_a_bit;
    uint32_t n = 1, result, sum;
    for (int i = 0; i < 50; i++)
        OK(add(&w, w.instance, 1, 2, &sum));
    OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
    withy_instance_set_timeout(w.instance, 20);
    assert_int_equal(withy_instance_call(w.instance, func(&w, "spin"), NULL, 0, NULL, 0),
                     WITHY_TIMEOUT);
    teardown(&w);
    return NULL;
}

TEST(each_thread_has_an_engine) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, own_engine, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}
