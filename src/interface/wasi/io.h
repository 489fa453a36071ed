/* The objects behind wasi:io: errors, pollables, input and output streams.
 *
 * Whoever has something that can be waited for (a file, a body, a timer, a future) embeds a
 * wy_io_source as its first member; streams have one already. The functions below give every such
 * object the semantics of the WIT text (permits, closing after an error, poll over any mix), so
 * that an implementation only moves bytes. All of it on the loop's thread. */
#ifndef WY_INTERFACE_WASI_IO_H
#define WY_INTERFACE_WASI_IO_H

#include "base/limits.h"
#include "runtime/host.h"
#include "runtime/task.h"

/* --- error --- */

typedef struct wy_io_error wy_io_error;

/* Who made an error, compared by address: the interface that can turn it back into its own code
 * (filesystem-error-code, http-error-code). */
typedef struct wy_io_error_domain {
    const char *name;
    void (*free)(own wy_io_error *error); /* NULL: free() */
} wy_io_error_domain;

#define WY_IO_ERROR_TEXT_MAX 160

/* May be the first member of something larger; then its domain has a `free`. */
struct wy_io_error {
    const wy_io_error_domain *domain;
    uint32_t code;                   /* what the domain makes of it */
    char text[WY_IO_ERROR_TEXT_MAX]; /* to-debug-string; NUL-terminated, valid UTF-8 */
};

/* NULL: no memory. */
own wy_io_error *wy_io_error_new(const wy_io_error_domain *domain, uint32_t code, const char *fmt,
                                 ...) WY_PRINTF(3, 4);
void wy_io_error_free(own wy_io_error *error); /* NULL is fine */

/* --- source: something that becomes ready --- */

typedef struct wy_io_source wy_io_source;

typedef struct wy_io_source_ops {
    /* Whether the next operation would get on (or say that it failed or is closed). No waiting.
     * NULL: always. */
    bool (*ready)(wy_io_source *source);
    /* A task is about to wait: see to it that wy_io_source_wake is called when that changes (start
     * a timer, watch a descriptor). NULL: whoever fills the source calls it anyway. */
    wy_err (*arm)(wy_io_source *source, wy_loop *loop);
    void (*free)(own wy_io_source *source); /* the last reference is gone */
} wy_io_source_ops;

struct wy_io_source {
    const wy_io_source_ops *ops;
    wy_wait_list waiters;
    uint32_t refs;
};

/* One reference, the caller's. */
void wy_io_source_init(wy_io_source *source, const wy_io_source_ops *ops);
void wy_io_source_retain(wy_io_source *source);
void wy_io_source_release(own wy_io_source *source); /* NULL is fine */
bool wy_io_source_ready(wy_io_source *source);
/* Readiness may have changed: whoever waits tests again. */
void wy_io_source_wake(wy_io_source *source);
/* Parks until it is ready. WY_CANCELLED or WY_TIMEOUT: return wy_task_trap. */
wy_err wy_io_source_wait(wy_io_source *source, wy_task *task) WY_MUST_USE;

/* --- pollable --- */

/* A reference to a source; the resource `pollable` of the guest. */
typedef struct wy_pollable {
    wy_io_source *source;
} wy_pollable;

/* Takes a reference of its own: the source outlives its pollables in whatever order the guest drops
 * them. NULL: no memory. */
own wy_pollable *wy_pollable_new(wy_io_source *source);
void wy_pollable_free(own wy_pollable *pollable);
/* Ready at `deadline_ns` of wy_clock_monotonic_ns. */
own wy_pollable *wy_pollable_new_timer(uint64_t deadline_ns);
uint64_t wy_clock_monotonic_ns(void);
/* Parks until one of them is ready; marks those that are in `ready_out` and returns how many in
 * `*count_out`. `count` > 0. WY_NOMEM, WY_CANCELLED, WY_TIMEOUT. */
wy_err wy_pollable_poll(wy_task *task, wy_pollable *const *pollables, size_t count, bool *ready_out,
                        size_t *count_out) WY_MUST_USE;

/* --- streams --- */

typedef enum wy_io_status {
    WY_IO_OK,
    WY_IO_CLOSED,
    WY_IO_FAILED,  /* `error` of the fault is set */
    WY_IO_TRAPPED, /* `trap` of the fault is set: return it */
} wy_io_status;

/* What goes with WY_IO_FAILED and WY_IO_TRAPPED; zero-initialised by the caller, who owns what is
 * set. */
typedef struct wy_io_fault {
    own wy_io_error *error;
    own wy_trap *trap;
} wy_io_fault;

/* Each fills the fault in and returns the status that goes with it. */
wy_io_status wy_io_fail(wy_io_fault *fault, own wy_io_error *error); /* NULL: no memory, a trap */
wy_io_status wy_io_trap(wy_io_fault *fault, own wy_trap *trap);

typedef struct wy_input_stream wy_input_stream;
typedef struct wy_output_stream wy_output_stream;

typedef struct wy_input_stream_ops {
    /* Up to `max` > 0 bytes that are there now, none if that needs waiting for a peer; WY_IO_CLOSED
     * at the end. The view in `bytes_out` is valid until the next operation on the stream or the
     * end of the call: bytes that the host holds already, or (`into_guest`) read straight into
     * memory from wy_abi_reserve, which may be asked for only when bytes are sure to come. The call
     * is there to wait for short work (offload). */
    wy_io_status (*read)(wy_input_stream *stream, wy_call *call, size_t max, bool into_guest,
                         wy_list_u8 *bytes_out, wy_io_fault *fault);
    /* The guest dropped its handle; pollables of it may live on. NULL: nothing to do. */
    void (*drop)(wy_input_stream *stream);
} wy_input_stream_ops;

struct wy_input_stream {
    wy_io_source source;
    const wy_input_stream_ops *ops;
    bool closed; /* an operation said CLOSED or FAILED: every later one says CLOSED */
};

typedef struct wy_output_stream_ops {
    /* How many bytes the next write may have; 0: not now (then the source is not ready). */
    wy_io_status (*check_write)(wy_output_stream *stream, size_t *permit_out, wy_io_fault *fault);
    /* All of `bytes`, at most the permit. They are the guest's: use or copy them before returning.
     */
    wy_io_status (*write)(wy_output_stream *stream, wy_call *call, wy_list_u8 bytes,
                          wy_io_fault *fault);
    /* Starts to push out what was written; check_write says 0 until that is done. NULL: nothing is
     * ever held back. */
    wy_io_status (*flush)(wy_output_stream *stream, wy_call *call, wy_io_fault *fault);
    /* As above. */
    void (*drop)(wy_output_stream *stream);
} wy_output_stream_ops;

struct wy_output_stream {
    wy_io_source source;
    const wy_output_stream_ops *ops;
    uint64_t permit; /* what check-write granted and writes have not used */
    bool closed;
};

/* Set up the common part; one reference, which becomes the guest's handle. */
void wy_input_stream_init(wy_input_stream *stream, const wy_io_source_ops *source_ops,
                          const wy_input_stream_ops *ops);
void wy_output_stream_init(wy_output_stream *stream, const wy_io_source_ops *source_ops,
                           const wy_output_stream_ops *ops);
/* The guest's handle ends: `drop` of the ops, then its reference. */
void wy_input_stream_drop(own wy_input_stream *stream);
void wy_output_stream_drop(own wy_output_stream *stream);

/* An input stream that is at its end. NULL: no memory. */
own wy_input_stream *wy_input_stream_new_empty(void);

/* The functions of wasi:io/streams, for the interface and for whoever moves bytes himself. `len` is
 * cut to WY_MAX_STREAM_READ. */
wy_io_status wy_input_stream_read(wy_input_stream *stream, wy_call *call, uint64_t len, bool block,
                                  bool into_guest, wy_list_u8 *bytes_out, wy_io_fault *fault);
wy_io_status wy_input_stream_skip(wy_input_stream *stream, wy_call *call, uint64_t len, bool block,
                                  uint64_t *count_out, wy_io_fault *fault);
wy_io_status wy_output_stream_check_write(wy_output_stream *stream, uint64_t *permit_out,
                                          wy_io_fault *fault);
/* Traps beyond the permit. */
wy_io_status wy_output_stream_write(wy_output_stream *stream, wy_call *call, wy_list_u8 bytes,
                                    wy_io_fault *fault);
wy_io_status wy_output_stream_write_zeroes(wy_output_stream *stream, wy_call *call, uint64_t len,
                                           wy_io_fault *fault);
wy_io_status wy_output_stream_flush(wy_output_stream *stream, wy_call *call, wy_io_fault *fault);
wy_io_status wy_output_stream_blocking_flush(wy_output_stream *stream, wy_call *call,
                                             wy_io_fault *fault);
/* Of any length; the interface enforces its 4096. */
wy_io_status wy_output_stream_blocking_write_and_flush(wy_output_stream *stream, wy_call *call,
                                                       wy_list_u8 bytes, wy_io_fault *fault);
wy_io_status wy_output_stream_splice(wy_output_stream *stream, wy_call *call, wy_input_stream *from,
                                     uint64_t len, bool block, uint64_t *count_out,
                                     wy_io_fault *fault);

#endif
