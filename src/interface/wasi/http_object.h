/* The objects behind the resources of wasi:http/types, and its functions (private to
 * interface/wasi/http*.c). Where WIT calls one resource the child of another, the child keeps alive
 * what it needs of the parent. A guest that drops a body before its stream traps all the same; any
 * other parent may go first. */
#ifndef WY_INTERFACE_WASI_HTTP_OBJECT_H
#define WY_INTERFACE_WASI_HTTP_OBJECT_H

#include "capability/http/client.h"
#include "gen/wasi_http_outgoing_handler.h"
#include "gen/wasi_http_types.h"
#include "interface/wasi/http.h"
#include "interface/wasi/io.h"

/* fields. Either its own list, or a view of a message's. */
typedef struct http_fields {
    uint32_t refs;
    bool immutable;
    wy_http_fields list;
    wy_arena arena;            /* of an own list */
    wy_http_incoming *message; /* NULL: an own list */
} http_fields;

/* NULL: no memory. */
own http_fields *wy_wasi_fields_view(wy_http_incoming *message, const wy_http_fields *list);
void wy_wasi_fields_release(own http_fields *fields);

/* incoming-request; lies in the message's arena. */
typedef struct http_request {
    wy_wasi_http_request info;
    bool consumed;
} http_request;

/* incoming-response; lies in the message's arena. */
typedef struct http_response {
    wy_http_incoming *message;
    bool consumed;
} http_response;

/* incoming-body, shared by the guest's handle and its stream. */
typedef struct http_in_body {
    uint32_t refs;
    wy_http_incoming *message;
    bool stream_taken, stream_alive;
} http_in_body;

/* outgoing-body, the same. */
typedef struct http_out_body {
    uint32_t refs;
    wy_http_writer *writer;
    bool is_request;
    bool stream_taken, stream_alive;
} http_out_body;

/* outgoing-response and outgoing-request. */
typedef struct http_out_message {
    http_fields *fields;
    wy_http_writer *writer; /* NULL until the body is taken or the message is sent */
    bool is_request;
    uint16_t status;                                   /* response */
    wy_str method, path_with_query, authority, scheme; /* request; ptr NULL: none; own copies */
} http_out_message;

/* request-options; nanoseconds. */
typedef struct http_options {
    wit_option_u64 connect, first_byte, between_bytes;
} http_options;

/* future-trailers and future-incoming-response. */
typedef struct http_trailers_future {
    wy_io_source source;
    wy_http_incoming *message;
    bool taken;
} http_trailers_future;

typedef struct http_response_future {
    wy_io_source source;
    wy_http_call *call;
    bool taken;
} http_response_future;

own wy_trap *wy_wasi_http_no_memory(void);
/* The WIT value of an error; `text` (may be NULL) lives until the call ends. */
wasi_http_types_error_code wy_wasi_http_error_code(wy_http_error error, const char *text);
/* An io-error that http-error-code turns back. */
own wy_io_error *wy_wasi_http_io_error(wy_http_error error);
/* WIT method to text and back; `other` must be a token. False: it is none. */
bool wy_wasi_http_method_text(const wasi_http_types_method *method, wy_str *text_out);
wasi_http_types_method wy_wasi_http_method(wy_str text);
/* Gives the message's writer, made on first use; NULL: no memory. */
wy_http_writer *wy_wasi_http_message_writer(http_out_message *message);

/* The functions, in the order of the ops struct. */
#define WY_WASI_HTTP_FUNC(name)                                                                    \
    own wy_trap *wy_wasi_http_##name(wy_call *call, const wasi_http_types_##name##_args *args,     \
                                     wasi_http_types_##name##_result *result)

own wy_trap *wy_wasi_http_fields_new(wy_call *call, const void *args,
                                     wasi_http_types_fields_new_result *result);
WY_WASI_HTTP_FUNC(fields_from_list);
WY_WASI_HTTP_FUNC(fields_get);
WY_WASI_HTTP_FUNC(fields_has);
WY_WASI_HTTP_FUNC(fields_set);
WY_WASI_HTTP_FUNC(fields_delete);
WY_WASI_HTTP_FUNC(fields_append);
WY_WASI_HTTP_FUNC(fields_entries);
WY_WASI_HTTP_FUNC(fields_clone);
WY_WASI_HTTP_FUNC(incoming_request_method);
WY_WASI_HTTP_FUNC(incoming_request_path_with_query);
WY_WASI_HTTP_FUNC(incoming_request_scheme);
WY_WASI_HTTP_FUNC(incoming_request_authority);
WY_WASI_HTTP_FUNC(incoming_request_headers);
WY_WASI_HTTP_FUNC(incoming_request_consume);
WY_WASI_HTTP_FUNC(outgoing_request_new);
WY_WASI_HTTP_FUNC(outgoing_request_body);
WY_WASI_HTTP_FUNC(outgoing_request_method);
WY_WASI_HTTP_FUNC(outgoing_request_set_method);
WY_WASI_HTTP_FUNC(outgoing_request_path_with_query);
WY_WASI_HTTP_FUNC(outgoing_request_set_path_with_query);
WY_WASI_HTTP_FUNC(outgoing_request_scheme);
WY_WASI_HTTP_FUNC(outgoing_request_set_scheme);
WY_WASI_HTTP_FUNC(outgoing_request_authority);
WY_WASI_HTTP_FUNC(outgoing_request_set_authority);
WY_WASI_HTTP_FUNC(outgoing_request_headers);
own wy_trap *wy_wasi_http_request_options_new(wy_call *call, const void *args,
                                              wasi_http_types_request_options_new_result *result);
WY_WASI_HTTP_FUNC(request_options_connect_timeout);
WY_WASI_HTTP_FUNC(request_options_set_connect_timeout);
WY_WASI_HTTP_FUNC(request_options_first_byte_timeout);
WY_WASI_HTTP_FUNC(request_options_set_first_byte_timeout);
WY_WASI_HTTP_FUNC(request_options_between_bytes_timeout);
WY_WASI_HTTP_FUNC(request_options_set_between_bytes_timeout);
own wy_trap *wy_wasi_http_response_outparam_set(
    wy_call *call, const wasi_http_types_response_outparam_set_args *args, void *result);
WY_WASI_HTTP_FUNC(response_outparam_send_informational);
WY_WASI_HTTP_FUNC(incoming_response_status);
WY_WASI_HTTP_FUNC(incoming_response_headers);
WY_WASI_HTTP_FUNC(incoming_response_consume);
WY_WASI_HTTP_FUNC(incoming_body_stream);
WY_WASI_HTTP_FUNC(incoming_body_finish);
WY_WASI_HTTP_FUNC(future_trailers_subscribe);
WY_WASI_HTTP_FUNC(future_trailers_get);
WY_WASI_HTTP_FUNC(outgoing_response_new);
WY_WASI_HTTP_FUNC(outgoing_response_status_code);
WY_WASI_HTTP_FUNC(outgoing_response_set_status_code);
WY_WASI_HTTP_FUNC(outgoing_response_headers);
WY_WASI_HTTP_FUNC(outgoing_response_body);
WY_WASI_HTTP_FUNC(outgoing_body_write);
WY_WASI_HTTP_FUNC(outgoing_body_finish);
WY_WASI_HTTP_FUNC(future_incoming_response_subscribe);
WY_WASI_HTTP_FUNC(future_incoming_response_get);
WY_WASI_HTTP_FUNC(http_error_code);

/* And the ends of the objects. */
void wy_wasi_http_drop_fields(void *object);
void wy_wasi_http_drop_incoming_request(void *object);
void wy_wasi_http_drop_incoming_response(void *object);
void wy_wasi_http_drop_incoming_body(void *object);
void wy_wasi_http_drop_future_trailers(void *object);
void wy_wasi_http_drop_outgoing_message(void *object);
void wy_wasi_http_drop_outgoing_body(void *object);
const char *wy_wasi_http_incoming_body_busy(const void *object);
const char *wy_wasi_http_outgoing_body_busy(const void *object);
void wy_wasi_http_drop_options(void *object);
void wy_wasi_http_drop_outparam(void *object);
void wy_wasi_http_drop_response_future(void *object);

#endif
