/* Wait: what else of the network a task waits for: a descriptor of a library's own, a name. */
#ifndef WY_NET_WAIT_H
#define WY_NET_WAIT_H

#include "loop/address.h"
#include "runtime/task.h"

typedef enum wy_wait_events { WY_WAIT_READ = 1, WY_WAIT_WRITE = 2 } wy_wait_events;

/* Parks until the descriptor of some library (libpq, libmariadb, ...) is readable or writable, as
 * far as `events` asks; `*events_out` (may be NULL) says what. An error of the descriptor shows as
 * readable and writable. WY_TIMEOUT: `timeout_ms` is over (0: no limit); that, or WY_CANCELLED,
 * while wy_task_ended(task): the task was asked to end. */
wy_err wy_wait_fd(wy_task *task, int fd, unsigned events, uint64_t timeout_ms,
                  unsigned *events_out) WY_MUST_USE;

/* Looks a name up. Addresses carry `port`. `text_out` says why not; at least WY_WAIT_TEXT_MAX. */
#define WY_WAIT_TEXT_MAX 128
wy_err wy_wait_resolve(wy_task *task, const char *host, uint16_t port,
                       wy_address addresses_out[WY_MAX_CONNECT_ADDRESSES], unsigned *count_out,
                       char text_out[WY_WAIT_TEXT_MAX]) WY_MUST_USE;

#endif
