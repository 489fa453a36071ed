/* wasi:io/streams: the functions of io.h with the types of the WIT. */
#include "interface/wasi/io.h"

#include "gen/wasi_io_streams.h"

/* WIT: of blocking-write-and-flush and blocking-write-zeroes-and-flush. */
#define BLOCKING_WRITE_MAX 4096

/* The error of an operation, for a result that is one; false: the operation ended well. */
static bool failed(wy_io_status status, const wy_io_fault *fault, uint8_t *is_err_out,
                   wasi_io_streams_stream_error *error_out) {
    *is_err_out = status != WY_IO_OK;
    if (status == WY_IO_OK) return false;
    if (status == WY_IO_FAILED) {
        error_out->tag = WASI_IO_STREAMS_STREAM_ERROR_LAST_OPERATION_FAILED;
        error_out->last_operation_failed = (wy_handle)fault->error;
    } else {
        error_out->tag = WASI_IO_STREAMS_STREAM_ERROR_CLOSED;
    }
    return true;
}

static own wy_trap *end(wy_io_status status, const wy_io_fault *fault,
                        wasi_io_streams_result_none_stream_error *result) {
    failed(status, fault, &result->is_err, &result->err);
    return fault->trap;
}

static own wy_trap *end_count(wy_io_status status, const wy_io_fault *fault, uint64_t count,
                              wasi_io_streams_result_u64_stream_error *result) {
    if (!failed(status, fault, &result->is_err, &result->err)) result->ok = count;
    return fault->trap;
}

static own wy_trap *subscribe(wy_io_source *source, wy_handle *result) {
    wy_pollable *pollable = wy_pollable_new(source);
    if (!pollable) return wy_trap_new("out of memory for a pollable");
    *result = (wy_handle)pollable;
    return NULL;
}

/* --- input --- */

static own wy_trap *read_list(wy_call *call, wy_handle self, uint64_t len, bool block,
                              wasi_io_streams_result_list_u8_stream_error *result) {
    wy_io_fault fault = {0};
    wy_list_u8 bytes;
    wy_io_status status =
        wy_input_stream_read((wy_input_stream *)self, call, len, block, true, &bytes, &fault);
    if (!failed(status, &fault, &result->is_err, &result->err)) result->ok = bytes;
    return fault.trap;
}

static own wy_trap *skip(wy_call *call, wy_handle self, uint64_t len, bool block,
                         wasi_io_streams_result_u64_stream_error *result) {
    wy_io_fault fault = {0};
    uint64_t count;
    wy_io_status status =
        wy_input_stream_skip((wy_input_stream *)self, call, len, block, &count, &fault);
    return end_count(status, &fault, count, result);
}

static own wy_trap *input_stream_read(wy_call *call,
                                      const wasi_io_streams_input_stream_read_args *args,
                                      wasi_io_streams_input_stream_read_result *result) {
    return read_list(call, args->self, args->len, false, result);
}

static own wy_trap *
input_stream_blocking_read(wy_call *call,
                           const wasi_io_streams_input_stream_blocking_read_args *args,
                           wasi_io_streams_input_stream_blocking_read_result *result) {
    return read_list(call, args->self, args->len, true, result);
}

static own wy_trap *input_stream_skip(wy_call *call,
                                      const wasi_io_streams_input_stream_skip_args *args,
                                      wasi_io_streams_input_stream_skip_result *result) {
    return skip(call, args->self, args->len, false, result);
}

static own wy_trap *
input_stream_blocking_skip(wy_call *call,
                           const wasi_io_streams_input_stream_blocking_skip_args *args,
                           wasi_io_streams_input_stream_blocking_skip_result *result) {
    return skip(call, args->self, args->len, true, result);
}

static own wy_trap *input_stream_subscribe(wy_call *call,
                                           const wasi_io_streams_input_stream_subscribe_args *args,
                                           wasi_io_streams_input_stream_subscribe_result *result) {
    (void)call;
    return subscribe(&((wy_input_stream *)args->self)->source, result);
}

static void input_stream_drop(void *object) {
    wy_input_stream_drop(object);
}

/* --- output --- */

static own wy_trap *
output_stream_check_write(wy_call *call, const wasi_io_streams_output_stream_check_write_args *args,
                          wasi_io_streams_output_stream_check_write_result *result) {
    (void)call;
    wy_io_fault fault = {0};
    uint64_t permit;
    wy_io_status status =
        wy_output_stream_check_write((wy_output_stream *)args->self, &permit, &fault);
    return end_count(status, &fault, permit, result);
}

static own wy_trap *output_stream_write(wy_call *call,
                                        const wasi_io_streams_output_stream_write_args *args,
                                        wasi_io_streams_output_stream_write_result *result) {
    wy_io_fault fault = {0};
    wy_io_status status =
        wy_output_stream_write((wy_output_stream *)args->self, call, args->contents, &fault);
    return end(status, &fault, result);
}

static own wy_trap *too_long(const char *name, uint64_t len) {
    return wy_trap_new("%s of %llu bytes; at most %d are allowed", name, (unsigned long long)len,
                       BLOCKING_WRITE_MAX);
}

static own wy_trap *output_stream_blocking_write_and_flush(
    wy_call *call, const wasi_io_streams_output_stream_blocking_write_and_flush_args *args,
    wasi_io_streams_output_stream_blocking_write_and_flush_result *result) {
    if (args->contents.len > BLOCKING_WRITE_MAX)
        return too_long("blocking-write-and-flush", args->contents.len);
    wy_io_fault fault = {0};
    wy_io_status status = wy_output_stream_blocking_write_and_flush((wy_output_stream *)args->self,
                                                                    call, args->contents, &fault);
    return end(status, &fault, result);
}

static own wy_trap *output_stream_flush(wy_call *call,
                                        const wasi_io_streams_output_stream_flush_args *args,
                                        wasi_io_streams_output_stream_flush_result *result) {
    wy_io_fault fault = {0};
    wy_io_status status = wy_output_stream_flush((wy_output_stream *)args->self, call, &fault);
    return end(status, &fault, result);
}

static own wy_trap *
output_stream_blocking_flush(wy_call *call,
                             const wasi_io_streams_output_stream_blocking_flush_args *args,
                             wasi_io_streams_output_stream_blocking_flush_result *result) {
    wy_io_fault fault = {0};
    wy_io_status status =
        wy_output_stream_blocking_flush((wy_output_stream *)args->self, call, &fault);
    return end(status, &fault, result);
}

static own wy_trap *
output_stream_subscribe(wy_call *call, const wasi_io_streams_output_stream_subscribe_args *args,
                        wasi_io_streams_output_stream_subscribe_result *result) {
    (void)call;
    return subscribe(&((wy_output_stream *)args->self)->source, result);
}

static own wy_trap *
output_stream_write_zeroes(wy_call *call,
                           const wasi_io_streams_output_stream_write_zeroes_args *args,
                           wasi_io_streams_output_stream_write_zeroes_result *result) {
    wy_io_fault fault = {0};
    wy_io_status status =
        wy_output_stream_write_zeroes((wy_output_stream *)args->self, call, args->len, &fault);
    return end(status, &fault, result);
}

static own wy_trap *output_stream_blocking_write_zeroes_and_flush(
    wy_call *call, const wasi_io_streams_output_stream_blocking_write_zeroes_and_flush_args *args,
    wasi_io_streams_output_stream_blocking_write_zeroes_and_flush_result *result) {
    static const uint8_t zeroes[BLOCKING_WRITE_MAX];
    if (args->len > BLOCKING_WRITE_MAX)
        return too_long("blocking-write-zeroes-and-flush", args->len);
    wy_io_fault fault = {0};
    wy_io_status status = wy_output_stream_blocking_write_and_flush(
        (wy_output_stream *)args->self, call, (wy_list_u8){zeroes, (size_t)args->len}, &fault);
    return end(status, &fault, result);
}

static own wy_trap *splice(wy_call *call, wy_handle self, wy_handle src, uint64_t len, bool block,
                           wasi_io_streams_result_u64_stream_error *result) {
    wy_io_fault fault = {0};
    uint64_t count;
    wy_io_status status = wy_output_stream_splice(
        (wy_output_stream *)self, call, (wy_input_stream *)src, len, block, &count, &fault);
    return end_count(status, &fault, count, result);
}

static own wy_trap *output_stream_splice(wy_call *call,
                                         const wasi_io_streams_output_stream_splice_args *args,
                                         wasi_io_streams_output_stream_splice_result *result) {
    return splice(call, args->self, args->src, args->len, false, result);
}

static own wy_trap *
output_stream_blocking_splice(wy_call *call,
                              const wasi_io_streams_output_stream_blocking_splice_args *args,
                              wasi_io_streams_output_stream_blocking_splice_result *result) {
    return splice(call, args->self, args->src, args->len, true, result);
}

static void output_stream_drop(void *object) {
    wy_output_stream_drop(object);
}

static const wasi_io_streams_ops ops = {
    .input_stream_read = input_stream_read,
    .input_stream_blocking_read = input_stream_blocking_read,
    .input_stream_skip = input_stream_skip,
    .input_stream_blocking_skip = input_stream_blocking_skip,
    .input_stream_subscribe = input_stream_subscribe,
    .input_stream_drop = input_stream_drop,
    .output_stream_check_write = output_stream_check_write,
    .output_stream_write = output_stream_write,
    .output_stream_blocking_write_and_flush = output_stream_blocking_write_and_flush,
    .output_stream_flush = output_stream_flush,
    .output_stream_blocking_flush = output_stream_blocking_flush,
    .output_stream_subscribe = output_stream_subscribe,
    .output_stream_write_zeroes = output_stream_write_zeroes,
    .output_stream_blocking_write_zeroes_and_flush = output_stream_blocking_write_zeroes_and_flush,
    .output_stream_splice = output_stream_splice,
    .output_stream_blocking_splice = output_stream_blocking_splice,
    .output_stream_drop = output_stream_drop,
};

const wy_interface wy_interface_wasi_io_streams = {&wasi_io_streams_interface, &ops};
