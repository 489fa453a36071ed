/* Turns: the share of a processor that the loop's thread takes at once, where others want it too.
 *
 * Linux lets a thread that was given a processor keep it for a turn, and looks whether the turn is
 * over once in a tick of its clock: 4 ms where that ticks 250 times a second. A server that shares
 * its processor with a client runs whenever the client sends; once it has had more than its half,
 * what comes next waits until the client's turn is over. A loop that gives way after each round
 * has never had much more than its part, and finds more to do when it comes round again. What
 * giving way costs is the rest of the turn: so the turn is a short one. */
#include "base/limits.h"
#include "loop/internal.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

bool wy_sched_get(wy_sched *out) {
    *out = (wy_sched){0};
    return syscall(SYS_sched_getattr, 0, out, sizeof *out, 0) == 0;
}

void wy_loop_take_short_turns(wy_loop *loop) {
    const uint64_t turn_ns = WY_TURN_US * 1000;
    wy_sched sched;
    if (!wy_sched_get(&sched) || sched.policy != SCHED_OTHER) return; /* somebody chose otherwise */
    sched.runtime_ns = turn_ns;
    loop->gives_way = syscall(SYS_sched_setattr, 0, &sched, 0) == 0 && wy_sched_get(&sched) &&
                      sched.runtime_ns == turn_ns;
}
