/* Input and output streams: the semantics of wasi:io/streams over the bytes that an implementation
 * moves. Permits, closing after an error, blocking and splicing are here, and nowhere else. */
#include "interface/wasi/io.h"

#include <stdlib.h>

void wy_input_stream_init(wy_input_stream *stream, const wy_io_source_ops *source_ops,
                          const wy_input_stream_ops *ops) {
    wy_io_source_init(&stream->source, source_ops);
    stream->ops = ops;
    stream->closed = false;
}

void wy_output_stream_init(wy_output_stream *stream, const wy_io_source_ops *source_ops,
                           const wy_output_stream_ops *ops) {
    wy_io_source_init(&stream->source, source_ops);
    stream->ops = ops;
    stream->permit = 0;
    stream->closed = false;
}

void wy_input_stream_drop(own wy_input_stream *stream) {
    if (stream->ops->drop) stream->ops->drop(stream);
    wy_io_source_release(&stream->source);
}

void wy_output_stream_drop(own wy_output_stream *stream) {
    if (stream->ops->drop) stream->ops->drop(stream);
    wy_io_source_release(&stream->source);
}

/* --- the simplest stream --- */

static void free_source(own wy_io_source *source) {
    free(source);
}

static const wy_io_source_ops always_ready = {.free = free_source};

static wy_io_status empty_read(wy_input_stream *stream, wy_call *call, size_t max, bool into_guest,
                               wy_list_u8 *bytes_out, wy_io_fault *fault) {
    (void)stream, (void)call, (void)max, (void)into_guest, (void)bytes_out, (void)fault;
    return WY_IO_CLOSED;
}

static const wy_input_stream_ops empty_ops = {.read = empty_read};

own wy_input_stream *wy_input_stream_new_empty(void) {
    wy_input_stream *stream = malloc(sizeof *stream);
    if (stream) wy_input_stream_init(stream, &always_ready, &empty_ops);
    return stream;
}

/* --- input --- */

static wy_io_status wait_ready(wy_io_source *source, wy_call *call, wy_io_fault *fault) {
    wy_err err = wy_io_source_wait(source, call->task);
    if (err == WY_OK) return WY_IO_OK;
    if (err == WY_CANCELLED || err == WY_TIMEOUT)
        return wy_io_trap(fault, wy_task_trap(call->task));
    return wy_io_trap(fault, wy_trap_new("waiting for a stream: %s", wy_err_text(err)));
}

wy_io_status wy_input_stream_read(wy_input_stream *stream, wy_call *call, uint64_t len, bool block,
                                  bool into_guest, wy_list_u8 *bytes_out, wy_io_fault *fault) {
    *bytes_out = (wy_list_u8){NULL, 0};
    if (stream->closed) return WY_IO_CLOSED;
    if (len == 0) return WY_IO_OK;
    size_t max = len < WY_MAX_STREAM_READ ? (size_t)len : WY_MAX_STREAM_READ;
    for (;;) {
        wy_io_status status = stream->ops->read(stream, call, max, into_guest, bytes_out, fault);
        wy_assert(status != WY_IO_OK || bytes_out->len <= max);
        stream->closed = status == WY_IO_CLOSED || status == WY_IO_FAILED;
        if (status != WY_IO_OK || bytes_out->len > 0 || !block) return status;
        status = wait_ready(&stream->source, call, fault);
        if (status != WY_IO_OK) return status;
    }
}

wy_io_status wy_input_stream_skip(wy_input_stream *stream, wy_call *call, uint64_t len, bool block,
                                  uint64_t *count_out, wy_io_fault *fault) {
    wy_list_u8 bytes;
    wy_io_status status = wy_input_stream_read(stream, call, len, block, false, &bytes, fault);
    *count_out = bytes.len;
    return status;
}

/* --- output --- */

/* After a failure the stream is closed. */
static wy_io_status note(wy_output_stream *stream, wy_io_status status) {
    if (status == WY_IO_CLOSED || status == WY_IO_FAILED) {
        stream->closed = true;
        stream->permit = 0;
    }
    return status;
}

wy_io_status wy_output_stream_check_write(wy_output_stream *stream, uint64_t *permit_out,
                                          wy_io_fault *fault) {
    *permit_out = 0;
    if (stream->closed) return WY_IO_CLOSED;
    size_t permit = 0;
    wy_io_status status = note(stream, stream->ops->check_write(stream, &permit, fault));
    if (status != WY_IO_OK) return status;
    if (permit > WY_STREAM_WRITE_PERMIT) permit = WY_STREAM_WRITE_PERMIT;
    stream->permit = permit;
    *permit_out = permit;
    return WY_IO_OK;
}

static own wy_trap *over_permit(uint64_t len, uint64_t permit) {
    return wy_trap_new("write of %llu bytes to an output stream that permits %llu",
                       (unsigned long long)len, (unsigned long long)permit);
}

wy_io_status wy_output_stream_write(wy_output_stream *stream, wy_call *call, wy_list_u8 bytes,
                                    wy_io_fault *fault) {
    if (stream->closed) return WY_IO_CLOSED;
    if (bytes.len > stream->permit)
        return wy_io_trap(fault, over_permit(bytes.len, stream->permit));
    if (bytes.len == 0) return WY_IO_OK;
    stream->permit -= bytes.len;
    return note(stream, stream->ops->write(stream, call, bytes, fault));
}

wy_io_status wy_output_stream_write_zeroes(wy_output_stream *stream, wy_call *call, uint64_t len,
                                           wy_io_fault *fault) {
    static const uint8_t zeroes[4096];
    if (stream->closed) return WY_IO_CLOSED;
    if (len > stream->permit) return wy_io_trap(fault, over_permit(len, stream->permit));
    wy_io_status status = WY_IO_OK;
    while (len > 0 && status == WY_IO_OK) {
        size_t part = len < sizeof zeroes ? (size_t)len : sizeof zeroes;
        status = wy_output_stream_write(stream, call, (wy_list_u8){zeroes, part}, fault);
        len -= part;
    }
    return status;
}

wy_io_status wy_output_stream_flush(wy_output_stream *stream, wy_call *call, wy_io_fault *fault) {
    if (stream->closed) return WY_IO_CLOSED;
    if (!stream->ops->flush) return WY_IO_OK;
    stream->permit = 0;
    return note(stream, stream->ops->flush(stream, call, fault));
}

/* Waits until there is a permit. */
static wy_io_status wait_permit(wy_output_stream *stream, wy_call *call, uint64_t *permit_out,
                                wy_io_fault *fault) {
    for (;;) {
        wy_io_status status = wy_output_stream_check_write(stream, permit_out, fault);
        if (status != WY_IO_OK || *permit_out > 0) return status;
        status = wait_ready(&stream->source, call, fault);
        if (status != WY_IO_OK) return status;
    }
}

wy_io_status wy_output_stream_blocking_flush(wy_output_stream *stream, wy_call *call,
                                             wy_io_fault *fault) {
    wy_io_status status = wy_output_stream_flush(stream, call, fault);
    uint64_t permit;
    return status == WY_IO_OK ? wait_permit(stream, call, &permit, fault) : status;
}

wy_io_status wy_output_stream_blocking_write_and_flush(wy_output_stream *stream, wy_call *call,
                                                       wy_list_u8 bytes, wy_io_fault *fault) {
    while (bytes.len > 0) {
        uint64_t permit;
        wy_io_status status = wait_permit(stream, call, &permit, fault);
        if (status != WY_IO_OK) return status;
        size_t part = bytes.len < permit ? bytes.len : (size_t)permit;
        status = wy_output_stream_write(stream, call, (wy_list_u8){bytes.ptr, part}, fault);
        if (status != WY_IO_OK) return status;
        bytes.ptr += part;
        bytes.len -= part;
    }
    wy_io_status status = wy_output_stream_flush(stream, call, fault);
    uint64_t permit;
    if (status == WY_IO_OK)
        status = wait_permit(stream, call, &permit, fault);
    else
        return status;
    /* WIT: "If writing and flushing the complete contents causes the stream to become closed, this
     * call should return success". */
    return status == WY_IO_CLOSED ? WY_IO_OK : status;
}

wy_io_status wy_output_stream_splice(wy_output_stream *stream, wy_call *call, wy_input_stream *from,
                                     uint64_t len, bool block, uint64_t *count_out,
                                     wy_io_fault *fault) {
    *count_out = 0;
    uint64_t permit;
    wy_io_status status = block ? wait_permit(stream, call, &permit, fault)
                                : wy_output_stream_check_write(stream, &permit, fault);
    if (status != WY_IO_OK) return status;
    if (permit == 0) return WY_IO_OK;
    wy_list_u8 bytes;
    status =
        wy_input_stream_read(from, call, len < permit ? len : permit, block, false, &bytes, fault);
    if (status != WY_IO_OK) return status;
    *count_out = bytes.len;
    return wy_output_stream_write(stream, call, bytes, fault);
}
