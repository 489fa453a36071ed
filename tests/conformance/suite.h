/* What suites.txt says of the suites. */
#ifndef WY_TESTS_CONFORMANCE_SUITE_H
#define WY_TESTS_CONFORMANCE_SUITE_H

#include <stdbool.h>

#define CONTESTED_MAX 256

typedef struct suite {
    bool strict_indices, validate_only;
    bool words; /* the message of a refusal or trap must contain the text that the script expects */
    struct contested {
        char file[512];
        unsigned line; /* 0: the whole file */
    } contested[CONTESTED_MAX];
    unsigned contested_count;
} suite;

/* Reads the lines about the suite `name`. False when the list cannot be read. */
bool suite_read(suite *out, const char *list, const char *name);
bool suite_contests(const suite *s, const char *file, unsigned line);

#endif
