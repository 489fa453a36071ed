/* The executor "wagi": the component is a program; the request is its environment and standard
 * input, and its standard output the response. Both bodies stream. */
#include "trigger/http/executor.h"
#include "trigger/http/wagi.h"

#include "base/limits.h"
#include "base/log.h"
#include "gen/wasi_cli_run.h"
#include "interface/wasi/cli.h"

/* The streams lie in the job, and so does their last reference. */
typedef struct wagi {
    wy_wasi_cli_settings cli;
    wy_input_stream in;
    wy_output_stream out;
    wy_http_job *job;
    bool is_whole; /* the body had to be received first: it is in `body` */
    wy_buf body;
    size_t body_read;
    wy_buf head;            /* the output until its empty line has come */
    wy_http_writer *writer; /* NULL: before that */
    bool failed;            /* of the output nothing more is wanted */
    bool run_failed;        /* the program said so */
} wagi;

#define WAGI_OF(pointer, member) ((wagi *)(void *)((char *)(pointer)-offsetof(wagi, member)))

static void stays(own wy_io_source *source) {
    (void)source; /* ends with the exchange */
}

/* --- standard input --- */

static bool in_ready(wy_io_source *source) {
    const wagi *w = WAGI_OF(source, in.source);
    return w->is_whole || wy_http_body_ready(&w->job->exchange->request->body);
}

static wy_err in_arm(wy_io_source *source, wy_loop *loop) {
    (void)loop;
    (void)wy_http_body_peek(&WAGI_OF(source, in.source)->job->exchange->request->body);
    return WY_OK;
}

static wy_io_status in_read(wy_input_stream *stream, wy_call *call, size_t max, bool into_guest,
                            wy_list_u8 *bytes_out, wy_io_fault *fault) {
    (void)call, (void)into_guest;
    wagi *w = WAGI_OF(stream, in);
    wy_http_body *body = &w->job->exchange->request->body;
    wy_str bytes = w->is_whole ? wy_str_sub(wy_buf_view(&w->body), w->body_read, w->body.len)
                               : wy_http_body_peek(body);
    if (bytes.len > max) bytes.len = max;
    *bytes_out = (wy_list_u8){(const uint8_t *)bytes.ptr, bytes.len};
    w->body_read += bytes.len;
    if (!w->is_whole && bytes.len) wy_http_body_take(body, bytes.len);
    if (bytes.len) return WY_IO_OK;
    if (!w->is_whole && body->failed)
        return wy_io_trap(fault, wy_trap_new("the request's body broke off"));
    return w->is_whole || body->ended ? WY_IO_CLOSED : WY_IO_OK;
}

static void wake_in(void *data) {
    wy_io_source_wake(&((wagi *)data)->in.source);
}

static own wy_input_stream *open_in(void *data) {
    wagi *w = data;
    wy_io_source_retain(&w->in.source);
    return &w->in;
}

static const wy_io_source_ops in_source_ops = {in_ready, in_arm, stays};
static const wy_input_stream_ops in_ops = {.read = in_read};

/* --- standard output --- */

static bool out_ready(wy_io_source *source) {
    const wagi *w = WAGI_OF(source, out.source);
    return !w->writer || wy_http_writer_permit(w->writer) > 0 || wy_http_writer_closed(w->writer);
}

static void wake_out(void *data) {
    wy_io_source_wake(&((wagi *)data)->out.source);
}

static void fail(wagi *w, uint16_t status, const char *why) {
    w->failed = true;
    wy_http_job_fail(w->job, status, why, (wy_str){0});
}

/* Once the head is whole: begins the response with it. */
static wy_err begin_response(wagi *w, size_t head_len) {
    wy_wagi_head head;
    wy_http_fields_init(&head.fields, &w->job->exchange->request->arena);
    wy_err err = wy_wagi_read_head(wy_str_sub(wy_buf_view(&w->head), 0, head_len), &head);
    w->writer = err ? NULL : wy_http_writer_new();
    if (!err)
        err = w->writer ? wy_http_writer_response(w->writer, head.status, &head.fields) : WY_NOMEM;
    if (err) return err;
    wy_http_writer_watch(w->writer, wake_out, w);
    wy_http_job_respond(w->job, w->writer);
    return wy_http_writer_write(w->writer,
                                wy_str_sub(wy_buf_view(&w->head), head_len, w->head.len));
}

static void add_to_head(wagi *w, wy_str bytes) {
    wy_buf_str(&w->head, bytes);
    size_t len = w->head.failed ? 0 : wy_wagi_head_end(wy_buf_view(&w->head));
    bool is_large = (len ? len : w->head.len) > WY_MAX_HTTP_HEADER_BYTES;
    wy_err err = w->head.failed || is_large ? WY_LIMIT : len ? begin_response(w, len) : WY_OK;
    if (err == WY_LIMIT)
        fail(w, 500, "the head of the program's output is too large");
    else if (err == WY_MALFORMED)
        fail(w, 502, "the program's output has a status that is none");
    else if (err && err != WY_CLOSED)
        fail(w, 500,
             "the head of the program's output names neither content-type, status nor "
             "location, or something that HTTP forbids");
}

static wy_io_status out_check_write(wy_output_stream *stream, size_t *permit_out,
                                    wy_io_fault *fault) {
    (void)fault;
    const wagi *w = WAGI_OF(stream, out);
    bool is_over = w->failed || (w->writer && wy_http_writer_closed(w->writer));
    *permit_out = w->writer ? wy_http_writer_permit(w->writer) : WY_STREAM_WRITE_PERMIT;
    return is_over ? WY_IO_CLOSED : WY_IO_OK;
}

static wy_io_status out_write(wy_output_stream *stream, wy_call *call, wy_list_u8 bytes,
                              wy_io_fault *fault) {
    (void)call, (void)fault;
    wagi *w = WAGI_OF(stream, out);
    wy_str text = {(const char *)bytes.ptr, bytes.len};
    if (w->failed) return WY_IO_CLOSED;
    if (w->writer) return wy_http_writer_write(w->writer, text) ? WY_IO_CLOSED : WY_IO_OK;
    add_to_head(w, text);
    return w->failed ? WY_IO_CLOSED : WY_IO_OK;
}

static wy_io_status out_flush(wy_output_stream *stream, wy_call *call, wy_io_fault *fault) {
    (void)call, (void)fault;
    const wagi *w = WAGI_OF(stream, out);
    if (w->writer) wy_http_writer_flush(w->writer);
    return WY_IO_OK;
}

static own wy_output_stream *open_out(void *data) {
    wagi *w = data;
    wy_io_source_retain(&w->out.source);
    return &w->out;
}

static const wy_io_source_ops out_source_ops = {.ready = out_ready, .free = stays};
static const wy_output_stream_ops out_ops = {
    .check_write = out_check_write, .write = out_write, .flush = out_flush};

/* --- a request --- */

static own wy_trap *no_memory(void) {
    return wy_trap_new("out of memory for a program's environment");
}

/* A program wants to know how long its input is. Where the request does not say, it is received
 * first. */
static own wy_trap *measure_body(wagi *w, uint64_t *length_out) {
    const wy_http_incoming *request = w->job->exchange->request;
    *length_out = request->has_length ? request->content_length : 0;
    if (request->has_length || !request->may_have_body) return NULL;
    w->is_whole = true;
    wy_err err = wy_http_job_read_body(w->job, &w->body);
    if (err == WY_CANCELLED || err == WY_TIMEOUT) return wy_task_trap(w->job->task);
    if (err) fail(w, err == WY_LIMIT ? 413 : 400, "the request's body cannot be used");
    *length_out = w->body.len;
    return NULL;
}

static bool make_settings(wagi *w, uint64_t length) {
    wy_http_exchange *exchange = w->job->exchange;
    wy_arena *arena = wy_instance_arena(w->job->instance);
    const wy_wasi_cli_settings *base = wy_instance_settings(w->job->instance, WY_SLOT_WASI_CLI);
    if (base)
        w->cli = *base;
    else
        wy_wasi_cli_settings_init(&w->cli);
    w->cli.open_in = open_in;
    w->cli.open_out = open_out;
    w->cli.streams_data = w;
    return wy_wagi_environment(arena, exchange, length, w->cli.environment,
                               w->cli.environment_count, &w->cli.environment,
                               &w->cli.environment_count) &&
           wy_wagi_arguments(arena, exchange, wy_http_job_config(w->job)->wagi_argv,
                             &w->cli.arguments, &w->cli.argument_count) &&
           wy_wasi_cli_use(w->job->instance, &w->cli);
}

static own wy_trap *prepare(wy_http_job *job) {
    wagi *w = wy_arena_calloc(&job->exchange->request->arena, 1, sizeof *w);
    if (!w) return no_memory();
    job->state = w;
    w->job = job;
    wy_input_stream_init(&w->in, &in_source_ops, &in_ops);
    wy_output_stream_init(&w->out, &out_source_ops, &out_ops);
    wy_buf_init(&w->body, WY_MAX_RESULT_BYTES);
    wy_buf_init(&w->head, WY_MAX_HTTP_HEADER_BYTES + WY_STREAM_WRITE_PERMIT);
    uint64_t length;
    wy_trap *trap = measure_body(w, &length);
    if (trap || job->exchange->answered) return trap;
    if (!make_settings(w, length)) return no_memory();
    wy_http_body *body = &job->exchange->request->body;
    if (w->is_whole) return NULL;
    body->on_changed = wake_in;
    body->reader = w;
    return NULL;
}

static void on_result(void *data, const void *result) {
    ((wagi *)data)->run_failed = ((const wasi_cli_run_run_result *)result)->is_err;
}

/* An exit with status 0 ends the program as a return does. */
static own wy_trap *forgive_exit(wy_http_job *job, own wy_trap *trap) {
    uint8_t code;
    if (!trap || !wy_wasi_cli_exited(job->instance, &code) || code != 0) return trap;
    wy_trap_free(trap);
    return NULL;
}

static void finish(wagi *w) {
    if (w->failed) return;
    if (w->run_failed)
        wy_log(WY_LOG_WARN, WY_STR_FMT ": the program ended with an error",
               WY_STR_ARG(wy_component_name(wy_http_job_config(w->job)->component)));
    if (!w->writer)
        fail(w, 500,
             w->head.len ? "the head of the program's output does not end with an empty line"
                         : "the program wrote nothing to its standard output");
    else if (wy_http_writer_finish(w->writer, NULL))
        wy_http_writer_abort(w->writer); /* not as long as it had said, or the client is gone */
}

static own wy_trap *call(wy_http_job *job, const wy_plan_export *export) {
    wagi *w = job->state;
    wy_trap *trap = wy_instance_call(job->instance, export, NULL, on_result, w);
    trap = forgive_exit(job, trap);
    if (!trap) finish(w);
    return trap;
}

static void end(wy_http_job *job) {
    wagi *w = job->state;
    if (!w) return;
    wy_http_body *body = &job->exchange->request->body;
    if (body->reader == w) body->on_changed = NULL;
    if (w->writer) wy_http_writer_watch(w->writer, NULL, NULL);
    wy_http_writer_release(w->writer);
    wy_buf_deinit(&w->body);
    wy_buf_deinit(&w->head);
}

const wy_http_executor wy_http_executor_wagi = {
    .interface = &wasi_cli_run_interface,
    .once = true,
    .prepare = prepare,
    .call = call,
    .end = end,
};
