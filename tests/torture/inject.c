/* The allocator that the library under test is led to: the system's, but for one call that fails.
 * Blocks that other libraries allocated may be freed here too, so the live ones are kept by
 * address. */
#include "inject.h"

#include <execinfo.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOTS ((size_t)1 << 16) /* of the table of live blocks; a power of two */
#define FRAMES 12

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *slots[SLOTS]; /* open addressing; NULL: free */
static size_t live, armed, seen;
static bool reached;
static void *site[FRAMES];
static int site_count;

void inject_arm(size_t n) {
    pthread_mutex_lock(&lock);
    armed = n;
    seen = 0;
    reached = false;
    pthread_mutex_unlock(&lock);
}

bool inject_disarm(void) {
    pthread_mutex_lock(&lock);
    armed = 0;
    bool was = reached;
    pthread_mutex_unlock(&lock);
    return was;
}

size_t inject_live(void) {
    return live;
}

void inject_print_site(void) {
    fflush(stdout);
    backtrace_symbols_fd(site, site_count, STDOUT_FILENO);
}

/* Whether this allocation is the one to fail. */
static bool fails(void) {
    pthread_mutex_lock(&lock);
    bool now = armed && ++seen == armed;
    reached |= now;
    pthread_mutex_unlock(&lock);
    if (now) site_count = backtrace(site, FRAMES);
    return now;
}

static size_t home(const void *block) {
    return ((uintptr_t)block >> 4) * 0x9e3779b97f4a7c15u >> 20 & (SLOTS - 1);
}

static void *keep(void *block) {
    if (!block) return NULL;
    pthread_mutex_lock(&lock);
    if (live == SLOTS - 1) abort(); /* the table is to be made larger */
    size_t at = home(block);
    while (slots[at])
        at = (at + 1) & (SLOTS - 1);
    slots[at] = block;
    live++;
    pthread_mutex_unlock(&lock);
    return block;
}

/* Forgets a block, if it is known, and moves back those that had to make way for it. */
static void forget(void *block) {
    pthread_mutex_lock(&lock);
    size_t at = home(block);
    while (slots[at] && slots[at] != block)
        at = (at + 1) & (SLOTS - 1);
    if (slots[at]) {
        live--;
        slots[at] = NULL;
        for (size_t next = (at + 1) & (SLOTS - 1); slots[next]; next = (next + 1) & (SLOTS - 1)) {
            size_t wanted = home(slots[next]);
            if (((next - wanted) & (SLOTS - 1)) < ((next - at) & (SLOTS - 1))) continue;
            slots[at] = slots[next];
            slots[next] = NULL;
            at = next;
        }
    }
    pthread_mutex_unlock(&lock);
}

void *torture_malloc(size_t size) {
    return fails() ? NULL : keep(malloc(size));
}

void *torture_calloc(size_t count, size_t size) {
    return fails() ? NULL : keep(calloc(count, size));
}

void *torture_realloc(void *old, size_t size) {
    if (fails()) return NULL;
    if (old) forget(old);
    return keep(realloc(old, size));
}

void *torture_aligned_alloc(size_t align, size_t size) {
    return fails() ? NULL : keep(aligned_alloc(align, size));
}

char *torture_strdup(const char *text) {
    return fails() ? NULL : keep(strdup(text));
}

char *torture_strndup(const char *text, size_t len) {
    return fails() ? NULL : keep(strndup(text, len));
}

void torture_free(void *block) {
    if (block) forget(block);
    free(block);
}
