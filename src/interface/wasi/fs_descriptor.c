/* Descriptors: files and folders that a guest holds open, and moving bytes at an offset.
 *
 * What the page cache can do is done at once (a few microseconds); what may wait for a disk goes to
 * the pool, which parks the fiber. */
#include "interface/wasi/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

/* A write up to this size is copied into the page cache on the loop's thread. */
#define DIRECT_WRITE_MAX ((size_t)64 << 10)

/* --- state --- */

wy_fs_state *wy_fs_state_of(wy_instance *instance) {
    wy_fs_state *state = wy_instance_state(instance, WY_SLOT_WASI_FILESYSTEM);
    if (state) return state;
    state = calloc(1, sizeof *state);
    if (state) wy_instance_set_state(instance, WY_SLOT_WASI_FILESYSTEM, state, free);
    return state;
}

/* --- descriptors --- */

int wy_fs_descriptor_new(wy_fs_state *state, int fd, bool is_directory, bool may_mutate,
                         uint8_t flags, own wy_fs_descriptor **out) {
    wy_fs_descriptor *self = state->open_count < WY_MAX_GUEST_FILES ? malloc(sizeof *self) : NULL;
    if (!self) {
        close(fd);
        return state->open_count < WY_MAX_GUEST_FILES ? ENOMEM : EMFILE;
    }
    state->open_count++;
    *self = (wy_fs_descriptor){.refs = 1,
                               .state = state,
                               .fd = fd,
                               .is_directory = is_directory,
                               .may_mutate = may_mutate,
                               .flags = flags};
    *out = self;
    return 0;
}

own wy_fs_descriptor *wy_fs_descriptor_new_preopen(const wy_wasi_preopen *preopen) {
    wy_fs_descriptor *self = malloc(sizeof *self);
    if (!self) return NULL;
    uint8_t flags = WY_FS_READ;
    if (!preopen->read_only) flags |= WY_FS_MUTATE_DIRECTORY;
    *self = (wy_fs_descriptor){.refs = 1,
                               .fd = preopen->fd,
                               .is_directory = true,
                               .may_mutate = !preopen->read_only,
                               .flags = flags};
    return self;
}

void wy_fs_descriptor_retain(wy_fs_descriptor *descriptor) {
    wy_assert(descriptor->refs > 0 && descriptor->refs < UINT32_MAX);
    descriptor->refs++;
}

void wy_fs_descriptor_release(own wy_fs_descriptor *descriptor) {
    wy_assert(descriptor->refs > 0);
    if (--descriptor->refs > 0) return;
    if (descriptor->state) {
        wy_assert(descriptor->state->open_count > 0);
        descriptor->state->open_count--;
        close(descriptor->fd);
    }
    free(descriptor);
}

/* --- moving bytes --- */

typedef struct io_job {
    int fd;
    void *buffer;
    size_t len;
    uint64_t offset; /* WY_FS_APPEND: at the end */
    int flags;       /* RWF_... */
    ssize_t count;
    int error_number;
} io_job;

static int offload(wy_task *task, void (*work)(void *data), void *data) {
    wy_err err = wy_task_offload(task, work, data);
    if (err == WY_OK) return 0;
    return err == WY_NOMEM ? ENOMEM : ECANCELED;
}

static void read_work(void *data) {
    io_job *job = data;
    struct iovec part = {job->buffer, job->len};
    do
        job->count = preadv2(job->fd, &part, 1, (off_t)job->offset, job->flags);
    while (job->count < 0 && errno == EINTR);
    job->error_number = job->count < 0 ? errno : 0;
}

int wy_fs_read(wy_task *task, int fd, void *buffer, size_t len, uint64_t offset,
               size_t *count_out) {
    *count_out = 0;
    if (offset > INT64_MAX) return EINVAL;
    io_job job = {.fd = fd, .buffer = buffer, .len = len, .offset = offset, .flags = RWF_NOWAIT};
    read_work(&job);
    if (job.error_number == EAGAIN || job.error_number == EOPNOTSUPP) {
        job.flags = 0;
        int error_number = offload(task, read_work, &job);
        if (error_number) return error_number;
    }
    if (!job.error_number) *count_out = (size_t)job.count;
    return job.error_number;
}

static void write_work(void *data) {
    io_job *job = data;
    struct iovec part = {job->buffer, job->len};
    bool append = job->offset == WY_FS_APPEND;
    do
        job->count =
            pwritev2(job->fd, &part, 1, append ? 0 : (off_t)job->offset, append ? RWF_APPEND : 0);
    while (job->count < 0 && errno == EINTR);
    job->error_number = job->count < 0 ? errno : 0;
}

int wy_fs_write(wy_task *task, const wy_fs_descriptor *descriptor, const void *bytes, size_t len,
                uint64_t offset, size_t *count_out) {
    *count_out = 0;
    if (offset > INT64_MAX && offset != WY_FS_APPEND) return EINVAL;
    io_job job = {
        .fd = descriptor->fd, .buffer = (void *)(uintptr_t)bytes, .len = len, .offset = offset};
    bool waits_for_disk = descriptor->flags & (WY_FS_FILE_SYNC | WY_FS_DATA_SYNC);
    if (len <= DIRECT_WRITE_MAX && !waits_for_disk) {
        write_work(&job);
    } else {
        int error_number = offload(task, write_work, &job);
        if (error_number) return error_number;
    }
    if (!job.error_number) *count_out = (size_t)job.count;
    return job.error_number;
}

static void fsync_work(void *data) {
    io_job *job = data;
    job->error_number = fsync(job->fd) < 0 ? errno : 0;
}

static void fdatasync_work(void *data) {
    io_job *job = data;
    job->error_number = fdatasync(job->fd) < 0 ? errno : 0;
}

int wy_fs_sync(wy_task *task, int fd, bool data_only) {
    io_job job = {.fd = fd};
    int error_number = offload(task, data_only ? fdatasync_work : fsync_work, &job);
    return error_number ? error_number : job.error_number;
}

static void set_size_work(void *data) {
    io_job *job = data;
    job->error_number = ftruncate(job->fd, (off_t)job->offset) < 0 ? errno : 0;
}

int wy_fs_set_size(wy_task *task, int fd, uint64_t size) {
    if (size > INT64_MAX) return EFBIG;
    io_job job = {.fd = fd, .offset = size};
    int error_number = offload(task, set_size_work, &job);
    return error_number ? error_number : job.error_number;
}
