/* Modules: one object for all who load the same content, alive as long as one of them. */
#include "engine/internal.h"
#include "engine/testing.h"

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

/* How many the engine has, each with its own content. */
static size_t count_alive(const wy_engine *engine) {
    size_t count = 0;
    for (const wy_module *m = engine->modules; m; m = m->next)
        count++;
    return count;
}

static own wy_module *load(wy_engine *engine, int n) {
    char text[200];
    snprintf(text, sizeof text, "(module (func (export \"f\") (result i32) (i32.const %d)))", n);
    return wy_testing_module(engine, text);
}

TEST(equal_modules_are_one) {
    wy_engine *engine = wy_testing_engine();
    wy_module *first = load(engine, 1), *second = load(engine, 1), *other = load(engine, 2);
    assert_ptr_equal(first, second);
    assert_ptr_not_equal(first, other);
    assert_int_equal(count_alive(engine), 2);
    wy_module_free(first); /* the other owner still has it */
    assert_int_equal(wy_testing_call(engine, second), 1);
    assert_int_equal(wy_testing_call(engine, other), 2);
    wy_module_free(second);
    assert_int_equal(count_alive(engine), 1);
    second = load(engine, 1); /* as if there had been none */
    assert_int_equal(wy_testing_call(engine, second), 1);
    wy_module_free(other);
    wy_module_free(second);
    assert_null(engine->modules);
    wy_engine_free(engine);
}

TEST(engines_share_nothing) {
    wy_engine *a = wy_testing_engine(), *b = wy_testing_engine();
    wy_module *in_a = load(a, 1), *in_b = load(b, 1);
    assert_ptr_not_equal(in_a, in_b);
    wy_module_free(in_a);
    wy_engine_free(a);
    assert_int_equal(wy_testing_call(b, in_b), 1);
    wy_module_free(in_b);
    wy_engine_free(b);
}

TEST(what_is_invalid_leaves_nothing_behind) {
    static const uint8_t bad[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 1, 9};
    wy_engine *engine = wy_testing_engine();
    wy_module *module = NULL;
    wy_diag diag;
    wy_diag_init(&diag);
    for (int i = 0; i < 2; i++)
        assert_int_not_equal(wy_module_load(engine, bad, sizeof bad, &module, &diag), WY_OK);
    assert_null(module);
    assert_null(engine->modules);
    wy_engine_free(engine);
}

/* --- threads --- */

#define THREADS 4
#define ROUNDS 200
#define KINDS 3

typedef struct job {
    wy_engine *engine;
    const uint8_t *bytes[KINDS];
    size_t len[KINDS];
    int failures;
} job;

/* Loads and frees in turns: now the first to come, now the last to go. */
static void *load_and_free(void *data) {
    job *j = data;
    wy_diag diag;
    wy_diag_init(&diag);
    for (int i = 0; i < ROUNDS; i++) {
        wy_module *module = NULL, *again = NULL;
        int kind = i % KINDS;
        j->failures += wy_module_load(j->engine, j->bytes[kind], j->len[kind], &module, &diag) != 0;
        j->failures += wy_module_load(j->engine, j->bytes[kind], j->len[kind], &again, &diag) != 0;
        j->failures += module != again;
        wy_module_free(module);
        wy_module_free(again);
    }
    return NULL;
}

TEST(threads_share_too) {
    wy_engine *engine = wy_testing_engine();
    pthread_t threads[THREADS];
    job jobs[THREADS] = {{.engine = engine}};
    uint8_t *bytes[KINDS];
    for (int k = 0; k < KINDS; k++) {
        char text[64];
        snprintf(text, sizeof text, "(module (func (export \"f\") (nop) (i32.const %d) drop))", k);
        bytes[k] = wy_testing_wasm(text, &jobs[0].len[k]);
        jobs[0].bytes[k] = bytes[k];
    }
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = jobs[0];
        assert_int_equal(pthread_create(&threads[i], NULL, load_and_free, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(jobs[i].failures, 0);
    }
    assert_null(engine->modules);
    for (int k = 0; k < KINDS; k++)
        free(bytes[k]);
    wy_engine_free(engine);
}
