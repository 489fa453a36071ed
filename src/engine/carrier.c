/* Carriers: a core module that imports all functions of a linker and exports them again. An
 * instance of it, made from an instance_pre, is where the functions can be taken from one by one: a
 * lookup each, while a linker makes each of them anew for each store. */
#include "engine/internal.h"

#define CARRIER_BYTES_MAX ((size_t)4 << 20)

/* Indexed by wy_flat (value/type.h). */
static const char types[] = {0x7f, 0x7e, 0x7d, 0x7c};

enum { SECTION_TYPE = 1, SECTION_IMPORT = 2, SECTION_EXPORT = 7 };

static void put_u32(wy_buf *buf, size_t value) {
    for (; value >= 0x80; value >>= 7)
        wy_buf_char(buf, (char)(value | 0x80));
    wy_buf_char(buf, (char)value);
}

static void put_name(wy_buf *buf, wy_str name) {
    put_u32(buf, name.len);
    wy_buf_str(buf, name);
}

static void put_types(wy_buf *buf, const uint8_t *codes, size_t count) {
    put_u32(buf, count);
    for (size_t i = 0; i < count; i++) {
        wy_assert(codes[i] < sizeof types);
        wy_buf_char(buf, types[codes[i]]);
    }
}

/* Function i has type i. */
static void put_item(wy_buf *buf, const wy_definition *d, size_t i, int section) {
    switch (section) {
    case SECTION_TYPE:
        wy_buf_char(buf, 0x60);
        put_types(buf, d->params, d->param_count);
        put_types(buf, d->results, d->result_count);
        return;
    case SECTION_IMPORT: put_name(buf, d->module); break;
    default: break;
    }
    put_name(buf, d->name);
    wy_buf_char(buf, 0); /* a function */
    put_u32(buf, i);
}

static void put_section(wy_buf *buf, const wy_linker *linker, int section) {
    wy_buf items;
    wy_buf_init(&items, CARRIER_BYTES_MAX);
    put_u32(&items, linker->count);
    for (size_t i = 0; i < linker->count; i++)
        put_item(&items, &linker->definitions[i], i, section);
    wy_buf_char(buf, (char)section);
    put_name(buf, wy_buf_view(&items));
    buf->failed |= items.failed;
    wy_buf_deinit(&items);
}

wy_err wy_linker_carrier(wy_linker *linker, own wy_module **module_out,
                         own wy_instance_pre **pre_out, wy_diag *diag) {
    wy_buf buf;
    wy_buf_init(&buf, 3 * CARRIER_BYTES_MAX);
    wy_buf_append(&buf, "\0asm\1\0\0", 8);
    put_section(&buf, linker, SECTION_TYPE);
    put_section(&buf, linker, SECTION_IMPORT);
    put_section(&buf, linker, SECTION_EXPORT);
    wy_err err = buf.failed ? WY_NOMEM
                            : wy_module_load(linker->engine, (const uint8_t *)buf.ptr, buf.len,
                                             module_out, diag);
    wy_buf_deinit(&buf);
    if (err) return err;
    err = wy_linker_pre(linker, *module_out, pre_out, diag);
    if (err) {
        wy_module_free(*module_out);
        *module_out = NULL;
    }
    return err;
}
