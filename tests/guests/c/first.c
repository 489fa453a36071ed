// A component of Spin's first generation. GET /echo answers what it was asked; /status/N with that
// status; /big/N with as many bytes; /config/NAME with a setting. POST /kv runs a line each of
// "open LABEL", "get N KEY", "set N KEY VALUE", "delete N KEY", "exists N KEY", "keys N", "close
// N". POST /send sends "METHOD-NUMBER URL NAME:VALUE..." and behind the first line's end a body.
#include "gen/first.h"
#include <stdlib.h>
#include <string.h>

typedef exports_fermyon_spin_inbound_http_request_t request;
typedef exports_fermyon_spin_inbound_http_response_t response;

// The answer's body.
static char *out;
static size_t out_len, out_cap;

static void put(const void *bytes, size_t len) {
    if (out_len + len > out_cap) {
        out_cap = (out_len + len) * 2;
        out = realloc(out, out_cap);
    }
    memcpy(out + out_len, bytes, len);
    out_len += len;
}

static void put_text(const char *text) {
    put(text, strlen(text));
}

static void put_number(uint32_t n) {
    char digits[12];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + n % 10);
    } while (n /= 10);
    put(digits + at, sizeof digits - at);
}

static void put_string(first_string_t s) {
    put(s.ptr, s.len);
}

static first_string_t rest_of(first_string_t s, const char *prefix) {
    size_t len = strlen(prefix);
    if (s.len < len || memcmp(s.ptr, prefix, len) != 0) {
        return (first_string_t){0};
    }
    return (first_string_t){.ptr = s.ptr + len, .len = s.len - len};
}

static first_string_t word(first_string_t *rest, char end) {
    first_string_t w = {.ptr = rest->ptr, .len = 0};
    while (w.len < rest->len && rest->ptr[w.len] != end) {
        w.len++;
    }
    size_t skip = w.len < rest->len ? w.len + 1 : w.len;
    rest->ptr += skip;
    rest->len -= skip;
    return w;
}

static uint32_t number(first_string_t s) {
    uint32_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n = n * 10 + (uint32_t)(s.ptr[i] - '0');
    }
    return n;
}

static bool is(first_string_t s, const char *text) {
    return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

static void echo(const request *req) {
    static const char *const methods[] = {"get",   "post", "put",    "delete",
                                          "patch", "head", "options"};
    put_text(methods[req->method]);
    put_text(" ");
    put_string(req->uri);
    put_text("\n");
    for (size_t i = 0; i < req->headers.len; i++) {
        put_string(req->headers.ptr[i].f0);
        put_text(": ");
        put_string(req->headers.ptr[i].f1);
        put_text("\n");
    }
    put_number((uint32_t)req->params.len);
    put_text("\n");
    put(req->body.val.ptr, req->body.val.len);
}

static void config(first_string_t key) {
    static const char *const names[] = {"provider", "invalid-key", "invalid-schema", "other"};
    first_string_t value;
    fermyon_spin_config_error_t error;
    if (fermyon_spin_config_get_config(&key, &value, &error)) {
        put_string(value);
    } else {
        put_text("error ");
        put_text(names[error.tag]);
    }
}

static void put_error(const fermyon_spin_key_value_error_t *error) {
    static const char *const names[] = {"store-table-full", "no-such-store", "access-denied",
                                        "invalid-store",    "no-such-key",   "io"};
    put_text("error ");
    put_text(names[error->tag]);
}

static void run_command(first_string_t line) {
    first_string_t name = word(&line, ' ');
    fermyon_spin_key_value_error_t error;
    bool ok = false, yes = false;
    if (is(name, "open")) {
        fermyon_spin_key_value_store_t store;
        ok = fermyon_spin_key_value_open(&line, &store, &error);
        if (ok) {
            put_number(store);
        }
    } else {
        fermyon_spin_key_value_store_t store = number(word(&line, ' '));
        first_string_t key = word(&line, ' ');
        first_list_u8_t value = {.ptr = line.ptr, .len = line.len};
        first_list_string_t keys;
        if (is(name, "get")) {
            ok = fermyon_spin_key_value_get(store, &key, &value, &error);
            if (ok) {
                put(value.ptr, value.len);
            }
        } else if (is(name, "set")) {
            ok = fermyon_spin_key_value_set(store, &key, &value, &error);
        } else if (is(name, "delete")) {
            ok = fermyon_spin_key_value_delete(store, &key, &error);
        } else if (is(name, "exists")) {
            ok = fermyon_spin_key_value_exists(store, &key, &yes, &error);
            if (ok) {
                put_text(yes ? "yes" : "no");
            }
        } else if (is(name, "keys")) {
            ok = fermyon_spin_key_value_get_keys(store, &keys, &error);
            for (size_t i = 0; ok && i < keys.len; i++) {
                put_string(keys.ptr[i]);
                put_text(" ");
            }
        } else {
            fermyon_spin_key_value_close(store);
            ok = true;
        }
    }
    if (!ok) {
        put_error(&error);
    }
    put_text("\n");
}

static void send_one(first_string_t body) {
    static const char *const names[] = {"success",       "destination-not-allowed",
                                        "invalid-url",   "request-error",
                                        "runtime-error", "too-many-requests"};
    first_string_t line = word(&body, '\n');
    first_tuple2_string_string_t headers[8];
    fermyon_spin_http_request_t req = {.method = (uint8_t)number(word(&line, ' '))};
    fermyon_spin_http_response_t resp;
    fermyon_spin_http_http_error_t error;
    req.uri = word(&line, ' ');
    req.headers.ptr = headers;
    while (line.len > 0 && req.headers.len < 8) {
        headers[req.headers.len].f0 = word(&line, ':');
        headers[req.headers.len++].f1 = word(&line, ' ');
    }
    req.body.is_some = body.len > 0;
    req.body.val.ptr = body.ptr;
    req.body.val.len = body.len;
    if (!fermyon_spin_http_send_request(&req, &resp, &error)) {
        put_text("error ");
        put_text(names[error]);
        return;
    }
    put_number(resp.status);
    put_text("\n");
    for (size_t i = 0; i < resp.headers.val.len; i++) {
        put_string(resp.headers.val.ptr[i].f0);
        put_text(": ");
        put_string(resp.headers.val.ptr[i].f1);
        put_text("\n");
    }
    put_text("\n");
    put(resp.body.val.ptr, resp.body.val.len);
}

void exports_fermyon_spin_inbound_http_handle_request(request *req, response *ret) {
    static const char *const fields[] = {"content-type", "text/plain", "X-Generation",   "first",
                                         "connection",   "close",      "content-length", "3"};
    first_string_t path = req->uri, body = {.ptr = req->body.val.ptr, .len = req->body.val.len};
    *ret = (response){.status = 200};
    first_string_t rest = rest_of(path, "/status/");
    if (rest.len > 0) {
        ret->status = (uint16_t)number(rest);
        return;
    }
    if ((rest = rest_of(path, "/big/")).len > 0) {
        out_len = out_cap = number(rest);
        out = malloc(out_cap);
        memset(out, 'x', out_len);
    } else if ((rest = rest_of(path, "/config/")).len > 0) {
        config(rest);
    } else if (is(path, "/kv")) {
        while (body.len > 0) {
            run_command(word(&body, '\n'));
        }
    } else if (is(path, "/send")) {
        send_one(body);
    } else if (is(path, "/trap")) {
        __builtin_trap();
    } else {
        echo(req);
    }
    ret->headers.is_some = true;
    ret->headers.val.len = sizeof fields / sizeof *fields / 2;
    ret->headers.val.ptr = malloc(ret->headers.val.len * sizeof *ret->headers.val.ptr);
    for (size_t i = 0; i < ret->headers.val.len; i++) {
        first_string_dup(&ret->headers.val.ptr[i].f0, fields[2 * i]);
        first_string_dup(&ret->headers.val.ptr[i].f1, fields[2 * i + 1]);
    }
    ret->body.is_some = true;
    ret->body.val.ptr = malloc(out_len);
    memcpy(ret->body.val.ptr, out, out_len);
    ret->body.val.len = out_len;
}
