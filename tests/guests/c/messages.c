// Handles messages of Redis. A message is "ADDRESS ACTION ...": push LIST TEXT appends to a list;
// fail, trap and loop do not handle it; once KEY LIST TEXT fails the first time; wait KEY LIST TEXT
// pushes when somebody has pushed to KEY; all tries every function of fermyon:spin/redis and pushes
// what came of it to the list "all".
#include "gen/messages.h"
#include <stdlib.h>
#include <string.h>

typedef struct words {
    messages_string_t at[5];
} words;

static messages_string_t text(const char *s) {
    return (messages_string_t){.ptr = (uint8_t *)s, .len = strlen(s)};
}

// The last word is the rest.
static words split(const uint8_t *bytes, size_t len) {
    words w = {0};
    size_t i = 0;
    for (int n = 0; n < 5 && i < len; n++) {
        size_t start = i;
        while (i < len && (bytes[i] != ' ' || n == 4)) {
            i++;
        }
        w.at[n] = (messages_string_t){.ptr = (uint8_t *)bytes + start, .len = i - start};
        i++;
    }
    return w;
}

static bool is(messages_string_t word, const char *s) {
    return word.len == strlen(s) && memcmp(word.ptr, s, word.len) == 0;
}

static bool execute(messages_string_t address, const char *command, messages_string_t a,
                    messages_string_t b, fermyon_spin_redis_list_redis_result_t *results) {
    fermyon_spin_redis_redis_parameter_t parameters[2] = {
        {.tag = FERMYON_SPIN_REDIS_TYPES_REDIS_PARAMETER_BINARY, .val.binary = {a.ptr, a.len}},
        {.tag = FERMYON_SPIN_REDIS_TYPES_REDIS_PARAMETER_BINARY, .val.binary = {b.ptr, b.len}},
    };
    fermyon_spin_redis_list_redis_parameter_t arguments = {.ptr = parameters, .len = 2};
    messages_string_t name = text(command);
    fermyon_spin_redis_error_t error;
    return fermyon_spin_redis_execute(&address, &name, &arguments, results, &error);
}

static bool push(messages_string_t address, messages_string_t list, messages_string_t value) {
    fermyon_spin_redis_list_redis_result_t results;
    return execute(address, "RPUSH", list, value, &results);
}

static bool try_all(messages_string_t a) {
    fermyon_spin_redis_error_t error;
    messages_string_t key = text("all-text"), set = text("all-set"), number = text("all-number");
    messages_string_t channel = text("all-channel"), one = text("one");
    fermyon_spin_redis_payload_t payload = {.ptr = (uint8_t *)"hello", .len = 5}, got;
    messages_list_string_t ones = {.ptr = &one, .len = 1}, keys = {.ptr = &key, .len = 1}, members;
    int64_t n, added, removed, deleted;
    bool ok = fermyon_spin_redis_set(&a, &key, &payload, &error) &&
              fermyon_spin_redis_get(&a, &key, &got, &error) && got.len == 5 &&
              fermyon_spin_redis_incr(&a, &number, &n, &error) && n == 1 &&
              fermyon_spin_redis_sadd(&a, &set, &ones, &added, &error) && added == 1 &&
              fermyon_spin_redis_smembers(&a, &set, &members, &error) && members.len == 1 &&
              fermyon_spin_redis_srem(&a, &set, &ones, &removed, &error) && removed == 1 &&
              fermyon_spin_redis_del(&a, &keys, &deleted, &error) && deleted == 1 &&
              fermyon_spin_redis_get(&a, &key, &got, &error) && got.len == 0 &&
              fermyon_spin_redis_publish(&a, &channel, &payload, &error) &&
              !fermyon_spin_redis_incr(&set, &number, &n, &error);
    return push(a, text("all"), text(ok ? "good" : "bad"));
}

bool exports_fermyon_spin_inbound_redis_handle_message(
    exports_fermyon_spin_inbound_redis_payload_t *message,
    exports_fermyon_spin_inbound_redis_error_t *error) {
    words w = split(message->ptr, message->len);
    messages_string_t address = w.at[0], action = w.at[1];
    fermyon_spin_redis_error_t ignored;
    int64_t tries;
    *error = FERMYON_SPIN_REDIS_TYPES_ERROR_ERROR;
    if (is(action, "push")) {
        return push(address, w.at[2], w.at[3]);
    }
    if (is(action, "once")) {
        return fermyon_spin_redis_incr(&address, &w.at[2], &tries, &ignored) && tries > 1 &&
               push(address, w.at[3], w.at[4]);
    }
    if (is(action, "wait")) {
        fermyon_spin_redis_list_redis_result_t results;
        return execute(address, "BLPOP", w.at[2], text("30"), &results) && results.len == 2 &&
               push(address, w.at[3], w.at[4]);
    }
    if (is(action, "all")) {
        return try_all(address);
    }
    if (is(action, "trap")) {
        __builtin_trap();
    }
    while (is(action, "loop")) {
        __asm__ volatile("");
    }
    return false;
}
