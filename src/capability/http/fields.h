/* HTTP fields: the header or trailer section of a message, and the rules of their syntax. */
#ifndef WY_CAPABILITY_HTTP_FIELDS_H
#define WY_CAPABILITY_HTTP_FIELDS_H

#include "base/arena.h"
#include "base/str.h"

typedef struct wy_http_field {
    wy_str name, value; /* in the arena of the list */
} wy_http_field;

/* A list in order of transmission; a name may occur several times. Plain data. */
typedef struct wy_http_fields {
    wy_arena *arena; /* owns items and bytes; outlives the list */
    wy_http_field *items;
    uint32_t count, cap;
    size_t bytes; /* as on the wire: names, values and four bytes a field */
} wy_http_fields;

void wy_http_fields_init(wy_http_fields *fields, wy_arena *arena);
/* Copies name and value. WY_LIMIT past WY_MAX_HTTP_HEADERS or WY_MAX_HTTP_HEADER_BYTES. */
wy_err wy_http_fields_append(wy_http_fields *fields, wy_str name, wy_str value) WY_MUST_USE;
/* The same without a copy: the bytes live as long as the arena. */
wy_err wy_http_fields_append_view(wy_http_fields *fields, wy_str name, wy_str value) WY_MUST_USE;
/* Appends copies of all of `from`. */
wy_err wy_http_fields_copy(wy_http_fields *fields, const wy_http_fields *from) WY_MUST_USE;
/* The first field of that name (case does not matter) at index `*at` or later, and its index + 1 in
 * `*at`; NULL: none. */
const wy_http_field *wy_http_fields_next(const wy_http_fields *fields, wy_str name, uint32_t *at);
/* The first value, or a view with NULL ptr. */
wy_str wy_http_fields_get(const wy_http_fields *fields, wy_str name);
/* Removes all fields of that name; their bytes stay in the arena. */
void wy_http_fields_remove(wy_http_fields *fields, wy_str name);

/* RFC 9110 5.6.2: one or more tchar. Field names and methods. */
bool wy_http_token_valid(wy_str token);
/* RFC 9110 5.5: no control characters but tab. (Space at either end is lost on the way.) */
bool wy_http_value_valid(wy_str value);
/* Fields that belong to one connection (RFC 9110 7.6.1), that frame the message, or that the host
 * sets by itself: a guest may not set them. */
bool wy_http_name_forbidden(wy_str name);
/* Fields that a received message has for the connection only: dropped before a guest sees them. */
bool wy_http_name_hop_by_hop(wy_str name);
/* RFC 9112 3.2: characters that may stand in a request target or an authority. */
bool wy_http_target_valid(wy_str target);
bool wy_http_authority_valid(wy_str authority);

#endif
