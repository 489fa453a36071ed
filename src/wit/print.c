/* Printer: see print.h. Two spaces a step, one item a line, in the order of the model. */
#include "wit/print.h"

#include "wit/lexer.h"

static void indent_to(wy_buf *buf, int indent) {
    wy_buf_printf(buf, "%*s", indent * 2, "");
}

/* The name, with '%' where it needs one. */
static void print_name(wy_buf *buf, wy_str name) {
    if (wy_wit_is_keyword(name)) wy_buf_char(buf, '%');
    wy_buf_str(buf, name);
}

static void print_package_name(wy_buf *buf, wy_str name) {
    for (bool more = true; more;) {
        size_t end = wy_str_find(name, ':');
        more = end < name.len;
        print_name(buf, wy_str_sub(name, 0, end));
        if (!more) break;
        wy_buf_char(buf, ':');
        name = wy_str_sub(name, end + 1, name.len);
    }
}

/* "wasi:io/streams@0.2.0" */
static void print_path(wy_buf *buf, const wy_wit_path *path) {
    if (path->package.len) {
        print_package_name(buf, path->package);
        wy_buf_char(buf, '/');
    }
    print_name(buf, path->name);
    if (path->version.len) wy_buf_printf(buf, "@" WY_STR_FMT, WY_STR_ARG(path->version));
}

static void print_docs(wy_buf *buf, wy_str docs, int indent) {
    while (docs.len) {
        size_t end = wy_str_find(docs, '\n');
        indent_to(buf, indent);
        wy_buf_str(buf, end ? WY_STR("/// ") : WY_STR("///"));
        wy_buf_str(buf, wy_str_sub(docs, 0, end));
        wy_buf_char(buf, '\n');
        docs = wy_str_sub(docs, end < docs.len ? end + 1 : end, docs.len);
    }
}

static void print_gate_line(wy_buf *buf, const char *before, wy_str value, const char *after,
                            int indent) {
    if (value.len == 0) return;
    indent_to(buf, indent);
    wy_buf_printf(buf, "%s" WY_STR_FMT "%s\n", before, WY_STR_ARG(value), after);
}

static void print_gate(wy_buf *buf, const wy_wit_gate *gate, int indent) {
    bool escape = wy_wit_is_keyword(gate->unstable);
    print_gate_line(buf, "@since(version = ", gate->since, ")", indent);
    print_gate_line(buf, escape ? "@unstable(feature = %" : "@unstable(feature = ", gate->unstable,
                    ")", indent);
    print_gate_line(buf, "@deprecated(version = ", gate->deprecated, ")", indent);
    print_gate_line(buf, "@external-id(\"", gate->external_id, "\")", indent);
}

/* --- types --- */

static const char *const type_words[] = {
    [WY_WIT_BOOL] = "bool",
    [WY_WIT_U8] = "u8",
    [WY_WIT_U16] = "u16",
    [WY_WIT_U32] = "u32",
    [WY_WIT_U64] = "u64",
    [WY_WIT_S8] = "s8",
    [WY_WIT_S16] = "s16",
    [WY_WIT_S32] = "s32",
    [WY_WIT_S64] = "s64",
    [WY_WIT_F32] = "f32",
    [WY_WIT_F64] = "f64",
    [WY_WIT_CHAR] = "char",
    [WY_WIT_STRING] = "string",
    [WY_WIT_LIST] = "list",
    [WY_WIT_OPTION] = "option",
    [WY_WIT_RESULT] = "result",
    [WY_WIT_TUPLE] = "tuple",
    [WY_WIT_MAP] = "map",
    [WY_WIT_FUTURE] = "future",
    [WY_WIT_STREAM] = "stream",
    [WY_WIT_OWN] = "own",
    [WY_WIT_BORROW] = "borrow",
    [WY_WIT_ERROR_CONTEXT] = "error-context",
};

/* "<a, b>", or nothing where all are absent; an absent one before the last is written "_". */
static void print_args(wy_buf *buf, const wy_wit_type *type) {
    uint32_t count = type->arg_count;
    while (count && !type->args[count - 1])
        count--;
    if (count == 0) return;
    wy_buf_char(buf, '<');
    for (uint32_t i = 0; i < count; i++) {
        if (i) wy_buf_str(buf, WY_STR(", "));
        if (type->args[i])
            wy_wit_print_type(buf, type->args[i]);
        else
            wy_buf_char(buf, '_');
    }
    if (type->length) wy_buf_printf(buf, ", %u", type->length);
    wy_buf_char(buf, '>');
}

void wy_wit_print_type(wy_buf *buf, const wy_wit_type *type) {
    if (type->kind == WY_WIT_NAME) {
        print_name(buf, type->name);
        return;
    }
    wy_buf_str(buf, wy_str_of(type_words[type->kind]));
    if (type->kind == WY_WIT_OWN || type->kind == WY_WIT_BORROW) {
        wy_buf_char(buf, '<');
        print_name(buf, type->name);
        wy_buf_char(buf, '>');
    }
    print_args(buf, type);
}

static void print_params(wy_buf *buf, const wy_wit_func *func) {
    wy_buf_char(buf, '(');
    for (uint32_t i = 0; i < func->param_count; i++) {
        if (i) wy_buf_str(buf, WY_STR(", "));
        print_name(buf, func->params[i].name);
        wy_buf_str(buf, WY_STR(": "));
        wy_wit_print_type(buf, func->params[i].type);
    }
    wy_buf_char(buf, ')');
    if (!func->result) return;
    wy_buf_str(buf, WY_STR(" -> "));
    wy_wit_print_type(buf, func->result);
}

void wy_wit_print_func(wy_buf *buf, const wy_wit_func *func) {
    if (func->kind == WY_WIT_CONSTRUCTOR) {
        wy_buf_str(buf, WY_STR("constructor"));
    } else {
        print_name(buf, func->name);
        wy_buf_str(buf, WY_STR(": "));
        if (func->kind == WY_WIT_STATIC) wy_buf_str(buf, WY_STR("static "));
        if (func->is_async) wy_buf_str(buf, WY_STR("async "));
        wy_buf_str(buf, WY_STR("func"));
    }
    print_params(buf, func);
    wy_buf_char(buf, ';');
}

static void print_fields(wy_buf *buf, const wy_wit_typedef *def, int indent) {
    wy_buf_str(buf, WY_STR(" {\n"));
    for (uint32_t i = 0; i < def->field_count; i++) {
        const wy_wit_field *field = &def->fields[i];
        print_docs(buf, field->docs, indent + 1);
        indent_to(buf, indent + 1);
        print_name(buf, field->name);
        if (field->type) {
            bool variant = def->kind == WY_WIT_VARIANT;
            wy_buf_str(buf, variant ? WY_STR("(") : WY_STR(": "));
            wy_wit_print_type(buf, field->type);
            if (variant) wy_buf_char(buf, ')');
        }
        wy_buf_str(buf, WY_STR(",\n"));
    }
    indent_to(buf, indent);
    wy_buf_str(buf, WY_STR("}\n"));
}

static void print_resource(wy_buf *buf, const wy_wit_typedef *def, int indent) {
    if (def->func_count == 0) {
        wy_buf_str(buf, WY_STR(";\n"));
        return;
    }
    wy_buf_str(buf, WY_STR(" {\n"));
    for (uint32_t i = 0; i < def->func_count; i++) {
        print_docs(buf, def->funcs[i]->docs, indent + 1);
        print_gate(buf, &def->funcs[i]->gate, indent + 1);
        indent_to(buf, indent + 1);
        wy_wit_print_func(buf, def->funcs[i]);
        wy_buf_char(buf, '\n');
    }
    indent_to(buf, indent);
    wy_buf_str(buf, WY_STR("}\n"));
}

static void print_typedef(wy_buf *buf, const wy_wit_typedef *def, int indent) {
    static const char *const words[] = {
        [WY_WIT_ALIAS] = "type", [WY_WIT_RECORD] = "record", [WY_WIT_VARIANT] = "variant",
        [WY_WIT_ENUM] = "enum",  [WY_WIT_FLAGS] = "flags",   [WY_WIT_RESOURCE] = "resource",
        [WY_WIT_USED] = "type",
    };
    wy_buf_printf(buf, "%s ", words[def->kind]);
    print_name(buf, def->name);
    if (def->kind == WY_WIT_ALIAS) {
        wy_buf_str(buf, WY_STR(" = "));
        wy_wit_print_type(buf, def->alias);
        wy_buf_str(buf, WY_STR(";\n"));
    } else if (def->kind == WY_WIT_RESOURCE) {
        print_resource(buf, def, indent);
    } else {
        print_fields(buf, def, indent);
    }
}

/* --- items --- */

static void print_renames(wy_buf *buf, const wy_wit_rename *names, uint32_t count) {
    wy_buf_char(buf, '{');
    for (uint32_t i = 0; i < count; i++) {
        wy_buf_str(buf, i ? WY_STR(", ") : WY_STR(""));
        print_name(buf, names[i].name);
        if (names[i].alias.len == 0) continue;
        wy_buf_str(buf, WY_STR(" as "));
        print_name(buf, names[i].alias);
    }
    wy_buf_char(buf, '}');
}

static void print_items(wy_buf *buf, const wy_wit_scope *scope, int indent);

static void print_extern(wy_buf *buf, const wy_wit_extern *ext, int indent) {
    if (ext->name.len) {
        print_name(buf, ext->name);
        wy_buf_str(buf, WY_STR(": "));
    }
    switch (ext->kind) {
    case WY_WIT_EXTERN_PATH:
        print_path(buf, &ext->path);
        wy_buf_str(buf, WY_STR(";\n"));
        break;
    case WY_WIT_EXTERN_FUNC:
        if (ext->func->is_async) wy_buf_str(buf, WY_STR("async "));
        wy_buf_str(buf, WY_STR("func"));
        print_params(buf, ext->func);
        wy_buf_str(buf, WY_STR(";\n"));
        break;
    case WY_WIT_EXTERN_INLINE:
        wy_buf_str(buf, WY_STR("interface"));
        print_items(buf, ext->interface, indent);
        break;
    }
}

static void print_item(wy_buf *buf, const wy_wit_item *item, int indent) {
    print_docs(buf, item->docs, indent);
    print_gate(buf, &item->gate, indent);
    indent_to(buf, indent);
    switch (item->kind) {
    case WY_WIT_ITEM_USE:
        wy_buf_str(buf, WY_STR("use "));
        print_path(buf, &item->use->path);
        wy_buf_char(buf, '.');
        print_renames(buf, item->use->names, item->use->name_count);
        wy_buf_str(buf, WY_STR(";\n"));
        break;
    case WY_WIT_ITEM_TYPE: print_typedef(buf, item->type, indent); break;
    case WY_WIT_ITEM_FUNC:
        wy_wit_print_func(buf, item->func);
        wy_buf_char(buf, '\n');
        break;
    case WY_WIT_ITEM_IMPORT:
        wy_buf_str(buf, WY_STR("import "));
        print_extern(buf, item->ext, indent);
        break;
    case WY_WIT_ITEM_EXPORT:
        wy_buf_str(buf, WY_STR("export "));
        print_extern(buf, item->ext, indent);
        break;
    case WY_WIT_ITEM_INCLUDE:
        wy_buf_str(buf, WY_STR("include "));
        print_path(buf, &item->include->path);
        if (item->include->name_count) {
            wy_buf_str(buf, WY_STR(" with "));
            print_renames(buf, item->include->names, item->include->name_count);
        } else {
            wy_buf_char(buf, ';');
        }
        wy_buf_char(buf, '\n');
        break;
    }
}

/* " {", the items, "}". */
static void print_items(wy_buf *buf, const wy_wit_scope *scope, int indent) {
    wy_buf_str(buf, WY_STR(" {\n"));
    for (uint32_t i = 0; i < scope->item_count; i++)
        print_item(buf, &scope->items[i], indent + 1);
    indent_to(buf, indent);
    wy_buf_str(buf, WY_STR("}\n"));
}

/* One interface or world with its braces, indented by `indent` steps. */
static void print_scope(wy_buf *buf, const wy_wit_scope *scope, int indent) {
    print_docs(buf, scope->docs, indent);
    print_gate(buf, &scope->gate, indent);
    indent_to(buf, indent);
    wy_buf_str(buf, scope->is_world ? WY_STR("world ") : WY_STR("interface "));
    print_name(buf, scope->name);
    print_items(buf, scope, indent);
}

static void print_top_use(wy_buf *buf, const wy_wit_top_use *use) {
    wy_buf_str(buf, WY_STR("use "));
    print_path(buf, &use->path);
    if (use->alias.len) {
        wy_buf_str(buf, WY_STR(" as "));
        print_name(buf, use->alias);
    }
    wy_buf_str(buf, WY_STR(";\n"));
}

static void print_package_head(wy_buf *buf, const wy_wit_package *package) {
    print_docs(buf, package->docs, 0);
    wy_buf_str(buf, WY_STR("package "));
    print_package_name(buf, package->name);
    if (package->version.len) wy_buf_printf(buf, "@" WY_STR_FMT, WY_STR_ARG(package->version));
}

void wy_wit_print_package_block(wy_buf *buf, const wy_wit_package *package) {
    print_package_head(buf, package);
    wy_buf_str(buf, WY_STR(" {\n"));
    for (const wy_wit_top_use *use = package->top_uses; use; use = use->next) {
        indent_to(buf, 1);
        print_top_use(buf, use);
    }
    for (uint32_t i = 0; i < package->scope_count; i++) {
        if (i || package->top_uses) wy_buf_char(buf, '\n');
        print_scope(buf, package->scopes[i], 1);
    }
    wy_buf_str(buf, WY_STR("}\n"));
}

void wy_wit_print_package(wy_buf *buf, const wy_wit_package *package) {
    if (package->name.len) {
        print_package_head(buf, package);
        wy_buf_str(buf, WY_STR(";\n"));
    }
    for (const wy_wit_top_use *use = package->top_uses; use; use = use->next)
        print_top_use(buf, use);
    for (uint32_t i = 0; i < package->scope_count; i++) {
        if (i || package->name.len || package->top_uses) wy_buf_char(buf, '\n');
        print_scope(buf, package->scopes[i], 0);
    }
}

void wy_wit_print_packages(wy_buf *buf, wy_wit_package *const *packages, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (i) wy_buf_char(buf, '\n');
        if (i == 0)
            wy_wit_print_package(buf, packages[i]);
        else
            wy_wit_print_package_block(buf, packages[i]);
    }
}
