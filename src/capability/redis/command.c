/* Commands of Redis: which of them may share a connection. */
#include "capability/redis/client.h"

static const struct {
    wy_str name;
    wy_redis_way way;
} known[] = {
    /* wait for data */
    {{"BLPOP", 5}, WY_REDIS_BLOCKING},
    {{"BRPOP", 5}, WY_REDIS_BLOCKING},
    {{"BRPOPLPUSH", 10}, WY_REDIS_BLOCKING},
    {{"BLMOVE", 6}, WY_REDIS_BLOCKING},
    {{"BLMPOP", 6}, WY_REDIS_BLOCKING},
    {{"BZPOPMIN", 8}, WY_REDIS_BLOCKING},
    {{"BZPOPMAX", 8}, WY_REDIS_BLOCKING},
    {{"BZMPOP", 6}, WY_REDIS_BLOCKING},
    {{"WAIT", 4}, WY_REDIS_BLOCKING},
    {{"WAITAOF", 7}, WY_REDIS_BLOCKING},
    {{"SHUTDOWN", 8}, WY_REDIS_BLOCKING},
    /* belong to their connection */
    {{"AUTH", 4}, WY_REDIS_STATEFUL},
    {{"SELECT", 6}, WY_REDIS_STATEFUL},
    {{"MULTI", 5}, WY_REDIS_STATEFUL},
    {{"EXEC", 4}, WY_REDIS_STATEFUL},
    {{"DISCARD", 7}, WY_REDIS_STATEFUL},
    {{"WATCH", 5}, WY_REDIS_STATEFUL},
    {{"UNWATCH", 7}, WY_REDIS_STATEFUL},
    {{"HELLO", 5}, WY_REDIS_STATEFUL},
    {{"CLIENT", 6}, WY_REDIS_STATEFUL},
    {{"RESET", 5}, WY_REDIS_STATEFUL},
    {{"QUIT", 4}, WY_REDIS_STATEFUL},
    {{"READONLY", 8}, WY_REDIS_STATEFUL},
    {{"READWRITE", 9}, WY_REDIS_STATEFUL},
    {{"ASKING", 6}, WY_REDIS_STATEFUL},
    /* turn the connection into a stream of messages */
    {{"SUBSCRIBE", 9}, WY_REDIS_REFUSED},
    {{"PSUBSCRIBE", 10}, WY_REDIS_REFUSED},
    {{"SSUBSCRIBE", 10}, WY_REDIS_REFUSED},
    {{"MONITOR", 7}, WY_REDIS_REFUSED},
    {{"SYNC", 4}, WY_REDIS_REFUSED},
    {{"PSYNC", 5}, WY_REDIS_REFUSED},
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
        if (name.len == known[i].name.len && wy_str_eq_nocase(name, known[i].name))
            return known[i].way;
    return WY_REDIS_SHARED;
}
