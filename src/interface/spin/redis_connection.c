/* fermyon:spin/redis@2.0.0 over the capability redis. */
#include "gen/fermyon_spin_redis.h"

#include "interface/spin/redis.h"

#define FUNC(name)                                                                                 \
    static own wy_trap *name(wy_call *call, const fermyon_spin_redis_##name##_args *args,          \
                             fermyon_spin_redis_##name##_result *result)

_Static_assert(sizeof(wy_spin_redis_result) == sizeof(fermyon_spin_redis_redis_result) &&
                   offsetof(wy_spin_redis_result, bytes) ==
                       offsetof(fermyon_spin_redis_redis_result, status) &&
                   sizeof(wy_spin_redis_parameter) == sizeof(fermyon_spin_redis_redis_parameter) &&
                   offsetof(wy_spin_redis_parameter, bytes) ==
                       offsetof(fermyon_spin_redis_redis_parameter, binary),
               "the same layout");
_Static_assert((int)WY_SPIN_REDIS_OTHER == FERMYON_SPIN_REDIS_ERROR_OTHER + 1, "the same order");

static uint8_t failed(const wy_spin_redis_answer *answer, fermyon_spin_redis_error *err) {
    if (!answer->fault) return 0;
    *err = (fermyon_spin_redis_error){.tag = (uint8_t)(answer->fault - 1), .other = answer->text};
    return 1;
}

static wy_str bytes_of(wy_list_u8 list) {
    return (wy_str){(const char *)list.ptr, list.len};
}

FUNC(connection_open) {
    wy_spin_redis_answer answer;
    wy_spin_redis *redis;
    wy_trap *trap = wy_spin_redis_open(call, args->address, &redis, &answer);
    if (trap) return trap;
    result->is_err = failed(&answer, &result->err);
    if (!result->is_err) result->ok = (wy_handle)redis;
    return NULL;
}

static own wy_trap *run(wy_call *call, wy_handle self, const wy_str *argv, size_t argc,
                        wy_spin_redis_answer *answer) {
    return wy_spin_redis_run(call, (wy_spin_redis *)self, argv, argc, answer);
}

FUNC(connection_publish) {
    const wy_str argv[] = {WY_STR("PUBLISH"), args->channel, bytes_of(args->payload)};
    wy_spin_redis_answer answer;
    wy_trap *trap = run(call, args->self, argv, 3, &answer);
    if (!trap) result->is_err = failed(&answer, &result->err);
    return trap;
}

FUNC(connection_get) {
    const wy_str argv[] = {WY_STR("GET"), args->key};
    wy_spin_redis_answer answer;
    wy_trap *trap = run(call, args->self, argv, 2, &answer);
    if (trap) return trap;
    result->is_err = failed(&answer, &result->err);
    if (!result->is_err)
        result->ok =
            (wit_option_list_u8){answer.reply->kind != WY_REDIS_NIL,
                                 {(const uint8_t *)answer.reply->text.ptr, answer.reply->text.len}};
    return NULL;
}

FUNC(connection_set) {
    const wy_str argv[] = {WY_STR("SET"), args->key, bytes_of(args->value)};
    wy_spin_redis_answer answer;
    wy_trap *trap = run(call, args->self, argv, 3, &answer);
    if (!trap) result->is_err = failed(&answer, &result->err);
    return trap;
}

FUNC(connection_incr) {
    const wy_str argv[] = {WY_STR("INCR"), args->key};
    wy_spin_redis_answer answer;
    wy_trap *trap = run(call, args->self, argv, 2, &answer);
    if (trap) return trap;
    int64_t number = wy_spin_redis_integer(&answer);
    result->is_err = failed(&answer, &result->err);
    if (!result->is_err) result->ok = number;
    return NULL;
}

/* `name`, `key` unless it has no bytes' address, and the list. */
static own wy_trap *run_list(wy_call *call, wy_handle self, wy_str name, const wy_str *key,
                             wit_list_string list, fermyon_spin_redis_result_u32_error *result) {
    size_t head = key ? 2 : 1;
    wy_str *argv = wy_arena_calloc(call->arena, list.len + head, sizeof *argv);
    if (!argv) return wy_trap_new("out of memory for a command");
    argv[0] = name;
    if (key) argv[1] = *key;
    if (list.len) memcpy(argv + head, list.ptr, list.len * sizeof *argv);
    wy_spin_redis_answer answer;
    wy_trap *trap = run(call, self, argv, list.len + head, &answer);
    if (trap) return trap;
    int64_t number = wy_spin_redis_integer(&answer);
    result->is_err = failed(&answer, &result->err);
    if (!result->is_err) result->ok = (uint32_t)number;
    return NULL;
}

FUNC(connection_del) {
    return run_list(call, args->self, WY_STR("DEL"), NULL, args->keys, result);
}

FUNC(connection_sadd) {
    return run_list(call, args->self, WY_STR("SADD"), &args->key, args->values, result);
}

FUNC(connection_srem) {
    return run_list(call, args->self, WY_STR("SREM"), &args->key, args->values, result);
}

FUNC(connection_smembers) {
    const wy_str argv[] = {WY_STR("SMEMBERS"), args->key};
    wy_spin_redis_answer answer;
    const wy_str *items;
    size_t count;
    wy_trap *trap = run(call, args->self, argv, 2, &answer);
    if (trap) return trap;
    if (wy_spin_redis_strings(call, &answer, &items, &count))
        result->ok = (wit_list_string){items, count};
    result->is_err = failed(&answer, &result->err);
    return NULL;
}

FUNC(connection_execute) {
    size_t argc = args->arguments.len + 1;
    const wy_str *argv = wy_spin_redis_words(
        call, args->command, (const wy_spin_redis_parameter *)args->arguments.ptr, argc - 1);
    if (!argv) return wy_trap_new("out of memory for a command");
    wy_spin_redis_answer answer;
    const wy_spin_redis_result *items;
    size_t count;
    wy_trap *trap = run(call, args->self, argv, argc, &answer);
    if (trap) return trap;
    if (wy_spin_redis_flatten(call, &answer, &items, &count))
        result->ok = (fermyon_spin_redis_list_redis_result){
            (const fermyon_spin_redis_redis_result *)items, count};
    result->is_err = failed(&answer, &result->err);
    return NULL;
}

static const fermyon_spin_redis_ops ops = {
    .connection_open = connection_open,
    .connection_publish = connection_publish,
    .connection_get = connection_get,
    .connection_set = connection_set,
    .connection_incr = connection_incr,
    .connection_del = connection_del,
    .connection_sadd = connection_sadd,
    .connection_smembers = connection_smembers,
    .connection_srem = connection_srem,
    .connection_execute = connection_execute,
    .connection_drop = wy_spin_redis_close,
};

extern const wy_interface wy_interface_fermyon_spin_redis;
const wy_interface wy_interface_fermyon_spin_redis = {&fermyon_spin_redis_interface, &ops};
