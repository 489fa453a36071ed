/* Commands, formatted by hiredis. */
#include "capability/redis/format.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>

wy_err wy_redis_format(const wy_str *argv, size_t argc, wy_str *bytes_out) {
    const char **args = malloc((argc + 1) * sizeof *args);
    size_t *lens = malloc((argc + 1) * sizeof *lens);
    char *bytes = NULL;
    long long len = -1;
    for (size_t i = 0; args && lens && i < argc; i++) {
        args[i] = argv[i].len ? argv[i].ptr : "";
        lens[i] = argv[i].len;
    }
    if (args && lens && argc <= INT32_MAX)
        len = redisFormatCommandArgv(&bytes, (int)argc, args, lens);
    free(args);
    free(lens);
    *bytes_out = (wy_str){bytes, len < 0 ? 0 : (size_t)len};
    return len < 0 ? WY_NOMEM : WY_OK;
}
