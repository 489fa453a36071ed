/* Reads TOML documents from stdin and prints each as one line of JSON with tagged scalars, for
 * compare.py. A document is preceded by its length in bytes on a line of its own. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/toml.h"
#include "base/limits.h"

static void print_datetime(wy_buf *out, const wy_toml_datetime *d) {
    if (d->has_date) wy_buf_printf(out, "%04u-%02u-%02u", d->year, d->month, d->day);
    if (d->has_date && d->has_time) wy_buf_char(out, 'T');
    if (d->has_time)
        wy_buf_printf(out, "%02u:%02u:%02u.%06u", d->hour, d->minute, d->second,
                      d->nanosecond / 1000);
    if (d->has_offset) {
        int minutes = abs(d->offset_minutes);
        wy_buf_printf(out, "%c%02d:%02d", d->offset_minutes < 0 ? '-' : '+', minutes / 60,
                      minutes % 60);
    }
}

static void print_value(wy_buf *out, const wy_toml *value);

static void print_table(wy_buf *out, const wy_toml *value) {
    wy_buf_char(out, '{');
    for (uint32_t i = 0; i < value->table.map.count; i++) {
        const wy_map_entry *entry = &value->table.map.entries[i];
        if (i) wy_buf_char(out, ',');
        wy_buf_json(out, entry->key);
        wy_buf_char(out, ':');
        print_value(out, (const wy_toml *)entry->value);
    }
    wy_buf_char(out, '}');
}

static void print_value(wy_buf *out, const wy_toml *value) {
    switch (value->kind) {
    case WY_TOML_STRING: wy_buf_json(out, value->string); break;
    case WY_TOML_INTEGER: wy_buf_printf(out, "[\"i\",\"%" PRId64 "\"]", value->integer); break;
    case WY_TOML_FLOAT:
        if (isnan(value->number))
            wy_buf_str(out, WY_STR("[\"f\",\"nan\"]"));
        else
            wy_buf_printf(out, "[\"f\",\"%a\"]", value->number);
        break;
    case WY_TOML_BOOLEAN: wy_buf_printf(out, "%s", value->boolean ? "true" : "false"); break;
    case WY_TOML_DATETIME:
        wy_buf_str(out, WY_STR("[\"d\",\""));
        print_datetime(out, &value->datetime);
        wy_buf_str(out, WY_STR("\"]"));
        break;
    case WY_TOML_ARRAY:
        wy_buf_str(out, WY_STR("[\"a\",["));
        for (uint32_t i = 0; i < value->array.count; i++) {
            if (i) wy_buf_char(out, ',');
            print_value(out, value->array.items[i]);
        }
        wy_buf_str(out, WY_STR("]]"));
        break;
    case WY_TOML_TABLE: print_table(out, value); break;
    }
}

int main(void) {
    char line[32];
    while (fgets(line, sizeof line, stdin)) {
        size_t len = (size_t)strtoul(line, NULL, 10);
        char *text = malloc(len + 1);
        if (!text || fread(text, 1, len, stdin) != len) return 1;
        wy_arena arena;
        wy_arena_init(&arena, (size_t)1 << 30);
        wy_diag diag;
        wy_diag_init(&diag);
        const wy_toml *root;
        wy_buf out;
        wy_buf_init(&out, (size_t)1 << 30);
        if (wy_toml_parse(&arena, (wy_str){text, len}, &root, &diag) == WY_OK) {
            print_value(&out, root);
        } else {
            wy_buf_printf(&out, "[\"error\",%u,%u,", diag.line, diag.column);
            wy_buf_json(&out, wy_str_of(diag.text));
            wy_buf_char(&out, ']');
        }
        printf("%s\n", out.ptr);
        wy_buf_deinit(&out);
        wy_arena_deinit(&arena);
        free(text);
    }
    return 0;
}
