/* Commands of Redis: which of them may share a connection. */
#include "capability/redis/client.h"

static const struct {
    const char *name;
    wy_redis_way way;
} known[] = {
    /* wait for data */
    {"BLPOP", WY_REDIS_BLOCKING},
    {"BRPOP", WY_REDIS_BLOCKING},
    {"BRPOPLPUSH", WY_REDIS_BLOCKING},
    {"BLMOVE", WY_REDIS_BLOCKING},
    {"BLMPOP", WY_REDIS_BLOCKING},
    {"BZPOPMIN", WY_REDIS_BLOCKING},
    {"BZPOPMAX", WY_REDIS_BLOCKING},
    {"BZMPOP", WY_REDIS_BLOCKING},
    {"WAIT", WY_REDIS_BLOCKING},
    {"WAITAOF", WY_REDIS_BLOCKING},
    {"SHUTDOWN", WY_REDIS_BLOCKING},
    /* belong to their connection */
    {"AUTH", WY_REDIS_STATEFUL},
    {"SELECT", WY_REDIS_STATEFUL},
    {"MULTI", WY_REDIS_STATEFUL},
    {"EXEC", WY_REDIS_STATEFUL},
    {"DISCARD", WY_REDIS_STATEFUL},
    {"WATCH", WY_REDIS_STATEFUL},
    {"UNWATCH", WY_REDIS_STATEFUL},
    {"HELLO", WY_REDIS_STATEFUL},
    {"CLIENT", WY_REDIS_STATEFUL},
    {"RESET", WY_REDIS_STATEFUL},
    {"QUIT", WY_REDIS_STATEFUL},
    {"READONLY", WY_REDIS_STATEFUL},
    {"READWRITE", WY_REDIS_STATEFUL},
    {"ASKING", WY_REDIS_STATEFUL},
    /* turn the connection into a stream of messages */
    {"SUBSCRIBE", WY_REDIS_REFUSED},
    {"PSUBSCRIBE", WY_REDIS_REFUSED},
    {"SSUBSCRIBE", WY_REDIS_REFUSED},
    {"MONITOR", WY_REDIS_REFUSED},
    {"SYNC", WY_REDIS_REFUSED},
    {"PSYNC", WY_REDIS_REFUSED},
};

static bool has_word(const wy_str *argv, size_t argc, wy_str word) {
    for (size_t i = 1; i < argc; i++)
        if (wy_str_eq_nocase(argv[i], word)) return true;
    return false;
}

wy_redis_way wy_redis_command_way(const wy_str *argv, size_t argc) {
    wy_assert(argc > 0);
    wy_str name = argv[0];
    wy_str first = argc > 1 ? argv[1] : (wy_str){0};
    if (wy_str_eq_nocase(name, WY_STR("XREAD")) || wy_str_eq_nocase(name, WY_STR("XREADGROUP")))
        return has_word(argv, argc, WY_STR("BLOCK")) ? WY_REDIS_BLOCKING : WY_REDIS_SHARED;
    if (wy_str_eq_nocase(name, WY_STR("CLIENT")) && wy_str_eq_nocase(first, WY_STR("REPLY")))
        return WY_REDIS_REFUSED;
    if (wy_str_eq_nocase(name, WY_STR("HELLO")) && first.len && !wy_str_eqz(first, "2"))
        return WY_REDIS_REFUSED; /* another protocol than what is read here */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (wy_str_eq_nocase(name, wy_str_of(known[i].name))) return known[i].way;
    return WY_REDIS_SHARED;
}
