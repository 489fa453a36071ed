#include "interface/wasi/fs.h"
#include "interface/wasi/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char root[] = "/tmp/withy-fs-XXXXXX";
static wy_fs_state fs_state;
static wy_wasi_preopen preopen;
static wy_fs_descriptor *base;

/* root/in is given to the guest; root/outside is what it must never see. */
static void put(const char *path, const char *text) {
    int fd = openat(preopen.fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void set_up(bool read_only) {
    strcpy(root + strlen(root) - 6, "XXXXXX");
    assert_non_null(mkdtemp(root));
    char path[64];
    snprintf(path, sizeof path, "%s/in", root);
    assert_int_equal(mkdir(path, 0755), 0);
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_wasi_preopen_open(path, WY_STR("/"), read_only, &preopen, &diag), WY_OK);
    base = wy_fs_descriptor_new_preopen(&preopen);
    assert_non_null(base);
    put("../outside", "secret");
    put("file", "hello");
    assert_int_equal(mkdirat(preopen.fd, "sub", 0755), 0);
    put("sub/inner", "inner");
    assert_int_equal(symlinkat("../file", preopen.fd, "sub/good"), 0);
    assert_int_equal(symlinkat("../outside", preopen.fd, "bad"), 0);
    assert_int_equal(symlinkat("..", preopen.fd, "up"), 0);
    assert_int_equal(symlinkat("/etc", preopen.fd, "absolute"), 0);
    assert_int_equal(symlinkat("loop", preopen.fd, "loop"), 0);
    assert_int_equal(symlinkat("sub", preopen.fd, "tosub"), 0);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw) {
    (void)stat, (void)type, (void)ftw;
    return remove(path);
}

static void tear_down(void) {
    wy_fs_descriptor_release(base);
    assert_int_equal(fs_state.open_count, 0);
    wy_wasi_preopen_close(&preopen);
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int open_at(wy_call *call, const char *path, uint8_t open_flags, uint8_t flags,
                   wy_fs_descriptor **out) {
    return wy_fs_open_at(call, base, WY_FS_FOLLOW, wy_str_of(path), open_flags, flags, &fs_state,
                         out);
}

/* The error of opening for reading. */
static int try_open(wy_call *call, const char *path) {
    wy_fs_descriptor *descriptor;
    int error_number = open_at(call, path, 0, WY_FS_READ, &descriptor);
    if (!error_number) wy_fs_descriptor_release(descriptor);
    return error_number;
}

static void escapes(wy_call *call) {
    assert_int_equal(try_open(call, "file"), 0);
    assert_int_equal(try_open(call, "sub/../file"), 0);
    assert_int_equal(try_open(call, "sub/good"), 0);
    assert_int_equal(try_open(call, "./sub/./inner"), 0);
    assert_int_equal(try_open(call, "tosub/inner"), 0);
    static const char *const outside[] = {
        "..",       "../outside",  "sub/../../outside", "bad", "up",       "up/outside",
        "absolute", "/etc/passwd", "absolute/passwd",   "/",   "sub/../.."};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        struct stat stat;
        char target[64];
        snprintf(target, sizeof target, "%s/new", outside[i]);
        assert_int_equal(try_open(call, outside[i]), EPERM);
        assert_int_equal(wy_fs_stat_at(call, base, WY_FS_FOLLOW, wy_str_of(outside[i]), &stat),
                         EPERM);
        wy_str inside = wy_str_of(target);
        int error_number = wy_fs_create_directory_at(call, base, inside);
        assert_true(error_number == EPERM || error_number == ENOTDIR);
        error_number = wy_fs_symlink_at(call, base, WY_STR("x"), inside);
        assert_true(error_number == EPERM || error_number == ENOTDIR);
        error_number = wy_fs_rename_at(call, base, WY_STR("file"), base, inside);
        assert_true(error_number == EPERM || error_number == ENOTDIR);
        error_number = wy_fs_link_at(call, base, 0, WY_STR("file"), base, inside);
        assert_true(error_number == EPERM || error_number == ENOTDIR);
        error_number = wy_fs_unlink_file_at(call, base, inside);
        assert_true(error_number == EPERM || error_number == ENOTDIR);
    }
    assert_int_equal(try_open(call, "loop"), ELOOP);
    struct stat stat;
    assert_int_equal(wy_fs_stat_at(call, base, 0, WY_STR("bad"), &stat), 0);
    assert_true(S_ISLNK(stat.st_mode));
    assert_int_equal(wy_fs_stat_at(call, base, 0, WY_STR("bad/"), &stat), EPERM);
    assert_int_equal(wy_fs_stat_at(call, base, 0, WY_STR("up/"), &stat), EPERM);
    /* The links themselves may be renamed and removed: they stay inside. */
    assert_int_equal(wy_fs_rename_at(call, base, WY_STR("bad"), base, WY_STR("bad2")), 0);
    assert_int_equal(wy_fs_unlink_file_at(call, base, WY_STR("bad2")), 0);
    assert_int_equal(faccessat(preopen.fd, "../outside", F_OK, 0), 0);
}

TEST(no_path_leads_outside) {
    set_up(false);
    in_task(escapes);
    tear_down();
}

static void odd_paths(wy_call *call) {
    assert_int_equal(try_open(call, ""), ENOENT);
    assert_int_equal(try_open(call, "nothing"), ENOENT);
    assert_int_equal(try_open(call, "file/x"), ENOTDIR);
    assert_int_equal(try_open(call, "file/"), ENOTDIR);
    wy_fs_descriptor *descriptor;
    assert_int_equal(
        wy_fs_open_at(call, base, 0, (wy_str){"file\0x", 6}, 0, WY_FS_READ, &fs_state, &descriptor),
        EINVAL);
    static char name[PATH_MAX + 1];
    memset(name, 'n', sizeof name);
    wy_str too_long = {name, 256};
    assert_int_equal(wy_fs_create_directory_at(call, base, too_long), ENAMETOOLONG);
    too_long.len = PATH_MAX;
    assert_int_equal(wy_fs_create_directory_at(call, base, too_long), ENAMETOOLONG);
    too_long.len = 255;
    assert_int_equal(wy_fs_create_directory_at(call, base, too_long), 0);
    assert_int_equal(wy_fs_remove_directory_at(call, base, too_long), 0);

    assert_int_equal(wy_fs_create_directory_at(call, base, WY_STR("made/")), 0);
    assert_int_equal(wy_fs_create_directory_at(call, base, WY_STR("made")), EEXIST);
    assert_int_equal(wy_fs_create_directory_at(call, base, WY_STR(".")), EEXIST);
    assert_int_equal(wy_fs_create_directory_at(call, base, WY_STR("sub/..")), EEXIST);
    assert_int_equal(wy_fs_unlink_file_at(call, base, WY_STR("made")), EISDIR);
    assert_int_equal(wy_fs_unlink_file_at(call, base, WY_STR("file/")), ENOTDIR);
    assert_int_equal(wy_fs_unlink_file_at(call, base, WY_STR("sub/.")), EISDIR);
    assert_int_equal(wy_fs_remove_directory_at(call, base, WY_STR("sub")), ENOTEMPTY);
    assert_int_equal(wy_fs_remove_directory_at(call, base, WY_STR("file")), ENOTDIR);
    assert_int_equal(wy_fs_remove_directory_at(call, base, WY_STR("tosub/")), ENOTDIR);
    assert_int_equal(wy_fs_remove_directory_at(call, base, WY_STR(".")), EINVAL);
    assert_int_equal(wy_fs_remove_directory_at(call, base, WY_STR("made/")), 0);
    assert_int_equal(wy_fs_rename_at(call, base, WY_STR("file/"), base, WY_STR("x")), ENOTDIR);
    assert_int_equal(wy_fs_rename_at(call, base, WY_STR("file"), base, WY_STR("x/")), ENOTDIR);
    assert_int_equal(wy_fs_rename_at(call, base, WY_STR("sub"), base, WY_STR("x/")), 0);
    assert_int_equal(wy_fs_rename_at(call, base, WY_STR("x/inner"), base, WY_STR("moved")), 0);
    assert_int_equal(try_open(call, "moved"), 0);
    assert_int_equal(wy_fs_symlink_at(call, base, WY_STR("/etc"), WY_STR("l")), EPERM);
    assert_int_equal(wy_fs_symlink_at(call, base, WY_STR("file"), WY_STR("l/")), ENOENT);
    assert_int_equal(wy_fs_symlink_at(call, base, WY_STR("file"), WY_STR("x/")), EEXIST);
    assert_int_equal(wy_fs_symlink_at(call, base, WY_STR("x"), WY_STR("file/")), ENOTDIR);
    assert_int_equal(wy_fs_symlink_at(call, base, WY_STR("file"), WY_STR("l")), 0);
    wy_str target;
    assert_int_equal(wy_fs_readlink_at(call, base, WY_STR("l"), &target), 0);
    assert_true(wy_str_eqz(target, "file"));
    assert_int_equal(wy_fs_readlink_at(call, base, WY_STR("file"), &target), EINVAL);
    assert_int_equal(wy_fs_readlink_at(call, base, WY_STR("absolute"), &target), EPERM);
    assert_int_equal(symlinkat("\xff\xfe", preopen.fd, "latin"), 0);
    assert_int_equal(wy_fs_readlink_at(call, base, WY_STR("latin"), &target), EILSEQ);
    assert_int_equal(wy_fs_link_at(call, base, 0, WY_STR("file"), base, WY_STR("hard")), 0);
    assert_int_equal(wy_fs_link_at(call, base, 0, WY_STR("file"), base, WY_STR("hard")), EEXIST);
    assert_int_equal(wy_fs_link_at(call, base, 0, WY_STR("none"), base, WY_STR("h2")), ENOENT);
    assert_int_equal(wy_fs_link_at(call, base, 0, WY_STR("x"), base, WY_STR("h2")), EPERM);
    assert_int_equal(wy_fs_link_at(call, base, 1, WY_STR("l"), base, WY_STR("h2")), EINVAL);
}

TEST(odd_paths_have_the_errors_of_posix) {
    set_up(false);
    in_task(odd_paths);
    tear_down();
}

static void open_flags(wy_call *call) {
    wy_fs_descriptor *descriptor, *inner;
    assert_int_equal(open_at(call, "new", WY_FS_CREATE | WY_FS_EXCLUSIVE, WY_FS_WRITE, &descriptor),
                     0);
    assert_false(descriptor->is_directory);
    assert_int_equal(descriptor->flags, WY_FS_WRITE);
    wy_fs_descriptor_release(descriptor);
    assert_int_equal(open_at(call, "new", WY_FS_CREATE | WY_FS_EXCLUSIVE, WY_FS_WRITE, &descriptor),
                     EEXIST);
    assert_int_equal(open_at(call, "file", WY_FS_DIRECTORY, WY_FS_READ, &descriptor), ENOTDIR);
    assert_int_equal(open_at(call, "d", WY_FS_DIRECTORY | WY_FS_CREATE, WY_FS_READ, &descriptor),
                     EINVAL);
    assert_int_equal(open_at(call, "sub", 0, WY_FS_WRITE, &descriptor), EISDIR);
    assert_int_equal(
        wy_fs_open_at(call, base, 0, WY_STR("tosub"), 0, WY_FS_READ, &fs_state, &descriptor),
        ELOOP);
    assert_int_equal(open_at(call, "file", WY_FS_TRUNCATE, 0, &descriptor), 0);
    wy_fs_descriptor_release(descriptor);
    struct stat stat;
    assert_int_equal(wy_fs_stat_at(call, base, 0, WY_STR("file"), &stat), 0);
    assert_int_equal(stat.st_size, 0);
    /* A folder's descriptor is the base of further paths, and hands its rights on. */
    assert_int_equal(open_at(call, "sub", WY_FS_DIRECTORY, WY_FS_READ, &descriptor), 0);
    assert_true(descriptor->is_directory);
    assert_int_equal(descriptor->flags, WY_FS_READ | WY_FS_MUTATE_DIRECTORY);
    assert_int_equal(
        wy_fs_open_at(call, descriptor, 1, WY_STR("inner"), 0, WY_FS_READ, &fs_state, &inner), 0);
    assert_int_equal(wy_fs_create_directory_at(call, inner, WY_STR("x")), ENOTDIR);
    wy_fs_descriptor_release(inner);
    assert_int_equal(
        wy_fs_open_at(call, descriptor, 1, WY_STR("../file"), 0, WY_FS_READ, &fs_state, &inner),
        EPERM);
    assert_int_equal(
        wy_fs_open_at(call, descriptor, 1, WY_STR("good"), 0, WY_FS_READ, &fs_state, &inner),
        EPERM);
    wy_fs_descriptor_release(descriptor);
    /* A pipe's other end is not waited for. */
    assert_int_equal(mkfifoat(preopen.fd, "fifo", 0600), 0);
    assert_int_equal(try_open(call, "fifo"), 0);
    /* No more descriptors than the limit. */
    fs_state.open_count += WY_MAX_GUEST_FILES;
    assert_int_equal(try_open(call, "file"), EMFILE);
    fs_state.open_count -= WY_MAX_GUEST_FILES;
}

TEST(open_flags_mean_what_the_wit_says) {
    set_up(false);
    in_task(open_flags);
    tear_down();
}

static void read_only(wy_call *call) {
    wy_fs_descriptor *descriptor;
    assert_int_equal(try_open(call, "file"), 0);
    assert_int_equal(open_at(call, "file", 0, WY_FS_WRITE, &descriptor), EROFS);
    assert_int_equal(open_at(call, "file", 0, WY_FS_READ | WY_FS_WRITE, &descriptor), EROFS);
    assert_int_equal(open_at(call, "file", WY_FS_TRUNCATE, WY_FS_READ, &descriptor), EROFS);
    assert_int_equal(open_at(call, "new", WY_FS_CREATE, WY_FS_READ, &descriptor), EROFS);
    assert_int_equal(open_at(call, "sub", 0, WY_FS_MUTATE_DIRECTORY, &descriptor), EROFS);
    assert_int_equal(open_at(call, "sub", WY_FS_DIRECTORY, WY_FS_READ, &descriptor), 0);
    assert_int_equal(descriptor->flags, WY_FS_READ);
    assert_int_equal(wy_fs_unlink_file_at(call, descriptor, WY_STR("inner")), EROFS);
    wy_fs_descriptor_release(descriptor);
    assert_int_equal(wy_fs_create_directory_at(call, base, WY_STR("d")), EROFS);
    assert_int_equal(wy_fs_remove_directory_at(call, base, WY_STR("sub")), EROFS);
    assert_int_equal(wy_fs_unlink_file_at(call, base, WY_STR("file")), EROFS);
    assert_int_equal(wy_fs_symlink_at(call, base, WY_STR("file"), WY_STR("l")), EROFS);
    assert_int_equal(wy_fs_rename_at(call, base, WY_STR("file"), base, WY_STR("g")), EROFS);
    assert_int_equal(wy_fs_link_at(call, base, 0, WY_STR("file"), base, WY_STR("g")), EROFS);
    struct timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    assert_int_equal(wy_fs_set_times_at(call, base, 0, WY_STR("file"), times), EROFS);
}

TEST(nothing_changes_below_a_read_only_folder) {
    set_up(true);
    in_task(read_only);
    tear_down();
}

static wy_list_u8 bytes_of(const char *text) {
    return (wy_list_u8){(const uint8_t *)text, strlen(text)};
}

static wy_io_status gone_check_write(wy_output_stream *stream, size_t *permit_out,
                                     wy_io_fault *fault) {
    (void)stream, (void)fault;
    *permit_out = WY_STREAM_WRITE_PERMIT;
    return WY_IO_OK;
}

static wy_io_status gone_write(wy_output_stream *stream, wy_call *call, wy_list_u8 bytes,
                               wy_io_fault *fault) {
    (void)stream, (void)call, (void)bytes, (void)fault;
    return WY_IO_OK;
}

static void gone_free(wy_io_source *source) {
    free(source);
}

/* Throws away what is written. */
static const wy_io_source_ops gone_source_ops = {.free = gone_free};
static const wy_output_stream_ops gone_ops = {.check_write = gone_check_write, .write = gone_write};

static void streams(wy_call *call) {
    wy_fs_descriptor *descriptor;
    assert_int_equal(open_at(call, "s", WY_FS_CREATE, WY_FS_READ | WY_FS_WRITE, &descriptor), 0);
    wy_output_stream *out = wy_fs_output_new(descriptor, 2);
    wy_output_stream *append = wy_fs_output_new(descriptor, WY_FS_APPEND);
    wy_io_fault fault = {0};
    uint64_t permit;
    /* A write without a permit traps. */
    assert_int_equal(wy_output_stream_write(out, call, bytes_of("a"), &fault), WY_IO_TRAPPED);
    wy_trap_free(fault.trap);
    fault.trap = NULL;
    assert_int_equal(wy_output_stream_check_write(out, &permit, &fault), WY_IO_OK);
    assert_int_equal(permit, WY_STREAM_WRITE_PERMIT);
    assert_int_equal(wy_output_stream_write(out, call, bytes_of("abc"), &fault), WY_IO_OK);
    assert_int_equal(
        wy_output_stream_blocking_write_and_flush(append, call, bytes_of("end"), &fault), WY_IO_OK);
    assert_int_equal(wy_output_stream_write(out, call, bytes_of("de"), &fault), WY_IO_OK);
    wy_input_stream *in = wy_fs_input_new(descriptor, 1);
    wy_fs_descriptor_release(descriptor); /* streams keep it */
    wy_list_u8 bytes;
    assert_int_equal(wy_input_stream_read(in, call, 5, false, false, &bytes, &fault), WY_IO_OK);
    assert_int_equal(bytes.len, 5);
    assert_memory_equal(bytes.ptr, "\0abcd", 5);
    uint64_t count;
    assert_int_equal(wy_input_stream_skip(in, call, 1, true, &count, &fault), WY_IO_OK);
    assert_int_equal(count, 1);
    wy_output_stream *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    wy_output_stream_init(copy, &gone_source_ops, &gone_ops);
    assert_int_equal(wy_output_stream_splice(copy, call, in, 100, true, &count, &fault), WY_IO_OK);
    assert_int_equal(count, 1);
    assert_int_equal(wy_input_stream_read(in, call, 5, true, false, &bytes, &fault), WY_IO_CLOSED);
    assert_int_equal(wy_input_stream_read(in, call, 0, true, false, &bytes, &fault), WY_IO_CLOSED);
    wy_input_stream_drop(in);
    wy_output_stream_drop(out);
    wy_output_stream_drop(append);
    wy_output_stream_drop(copy);
}

TEST(streams_move_alone_and_end) {
    set_up(false);
    in_task(streams);
    tear_down();
}

static void offsets(wy_call *call) {
    wy_fs_descriptor *descriptor;
    assert_int_equal(open_at(call, "file", 0, WY_FS_READ | WY_FS_WRITE, &descriptor), 0);
    char buffer[8];
    size_t count;
    int fd = descriptor->fd;
    assert_int_equal(wy_fs_read(call->task, fd, buffer, 8, 3, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(wy_fs_read(call->task, fd, buffer, 8, INT64_MAX, &count), EINVAL);
    assert_int_equal(wy_fs_read(call->task, fd, buffer, 8, UINT64_MAX, &count), EINVAL);
    assert_int_equal(wy_fs_read(call->task, fd, buffer, 8, 1 << 30, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(wy_fs_write(call->task, descriptor, "x", 1, (uint64_t)INT64_MAX + 1, &count),
                     EINVAL);
    assert_int_equal(wy_fs_set_size(call->task, fd, UINT64_MAX), EFBIG);
    assert_int_equal(wy_fs_set_size(call->task, fd, 2), 0);
    assert_int_equal(wy_fs_sync(call->task, fd, true), 0);
    static char big[1 << 20];
    memset(big, 'b', sizeof big);
    assert_int_equal(wy_fs_write(call->task, descriptor, big, sizeof big, 2, &count), 0);
    assert_int_equal(count, sizeof big);
    static char back[sizeof big + 2];
    assert_int_equal(wy_fs_read(call->task, fd, back, sizeof back, 0, &count), 0);
    assert_int_equal(count, sizeof back);
    assert_memory_equal(back, "he", 2);
    assert_memory_equal(back + 2, big, sizeof big);
    wy_fs_descriptor_release(descriptor);
}

TEST(offsets_are_checked) {
    set_up(false);
    in_task(offsets);
    tear_down();
}

static void entries(wy_call *call) {
    (void)call;
    int fd = openat(preopen.fd, "sub", O_RDONLY | O_DIRECTORY);
    close(openat(fd, "bad\xff", O_CREAT | O_WRONLY, 0600));
    wy_fs_entries *all;
    assert_int_equal(wy_fs_entries_new(&fs_state, fd, &all), 0);
    close(fd);
    int seen = 0, bad = 0;
    for (;;) {
        wy_str name;
        mode_t type = 0;
        int error_number = wy_fs_entries_next(all, &name, &type);
        if (error_number == EILSEQ) {
            bad++;
            continue;
        }
        assert_int_equal(error_number, 0);
        if (!name.ptr) break;
        seen++;
        if (wy_str_eqz(name, "inner"))
            assert_int_equal(type, S_IFREG);
        else
            assert_int_equal(type, S_IFLNK);
    }
    assert_int_equal(seen, 2);
    assert_int_equal(bad, 1);
    wy_fs_entries_free(all);
}

TEST(entries_come_without_dots) {
    set_up(false);
    in_task(entries);
    tear_down();
}

TEST(every_code_has_its_number) {
    assert_int_equal(wy_fs_code_of(EACCES), WY_FS_ACCESS);
    assert_int_equal(wy_fs_code_of(EXDEV), WY_FS_CROSS_DEVICE);
    assert_int_equal(wy_fs_code_of(EMFILE), WY_FS_INSUFFICIENT_MEMORY);
    assert_int_equal(wy_fs_code_of(ENOSYS), WY_FS_UNSUPPORTED);
    assert_int_equal(wy_fs_code_of(12345), WY_FS_IO);
    assert_int_equal(WY_FS_CODE_COUNT, 37);
}
