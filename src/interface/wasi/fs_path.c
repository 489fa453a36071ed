/* Paths: every function of wasi:filesystem that takes one.
 *
 * The last name of a path that is created, removed or renamed is applied to its folder, which is
 * opened first; everything else is opened as a whole. Both go through open_beneath, and no other
 * call here is given a path with a slash in it. */
#include "interface/wasi/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- opening below a folder --- */

#define RACE_RETRIES 64 /* openat2 says EAGAIN when a rename elsewhere spoils its check of ".." */

typedef struct open_job {
    int dir;
    const char *path;
    struct open_how how;
    int fd;
    int error_number;
} open_job;

static void open_once(open_job *job) {
    long fd;
    do
        fd = syscall(SYS_openat2, job->dir, job->path, &job->how, sizeof job->how);
    while (fd < 0 && errno == EINTR);
    job->fd = (int)fd;
    job->error_number = fd < 0 ? errno : 0;
    if (job->error_number == EXDEV) job->error_number = EPERM; /* the path led outside */
}

static void open_work(void *data) {
    open_job *job = data;
    for (int i = 0; i < RACE_RETRIES; i++) {
        open_once(job);
        if (job->error_number != EAGAIN) return;
    }
}

/* First with what the kernel has cached, which cannot wait for a disk; else on the pool. Opening
 * with O_CREAT or O_TRUNC is never tried that way by the kernel: done at once. */
static int open_beneath(wy_task *task, int dir, const char *path, int flags, int *fd_out) {
    open_job job = {.dir = dir, .path = path};
    job.how.flags = (uint32_t)(flags | O_CLOEXEC);
    job.how.mode = flags & O_CREAT ? 0666 : 0;
    job.how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    if (flags & (O_CREAT | O_TRUNC)) {
        open_work(&job);
    } else {
        job.how.resolve |= RESOLVE_CACHED;
        open_once(&job);
        if (job.error_number == EAGAIN || job.error_number == EINVAL) { /* EINVAL: before 5.12 */
            job.how.resolve &= ~(uint64_t)RESOLVE_CACHED;
            wy_err err = wy_task_offload(task, open_work, &job);
            if (err && job.fd >= 0) close(job.fd);
            if (err) return err == WY_NOMEM ? ENOMEM : ECANCELED;
        }
    }
    *fd_out = job.fd;
    return job.error_number;
}

wy_err wy_wasi_preopen_open(const char *host_path, wy_str guest_path, bool read_only,
                            wy_wasi_preopen *out, wy_diag *diag) {
    int fd = open(host_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        wy_err err = errno == ENOENT                     ? WY_NOT_FOUND
                     : errno == EACCES || errno == EPERM ? WY_DENIED
                     : errno == ENOTDIR                  ? WY_INVALID
                                                         : WY_IO;
        return wy_diag_set(diag, err, "folder %s: %s", host_path, strerror(errno));
    }
    open_job job = {.dir = fd, .path = ".", .how = {.flags = O_PATH | O_CLOEXEC}};
    job.how.resolve = RESOLVE_BENEATH;
    open_work(&job);
    if (job.error_number) {
        close(fd);
        return wy_diag_set(diag, WY_UNSUPPORTED,
                           "folder %s: the kernel cannot confine paths (openat2: %s); Linux 5.6 or "
                           "later is needed",
                           host_path, strerror(job.error_number));
    }
    close(job.fd);
    *out = (wy_wasi_preopen){.fd = fd, .guest_path = guest_path, .read_only = read_only};
    return WY_OK;
}

void wy_wasi_preopen_close(wy_wasi_preopen *preopen) {
    if (preopen->fd >= 0) close(preopen->fd);
    preopen->fd = -1;
}

/* --- paths as the guest gives them --- */

static int path_copy(wy_call *call, const wy_fs_descriptor *base, wy_str path, char **out) {
    if (!base->is_directory) return ENOTDIR;
    if (path.len == 0) return ENOENT;
    if (path.len >= PATH_MAX) return ENAMETOOLONG;
    if (memchr(path.ptr, '\0', path.len)) return EINVAL;
    *out = wy_arena_strndup(call->arena, path.ptr, path.len);
    return *out ? 0 : ENOMEM;
}

/* The folder of a path and the last name in it. */
typedef struct place {
    int dir;
    bool owned; /* `dir` is to be closed */
    bool slash; /* the path ended in slashes: the name must be a folder's */
    bool dots;  /* the name is "." or "..": it exists, and cannot be made or removed */
    const char *name;
} place;

static void place_close(place *self) {
    if (self->owned) close(self->dir);
}

static int place_open(wy_call *call, const wy_fs_descriptor *base, wy_str guest_path, place *out) {
    char *path;
    int error_number = path_copy(call, base, guest_path, &path);
    if (error_number) return error_number;
    if (path[0] == '/') return EPERM;
    size_t len = strlen(path);
    *out = (place){.dir = base->fd};
    while (len > 0 && path[len - 1] == '/') {
        path[--len] = '\0';
        out->slash = true;
    }
    char *slash = strrchr(path, '/');
    out->name = slash ? slash + 1 : path;
    out->dots = strcmp(out->name, ".") == 0 || strcmp(out->name, "..") == 0;
    if (out->dots) { /* whether it leads outside is all that is asked */
        error_number = open_beneath(call->task, base->fd, path, O_PATH | O_DIRECTORY, &out->dir);
    } else if (slash) {
        *slash = '\0';
        error_number = open_beneath(call->task, base->fd, path, O_PATH | O_DIRECTORY, &out->dir);
    } else {
        return 0;
    }
    out->owned = !error_number;
    return error_number;
}

/* As place_open, for a change of the folder. */
static int place_open_mutable(wy_call *call, const wy_fs_descriptor *base, wy_str path,
                              place *out) {
    int error_number = place_open(call, base, path, out);
    if (error_number || base->may_mutate) return error_number;
    place_close(out);
    return EROFS;
}

static bool place_is_directory(const place *self) {
    struct stat stat;
    return fstatat(self->dir, self->name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(stat.st_mode);
}

static bool place_exists(const place *self) {
    struct stat stat;
    return fstatat(self->dir, self->name, &stat, AT_SYMLINK_NOFOLLOW) == 0;
}

/* --- open --- */

static int open_flags_of(uint8_t path_flags, uint8_t open_flags, uint8_t flags) {
    /* Never wait for the other end of a pipe, never become somebody's terminal. */
    int host = O_NONBLOCK | O_NOCTTY;
    bool write = flags & WY_FS_WRITE || open_flags & WY_FS_TRUNCATE;
    if (write) host |= flags & WY_FS_READ ? O_RDWR : O_WRONLY;
    if (!(path_flags & WY_FS_FOLLOW)) host |= O_NOFOLLOW;
    if (open_flags & WY_FS_CREATE) host |= O_CREAT;
    if (open_flags & WY_FS_DIRECTORY) host |= O_DIRECTORY;
    if (open_flags & WY_FS_EXCLUSIVE && open_flags & WY_FS_CREATE) host |= O_EXCL;
    if (open_flags & WY_FS_TRUNCATE) host |= O_TRUNC;
    if (flags & WY_FS_FILE_SYNC) host |= O_SYNC;
    if (flags & WY_FS_DATA_SYNC) host |= O_DSYNC;
    if (flags & WY_FS_READ_SYNC) host |= O_RSYNC;
    return host;
}

int wy_fs_open_at(wy_call *call, wy_fs_descriptor *base, uint8_t path_flags, wy_str path,
                  uint8_t open_flags, uint8_t flags, wy_fs_state *state,
                  own wy_fs_descriptor **out) {
    char *text;
    int error_number = path_copy(call, base, path, &text);
    if (error_number) return error_number;
    if (open_flags & WY_FS_DIRECTORY &&
        open_flags & (WY_FS_CREATE | WY_FS_EXCLUSIVE | WY_FS_TRUNCATE))
        return EINVAL;
    bool change = flags & (WY_FS_WRITE | WY_FS_MUTATE_DIRECTORY) ||
                  open_flags & (WY_FS_CREATE | WY_FS_TRUNCATE);
    if (change && !base->may_mutate) return EROFS;
    int fd;
    error_number =
        open_beneath(call->task, base->fd, text, open_flags_of(path_flags, open_flags, flags), &fd);
    if (error_number) return error_number;
    struct stat stat;
    bool is_directory = fstat(fd, &stat) == 0 && S_ISDIR(stat.st_mode);
    /* A folder hands on what its base may do, as WASI libraries do not ask for it; a file has no
     * such flag. */
    flags &= (uint8_t)~WY_FS_MUTATE_DIRECTORY;
    if (is_directory && base->may_mutate) flags |= WY_FS_MUTATE_DIRECTORY;
    return wy_fs_descriptor_new(state, fd, is_directory, base->may_mutate, flags, out);
}

/* The object at a path, only to be looked at. */
static int open_object(wy_call *call, const wy_fs_descriptor *base, uint8_t path_flags, wy_str path,
                       int *fd_out) {
    char *text;
    int error_number = path_copy(call, base, path, &text);
    if (error_number) return error_number;
    int flags = O_PATH | (path_flags & WY_FS_FOLLOW ? 0 : O_NOFOLLOW);
    return open_beneath(call->task, base->fd, text, flags, fd_out);
}

int wy_fs_stat_at(wy_call *call, wy_fs_descriptor *base, uint8_t path_flags, wy_str path,
                  struct stat *out) {
    int fd;
    int error_number = open_object(call, base, path_flags, path, &fd);
    if (error_number) return error_number;
    if (fstat(fd, out) < 0) error_number = errno;
    close(fd);
    return error_number;
}

int wy_fs_set_times_at(wy_call *call, wy_fs_descriptor *base, uint8_t path_flags, wy_str path,
                       const struct timespec times[2]) {
    int fd;
    int error_number = open_object(call, base, path_flags, path, &fd);
    if (error_number) return error_number;
    if (!base->may_mutate)
        error_number = EROFS;
    else if (utimensat(fd, "", times, AT_EMPTY_PATH) < 0)
        error_number = errno;
    close(fd);
    return error_number;
}

/* --- making and removing --- */

int wy_fs_create_directory_at(wy_call *call, wy_fs_descriptor *base, wy_str path) {
    place at;
    int error_number = place_open_mutable(call, base, path, &at);
    if (error_number) return error_number;
    if (at.dots)
        error_number = EEXIST;
    else if (mkdirat(at.dir, at.name, 0777) < 0)
        error_number = errno;
    place_close(&at);
    return error_number;
}

int wy_fs_remove_directory_at(wy_call *call, wy_fs_descriptor *base, wy_str path) {
    place at;
    int error_number = place_open_mutable(call, base, path, &at);
    if (error_number) return error_number;
    if (at.dots)
        error_number = EINVAL;
    else if (unlinkat(at.dir, at.name, AT_REMOVEDIR) < 0)
        error_number = errno;
    place_close(&at);
    return error_number;
}

int wy_fs_unlink_file_at(wy_call *call, wy_fs_descriptor *base, wy_str path) {
    place at;
    int error_number = place_open_mutable(call, base, path, &at);
    if (error_number) return error_number;
    if (at.dots)
        error_number = EISDIR;
    else if (at.slash)
        error_number = place_is_directory(&at) ? EISDIR : ENOTDIR;
    else if (unlinkat(at.dir, at.name, 0) < 0)
        error_number = errno;
    place_close(&at);
    return error_number;
}

/* What making something that is no folder says about a path that ends in a slash, or in dots. */
static int not_a_new_name(const place *at) {
    if (at->dots) return EEXIST;
    if (!at->slash) return 0;
    if (place_is_directory(at)) return EEXIST;
    return place_exists(at) ? ENOTDIR : ENOENT;
}

int wy_fs_symlink_at(wy_call *call, wy_fs_descriptor *base, wy_str target, wy_str path) {
    char *text;
    place at;
    int error_number = path_copy(call, base, target, &text);
    if (!error_number && text[0] == '/') error_number = EPERM;
    if (!error_number) error_number = place_open_mutable(call, base, path, &at);
    if (error_number) return error_number;
    error_number = not_a_new_name(&at);
    if (!error_number && symlinkat(text, at.dir, at.name) < 0) error_number = errno;
    place_close(&at);
    return error_number;
}

int wy_fs_readlink_at(wy_call *call, wy_fs_descriptor *base, wy_str path, wy_str *target_out) {
    place at;
    int error_number = place_open(call, base, path, &at);
    if (error_number) return error_number;
    char *target = wy_arena_alloc(call->arena, PATH_MAX);
    ssize_t len = -1;
    if (!target) {
        error_number = ENOMEM;
    } else if (at.dots || at.slash) {
        error_number = EINVAL; /* names a folder, which is no link */
    } else {
        len = readlinkat(at.dir, at.name, target, PATH_MAX);
        if (len < 0) error_number = errno;
    }
    place_close(&at);
    if (error_number) return error_number;
    if (len == PATH_MAX) return ENAMETOOLONG;
    if (len > 0 && target[0] == '/') return EPERM;
    if (!wy_utf8_valid(target, (size_t)len)) return EILSEQ;
    *target_out = (wy_str){target, (size_t)len};
    return 0;
}

/* --- two places --- */

static int two_places(wy_call *call, const wy_fs_descriptor *base, wy_str path,
                      const wy_fs_descriptor *new_base, wy_str new_path, place *from, place *to) {
    int error_number = place_open_mutable(call, base, path, from);
    if (error_number) return error_number;
    error_number = place_open_mutable(call, new_base, new_path, to);
    if (error_number) place_close(from);
    return error_number;
}

int wy_fs_link_at(wy_call *call, wy_fs_descriptor *base, uint8_t path_flags, wy_str path,
                  wy_fs_descriptor *new_base, wy_str new_path) {
    /* A link to what a symbolic link leads to would have to be followed by the kernel outside of
     * what openat2 confines. */
    if (path_flags & WY_FS_FOLLOW) return EINVAL;
    place from, to;
    int error_number = two_places(call, base, path, new_base, new_path, &from, &to);
    if (error_number) return error_number;
    if (from.dots)
        error_number = EPERM;
    else if (from.slash)
        error_number = place_is_directory(&from) ? EPERM : ENOTDIR;
    else
        error_number = not_a_new_name(&to);
    if (!error_number && linkat(from.dir, from.name, to.dir, to.name, 0) < 0) error_number = errno;
    place_close(&from);
    place_close(&to);
    return error_number;
}

int wy_fs_rename_at(wy_call *call, wy_fs_descriptor *base, wy_str path, wy_fs_descriptor *new_base,
                    wy_str new_path) {
    place from, to;
    int error_number = two_places(call, base, path, new_base, new_path, &from, &to);
    if (error_number) return error_number;
    if (from.dots || to.dots)
        error_number = EBUSY;
    else if ((from.slash || to.slash) && !place_is_directory(&from))
        error_number = ENOTDIR;
    else if (renameat(from.dir, from.name, to.dir, to.name) < 0)
        error_number = errno;
    place_close(&from);
    place_close(&to);
    return error_number;
}
