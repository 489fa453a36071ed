/* Streams over files, and the stream of a folder's entries. */
#include "interface/wasi/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* --- reading --- */

typedef struct file_input {
    wy_input_stream stream;
    own wy_fs_descriptor *descriptor;
    uint64_t offset;
} file_input;

#define BLIND_READ ((size_t)64 << 10) /* of a file that does not tell its size */

/* How much a read at `offset` will bring; 0: only trying can tell (the end, a device, /proc). */
static size_t bytes_ahead(int fd, uint64_t offset, size_t max) {
    struct stat stat;
    if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode) || (uint64_t)stat.st_size <= offset)
        return 0;
    uint64_t ahead = (uint64_t)stat.st_size - offset;
    return ahead < max ? (size_t)ahead : max;
}

wy_io_status wy_fs_read_view(wy_call *call, wy_fs_descriptor *descriptor, uint64_t offset,
                             size_t max, bool into_guest, wy_list_u8 *bytes_out,
                             int *error_number_out, wy_io_fault *fault) {
    *error_number_out = 0;
    *bytes_out = (wy_list_u8){NULL, 0};
    size_t len = bytes_ahead(descriptor->fd, offset, max);
    uint8_t *buffer;
    into_guest = into_guest && len > 0;
    if (into_guest) {
        buffer = wy_abi_reserve(call->cx, (uint32_t)len, &fault->trap);
        if (!buffer) return WY_IO_TRAPPED;
    } else {
        if (len == 0) len = max < BLIND_READ ? max : BLIND_READ;
        buffer = wy_arena_alloc(call->arena, len);
        if (!buffer) return wy_io_trap(fault, wy_trap_new("out of memory for reading a file"));
    }
    size_t count;
    *error_number_out = wy_fs_read(call->task, descriptor->fd, buffer, len, offset, &count);
    if (count > 0) *bytes_out = (wy_list_u8){buffer, count};
    return WY_IO_OK;
}

static wy_io_status input_read(wy_input_stream *stream, wy_call *call, size_t max, bool into_guest,
                               wy_list_u8 *bytes_out, wy_io_fault *fault) {
    file_input *self = (file_input *)stream;
    int error_number;
    wy_io_status status = wy_fs_read_view(call, self->descriptor, self->offset, max, into_guest,
                                          bytes_out, &error_number, fault);
    if (status != WY_IO_OK) return status;
    if (error_number) return wy_fs_fail(fault, "read", error_number);
    self->offset += bytes_out->len;
    return bytes_out->len > 0 ? WY_IO_OK : WY_IO_CLOSED;
}

static void input_free(own wy_io_source *source) {
    file_input *self = (file_input *)source;
    wy_fs_descriptor_release(self->descriptor);
    free(self);
}

static const wy_io_source_ops input_source_ops = {.free = input_free};
static const wy_input_stream_ops input_ops = {.read = input_read};

own wy_input_stream *wy_fs_input_new(wy_fs_descriptor *descriptor, uint64_t offset) {
    file_input *self = malloc(sizeof *self);
    if (!self) return NULL;
    wy_input_stream_init(&self->stream, &input_source_ops, &input_ops);
    wy_fs_descriptor_retain(descriptor);
    self->descriptor = descriptor;
    self->offset = offset;
    return &self->stream;
}

/* --- writing --- */

typedef struct file_output {
    wy_output_stream stream;
    own wy_fs_descriptor *descriptor;
    uint64_t offset; /* WY_FS_APPEND: always at the end */
} file_output;

static wy_io_status output_check_write(wy_output_stream *stream, size_t *permit_out,
                                       wy_io_fault *fault) {
    (void)stream, (void)fault;
    *permit_out = WY_STREAM_WRITE_PERMIT;
    return WY_IO_OK;
}

static wy_io_status output_write(wy_output_stream *stream, wy_call *call, wy_list_u8 bytes,
                                 wy_io_fault *fault) {
    file_output *self = (file_output *)stream;
    while (bytes.len > 0) {
        size_t count;
        int error_number =
            wy_fs_write(call->task, self->descriptor, bytes.ptr, bytes.len, self->offset, &count);
        if (error_number) return wy_fs_fail(fault, "write", error_number);
        if (count == 0) return wy_fs_fail(fault, "write", EIO);
        if (self->offset != WY_FS_APPEND) self->offset += count;
        bytes.ptr += count;
        bytes.len -= count;
    }
    return WY_IO_OK;
}

static void output_free(own wy_io_source *source) {
    file_output *self = (file_output *)source;
    wy_fs_descriptor_release(self->descriptor);
    free(self);
}

static const wy_io_source_ops output_source_ops = {.free = output_free};
static const wy_output_stream_ops output_ops = {.check_write = output_check_write,
                                                .write = output_write};

own wy_output_stream *wy_fs_output_new(wy_fs_descriptor *descriptor, uint64_t offset) {
    file_output *self = malloc(sizeof *self);
    if (!self) return NULL;
    wy_output_stream_init(&self->stream, &output_source_ops, &output_ops);
    wy_fs_descriptor_retain(descriptor);
    self->descriptor = descriptor;
    self->offset = offset;
    return &self->stream;
}

/* --- entries of a folder --- */

struct wy_fs_entries {
    wy_fs_state *state; /* counts the folder's descriptor */
    DIR *dir;
};

int wy_fs_entries_new(wy_fs_state *state, int fd, own wy_fs_entries **out) {
    if (state->open_count >= WY_MAX_GUEST_FILES) return EMFILE;
    /* A descriptor of its own: it starts at the beginning and moves alone. */
    int own_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own_fd < 0) return errno;
    wy_fs_entries *self = malloc(sizeof *self);
    DIR *dir = self ? fdopendir(own_fd) : NULL;
    if (!dir) {
        close(own_fd);
        free(self);
        return ENOMEM;
    }
    state->open_count++;
    *self = (wy_fs_entries){state, dir};
    *out = self;
    return 0;
}

static mode_t entry_type(const wy_fs_entries *self, const struct dirent *entry) {
    if (entry->d_type != DT_UNKNOWN) return (mode_t)DTTOIF(entry->d_type);
    struct stat stat;
    if (fstatat(dirfd(self->dir), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0) return 0;
    return stat.st_mode & S_IFMT;
}

int wy_fs_entries_next(wy_fs_entries *entries, wy_str *name_out, mode_t *type_out) {
    const struct dirent *entry;
    do {
        errno = 0;
        entry = readdir(entries->dir);
        if (!entry) {
            *name_out = (wy_str){NULL, 0};
            return errno;
        }
    } while (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    *name_out = wy_str_of(entry->d_name);
    if (!wy_utf8_valid(name_out->ptr, name_out->len)) return EILSEQ;
    *type_out = entry_type(entries, entry);
    return 0;
}

void wy_fs_entries_free(own wy_fs_entries *entries) {
    entries->state->open_count--;
    closedir(entries->dir);
    free(entries);
}
