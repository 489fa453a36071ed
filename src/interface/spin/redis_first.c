/* fermyon:spin/redis without a version, the first one: each call names its server. Its only error
 * says that there was one. */
#include "gen/fermyon_spin_first_redis.h"

#include "interface/spin/redis.h"

#define FUNC(name)                                                                                 \
    static own wy_trap *name(wy_call *call, const fermyon_spin_first_redis_##name##_args *args,    \
                             fermyon_spin_first_redis_##name##_result *result)

_Static_assert(sizeof(wy_spin_redis_result) ==
                       sizeof(fermyon_spin_first_redis_types_redis_result) &&
                   sizeof(wy_spin_redis_parameter) ==
                       sizeof(fermyon_spin_first_redis_types_redis_parameter) &&
                   offsetof(wy_spin_redis_parameter, bytes) ==
                       offsetof(fermyon_spin_first_redis_types_redis_parameter, binary),
               "the same layout");

static wy_str bytes_of(wy_list_u8 list) {
    return (wy_str){(const char *)list.ptr, list.len};
}

/* Opens, runs, closes; connections are kept below. */
static own wy_trap *run(wy_call *call, wy_str address, const wy_str *argv, size_t argc,
                        wy_spin_redis_answer *answer) {
    wy_spin_redis *redis;
    wy_trap *trap = wy_spin_redis_open(call, address, &redis, answer);
    if (trap || answer->fault) return trap;
    trap = wy_spin_redis_run(call, redis, argv, argc, answer);
    wy_spin_redis_close(redis);
    return trap;
}

/* Every result begins with whether it is an error; `err` lies behind. */
#define FAILED(result, answer)                                                                     \
    ((result)->is_err = (answer).fault != WY_SPIN_REDIS_OK,                                        \
     (result)->err = FERMYON_SPIN_FIRST_REDIS_TYPES_ERROR_ERROR, (result)->is_err)

FUNC(publish) {
    const wy_str argv[] = {WY_STR("PUBLISH"), args->channel, bytes_of(args->payload)};
    wy_spin_redis_answer answer;
    wy_trap *trap = run(call, args->address, argv, 3, &answer);
    if (!trap) (void)FAILED(result, answer);
    return trap;
}

FUNC(get) {
    const wy_str argv[] = {WY_STR("GET"), args->key};
    wy_spin_redis_answer answer;
    wy_trap *trap = run(call, args->address, argv, 2, &answer);
    if (!trap && !FAILED(result, answer))
        result->ok = (wy_list_u8){(const uint8_t *)answer.reply->text.ptr, answer.reply->text.len};
    return trap;
}

FUNC(set) {
    const wy_str argv[] = {WY_STR("SET"), args->key, bytes_of(args->value)};
    wy_spin_redis_answer answer;
    wy_trap *trap = run(call, args->address, argv, 3, &answer);
    if (!trap) (void)FAILED(result, answer);
    return trap;
}

/* A command that answers a number, with a list behind its first words. */
static own wy_trap *run_number(wy_call *call, wy_str address, const wy_str *words, size_t count,
                               wit_list_string list,
                               fermyon_spin_first_redis_result_s64_error *result) {
    wy_str *argv = wy_arena_calloc(call->arena, count + list.len, sizeof *argv);
    if (!argv) return wy_trap_new("out of memory for a command");
    memcpy(argv, words, count * sizeof *argv);
    if (list.len) memcpy(argv + count, list.ptr, list.len * sizeof *argv);
    wy_spin_redis_answer answer;
    wy_trap *trap = run(call, address, argv, count + list.len, &answer);
    if (trap) return trap;
    int64_t number = wy_spin_redis_integer(&answer);
    if (!FAILED(result, answer)) result->ok = number;
    return NULL;
}

FUNC(incr) {
    const wy_str words[] = {WY_STR("INCR"), args->key};
    return run_number(call, args->address, words, 2, (wit_list_string){0}, result);
}

FUNC(del) {
    const wy_str word = WY_STR("DEL");
    return run_number(call, args->address, &word, 1, args->keys, result);
}

FUNC(sadd) {
    const wy_str words[] = {WY_STR("SADD"), args->key};
    return run_number(call, args->address, words, 2, args->values, result);
}

FUNC(srem) {
    const wy_str words[] = {WY_STR("SREM"), args->key};
    return run_number(call, args->address, words, 2, args->values, result);
}

FUNC(smembers) {
    const wy_str argv[] = {WY_STR("SMEMBERS"), args->key};
    wy_spin_redis_answer answer;
    const wy_str *items = NULL;
    size_t count = 0;
    wy_trap *trap = run(call, args->address, argv, 2, &answer);
    if (trap) return trap;
    (void)wy_spin_redis_strings(call, &answer, &items, &count);
    if (!FAILED(result, answer)) result->ok = (wit_list_string){items, count};
    return NULL;
}

FUNC(execute) {
    size_t argc = args->arguments.len + 1;
    const wy_str *argv = wy_spin_redis_words(
        call, args->command, (const wy_spin_redis_parameter *)args->arguments.ptr, argc - 1);
    if (!argv) return wy_trap_new("out of memory for a command");
    wy_spin_redis_answer answer;
    const wy_spin_redis_result *items = NULL;
    size_t count = 0;
    wy_trap *trap = run(call, args->address, argv, argc, &answer);
    if (trap) return trap;
    (void)wy_spin_redis_flatten(call, &answer, &items, &count);
    if (!FAILED(result, answer)) {
        result->ok.ptr = (const fermyon_spin_first_redis_types_redis_result *)items;
        result->ok.len = count;
    }
    return NULL;
}

static const fermyon_spin_first_redis_ops ops = {
    .publish = publish,
    .get = get,
    .set = set,
    .incr = incr,
    .del = del,
    .sadd = sadd,
    .smembers = smembers,
    .srem = srem,
    .execute = execute,
};

extern const wy_interface wy_interface_fermyon_spin_first_redis;
const wy_interface wy_interface_fermyon_spin_first_redis = {&fermyon_spin_first_redis_interface,
                                                            &ops};
