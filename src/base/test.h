/* Unit tests: TEST(name) { ... } registers itself; each file that includes this is one program.
 * Runs over cmocka; a first argument runs only the tests whose name contains it. */
#ifndef WY_BASE_TEST_H
#define WY_BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define WY_TESTS_MAX 256

static struct CMUnitTest wy_tests[WY_TESTS_MAX];
static size_t wy_test_count;

#define TEST(test_name)                                                                            \
    static void test_name(void **state);                                                           \
    __attribute__((constructor)) static void wy_register_##test_name(void) {                       \
        if (wy_test_count < WY_TESTS_MAX)                                                          \
            wy_tests[wy_test_count++] =                                                            \
                (struct CMUnitTest){#test_name, test_name, NULL, NULL, NULL};                      \
    }                                                                                              \
    static void test_name(void **state __attribute__((unused)))

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("tests", wy_tests, wy_test_count, NULL, NULL);
}

#endif
