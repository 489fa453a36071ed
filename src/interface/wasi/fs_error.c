/* errno values as the error codes of wasi:filesystem. */
#include "interface/wasi/fs.h"

#include <errno.h>

const wy_io_error_domain wy_fs_error_domain = {"filesystem", NULL};

wy_fs_code wy_fs_code_of(int error_number) {
    switch (error_number) {
#define WY_FS_ERROR(name, number)                                                                  \
    case number:                                                                                   \
        return WY_FS_##name;
#include "interface/wasi/fs_error.def"
#undef WY_FS_ERROR
    case ENOSYS: return WY_FS_UNSUPPORTED;
    case EMFILE: /* the WIT has no code for "too many open files" */
    case ENFILE: return WY_FS_INSUFFICIENT_MEMORY;
    case ECANCELED: return WY_FS_INTERRUPTED;
    default: return WY_FS_IO;
    }
}

wy_io_status wy_fs_fail(wy_io_fault *fault, const char *what, int error_number) {
    return wy_io_fail(fault,
                      wy_io_error_new(&wy_fs_error_domain, (uint32_t)wy_fs_code_of(error_number),
                                      "%s: %s", what, strerror(error_number)));
}
