/* Unit tests: TEST(name) { ... } registers itself; each file that includes this is one program.
 * Runs over cmocka; a first argument runs only the tests whose name contains it. */
#ifndef WY_BASE_TEST_H
#define WY_BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>

#define WY_TESTS_MAX 256

static struct CMUnitTest wy_tests[WY_TESTS_MAX];
static size_t wy_test_count;

/* cmocka puts its own handlers of fatal signals in place before each test. What a test before this
 * one installed (the engine's, once a process: its guests trap by signals) goes back on top. */
static struct sigaction wy_test_handlers[4];
static int wy_test_has_handlers;

static void wy_test_signals(int restore) {
    static const int fatal[4] = {SIGILL, SIGSEGV, SIGBUS, SIGFPE};
    for (int i = 0; i < 4 && restore <= wy_test_has_handlers; i++)
        sigaction(fatal[i], restore ? &wy_test_handlers[i] : NULL,
                  restore ? NULL : &wy_test_handlers[i]);
    wy_test_has_handlers |= !restore;
}

#define TEST(test_name)                                                                            \
    static void test_name(void);                                                                   \
    static void wy_run_##test_name(void **state) {                                                 \
        (void)state;                                                                               \
        wy_test_signals(1);                                                                        \
        test_name();                                                                               \
        wy_test_signals(0);                                                                        \
    }                                                                                              \
    __attribute__((constructor)) static void wy_register_##test_name(void) {                       \
        if (wy_test_count < WY_TESTS_MAX)                                                          \
            wy_tests[wy_test_count++] =                                                            \
                (struct CMUnitTest){#test_name, wy_run_##test_name, NULL, NULL, NULL};             \
    }                                                                                              \
    static void test_name(void)

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("tests", wy_tests, wy_test_count, NULL, NULL);
}

#endif
