/* Threads beside those that take the process's signals. */
#ifndef WY_BASE_THREAD_H
#define WY_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Begins a thread, to be joined, that takes no signals: they are for the threads that were there
 * before. `attr` as for pthread_create; NULL: the system's. */
bool wy_thread_begin(pthread_t *thread_out, const pthread_attr_t *attr, void *(*main)(void *data),
                     void *data);

#endif
