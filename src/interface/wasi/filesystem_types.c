/* wasi:filesystem/types and preopens: the functions of fs.h with the types of the WIT. */
#include "interface/wasi/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/map.h"
#include "gen/wasi_filesystem_preopens.h"
#include "gen/wasi_filesystem_types.h"

/* fs.h knows the WIT's numbers by its own names. */
#define SAME(mine, of_wit) _Static_assert((int)(mine) == (int)(of_wit), "as in the WIT")
SAME(WY_FS_ACCESS, WASI_FILESYSTEM_TYPES_ERROR_CODE_ACCESS);
SAME(WY_FS_INSUFFICIENT_MEMORY, WASI_FILESYSTEM_TYPES_ERROR_CODE_INSUFFICIENT_MEMORY);
SAME(WY_FS_CROSS_DEVICE, WASI_FILESYSTEM_TYPES_ERROR_CODE_CROSS_DEVICE);
SAME(WY_FS_READ, WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_READ);
SAME(WY_FS_WRITE, WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_WRITE);
SAME(WY_FS_FILE_SYNC, WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_FILE_INTEGRITY_SYNC);
SAME(WY_FS_DATA_SYNC, WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_DATA_INTEGRITY_SYNC);
SAME(WY_FS_READ_SYNC, WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_REQUESTED_WRITE_SYNC);
SAME(WY_FS_MUTATE_DIRECTORY, WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_MUTATE_DIRECTORY);
SAME(WY_FS_FOLLOW, WASI_FILESYSTEM_TYPES_PATH_FLAGS_SYMLINK_FOLLOW);
SAME(WY_FS_CREATE, WASI_FILESYSTEM_TYPES_OPEN_FLAGS_CREATE);
SAME(WY_FS_DIRECTORY, WASI_FILESYSTEM_TYPES_OPEN_FLAGS_DIRECTORY);
SAME(WY_FS_EXCLUSIVE, WASI_FILESYSTEM_TYPES_OPEN_FLAGS_EXCLUSIVE);
SAME(WY_FS_TRUNCATE, WASI_FILESYSTEM_TYPES_OPEN_FLAGS_TRUNCATE);
#undef SAME

static wy_fs_descriptor *descriptor_of(wy_handle handle) {
    return (wy_fs_descriptor *)handle;
}

static own wy_trap *no_memory(void) {
    return wy_trap_new("out of memory for files");
}

/* The error code of a result; false: the operation ended well. */
static bool failed(int error_number, uint8_t *is_err_out, uint8_t *code_out) {
    *is_err_out = error_number != 0;
    if (error_number) *code_out = (uint8_t)wy_fs_code_of(error_number);
    return error_number != 0;
}

/* The end of a function whose result carries nothing but the error. */
static own wy_trap *end(int error_number, wasi_filesystem_types_result_none_error_code *result) {
    failed(error_number, &result->is_err, &result->err);
    return NULL;
}

/* 0 for a file that was opened for it, else the error. */
static int readable(const wy_fs_descriptor *self) {
    if (self->is_directory) return EISDIR;
    return self->flags & WY_FS_READ ? 0 : EBADF;
}

static int writable(const wy_fs_descriptor *self) {
    if (self->is_directory) return EISDIR;
    return self->flags & WY_FS_WRITE ? 0 : EBADF;
}

/* --- the descriptor itself --- */

static own wy_trap *
descriptor_read_via_stream(wy_call *call,
                           const wasi_filesystem_types_descriptor_read_via_stream_args *args,
                           wasi_filesystem_types_descriptor_read_via_stream_result *result) {
    (void)call;
    wy_fs_descriptor *self = descriptor_of(args->self);
    if (failed(readable(self), &result->is_err, &result->err)) return NULL;
    result->ok = (wy_handle)wy_fs_input_new(self, args->offset);
    return result->ok ? NULL : no_memory();
}

static own wy_trap *
output_stream(wy_fs_descriptor *self, uint64_t offset,
              wasi_filesystem_types_result_own_output_stream_error_code *result) {
    if (failed(writable(self), &result->is_err, &result->err)) return NULL;
    result->ok = (wy_handle)wy_fs_output_new(self, offset);
    return result->ok ? NULL : no_memory();
}

static own wy_trap *
descriptor_write_via_stream(wy_call *call,
                            const wasi_filesystem_types_descriptor_write_via_stream_args *args,
                            wasi_filesystem_types_descriptor_write_via_stream_result *result) {
    (void)call;
    /* The largest number stands for appending in fs.h, and is beyond every file here. */
    uint64_t offset = args->offset == WY_FS_APPEND ? args->offset - 1 : args->offset;
    return output_stream(descriptor_of(args->self), offset, result);
}

static own wy_trap *
descriptor_append_via_stream(wy_call *call,
                             const wasi_filesystem_types_descriptor_append_via_stream_args *args,
                             wasi_filesystem_types_descriptor_append_via_stream_result *result) {
    (void)call;
    return output_stream(descriptor_of(args->self), WY_FS_APPEND, result);
}

static own wy_trap *descriptor_advise(wy_call *call,
                                      const wasi_filesystem_types_descriptor_advise_args *args,
                                      wasi_filesystem_types_descriptor_advise_result *result) {
    (void)call;
    wy_fs_descriptor *self = descriptor_of(args->self);
    static const int advices[] = {
        [WASI_FILESYSTEM_TYPES_ADVICE_NORMAL] = POSIX_FADV_NORMAL,
        [WASI_FILESYSTEM_TYPES_ADVICE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
        [WASI_FILESYSTEM_TYPES_ADVICE_RANDOM] = POSIX_FADV_RANDOM,
        [WASI_FILESYSTEM_TYPES_ADVICE_WILL_NEED] = POSIX_FADV_WILLNEED,
        [WASI_FILESYSTEM_TYPES_ADVICE_DONT_NEED] = POSIX_FADV_DONTNEED,
        [WASI_FILESYSTEM_TYPES_ADVICE_NO_REUSE] = POSIX_FADV_NOREUSE,
    };
    if (self->is_directory) return end(EBADF, result);
    if (args->offset > INT64_MAX || args->length > INT64_MAX) return end(EINVAL, result);
    return end(
        posix_fadvise(self->fd, (off_t)args->offset, (off_t)args->length, advices[args->advice]),
        result);
}

/* WIT: nothing happens when the descriptor was not opened for writing. */
static int sync_descriptor(wy_call *call, const wy_fs_descriptor *self, bool data_only) {
    if (!self->may_mutate || !(self->is_directory || self->flags & WY_FS_WRITE)) return 0;
    return wy_fs_sync(call->task, self->fd, data_only);
}

static own wy_trap *
descriptor_sync_data(wy_call *call, const wasi_filesystem_types_descriptor_sync_data_args *args,
                     wasi_filesystem_types_descriptor_sync_data_result *result) {
    return end(sync_descriptor(call, descriptor_of(args->self), true), result);
}

static own wy_trap *descriptor_sync(wy_call *call,
                                    const wasi_filesystem_types_descriptor_sync_args *args,
                                    wasi_filesystem_types_descriptor_sync_result *result) {
    return end(sync_descriptor(call, descriptor_of(args->self), false), result);
}

static own wy_trap *
descriptor_get_flags(wy_call *call, const wasi_filesystem_types_descriptor_get_flags_args *args,
                     wasi_filesystem_types_descriptor_get_flags_result *result) {
    (void)call;
    *result = (wasi_filesystem_types_result_descriptor_flags_error_code){
        .ok = descriptor_of(args->self)->flags};
    return NULL;
}

static wasi_filesystem_types_descriptor_type type_of(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_REGULAR_FILE;
    case S_IFDIR: return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_DIRECTORY;
    case S_IFLNK: return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_SYMBOLIC_LINK;
    case S_IFBLK: return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_BLOCK_DEVICE;
    case S_IFCHR: return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_CHARACTER_DEVICE;
    case S_IFIFO: return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_FIFO;
    case S_IFSOCK: return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_SOCKET;
    default: return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_UNKNOWN;
    }
}

static int stat_descriptor(const wy_fs_descriptor *self, struct stat *out) {
    return fstat(self->fd, out) < 0 ? errno : 0;
}

static own wy_trap *descriptor_get_type(wy_call *call,
                                        const wasi_filesystem_types_descriptor_get_type_args *args,
                                        wasi_filesystem_types_descriptor_get_type_result *result) {
    (void)call;
    struct stat stat;
    int error_number = stat_descriptor(descriptor_of(args->self), &stat);
    if (!failed(error_number, &result->is_err, &result->err)) result->ok = type_of(stat.st_mode);
    return NULL;
}

static own wy_trap *descriptor_set_size(wy_call *call,
                                        const wasi_filesystem_types_descriptor_set_size_args *args,
                                        wasi_filesystem_types_descriptor_set_size_result *result) {
    wy_fs_descriptor *self = descriptor_of(args->self);
    int error_number = writable(self) ? EINVAL : 0; /* as ftruncate says it */
    if (!error_number) error_number = wy_fs_set_size(call->task, self->fd, args->size);
    return end(error_number, result);
}

/* A point in time to set; false: not one that the system can hold. */
static bool timespec_of(const wasi_filesystem_types_new_timestamp *from, struct timespec *out) {
    switch (from->tag) {
    case WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP_NO_CHANGE:
        *out = (struct timespec){0, UTIME_OMIT};
        return true;
    case WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP_NOW:
        *out = (struct timespec){0, UTIME_NOW};
        return true;
    default:
        *out = (struct timespec){(time_t)from->timestamp.seconds, from->timestamp.nanoseconds};
        return from->timestamp.seconds <= INT64_MAX && from->timestamp.nanoseconds < 1000000000;
    }
}

static own wy_trap *
descriptor_set_times(wy_call *call, const wasi_filesystem_types_descriptor_set_times_args *args,
                     wasi_filesystem_types_descriptor_set_times_result *result) {
    (void)call;
    wy_fs_descriptor *self = descriptor_of(args->self);
    struct timespec times[2];
    if (!timespec_of(&args->data_access_timestamp, &times[0]) ||
        !timespec_of(&args->data_modification_timestamp, &times[1]))
        return end(EINVAL, result);
    if (!self->may_mutate) return end(EROFS, result);
    return end(futimens(self->fd, times) < 0 ? errno : 0, result);
}

static own wy_trap *descriptor_read(wy_call *call,
                                    const wasi_filesystem_types_descriptor_read_args *args,
                                    wasi_filesystem_types_descriptor_read_result *result) {
    wy_fs_descriptor *self = descriptor_of(args->self);
    int error_number = readable(self);
    if (failed(error_number, &result->is_err, &result->err)) return NULL;
    wy_list_u8 bytes = {NULL, 0};
    size_t max = args->length < WY_MAX_STREAM_READ ? (size_t)args->length : WY_MAX_STREAM_READ;
    if (max > 0) {
        wy_io_fault fault = {0};
        wy_io_status status =
            wy_fs_read_view(call, self, args->offset, max, true, &bytes, &error_number, &fault);
        if (status == WY_IO_TRAPPED) return fault.trap;
    }
    if (failed(error_number, &result->is_err, &result->err)) return NULL;
    result->ok = (wit_tuple2_list_u8_bool){bytes, max > 0 && bytes.len == 0};
    return NULL;
}

static own wy_trap *descriptor_write(wy_call *call,
                                     const wasi_filesystem_types_descriptor_write_args *args,
                                     wasi_filesystem_types_descriptor_write_result *result) {
    wy_fs_descriptor *self = descriptor_of(args->self);
    size_t count = 0;
    int error_number = writable(self);
    if (!error_number && args->offset == WY_FS_APPEND) error_number = EINVAL;
    if (!error_number)
        error_number =
            wy_fs_write(call->task, self, args->buffer.ptr, args->buffer.len, args->offset, &count);
    if (!failed(error_number, &result->is_err, &result->err)) result->ok = count;
    return NULL;
}

static own wy_trap *no_state(void) {
    return wy_trap_new("out of memory for an instance's files");
}

static own wy_trap *
descriptor_read_directory(wy_call *call,
                          const wasi_filesystem_types_descriptor_read_directory_args *args,
                          wasi_filesystem_types_descriptor_read_directory_result *result) {
    wy_fs_descriptor *self = descriptor_of(args->self);
    wy_fs_state *state = wy_fs_state_of(call->instance);
    if (!state) return no_state();
    wy_fs_entries *entries = NULL;
    int error_number = self->is_directory ? wy_fs_entries_new(state, self->fd, &entries) : ENOTDIR;
    if (!failed(error_number, &result->is_err, &result->err)) result->ok = (wy_handle)entries;
    return NULL;
}

/* --- attributes --- */

static wasi_filesystem_types_option_datetime datetime_of(const struct timespec *time) {
    if (time->tv_sec < 0) return (wasi_filesystem_types_option_datetime){.is_some = 0};
    return (wasi_filesystem_types_option_datetime){
        .is_some = 1, .some = {(uint64_t)time->tv_sec, (uint32_t)time->tv_nsec}};
}

static own wy_trap *end_stat(int error_number, const struct stat *stat,
                             wasi_filesystem_types_result_descriptor_stat_error_code *result) {
    if (failed(error_number, &result->is_err, &result->err)) return NULL;
    result->ok = (wasi_filesystem_types_descriptor_stat){
        .type = type_of(stat->st_mode),
        .link_count = stat->st_nlink,
        .size = (uint64_t)stat->st_size,
        .data_access_timestamp = datetime_of(&stat->st_atim),
        .data_modification_timestamp = datetime_of(&stat->st_mtim),
        .status_change_timestamp = datetime_of(&stat->st_ctim),
    };
    return NULL;
}

static own wy_trap *descriptor_stat(wy_call *call,
                                    const wasi_filesystem_types_descriptor_stat_args *args,
                                    wasi_filesystem_types_descriptor_stat_result *result) {
    (void)call;
    struct stat stat;
    int error_number = stat_descriptor(descriptor_of(args->self), &stat);
    return end_stat(error_number, &stat, result);
}

static own wy_trap *descriptor_stat_at(wy_call *call,
                                       const wasi_filesystem_types_descriptor_stat_at_args *args,
                                       wasi_filesystem_types_descriptor_stat_at_result *result) {
    struct stat stat;
    int error_number =
        wy_fs_stat_at(call, descriptor_of(args->self), args->path_flags, args->path, &stat);
    return end_stat(error_number, &stat, result);
}

static own wy_trap *end_hash(int error_number, const struct stat *stat,
                             wasi_filesystem_types_result_metadata_hash_value_error_code *result) {
    if (failed(error_number, &result->is_err, &result->err)) return NULL;
    uint64_t what[] = {0,
                       stat->st_dev,
                       stat->st_ino,
                       (uint64_t)stat->st_size,
                       (uint64_t)stat->st_mtim.tv_sec,
                       (uint64_t)stat->st_mtim.tv_nsec};
    result->ok.lower = wy_hash(what, sizeof what);
    what[0] = 1;
    result->ok.upper = wy_hash(what, sizeof what);
    return NULL;
}

static own wy_trap *
descriptor_metadata_hash(wy_call *call,
                         const wasi_filesystem_types_descriptor_metadata_hash_args *args,
                         wasi_filesystem_types_descriptor_metadata_hash_result *result) {
    (void)call;
    struct stat stat;
    int error_number = stat_descriptor(descriptor_of(args->self), &stat);
    return end_hash(error_number, &stat, result);
}

static own wy_trap *
descriptor_metadata_hash_at(wy_call *call,
                            const wasi_filesystem_types_descriptor_metadata_hash_at_args *args,
                            wasi_filesystem_types_descriptor_metadata_hash_at_result *result) {
    struct stat stat;
    int error_number =
        wy_fs_stat_at(call, descriptor_of(args->self), args->path_flags, args->path, &stat);
    return end_hash(error_number, &stat, result);
}

static own wy_trap *
descriptor_is_same_object(wy_call *call,
                          const wasi_filesystem_types_descriptor_is_same_object_args *args,
                          wasi_filesystem_types_descriptor_is_same_object_result *result) {
    (void)call;
    struct stat a, b;
    *result = stat_descriptor(descriptor_of(args->self), &a) == 0 &&
              stat_descriptor(descriptor_of(args->other), &b) == 0 && a.st_dev == b.st_dev &&
              a.st_ino == b.st_ino;
    return NULL;
}

static own wy_trap *
descriptor_set_times_at(wy_call *call,
                        const wasi_filesystem_types_descriptor_set_times_at_args *args,
                        wasi_filesystem_types_descriptor_set_times_at_result *result) {
    struct timespec times[2];
    if (!timespec_of(&args->data_access_timestamp, &times[0]) ||
        !timespec_of(&args->data_modification_timestamp, &times[1]))
        return end(EINVAL, result);
    return end(
        wy_fs_set_times_at(call, descriptor_of(args->self), args->path_flags, args->path, times),
        result);
}

/* --- paths --- */

static own wy_trap *descriptor_open_at(wy_call *call,
                                       const wasi_filesystem_types_descriptor_open_at_args *args,
                                       wasi_filesystem_types_descriptor_open_at_result *result) {
    wy_fs_state *state = wy_fs_state_of(call->instance);
    if (!state) return no_state();
    wy_fs_descriptor *opened = NULL;
    int error_number = wy_fs_open_at(call, descriptor_of(args->self), args->path_flags, args->path,
                                     args->open_flags, args->flags, state, &opened);
    if (!failed(error_number, &result->is_err, &result->err)) result->ok = (wy_handle)opened;
    return NULL;
}

static own wy_trap *descriptor_create_directory_at(
    wy_call *call, const wasi_filesystem_types_descriptor_create_directory_at_args *args,
    wasi_filesystem_types_descriptor_create_directory_at_result *result) {
    return end(wy_fs_create_directory_at(call, descriptor_of(args->self), args->path), result);
}

static own wy_trap *descriptor_remove_directory_at(
    wy_call *call, const wasi_filesystem_types_descriptor_remove_directory_at_args *args,
    wasi_filesystem_types_descriptor_remove_directory_at_result *result) {
    return end(wy_fs_remove_directory_at(call, descriptor_of(args->self), args->path), result);
}

static own wy_trap *
descriptor_unlink_file_at(wy_call *call,
                          const wasi_filesystem_types_descriptor_unlink_file_at_args *args,
                          wasi_filesystem_types_descriptor_unlink_file_at_result *result) {
    return end(wy_fs_unlink_file_at(call, descriptor_of(args->self), args->path), result);
}

static own wy_trap *
descriptor_readlink_at(wy_call *call, const wasi_filesystem_types_descriptor_readlink_at_args *args,
                       wasi_filesystem_types_descriptor_readlink_at_result *result) {
    wy_str target = {NULL, 0};
    int error_number = wy_fs_readlink_at(call, descriptor_of(args->self), args->path, &target);
    if (!failed(error_number, &result->is_err, &result->err)) result->ok = target;
    return NULL;
}

static own wy_trap *
descriptor_symlink_at(wy_call *call, const wasi_filesystem_types_descriptor_symlink_at_args *args,
                      wasi_filesystem_types_descriptor_symlink_at_result *result) {
    return end(wy_fs_symlink_at(call, descriptor_of(args->self), args->old_path, args->new_path),
               result);
}

static own wy_trap *descriptor_link_at(wy_call *call,
                                       const wasi_filesystem_types_descriptor_link_at_args *args,
                                       wasi_filesystem_types_descriptor_link_at_result *result) {
    return end(wy_fs_link_at(call, descriptor_of(args->self), args->old_path_flags, args->old_path,
                             descriptor_of(args->new_descriptor), args->new_path),
               result);
}

static own wy_trap *
descriptor_rename_at(wy_call *call, const wasi_filesystem_types_descriptor_rename_at_args *args,
                     wasi_filesystem_types_descriptor_rename_at_result *result) {
    return end(wy_fs_rename_at(call, descriptor_of(args->self), args->old_path,
                               descriptor_of(args->new_descriptor), args->new_path),
               result);
}

static void descriptor_drop(void *object) {
    wy_fs_descriptor_release(object);
}

/* --- entries of a folder --- */

static own wy_trap *directory_entry_stream_read_directory_entry(
    wy_call *call,
    const wasi_filesystem_types_directory_entry_stream_read_directory_entry_args *args,
    wasi_filesystem_types_directory_entry_stream_read_directory_entry_result *result) {
    (void)call;
    wy_str name;
    mode_t type = 0;
    int error_number = wy_fs_entries_next((wy_fs_entries *)args->self, &name, &type);
    if (failed(error_number, &result->is_err, &result->err)) return NULL;
    result->ok = (wasi_filesystem_types_option_directory_entry){
        .is_some = name.ptr != NULL, .some = {.type = type_of(type), .name = name}};
    return NULL;
}

static void directory_entry_stream_drop(void *object) {
    wy_fs_entries_free(object);
}

/* --- errors of streams --- */

static own wy_trap *
filesystem_error_code(wy_call *call, const wasi_filesystem_types_filesystem_error_code_args *args,
                      wasi_filesystem_types_filesystem_error_code_result *result) {
    (void)call;
    const wy_io_error *error = (const wy_io_error *)args->err;
    result->is_some = error->domain == &wy_fs_error_domain;
    if (result->is_some) result->some = (uint8_t)error->code;
    return NULL;
}

static const wasi_filesystem_types_ops types_ops = {
    .descriptor_read_via_stream = descriptor_read_via_stream,
    .descriptor_write_via_stream = descriptor_write_via_stream,
    .descriptor_append_via_stream = descriptor_append_via_stream,
    .descriptor_advise = descriptor_advise,
    .descriptor_sync_data = descriptor_sync_data,
    .descriptor_sync = descriptor_sync,
    .descriptor_get_flags = descriptor_get_flags,
    .descriptor_get_type = descriptor_get_type,
    .descriptor_set_size = descriptor_set_size,
    .descriptor_set_times = descriptor_set_times,
    .descriptor_read = descriptor_read,
    .descriptor_write = descriptor_write,
    .descriptor_read_directory = descriptor_read_directory,
    .descriptor_stat = descriptor_stat,
    .descriptor_stat_at = descriptor_stat_at,
    .descriptor_metadata_hash = descriptor_metadata_hash,
    .descriptor_metadata_hash_at = descriptor_metadata_hash_at,
    .descriptor_is_same_object = descriptor_is_same_object,
    .descriptor_set_times_at = descriptor_set_times_at,
    .descriptor_open_at = descriptor_open_at,
    .descriptor_create_directory_at = descriptor_create_directory_at,
    .descriptor_remove_directory_at = descriptor_remove_directory_at,
    .descriptor_unlink_file_at = descriptor_unlink_file_at,
    .descriptor_readlink_at = descriptor_readlink_at,
    .descriptor_symlink_at = descriptor_symlink_at,
    .descriptor_link_at = descriptor_link_at,
    .descriptor_rename_at = descriptor_rename_at,
    .directory_entry_stream_read_directory_entry = directory_entry_stream_read_directory_entry,
    .filesystem_error_code = filesystem_error_code,
    .descriptor_drop = descriptor_drop,
    .directory_entry_stream_drop = directory_entry_stream_drop,
};

const wy_interface wy_interface_wasi_filesystem_types = {&wasi_filesystem_types_interface,
                                                         &types_ops};

/* --- preopens --- */

static own wy_trap *get_directories(wy_call *call, const void *args,
                                    wasi_filesystem_preopens_get_directories_result *result) {
    (void)args;
    const wy_wasi_filesystem_settings *settings =
        wy_instance_settings(call->instance, WY_SLOT_WASI_FILESYSTEM);
    size_t count = settings ? settings->preopen_count : 0;
    wasi_filesystem_preopens_tuple2_own_descriptor_string *list =
        wy_arena_calloc(call->arena, count + 1, sizeof *list);
    if (!list) return no_memory();
    for (size_t i = 0; i < count; i++) {
        const wy_wasi_preopen *preopen = &settings->preopens[i];
        wy_fs_descriptor *descriptor = wy_fs_descriptor_new_preopen(preopen);
        if (!descriptor) {
            while (i-- > 0)
                wy_fs_descriptor_release(descriptor_of(list[i].f0));
            return no_memory();
        }
        list[i].f0 = (wy_handle)descriptor;
        list[i].f1 = preopen->guest_path;
    }
    result->ptr = list;
    result->len = count;
    return NULL;
}

static const wasi_filesystem_preopens_ops preopens_ops = {.get_directories = get_directories};

const wy_interface wy_interface_wasi_filesystem_preopens = {&wasi_filesystem_preopens_interface,
                                                            &preopens_ops};
