/* What a component's wasi:filesystem sees: the folders that it was given, and nothing else.
 *
 * Every path goes through openat2(2) with RESOLVE_BENEATH on the folder's descriptor, so the kernel
 * itself refuses whatever would lead outside, races included. Linux 5.6 or later is needed. */
#ifndef WY_INTERFACE_WASI_FILESYSTEM_H
#define WY_INTERFACE_WASI_FILESYSTEM_H

#include "interface/wasi/io.h"

/* A folder given to a component. */
typedef struct wy_wasi_preopen {
    int fd;            /* of the host's folder; shared by all instances */
    wy_str guest_path; /* where the guest finds it: "/", "/data" */
    bool read_only;
} wy_wasi_preopen;

/* Settings of slot WASI_FILESYSTEM; must outlive the component. */
typedef struct wy_wasi_filesystem_settings {
    const wy_wasi_preopen *preopens;
    size_t preopen_count;
} wy_wasi_filesystem_settings;

/* Opens a host folder. `guest_path` is kept as it is. WY_NOT_FOUND, WY_DENIED, WY_INVALID (not a
 * folder), WY_UNSUPPORTED (the kernel lacks openat2). Close with wy_wasi_preopen_close. */
wy_err wy_wasi_preopen_open(const char *host_path, wy_str guest_path, bool read_only,
                            wy_wasi_preopen *out, wy_diag *diag);
void wy_wasi_preopen_close(wy_wasi_preopen *preopen);

#endif
