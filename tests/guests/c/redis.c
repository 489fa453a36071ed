// Talks to a Redis server through fermyon:spin/redis: /ACTION?address=A&key=K&value=V, where ACTION
// is publish get set incr del sadd smembers srem; get?times=N does it N times. /do executes the
// lines of the body as commands on one connection (words split by blanks, #N is a number).
// /big?bytes=N sets and gets so many bytes.
#include "guest.h"
#include <stdlib.h>

typedef fermyon_spin_redis_borrow_connection_t redis;
typedef fermyon_spin_redis_error_t failure;

#define WORDS_MAX 16

static void write_failure(response *out, failure *error) {
    static const char *const names[] = {"invalid-address", "too-many-connections", "type-error",
                                        "other"};
    write_text(out, "error ");
    write_text(out, names[error->tag]);
    if (error->tag == FERMYON_SPIN_REDIS_ERROR_OTHER) {
        write_text(out, " ");
        write_string(out, error->val.other);
    }
    write_text(out, "\n");
}

static void write_line_number(response *out, int64_t n) {
    write_number(out, n);
    write_text(out, "\n");
}

static void write_line(response *out, const char *kind, const uint8_t *bytes, size_t len) {
    write_text(out, kind);
    write_bytes(out, bytes, len);
    write_text(out, "\n");
}

// -- the functions with names of their own

typedef struct context {
    guest_string_t path, key, value;
    response *out;
} context;

static bool get(context *c, redis r, failure *error) {
    fermyon_spin_redis_option_payload_t found = {0};
    for (uint64_t i = query_number(c->path, "times", 1); i > 0; i--) {
        fermyon_spin_redis_option_payload_free(&found);
        if (!fermyon_spin_redis_method_connection_get(r, &c->key, &found, error)) {
            return false;
        }
    }
    if (found.is_some) {
        write_line(c->out, "", found.val.ptr, found.val.len);
    } else {
        write_text(c->out, "none\n");
    }
    return true;
}

static bool members(context *c, redis r, failure *error) {
    guest_list_string_t list;
    if (!fermyon_spin_redis_method_connection_smembers(r, &c->key, &list, error)) {
        return false;
    }
    for (size_t i = 0; i < list.len; i++) {
        write_line(c->out, "", list.ptr[i].ptr, list.ptr[i].len);
    }
    return true;
}

static bool big(context *c, redis r, failure *error) {
    size_t len = query_number(c->path, "bytes", 1000);
    fermyon_spin_redis_payload_t payload = {.ptr = malloc(len), .len = len};
    if (!payload.ptr) {
        __builtin_trap();
    }
    memset(payload.ptr, 'x', len);
    fermyon_spin_redis_option_payload_t found;
    bool ok = fermyon_spin_redis_method_connection_set(r, &c->key, &payload, error);
    free(payload.ptr);
    ok = ok && fermyon_spin_redis_method_connection_get(r, &c->key, &found, error);
    if (ok) {
        write_line_number(c->out, (int64_t)found.val.len);
    }
    return ok;
}

static bool act(context *c, redis r, failure *error) {
    guest_list_string_t values = {.ptr = &c->value, .len = 1}, keys = {.ptr = &c->key, .len = 1};
    fermyon_spin_redis_payload_t payload = {.ptr = c->value.ptr, .len = c->value.len};
    bool ok, is_number = true;
    int64_t number = 0;
    uint32_t count = 0;
    if (starts_with(c->path, "/get?")) {
        return get(c, r, error);
    }
    if (starts_with(c->path, "/smembers?")) {
        return members(c, r, error);
    }
    if (starts_with(c->path, "/big?")) {
        return big(c, r, error);
    }
    if (starts_with(c->path, "/incr?")) {
        ok = fermyon_spin_redis_method_connection_incr(r, &c->key, &number, error);
    } else if (starts_with(c->path, "/del?")) {
        ok = fermyon_spin_redis_method_connection_del(r, &keys, &count, error);
    } else if (starts_with(c->path, "/sadd?")) {
        ok = fermyon_spin_redis_method_connection_sadd(r, &c->key, &values, &count, error);
    } else if (starts_with(c->path, "/srem?")) {
        ok = fermyon_spin_redis_method_connection_srem(r, &c->key, &values, &count, error);
    } else {
        is_number = false;
        ok = starts_with(c->path, "/publish?")
                 ? fermyon_spin_redis_method_connection_publish(r, &c->key, &payload, error)
                 : fermyon_spin_redis_method_connection_set(r, &c->key, &payload, error);
    }
    if (ok && is_number) {
        write_line_number(c->out, number + count);
    } else if (ok) {
        write_text(c->out, "ok\n");
    }
    return ok;
}

// -- execute

static void write_results(response *out, fermyon_spin_redis_list_redis_result_t *list) {
    for (size_t i = 0; i < list->len; i++) {
        fermyon_spin_redis_redis_result_t *item = &list->ptr[i];
        if (item->tag == FERMYON_SPIN_REDIS_REDIS_RESULT_NIL) {
            write_text(out, "nil\n");
        } else if (item->tag == FERMYON_SPIN_REDIS_REDIS_RESULT_STATUS) {
            write_line(out, "status ", item->val.status.ptr, item->val.status.len);
        } else if (item->tag == FERMYON_SPIN_REDIS_REDIS_RESULT_INT64) {
            write_text(out, "int64 ");
            write_line_number(out, item->val.int64);
        } else {
            write_line(out, "binary ", item->val.binary.ptr, item->val.binary.len);
        }
    }
}

static int64_t number_of(const uint8_t *digits, size_t len) {
    bool negative = len > 0 && digits[0] == '-';
    int64_t n = 0;
    for (size_t i = negative; i < len; i++) {
        n = n * 10 + (digits[i] - '0');
    }
    return negative ? -n : n;
}

static void execute_line(context *c, redis r, uint8_t *line, size_t len) {
    fermyon_spin_redis_redis_parameter_t words[WORDS_MAX];
    guest_string_t command = {0};
    size_t count = 0;
    for (size_t i = 0; i < len && count < WORDS_MAX;) {
        size_t start = i;
        while (i < len && line[i] != ' ') {
            i++;
        }
        if (!command.ptr) {
            command = (guest_string_t){.ptr = line, .len = i};
        } else if (line[start] == '#') {
            words[count].tag = FERMYON_SPIN_REDIS_REDIS_PARAMETER_INT64;
            words[count++].val.int64 = number_of(line + start + 1, i - start - 1);
        } else {
            words[count].tag = FERMYON_SPIN_REDIS_REDIS_PARAMETER_BINARY;
            words[count].val.binary.ptr = line + start;
            words[count++].val.binary.len = i - start;
        }
        i++;
    }
    fermyon_spin_redis_list_redis_parameter_t arguments = {.ptr = words, .len = count};
    fermyon_spin_redis_list_redis_result_t results;
    failure error;
    if (fermyon_spin_redis_method_connection_execute(r, &command, &arguments, &results, &error)) {
        write_results(c->out, &results);
    } else {
        write_failure(c->out, &error);
    }
}

static void execute_lines(context *c, redis r, guest_list_u8_t body) {
    for (size_t i = 0; i < body.len; i++) {
        size_t start = i;
        while (i < body.len && body.ptr[i] != '\n') {
            i++;
        }
        if (i > start) {
            execute_line(c, r, body.ptr + start, i - start);
        }
    }
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    wasi_http_types_borrow_incoming_request_t from = {request.__handle};
    guest_string_t path = request_path(from), address = text("redis://127.0.0.1:6379");
    guest_list_u8_t body = request_body(from);
    response to = respond_text(out, 200);
    context c = {.path = path, .key = text("key"), .value = text("value"), .out = &to};
    query(path, "address", &address);
    query(path, "key", &c.key);
    query(path, "value", &c.value);
    fermyon_spin_redis_own_connection_t connection;
    failure error;
    if (!fermyon_spin_redis_static_connection_open(&address, &connection, &error)) {
        write_failure(&to, &error);
    } else {
        redis r = {connection.__handle};
        if (starts_with(path, "/do?")) {
            execute_lines(&c, r, body);
        } else if (!act(&c, r, &error)) {
            write_failure(&to, &error);
        }
        fermyon_spin_redis_connection_drop_own(connection);
    }
    finish(&to);
}
