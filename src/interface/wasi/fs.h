/* Files behind wasi:filesystem: descriptors, paths, streams. Errors here are errno values (0: ok);
 * wy_fs_code turns them into the WIT's error-code at the edge. Private to this folder. */
#ifndef WY_INTERFACE_WASI_FS_H
#define WY_INTERFACE_WASI_FS_H

#include "interface/wasi/filesystem.h"

#include <sys/stat.h>

/* --- error codes (fs_error.c) --- */

/* WIT: error-code, in its order. */
typedef enum wy_fs_code {
#define WY_FS_ERROR(name, number) WY_FS_##name,
#include "interface/wasi/fs_error.def"
#undef WY_FS_ERROR
    WY_FS_CODE_COUNT
} wy_fs_code;

wy_fs_code wy_fs_code_of(int error_number);
/* The domain of errors of file streams; their `code` is a wy_fs_code. */
extern const wy_io_error_domain wy_fs_error_domain;
wy_io_status wy_fs_fail(wy_io_fault *fault, const char *what, int error_number);

/* --- descriptors (fs_descriptor.c) --- */

/* WIT: descriptor-flags, path-flags, open-flags. */
enum {
    WY_FS_READ = 1,
    WY_FS_WRITE = 2,
    WY_FS_FILE_SYNC = 4,
    WY_FS_DATA_SYNC = 8,
    WY_FS_READ_SYNC = 16,
    WY_FS_MUTATE_DIRECTORY = 32,
};
enum { WY_FS_FOLLOW = 1 };
enum { WY_FS_CREATE = 1, WY_FS_DIRECTORY = 2, WY_FS_EXCLUSIVE = 4, WY_FS_TRUNCATE = 8 };

/* Of one instance, in slot WASI_FILESYSTEM. */
typedef struct wy_fs_state {
    uint32_t open_count; /* host descriptors that the guest holds; at most WY_MAX_GUEST_FILES */
} wy_fs_state;

/* NULL: no memory. */
wy_fs_state *wy_fs_state_of(wy_instance *instance);

/* A reference-counted host descriptor: streams over it outlive the guest's handle. */
typedef struct wy_fs_descriptor {
    uint32_t refs;
    wy_fs_state *state; /* counted there; NULL: `fd` is a preopened folder's and stays open */
    int fd;
    bool is_directory;
    bool may_mutate; /* false: below a read-only preopen */
    uint8_t flags;   /* WIT: descriptor-flags */
} wy_fs_descriptor;

/* ENOMEM; otherwise EMFILE when the instance holds too many. Takes `fd` over, and closes it on
 * failure. */
int wy_fs_descriptor_new(wy_fs_state *state, int fd, bool is_directory, bool may_mutate,
                         uint8_t flags, own wy_fs_descriptor **out);
/* Of a preopened folder. NULL: no memory. */
own wy_fs_descriptor *wy_fs_descriptor_new_preopen(const wy_wasi_preopen *preopen);
void wy_fs_descriptor_retain(wy_fs_descriptor *descriptor);
void wy_fs_descriptor_release(own wy_fs_descriptor *descriptor);

/* Bytes at an offset, straight into `buffer`: at once when they are cached, else on the pool.
 * `*count_out` 0: the end. ECANCELED: the task was asked to end. */
int wy_fs_read(wy_task *task, int fd, void *buffer, size_t len, uint64_t offset, size_t *count_out);
#define WY_FS_APPEND UINT64_MAX /* as an offset: at the end of the file */
int wy_fs_write(wy_task *task, const wy_fs_descriptor *descriptor, const void *bytes, size_t len,
                uint64_t offset, size_t *count_out);
/* fsync or fdatasync, on the pool. */
int wy_fs_sync(wy_task *task, int fd, bool data_only);
int wy_fs_set_size(wy_task *task, int fd, uint64_t size);

/* --- paths (fs_path.c) --- */

/* Each takes a path as the guest gave it, relative to `base`. A path that leads outside is EPERM, a
 * change below a read-only preopen EROFS. Paths are copied to the call's arena. */
int wy_fs_open_at(wy_call *call, wy_fs_descriptor *base, uint8_t path_flags, wy_str path,
                  uint8_t open_flags, uint8_t flags, wy_fs_state *state,
                  own wy_fs_descriptor **out);
int wy_fs_stat_at(wy_call *call, wy_fs_descriptor *base, uint8_t path_flags, wy_str path,
                  struct stat *out);
int wy_fs_set_times_at(wy_call *call, wy_fs_descriptor *base, uint8_t path_flags, wy_str path,
                       const struct timespec times[2]);
int wy_fs_create_directory_at(wy_call *call, wy_fs_descriptor *base, wy_str path);
int wy_fs_remove_directory_at(wy_call *call, wy_fs_descriptor *base, wy_str path);
int wy_fs_unlink_file_at(wy_call *call, wy_fs_descriptor *base, wy_str path);
int wy_fs_symlink_at(wy_call *call, wy_fs_descriptor *base, wy_str target, wy_str path);
/* The target is in the call's arena. */
int wy_fs_readlink_at(wy_call *call, wy_fs_descriptor *base, wy_str path, wy_str *target_out);
int wy_fs_link_at(wy_call *call, wy_fs_descriptor *base, uint8_t path_flags, wy_str path,
                  wy_fs_descriptor *new_base, wy_str new_path);
int wy_fs_rename_at(wy_call *call, wy_fs_descriptor *base, wy_str path, wy_fs_descriptor *new_base,
                    wy_str new_path);

/* --- streams over files, and directory entries (fs_stream.c) --- */

/* Each keeps the descriptor. NULL: no memory. */
own wy_input_stream *wy_fs_input_new(wy_fs_descriptor *descriptor, uint64_t offset);
own wy_output_stream *wy_fs_output_new(wy_fs_descriptor *descriptor, uint64_t offset);

/* What a read of at most `max` bytes brings, as a view for the call's result: straight into guest
 * memory where the file's size is known (`into_guest`). Empty: the end, or the error given out.
 * WY_IO_OK or WY_IO_TRAPPED. */
wy_io_status wy_fs_read_view(wy_call *call, wy_fs_descriptor *descriptor, uint64_t offset,
                             size_t max, bool into_guest, wy_list_u8 *bytes_out,
                             int *error_number_out, wy_io_fault *fault);

typedef struct wy_fs_entries wy_fs_entries;

int wy_fs_entries_new(wy_fs_state *state, int fd, own wy_fs_entries **out);
/* The next entry but "." and "..": its name (valid until the next call) and its S_IFMT bits, 0 when
 * unknown. A NULL name: no more. EILSEQ: a name that is not UTF-8; the next call goes on behind it.
 */
int wy_fs_entries_next(wy_fs_entries *entries, wy_str *name_out, mode_t *type_out);
void wy_fs_entries_free(own wy_fs_entries *entries);

#endif
