/* Opening libssl. */
#include "loop/openssl.h"

#include <dlfcn.h>
#include <stdio.h>

wy_err wy_openssl_load(wy_openssl *out, char *text, size_t text_size) {
    static const char *const names[] = {
#define WY_OPENSSL_FUNCTION(name) #name,
        WY_OPENSSL_FUNCTIONS(WY_OPENSSL_FUNCTION)
#undef WY_OPENSSL_FUNCTION
    };
    _Static_assert(sizeof names == sizeof *out, "a name for each pointer");
    void *library = dlopen(WY_OPENSSL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(text, text_size, "TLS needs OpenSSL 3: %s", dlerror());
        return WY_NOT_FOUND;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *function = dlsym(library, names[i]);
        if (!function) {
            snprintf(text, text_size, "TLS needs OpenSSL 3: " WY_OPENSSL_LIBRARY " has no %s",
                     names[i]);
            return WY_NOT_FOUND;
        }
        memcpy((char *)out + i * sizeof function, &function, sizeof function);
    }
    return WY_OK;
}
