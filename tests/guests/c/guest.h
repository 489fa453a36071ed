// What the HTTP guests share: reading the request and writing the response over the generated
// bindings.
#pragma once
#ifndef GUEST_BINDINGS
#define GUEST_BINDINGS "gen/guest.h"
#endif
#include GUEST_BINDINGS
#include <stdint.h>
#include <string.h>

typedef struct request {
    wasi_http_types_own_incoming_request_t handle;
    guest_string_t path; // with query, not terminated
} request;

// A response whose head was handed over and whose body is being written.
typedef struct response {
    wasi_http_types_own_outgoing_body_t body;
    wasi_io_streams_own_output_stream_t stream;
    bool failed; // the peer is gone: later writes do nothing
} response;

typedef wasi_http_types_own_response_outparam_t outparam;
typedef wasi_http_types_own_fields_t fields;

guest_string_t text(const char *s);
bool equal(guest_string_t a, const char *b);
bool starts_with(guest_string_t a, const char *prefix);

// The path with its query, and the value of one query parameter (percent decoding is not done).
guest_string_t request_path(wasi_http_types_borrow_incoming_request_t request);
bool query(guest_string_t path, const char *name, guest_string_t *value);
uint64_t query_number(guest_string_t path, const char *name, uint64_t otherwise);

// Reads the whole body; the result is allocated.
guest_list_u8_t request_body(wasi_http_types_borrow_incoming_request_t request);

fields fields_new(void);
void fields_add(fields to, const char *name, guest_string_t value);

// Sends the head and opens the body. Takes the fields.
response respond(outparam out, uint16_t status, fields headers);
response respond_text(outparam out, uint16_t status);

// Writes everything, waiting for room when there is none.
void write_bytes(response *to, const uint8_t *data, size_t len);
void write_text(response *to, const char *s);
void write_string(response *to, guest_string_t s);
void write_number(response *to, int64_t n);
void finish(response *to);

// The whole of a small response.
void reply(outparam out, uint16_t status, const char *body);
