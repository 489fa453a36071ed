/* Files as a whole. */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

wy_err wy_file_replace(const char *path, wy_str content, unsigned mode, wy_diag *diag) {
    char temporary[4096];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return wy_diag_set(diag, WY_INVALID, "%s: the name is too long", path);
    int fd = mkstemp(temporary);
    if (fd < 0) return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    wy_err err = WY_OK;
    for (size_t done = 0; done < content.len && !err;) {
        ssize_t put = write(fd, content.ptr + done, content.len - done);
        if (put < 0 && errno != EINTR)
            err = wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
        done += put > 0 ? (size_t)put : 0;
    }
    if (!err && fchmod(fd, mode) != 0)
        err = wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    if (close(fd) != 0 && !err) err = wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    if (!err && rename(temporary, path) != 0)
        err = wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    if (err) unlink(temporary);
    return err;
}
