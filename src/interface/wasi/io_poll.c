/* wasi:io/error and wasi:io/poll: the objects of io.h as resources. */
#include "interface/wasi/io.h"

#include "gen/wasi_io_error.h"
#include "gen/wasi_io_poll.h"

/* --- error --- */

static own wy_trap *error_to_debug_string(wy_call *call,
                                          const wasi_io_error_error_to_debug_string_args *args,
                                          wasi_io_error_error_to_debug_string_result *result) {
    (void)call;
    *result = wy_str_of(((const wy_io_error *)args->self)->text);
    return NULL;
}

static void error_drop(void *object) {
    wy_io_error_free(object);
}

static const wasi_io_error_ops error_ops = {
    .error_to_debug_string = error_to_debug_string,
    .error_drop = error_drop,
};

const wy_interface wy_interface_wasi_io_error = {&wasi_io_error_interface, &error_ops};

/* --- poll --- */

static own wy_trap *pollable_ready(wy_call *call, const wasi_io_poll_pollable_ready_args *args,
                                   wasi_io_poll_pollable_ready_result *result) {
    (void)call;
    *result = wy_io_source_ready(((const wy_pollable *)args->self)->source);
    return NULL;
}

static own wy_trap *wait_failed(wy_task *task, wy_err err) {
    if (err == WY_OK) return NULL;
    if (err == WY_CANCELLED || err == WY_TIMEOUT) return wy_task_trap(task);
    return wy_trap_new("poll: %s", wy_err_text(err));
}

static own wy_trap *pollable_block(wy_call *call, const wasi_io_poll_pollable_block_args *args,
                                   void *result) {
    (void)result;
    wy_io_source *source = ((const wy_pollable *)args->self)->source;
    return wait_failed(call->task, wy_io_source_wait(source, call->task));
}

static own wy_trap *poll(wy_call *call, const wasi_io_poll_poll_args *args,
                         wasi_io_poll_poll_result *result) {
    size_t count = args->in.len;
    if (count == 0) return wy_trap_new("poll of an empty list");
    bool *ready = wy_arena_alloc(call->arena, count);
    uint32_t *indices = wy_arena_alloc(call->arena, count * sizeof *indices);
    if (!ready || !indices) return wy_trap_new("out of memory for polling");
    size_t ready_count;
    /* A handle of the host is the object's address, so a list of them is an array of pointers. */
    wy_err err = wy_pollable_poll(call->task, (wy_pollable *const *)args->in.ptr, count, ready,
                                  &ready_count);
    if (err) return wait_failed(call->task, err);
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        if (ready[i]) indices[at++] = (uint32_t)i;
    wy_assert(at == ready_count);
    *result = (wasi_io_poll_poll_result){indices, at};
    return NULL;
}

static void pollable_drop(void *object) {
    wy_pollable_free(object);
}

static const wasi_io_poll_ops poll_ops = {
    .pollable_ready = pollable_ready,
    .pollable_block = pollable_block,
    .poll = poll,
    .pollable_drop = pollable_drop,
};

const wy_interface wy_interface_wasi_io_poll = {&wasi_io_poll_interface, &poll_ops};
