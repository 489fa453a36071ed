/* Brief: whether work that may meet a slow disk is still tried on the loop's thread, or goes to the
 * pool at once. Where it took long twice in a row (once may be the system's scheduler) there is a
 * pause, which doubles as long as it stays so. */
#ifndef WY_CAPABILITY_BRIEF_H
#define WY_CAPABILITY_BRIEF_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define WY_BRIEF_MAX_US 2000 /* what takes longer met a disk */
#define WY_BRIEF_PAUSE_MIN 16u
#define WY_BRIEF_PAUSE_MAX 1024u

/* All zero: nothing is known. */
typedef struct wy_brief {
    bool was_long;        /* the last try */
    unsigned pause, left; /* tries to be refused, and how many still are */
} wy_brief;

static inline uint64_t wy_brief_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Asked before each try. */
static inline bool wy_brief_may(wy_brief *brief) {
    if (brief->left == 0) return true;
    brief->left--;
    return false;
}

/* Told after each, by when it began. */
static inline void wy_brief_judge(wy_brief *brief, uint64_t began_us) {
    bool is_long = wy_brief_now_us() - began_us > WY_BRIEF_MAX_US;
    unsigned longer = brief->pause ? brief->pause * 2 : WY_BRIEF_PAUSE_MIN;
    if (!is_long || !brief->was_long)
        brief->pause = 0;
    else
        brief->pause = longer < WY_BRIEF_PAUSE_MAX ? longer : WY_BRIEF_PAUSE_MAX;
    brief->was_long = is_long;
    brief->left = brief->pause;
}

#endif
