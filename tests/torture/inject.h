/* Injected failures: allocations of the library under test, counted, with one that fails. */
#ifndef WY_TORTURE_INJECT_H
#define WY_TORTURE_INJECT_H

#include <stdbool.h>
#include <stddef.h>

/* From now on the n-th allocation fails (1: the next); 0: none does. */
void inject_arm(size_t n);
/* Ends it; whether the n-th allocation was reached since it was armed. Idempotent. */
bool inject_disarm(void);
/* Blocks that the library holds now. */
size_t inject_live(void);
/* Prints where the allocation that failed was made. */
void inject_print_site(void);

void *torture_malloc(size_t size);
void *torture_calloc(size_t count, size_t size);
void *torture_realloc(void *old, size_t size);
void *torture_aligned_alloc(size_t align, size_t size);
char *torture_strdup(const char *text);
char *torture_strndup(const char *text, size_t len);
void torture_free(void *block);

#endif
