/* Progress: one line on a terminal about a long piece of work, rewritten while that goes on and
 * gone when it is done. For the person who runs the host, like the log. */
#ifndef WY_BASE_PROGRESS_H
#define WY_BASE_PROGRESS_H

#include "base/check.h"

typedef struct wy_progress wy_progress;

/* Begins to show on stderr that `what` ("downloading shop.wasm") goes on: a bar where `total` says
 * how many bytes there are, else (0) how many came and how long it takes. Nothing is shown of work
 * that ends within a moment. NULL, which the functions below accept, where stderr is no terminal or
 * WITHY_LOG wants warnings or errors alone. A thread draws, until wy_progress_end: do not fork
 * before that. */
own wy_progress *wy_progress_begin(const char *what, uint64_t total);
/* The same on any stream. */
own wy_progress *wy_progress_begin_on(int fd, const char *what, uint64_t total);

/* How much is done of how much; the total is often known only later. Any thread. */
void wy_progress_set(wy_progress *progress, uint64_t done, uint64_t total);

/* Takes the line away. */
void wy_progress_end(own wy_progress *progress);

/* The line itself after `seconds` of work, of at most `width` bytes, and fewer than `size`. Returns
 * its length. */
size_t wy_progress_line(char *line, size_t size, unsigned width, const char *what, uint64_t done,
                        uint64_t total, unsigned seconds);

#endif
