/* TOML as JSON, for whoever reads that. */
#include "app/toml.h"

#include <inttypes.h>
#include <math.h>

static void write_datetime(wy_buf *out, const wy_toml_datetime *d) {
    wy_buf_char(out, '"');
    if (d->has_date) wy_buf_printf(out, "%04u-%02u-%02u", d->year, d->month, d->day);
    if (d->has_date && d->has_time) wy_buf_char(out, 'T');
    if (d->has_time) wy_buf_printf(out, "%02u:%02u:%02u", d->hour, d->minute, d->second);
    if (d->has_time && d->nanosecond) wy_buf_printf(out, ".%09u", d->nanosecond);
    int offset = d->offset_minutes < 0 ? -d->offset_minutes : d->offset_minutes;
    if (d->has_offset && offset == 0)
        wy_buf_char(out, 'Z');
    else if (d->has_offset)
        wy_buf_printf(out, "%c%02d:%02d", d->offset_minutes < 0 ? '-' : '+', offset / 60,
                      offset % 60);
    wy_buf_char(out, '"');
}

static void write_array(wy_buf *out, const wy_toml *value) {
    wy_buf_char(out, '[');
    for (uint32_t i = 0; i < value->array.count; i++) {
        if (i) wy_buf_char(out, ',');
        wy_toml_json(out, value->array.items[i]);
    }
    wy_buf_char(out, ']');
}

static void write_table(wy_buf *out, const wy_toml *value) {
    wy_buf_char(out, '{');
    for (uint32_t i = 0; i < value->table.map.count; i++) {
        const wy_map_entry *entry = &value->table.map.entries[i];
        if (i) wy_buf_char(out, ',');
        wy_buf_json(out, entry->key);
        wy_buf_char(out, ':');
        wy_toml_json(out, (const wy_toml *)entry->value);
    }
    wy_buf_char(out, '}');
}

void wy_toml_json(wy_buf *out, const wy_toml *value) {
    switch (value->kind) {
    case WY_TOML_STRING: wy_buf_json(out, value->string); break;
    case WY_TOML_INTEGER: wy_buf_printf(out, "%" PRId64, value->integer); break;
    case WY_TOML_FLOAT:
        if (isfinite(value->number))
            wy_buf_printf(out, "%.17g", value->number);
        else
            wy_buf_str(out, WY_STR("null"));
        break;
    case WY_TOML_BOOLEAN: wy_buf_printf(out, "%s", value->boolean ? "true" : "false"); break;
    case WY_TOML_DATETIME: write_datetime(out, &value->datetime); break;
    case WY_TOML_ARRAY: write_array(out, value); break;
    case WY_TOML_TABLE: write_table(out, value); break;
    }
}
