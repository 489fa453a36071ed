/* Standard input and output: streams over descriptors that others opened and may share.
 *
 * Such a descriptor is never switched to non-blocking mode, because that would change it for every
 * process that shares it (the user's shell, too). So readiness is asked of poll(2) first, waiting
 * goes through an epoll descriptor of our own, and a write that would block runs on the pool.
 * Errors are those of files, so that a guest's library finds its errno. */
#include "interface/wasi/cli.h"
#include "interface/wasi/fs.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#define STDIN_CHUNK ((size_t)64 << 10)   /* bytes one read of standard input returns at most */
#define SAFE_WRITE ((size_t)4096)        /* what a writable pipe takes without blocking: PIPE_BUF */
#define LINE_MAX_BYTES ((size_t)8 << 10) /* a followed line is cut here */

static bool fd_is(int fd, short events) {
    struct pollfd poll_fd = {.fd = fd, .events = events};
    int count;
    do
        count = poll(&poll_fd, 1, 0);
    while (count < 0 && errno == EINTR);
    return count != 0; /* errors and hang-ups count: the operation will say which */
}

/* --- standard input --- */

typedef struct stdin_stream {
    wy_input_stream stream;
    int fd;
    int epoll_fd; /* -1 until someone waits */
    wy_fd_watch *watch;
} stdin_stream;

static bool stdin_ready(wy_io_source *source) {
    return fd_is(((stdin_stream *)source)->fd, POLLIN);
}

static void stdin_on_event(void *data, bool readable, bool writable) {
    (void)readable, (void)writable;
    stdin_stream *self = data;
    wy_fd_watch_free(self->watch); /* one shot: nobody may want the next bytes soon */
    self->watch = NULL;
    wy_io_source_wake(&self->stream.source);
}

static wy_err stdin_arm(wy_io_source *source, wy_loop *loop) {
    stdin_stream *self = (stdin_stream *)source;
    if (self->watch) return WY_OK;
    if (self->epoll_fd < 0) {
        struct epoll_event event = {.events = EPOLLIN};
        self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (self->epoll_fd < 0 || epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, self->fd, &event) < 0)
            return WY_IO;
    }
    return wy_fd_watch_new(loop, self->epoll_fd, true, false, stdin_on_event, self, &self->watch);
}

static void stdin_free(own wy_io_source *source) {
    stdin_stream *self = (stdin_stream *)source;
    if (self->watch) wy_fd_watch_free(self->watch);
    if (self->epoll_fd >= 0) close(self->epoll_fd);
    free(self);
}

static wy_io_status stdin_read(wy_input_stream *stream, wy_call *call, size_t max, bool into_guest,
                               wy_list_u8 *bytes_out, wy_io_fault *fault) {
    (void)into_guest; /* how much there is shows only by reading */
    stdin_stream *self = (stdin_stream *)stream;
    if (!fd_is(self->fd, POLLIN)) return WY_IO_OK;
    if (max > STDIN_CHUNK) max = STDIN_CHUNK;
    uint8_t *buffer = wy_arena_alloc(call->arena, max);
    if (!buffer) return wy_io_trap(fault, wy_trap_new("out of memory for standard input"));
    ssize_t count = read(self->fd, buffer, max);
    if (count < 0) {
        if (errno == EAGAIN || errno == EINTR) return WY_IO_OK;
        return wy_fs_fail(fault, "standard input", errno);
    }
    if (count == 0) return WY_IO_CLOSED;
    *bytes_out = (wy_list_u8){buffer, (size_t)count};
    return WY_IO_OK;
}

static const wy_io_source_ops stdin_source_ops = {stdin_ready, stdin_arm, stdin_free};
static const wy_input_stream_ops stdin_ops = {.read = stdin_read};

own wy_input_stream *wy_stdin_new(int fd) {
    if (fd < 0) return wy_input_stream_new_empty();
    stdin_stream *self = malloc(sizeof *self);
    if (!self) return NULL;
    wy_input_stream_init(&self->stream, &stdin_source_ops, &stdin_ops);
    self->fd = fd;
    self->epoll_fd = -1;
    self->watch = NULL;
    return &self->stream;
}

/* --- standard output and error --- */

typedef struct stdout_stream {
    wy_output_stream stream;
    const wy_wasi_output *output;
    wy_buf *line; /* shared by the streams of an instance that go to the same output */
} stdout_stream;

typedef struct write_job {
    int fd;
    const uint8_t *ptr;
    size_t len;
    int error_number;
} write_job;

/* Writes all of it, blocking as long as that takes. Any thread. */
static void write_all(void *data) {
    write_job *job = data;
    while (job->len > 0) {
        ssize_t count = write(job->fd, job->ptr, job->len);
        if (count < 0 && errno == EAGAIN) {
            struct pollfd poll_fd = {.fd = job->fd, .events = POLLOUT};
            poll(&poll_fd, 1, -1);
        } else if (count < 0 && errno != EINTR) {
            job->error_number = errno;
            return;
        } else if (count > 0) {
            job->ptr += count;
            job->len -= (size_t)count;
        }
    }
}

/* Writes what goes without blocking; false: the rest has to go to the pool. */
static bool write_now(write_job *job) {
    while (job->len > 0 && fd_is(job->fd, POLLOUT)) {
        size_t part = job->len < SAFE_WRITE ? job->len : SAFE_WRITE;
        ssize_t count = write(job->fd, job->ptr, part);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return false;
        if (count < 0) {
            job->error_number = errno;
            return true;
        }
        job->ptr += count;
        job->len -= (size_t)count;
    }
    return job->len == 0;
}

static wy_io_status write_to(int fd, wy_task *task, const void *ptr, size_t len,
                             wy_io_fault *fault) {
    write_job job = {.fd = fd, .ptr = ptr, .len = len};
    struct stat stat;
    if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode))
        write_all(&job); /* into the page cache */
    else if (!write_now(&job)) {
        wy_err err = wy_task_offload(task, write_all, &job);
        if (err == WY_CANCELLED || err == WY_TIMEOUT) return wy_io_trap(fault, wy_task_trap(task));
        if (err) return wy_io_trap(fault, wy_trap_new("output: %s", wy_err_text(err)));
    }
    if (job.error_number == EPIPE) return WY_IO_CLOSED; /* the reader is gone */
    return job.error_number ? wy_fs_fail(fault, "output", job.error_number) : WY_IO_OK;
}

/* Sends the lines that are whole, one write each, so that lines of several components do not mix.
 */
static wy_io_status follow(stdout_stream *self, wy_task *task, wy_str bytes, wy_io_fault *fault) {
    wy_buf *line = self->line;
    while (bytes.len > 0) {
        if (line->len == 0) wy_buf_str(line, self->output->prefix);
        size_t end = wy_str_find(bytes, '\n'), skip = end + 1;
        bool whole = end < bytes.len;
        size_t room = self->output->prefix.len + LINE_MAX_BYTES - line->len;
        if (end > room || !whole) {
            if (end > room) {
                end = room;
                whole = true;
            }
            skip = end;
        }
        wy_buf_append(line, bytes.ptr, end);
        bytes = wy_str_sub(bytes, skip, bytes.len);
        if (!whole) break;
        wy_buf_char(line, '\n');
        wy_io_status status = write_to(self->output->follow_fd, task, line->ptr, line->len, fault);
        line->len = 0;
        if (status != WY_IO_OK) return status;
    }
    return WY_IO_OK;
}

void wy_stdout_end(const wy_wasi_output *output, wy_buf *line) {
    if (line->len > 0) {
        wy_buf_char(line, '\n');
        write_job job = {
            .fd = output->follow_fd, .ptr = (const uint8_t *)line->ptr, .len = line->len};
        (void)write_now(&job);
    }
    wy_buf_deinit(line);
}

static wy_io_status stdout_check_write(wy_output_stream *stream, size_t *permit_out,
                                       wy_io_fault *fault) {
    (void)stream, (void)fault;
    *permit_out = WY_STREAM_WRITE_PERMIT;
    return WY_IO_OK;
}

static wy_io_status stdout_write(wy_output_stream *stream, wy_call *call, wy_list_u8 bytes,
                                 wy_io_fault *fault) {
    stdout_stream *self = (stdout_stream *)stream;
    const wy_wasi_output *output = self->output;
    wy_str text = {(const char *)bytes.ptr, bytes.len};
    if (output->sink) output->sink(output->sink_data, text);
    wy_io_status status = WY_IO_OK;
    if (output->fd >= 0) status = write_to(output->fd, call->task, text.ptr, text.len, fault);
    if (status == WY_IO_OK && output->follow_fd >= 0)
        status = follow(self, call->task, text, fault);
    return status;
}

static void stdout_free(own wy_io_source *source) {
    free(source);
}

static const wy_io_source_ops stdout_source_ops = {.free = stdout_free};
static const wy_output_stream_ops stdout_ops = {.check_write = stdout_check_write,
                                                .write = stdout_write};

void wy_stdout_begin(const wy_wasi_output *output, wy_buf *line) {
    wy_buf_init(line, output->prefix.len + LINE_MAX_BYTES + 1);
}

own wy_output_stream *wy_stdout_new(const wy_wasi_output *output, wy_buf *line) {
    stdout_stream *self = malloc(sizeof *self);
    if (!self) return NULL;
    wy_output_stream_init(&self->stream, &stdout_source_ops, &stdout_ops);
    self->output = output;
    self->line = line;
    return &self->stream;
}
