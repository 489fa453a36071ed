/* Table: the constant descriptors of one interface. */
#include "witgen.h"

static const wg_type *part(const wy_type *desc) {
    return (const wg_type *)desc;
}

static void print_str(wy_buf *buf, wy_str text) {
    wy_buf_printf(buf, "{\"" WY_STR_FMT "\", %zu}", WY_STR_ARG(text), text.len);
}

static void print_fields(wy_buf *buf, const wg_type *type) {
    if (type->desc.count == 0 || !type->fields) return;
    wy_buf_printf(buf, "static const wy_field %s_fields[] = {\n", type->c_name);
    for (uint32_t i = 0; i < type->desc.count; i++) {
        const wy_field *field = &type->fields[i];
        wy_buf_str(buf, WY_STR("    {"));
        print_str(buf, field->name);
        wy_buf_printf(buf, ", %s%s, %u, %u},\n", field->type ? "&" : "",
                      field->type ? part(field->type)->desc_name : "NULL", field->offset,
                      field->offset32);
    }
    wy_buf_str(buf, WY_STR("};\n"));
}

static const char *kind_name(uint8_t kind) {
    static const char *const names[] = {
        [WY_KIND_LIST] = "LIST",
        [WY_KIND_RECORD] = "RECORD",
        [WY_KIND_TUPLE] = "TUPLE",
        [WY_KIND_VARIANT] = "VARIANT",
        [WY_KIND_ENUM] = "ENUM",
        [WY_KIND_OPTION] = "OPTION",
        [WY_KIND_RESULT] = "RESULT",
        [WY_KIND_FLAGS] = "FLAGS",
        [WY_KIND_OWN] = "OWN",
        [WY_KIND_BORROW] = "BORROW",
        [WY_KIND_FIXED_LIST] = "FIXED_LIST",
        [WY_KIND_MAP] = "MAP",
        [WY_KIND_STREAM] = "STREAM",
        [WY_KIND_FUTURE] = "FUTURE",
    };
    return names[kind];
}

static void print_attrs(wy_buf *buf, uint8_t attrs) {
    static const struct {
        uint8_t bit;
        const char *name;
    } names[] = {{WY_TYPE_POINTER, "WY_TYPE_POINTER"},
                 {WY_TYPE_HANDLE, "WY_TYPE_HANDLE"},
                 {WY_TYPE_BORROWS, "WY_TYPE_BORROWS"},
                 {WY_TYPE_PLAIN, "WY_TYPE_PLAIN"},
                 {WY_TYPE_SAME, "WY_TYPE_SAME"}};
    const char *between = "";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!(attrs & names[i].bit)) continue;
        wy_buf_printf(buf, "%s%s", between, names[i].name);
        between = " | ";
        attrs = (uint8_t)(attrs & ~names[i].bit);
    }
    if (attrs) wg_die("an attribute of types has no name here");
    if (!*between) wy_buf_char(buf, '0');
}

static void print_flat(wy_buf *buf, const wy_type *desc) {
    static const char *const names[] = {[WY_FLAT_I32] = "WY_FLAT_I32",
                                        [WY_FLAT_I64] = "WY_FLAT_I64",
                                        [WY_FLAT_F32] = "WY_FLAT_F32",
                                        [WY_FLAT_F64] = "WY_FLAT_F64",
                                        [WY_FLAT_POINTER] = "WY_FLAT_POINTER"};
    wy_buf_printf(buf, ".flat_count = %u", desc->flat_count);
    if (desc->flat_count == 0 || desc->flat_count > WY_FLAT_MAX) return;
    wy_buf_str(buf, WY_STR(", .flat = {"));
    for (uint32_t i = 0; i < desc->flat_count; i++)
        wy_buf_printf(buf, "%s%s", i ? ", " : "", names[desc->flat[i]]);
    wy_buf_char(buf, '}');
}

/* The initialiser of a wy_type, in braces. */
static void print_desc(wy_buf *buf, const wg_type *type, const char *indent) {
    const wy_type *desc = &type->desc;
    wy_buf_printf(buf, "{.kind = WY_KIND_%s, .attrs = ", kind_name(desc->kind));
    print_attrs(buf, desc->attrs);
    wy_buf_printf(buf, ",\n%s .align = %u, .align32 = %u, .align64 = %u", indent, desc->align,
                  desc->align32, desc->align64);
    wy_buf_printf(buf, ",\n%s .size = %u, .size32 = %u, .size64 = %u", indent, desc->size,
                  desc->size32, desc->size64);
    if (desc->disc_size) wy_buf_printf(buf, ", .disc_size = %u", desc->disc_size);
    if (desc->payload_offset)
        wy_buf_printf(buf, ", .payload_offset = %u, .payload_offset32 = %u, .payload_offset64 = %u",
                      desc->payload_offset, desc->payload_offset32, desc->payload_offset64);
    wy_buf_printf(buf, ",\n%s ", indent);
    print_flat(buf, desc);
    if (desc->count) wy_buf_printf(buf, ",\n%s .count = %u", indent, desc->count);
    if (desc->count && type->fields) wy_buf_printf(buf, ", .fields = %s_fields", type->c_name);
    if (desc->elem) wy_buf_printf(buf, ",\n%s .elem = &%s", indent, part(desc->elem)->desc_name);
    if (type->handle_name) wy_buf_printf(buf, ", .resource = &%s", type->handle_name);
    wy_buf_char(buf, '}');
}

static void print_types(wy_buf *buf, const wg_interface *in) {
    for (uint32_t i = 0; i < in->type_count; i++) {
        const wg_type *type = in->types[i];
        print_fields(buf, type);
        wy_buf_printf(buf, "const wy_type %s =\n    ", type->desc_name);
        print_desc(buf, type, "    ");
        wy_buf_str(buf, WY_STR(";\n\n"));
    }
}

static void print_funcs(wy_buf *buf, const wg_interface *in) {
    if (in->func_count == 0) return;
    for (uint32_t i = 0; i < in->func_count; i++)
        print_fields(buf, &in->funcs[i].params);
    wy_buf_str(buf, WY_STR("static const wy_func_type func_types[] = {\n"));
    for (uint32_t i = 0; i < in->func_count; i++) {
        const wg_func *func = &in->funcs[i];
        wy_buf_printf(buf, "    /* %s */\n    {.params =\n         ", func->wit_name);
        print_desc(buf, &func->params, "         ");
        wy_buf_printf(buf, ",\n     .result = %s%s", func->result ? "&" : "",
                      func->result ? func->result->desc_name : "NULL");
        wy_buf_str(buf, func->is_async ? WY_STR(", .is_async = true},\n") : WY_STR("},\n"));
    }
    wy_buf_str(buf, WY_STR("};\n\nstatic const wy_func_desc funcs[] = {\n"));
    for (uint32_t i = 0; i < in->func_count; i++) {
        wy_buf_str(buf, WY_STR("    {"));
        print_str(buf, wy_str_of(in->funcs[i].wit_name));
        wy_buf_printf(buf, ", &func_types[%u], %u},\n", i, i);
    }
    wy_buf_str(buf, WY_STR("};\n\n"));
}

static void print_resources(wy_buf *buf, const wg_interface *in) {
    uint32_t op = in->func_count;
    if (in->resource_count == 0) return;
    wy_buf_str(buf, WY_STR("static const wy_resource_desc resources[] = {\n"));
    for (uint32_t i = 0; i < in->resource_count; i++) {
        const wg_resource *resource = &in->resources[i];
        if (resource->drop)
            wy_buf_printf(buf, "    {&%s, %u, %u},\n", resource->name, op, op + 1);
        else
            wy_buf_printf(buf, "    {&%s, UINT32_MAX, UINT32_MAX},\n", resource->name);
        if (resource->drop) op += 2;
    }
    wy_buf_str(buf, WY_STR("};\n\n"));
}

/* --- what must hold --- */

static void print_offset(wy_buf *buf, const wg_type *type, const char *member, uint32_t offset) {
    wy_buf_printf(buf, "_Static_assert(offsetof(%s, %s) == %u, \"layout\");\n", type->c_name,
                  member, offset);
}

/* What the descriptor says must be what the compiler does. */
static void print_asserts(witgen *wg, wy_buf *buf, const wg_type *type) {
    wy_buf_printf(buf, "_Static_assert(sizeof(%s) == %u && _Alignof(%s) == %u, \"layout\");\n",
                  type->c_name, type->desc.size, type->c_name, type->desc.align);
    switch (type->desc.kind) {
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE:
        for (uint32_t i = 0; i < type->desc.count; i++)
            print_offset(buf, type, wg_member(wg, type->fields[i].name), type->fields[i].offset);
        break;
    case WY_KIND_VARIANT:
        for (uint32_t i = 0; i < type->desc.count; i++)
            if (type->fields[i].type)
                print_offset(buf, type, wg_member(wg, type->fields[i].name),
                             type->desc.payload_offset);
        break;
    case WY_KIND_OPTION: print_offset(buf, type, "some", type->desc.payload_offset); break;
    case WY_KIND_RESULT:
        if (type->fields[0].type) print_offset(buf, type, "ok", type->desc.payload_offset);
        if (type->fields[1].type) print_offset(buf, type, "err", type->desc.payload_offset);
        break;
    default: break;
    }
}

static void print_all_asserts(witgen *wg, wy_buf *buf, const wg_interface *in) {
    for (uint32_t i = 0; i < in->type_count; i++)
        if (in->types[i]->is_defined) print_asserts(wg, buf, in->types[i]);
    for (uint32_t i = 0; i < in->func_count; i++)
        if (in->funcs[i].params.desc.count) print_asserts(wg, buf, &in->funcs[i].params);
    if (in->scope && wg_op_count(in))
        wy_buf_printf(buf,
                      "_Static_assert(sizeof(%s_ops) == %u * sizeof(wy_host_func), \"ops\");\n",
                      in->prefix, wg_op_count(in));
    wy_buf_char(buf, '\n');
}

void wg_print_table(witgen *wg, wy_buf *buf, const wg_interface *in) {
    wy_buf_str(buf, WY_STR("/* "));
    wg_print_origin(buf, in);
    wy_buf_printf(buf, " */\n#include \"gen/%s.h\"\n\n", in->prefix);
    print_all_asserts(wg, buf, in);
    for (uint32_t i = 0; i < in->resource_count; i++) {
        if (!in->resources[i].drop) continue;
        wy_buf_printf(buf, "const wy_resource_type %s = {", in->resources[i].name);
        print_str(buf, wy_str_of(in->wit_name));
        wy_buf_str(buf, WY_STR(", "));
        print_str(buf, wy_str_of(in->resources[i].wit_name));
        wy_buf_str(buf, WY_STR("};\n"));
    }
    if (wg_op_count(in) > in->func_count) wy_buf_char(buf, '\n');
    print_types(buf, in);
    if (!in->scope) return;
    print_funcs(buf, in);
    print_resources(buf, in);
    wy_buf_printf(buf, "const wy_interface_desc %s_interface = {\n    .name = ", in->prefix);
    print_str(buf, wy_str_of(in->wit_name));
    wy_buf_str(buf, WY_STR(",\n    .version = "));
    print_str(buf, wy_str_of(in->version));
    wy_buf_printf(buf,
                  ",\n    .func_count = %u,\n    .resource_count = %u,\n    .op_count = %u,\n"
                  "    .funcs = %s,\n    .resources = %s,\n};\n",
                  in->func_count, in->resource_count, wg_op_count(in),
                  in->func_count ? "funcs" : "NULL", in->resource_count ? "resources" : "NULL");
}
