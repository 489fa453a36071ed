/* TOML 1.0: a document becomes a tree in an arena. What the keys mean is left to the reader of the
 * manifest (spin.h). */
#ifndef WY_APP_TOML_H
#define WY_APP_TOML_H

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"

typedef enum wy_toml_kind {
    WY_TOML_STRING,
    WY_TOML_INTEGER,
    WY_TOML_FLOAT,
    WY_TOML_BOOLEAN,
    WY_TOML_DATETIME,
    WY_TOML_ARRAY,
    WY_TOML_TABLE,
} wy_toml_kind;

/* One of offset date-time, local date-time, local date, local time: see the three flags. */
typedef struct wy_toml_datetime {
    bool has_date, has_time, has_offset;
    uint16_t year;
    uint8_t month, day, hour, minute, second;
    uint32_t nanosecond;    /* further digits are cut off */
    int16_t offset_minutes; /* east of UTC */
} wy_toml_datetime;

/* One value. All fields may be read; the tree is never changed after parsing. Places are 1-based,
 * columns count bytes. */
typedef struct wy_toml wy_toml;
struct wy_toml {
    wy_toml_kind kind;
    uint32_t line, column;         /* where the value stands; of a table, its header or first key */
    uint32_t key_line, key_column; /* where the key stands that names it; 0 in arrays */
    union {
        wy_str string; /* UTF-8, escapes resolved, may hold NULs */
        int64_t integer;
        double number;
        bool boolean;
        wy_toml_datetime datetime;
        struct {
            wy_toml **items;
            uint32_t count, cap;
            bool open; /* made by [[headers]], which may still add to it */
        } array;
        struct {
            wy_map map;       /* key -> wy_toml *, in the order of the document */
            uint32_t section; /* last section that reached it by dotted keys; 0: none */
            uint16_t depth;   /* tables and arrays around it */
            bool defined;     /* has had its own header */
            bool closed;      /* inline: nothing may be added any more */
        } table;
    };
};

/* Parses `text`, which must stay alive as long as the tree (strings without escapes are views of
 * it). WY_MALFORMED with line and column in `diag`; WY_LIMIT: too large or too deep; WY_NOMEM: the
 * arena is exhausted. */
wy_err wy_toml_parse(wy_arena *arena, wy_str text, const wy_toml **root_out,
                     wy_diag *diag) WY_MUST_USE;

/* The value of `key` in a table; NULL when absent or when `table` is not a table. */
const wy_toml *wy_toml_get(const wy_toml *table, const char *key);
/* Appends the value as JSON: dates and times as strings, numbers that are none as null. */
void wy_toml_json(wy_buf *out, const wy_toml *value);
/* "string", "integer", ...; static memory. */
const char *wy_toml_kind_name(wy_toml_kind kind);

#endif
