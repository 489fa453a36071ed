/* Typed fields of a TOML table: what every reader of a manifest asks of its tables, with errors
 * that name the table, the key and its place. */
#ifndef WY_APP_FIELD_H
#define WY_APP_FIELD_H

#include "app/app.h"
#include "app/toml.h"

/* A table being read. Cheap: made on the stack for each table. */
typedef struct wy_fields {
    wy_arena *arena;
    wy_diag *diag;
    const wy_toml *table;
    const char *name; /* for messages: "[component.hello]" */
} wy_fields;

/* Each reports at the place of `value` and returns `err`. */
wy_err wy_fields_fail(const wy_fields *fields, const wy_toml *value, wy_err err, const char *fmt,
                      ...) WY_PRINTF(4, 5);

/* Every key of the table is one of `names` (separated by blanks), or WY_INVALID with the nearest.
 */
wy_err wy_fields_known(const wy_fields *fields, const char *names) WY_MUST_USE;
/* Whether `key` is one of `names` (separated by blanks). */
bool wy_fields_is_one(const char *names, wy_str key);
/* The value of `key`, which must have `kind`; `*value_out` NULL when absent. */
wy_err wy_fields_get(const wy_fields *fields, const char *key, wy_toml_kind kind,
                     const wy_toml **value_out) WY_MUST_USE;
/* `value` must have `kind`; `key` for the message. */
wy_err wy_fields_expect(const wy_fields *fields, const wy_toml *value, const char *key,
                        wy_toml_kind kind) WY_MUST_USE;
/* Absent: an empty view, or WY_INVALID when `required`. */
wy_err wy_fields_string(const wy_fields *fields, const char *key, bool required,
                        wy_str *out) WY_MUST_USE;
/* Absent: `*out` stays. */
wy_err wy_fields_bool(const wy_fields *fields, const char *key, bool *out) WY_MUST_USE;
/* An array of strings; absent: empty. */
wy_err wy_fields_list(const wy_fields *fields, const char *key, wy_app_list *out) WY_MUST_USE;
/* A table of strings; absent: empty. */
wy_err wy_fields_pairs(const wy_fields *fields, const char *key, wy_app_pairs *out) WY_MUST_USE;

wy_err wy_fields_nomem(const wy_fields *fields);

#endif
