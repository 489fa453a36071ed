/* Reading a text file into an arena. */
#include "base/text.h"

#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

wy_err wy_text_read(wy_arena *arena, const char *path, wy_str *text_out, wy_diag *diag) {
    *text_out = (wy_str){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return wy_diag_set(diag, errno == ENOENT ? WY_NOT_FOUND : WY_IO, "%s", strerror(errno));
    wy_buf buf;
    wy_buf_init(&buf, WY_MAX_MANIFEST_BYTES);
    ssize_t n = 1;
    while (n > 0 && wy_buf_reserve(&buf, 1)) {
        n = read(fd, buf.ptr + buf.len, buf.cap - buf.len - 1);
        if (n > 0) buf.len += (size_t)n;
    }
    int error = errno;
    close(fd);
    wy_err err = WY_OK;
    if (n < 0)
        err = wy_diag_set(diag, WY_IO, "%s", strerror(error));
    else if (n > 0)
        err =
            wy_diag_set(diag, WY_LIMIT, "the file is larger than %zu bytes", WY_MAX_MANIFEST_BYTES);
    if (err == WY_OK) *text_out = (wy_str){wy_arena_strndup(arena, buf.ptr, buf.len), buf.len};
    if (err == WY_OK && !text_out->ptr) err = wy_diag_set(diag, WY_NOMEM, "out of memory");
    wy_buf_deinit(&buf);
    return err;
}
