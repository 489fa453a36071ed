/* Threads: see thread.h. */
#include "base/thread.h"

#include <signal.h>

bool wy_thread_begin(pthread_t *thread_out, const pthread_attr_t *attr, void *(*main)(void *data),
                     void *data) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return false;
    bool ok = pthread_create(thread_out, attr, main, data) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}
