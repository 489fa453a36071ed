/* WIT text of a component: the names that an interface gives to its types are found again by the
 * identity of the resolved type, since the binary has no other trace of them. */
#include "host/wit_text.h"

static void print_type(wy_buf *buf, const wy_ctype *type, const wy_instance_type *scope,
                       bool by_name);

static const wy_named_type *name_of(const wy_ctype *type, const wy_instance_type *scope) {
    if (!scope || type->kind > WY_TYPE_RECORD || type->kind <= WY_TYPE_BORROW) return NULL;
    for (uint32_t i = 0; i < scope->export_count; i++) {
        const wy_named_type *item = &scope->exports[i];
        if (item->type.sort == WY_SORT_TYPE && item->type.type.kind == type->kind &&
            item->type.type.value == type)
            return item;
    }
    return NULL;
}

static void print_resource(wy_buf *buf, wy_resource_id id, const wy_instance_type *scope) {
    for (uint32_t i = 0; scope && i < scope->export_count; i++) {
        const wy_named_type *item = &scope->exports[i];
        if (item->type.sort == WY_SORT_TYPE && item->type.type.kind == WY_TYPE_RESOURCE &&
            item->type.type.resource == id) {
            wy_buf_str(buf, item->name);
            return;
        }
    }
    wy_buf_printf(buf, "resource-%u", id);
}

static void print_fields(wy_buf *buf, const wy_ctype *type, const wy_instance_type *scope) {
    for (uint32_t i = 0; i < type->count; i++) {
        wy_buf_printf(buf, "%s" WY_STR_FMT, i ? ", " : "", WY_STR_ARG(type->fields[i].label));
        if (!type->fields[i].type) continue;
        wy_buf_str(buf, type->kind == WY_TYPE_RECORD ? WY_STR(": ") : WY_STR("("));
        print_type(buf, type->fields[i].type, scope, true);
        if (type->kind == WY_TYPE_VARIANT) wy_buf_char(buf, ')');
    }
}

static void print_labels(wy_buf *buf, const wy_ctype *type) {
    for (uint32_t i = 0; i < type->count; i++)
        wy_buf_printf(buf, "%s" WY_STR_FMT, i ? ", " : "", WY_STR_ARG(type->labels[i]));
}

static void print_result(wy_buf *buf, const wy_ctype *type, const wy_instance_type *scope) {
    wy_buf_str(buf, WY_STR("result"));
    if (!type->type && !type->error) return;
    wy_buf_char(buf, '<');
    if (type->type)
        print_type(buf, type->type, scope, true);
    else
        wy_buf_char(buf, '_');
    if (type->error) {
        wy_buf_str(buf, WY_STR(", "));
        print_type(buf, type->error, scope, true);
    }
    wy_buf_char(buf, '>');
}

static void print_wrapped(wy_buf *buf, const char *word, const wy_ctype *type,
                          const wy_instance_type *scope) {
    wy_buf_printf(buf, "%s", word);
    if (!type) return;
    wy_buf_char(buf, '<');
    print_type(buf, type, scope, true);
    wy_buf_char(buf, '>');
}

static const char *primitive(wy_type_kind kind) {
    static const char *const names[] = {"string", "char", "f64", "f32", "u64", "s64", "u32",
                                        "s32",    "u16",  "s16", "u8",  "s8",  "bool"};
    return kind >= WY_TYPE_STRING && kind <= WY_TYPE_BOOL ? names[kind - WY_TYPE_STRING] : NULL;
}

static void print_type(wy_buf *buf, const wy_ctype *type, const wy_instance_type *scope,
                       bool by_name) {
    const wy_named_type *named = by_name ? name_of(type, scope) : NULL;
    if (named) {
        wy_buf_str(buf, named->name);
        return;
    }
    if (primitive(type->kind)) {
        wy_buf_printf(buf, "%s", primitive(type->kind));
        return;
    }
    switch ((int)type->kind) {
    case WY_TYPE_LIST: print_wrapped(buf, "list", type->type, scope); break;
    case WY_TYPE_OPTION: print_wrapped(buf, "option", type->type, scope); break;
    case WY_TYPE_STREAM: print_wrapped(buf, "stream", type->type, scope); break;
    case WY_TYPE_FUTURE: print_wrapped(buf, "future", type->type, scope); break;
    case WY_TYPE_RESULT: print_result(buf, type, scope); break;
    case WY_TYPE_TUPLE:
        wy_buf_str(buf, WY_STR("tuple<"));
        for (uint32_t i = 0; i < type->count; i++) {
            if (i) wy_buf_str(buf, WY_STR(", "));
            print_type(buf, type->types[i], scope, true);
        }
        wy_buf_char(buf, '>');
        break;
    case WY_TYPE_RECORD:
    case WY_TYPE_VARIANT:
        wy_buf_printf(buf, type->kind == WY_TYPE_RECORD ? "record { " : "variant { ");
        print_fields(buf, type, scope);
        wy_buf_str(buf, WY_STR(" }"));
        break;
    case WY_TYPE_FLAGS:
    case WY_TYPE_ENUM:
        wy_buf_printf(buf, type->kind == WY_TYPE_FLAGS ? "flags { " : "enum { ");
        print_labels(buf, type);
        wy_buf_str(buf, WY_STR(" }"));
        break;
    case WY_TYPE_OWN: print_resource(buf, type->resource, scope); break;
    case WY_TYPE_BORROW:
        wy_buf_str(buf, WY_STR("borrow<"));
        print_resource(buf, type->resource, scope);
        wy_buf_char(buf, '>');
        break;
    default: wy_buf_str(buf, WY_STR("_")); break;
    }
}

void wy_wit_text_func(wy_buf *buf, const wy_ctype_func *func, const wy_instance_type *scope) {
    wy_buf_str(buf, func->async ? WY_STR("async func(") : WY_STR("func("));
    for (uint32_t i = 0; i < func->param_count; i++) {
        wy_buf_printf(buf, "%s" WY_STR_FMT ": ", i ? ", " : "", WY_STR_ARG(func->params[i].name));
        print_type(buf, func->params[i].type, scope, true);
    }
    wy_buf_char(buf, ')');
    if (func->result) {
        wy_buf_str(buf, WY_STR(" -> "));
        print_type(buf, func->result, scope, true);
    }
}

/* "[method]r.f" belongs to the resource `r`. */
static bool method_of(wy_str name, wy_str resource, wy_str *rest_out, bool *is_static_out) {
    wy_str prefixes[] = {WY_STR("[method]"), WY_STR("[static]"), WY_STR("[constructor]")};
    for (int i = 0; i < 3; i++) {
        if (!wy_str_starts(name, prefixes[i])) continue;
        wy_str rest = wy_str_sub(name, prefixes[i].len, name.len);
        if (!wy_str_starts(rest, resource)) return false;
        *is_static_out = i == 1;
        if (i == 2) {
            *rest_out = (wy_str){0};
            return rest.len == resource.len;
        }
        if (rest.len <= resource.len || rest.ptr[resource.len] != '.') return false;
        *rest_out = wy_str_sub(rest, resource.len + 1, rest.len);
        return true;
    }
    return false;
}

static void print_resource_body(wy_buf *buf, wy_str resource, const wy_instance_type *scope) {
    wy_buf_printf(buf, "  resource " WY_STR_FMT " {\n", WY_STR_ARG(resource));
    for (uint32_t i = 0; i < scope->export_count; i++) {
        const wy_named_type *item = &scope->exports[i];
        wy_str rest;
        bool is_static;
        if (item->type.sort != WY_SORT_FUNC || !method_of(item->name, resource, &rest, &is_static))
            continue;
        wy_ctype_func func = *item->type.func;
        if (rest.len == 0) { /* constructor(params); what it returns is understood */
            func.result = NULL;
            wy_buf text;
            wy_buf_init(&text, 1 << 20);
            wy_wit_text_func(&text, &func, scope);
            wy_buf_printf(buf, "    constructor%s;\n", text.ptr ? text.ptr + 4 : "()");
            wy_buf_deinit(&text);
            continue;
        }
        if (!is_static && func.param_count) { /* self is understood */
            func.params++;
            func.param_count--;
        }
        wy_buf_printf(buf, "    " WY_STR_FMT ": %s", WY_STR_ARG(rest), is_static ? "static " : "");
        wy_wit_text_func(buf, &func, scope);
        wy_buf_str(buf, WY_STR(";\n"));
    }
    wy_buf_str(buf, WY_STR("  }\n"));
}

static void print_named_type(wy_buf *buf, const wy_named_type *item,
                             const wy_instance_type *scope) {
    const wy_deftype *def = &item->type.type;
    if (def->kind == WY_TYPE_RESOURCE) {
        print_resource_body(buf, item->name, scope);
        return;
    }
    if (def->kind == WY_TYPE_FUNC || def->kind == WY_TYPE_INSTANCE ||
        def->kind == WY_TYPE_COMPONENT)
        return;
    const wy_ctype *value = def->value;
    const char *word = value->kind == WY_TYPE_RECORD    ? "record"
                       : value->kind == WY_TYPE_VARIANT ? "variant"
                       : value->kind == WY_TYPE_FLAGS   ? "flags"
                       : value->kind == WY_TYPE_ENUM    ? "enum"
                                                        : NULL;
    const wy_named_type *first = name_of(value, scope);
    if (word && first == item) {
        wy_buf_printf(buf, "  %s " WY_STR_FMT " { ", word, WY_STR_ARG(item->name));
        if (value->kind == WY_TYPE_RECORD || value->kind == WY_TYPE_VARIANT)
            print_fields(buf, value, scope);
        else
            print_labels(buf, value);
        wy_buf_str(buf, WY_STR(" }\n"));
        return;
    }
    wy_buf_printf(buf, "  type " WY_STR_FMT " = ", WY_STR_ARG(item->name));
    print_type(buf, value, scope, word != NULL);
    wy_buf_str(buf, WY_STR(";\n"));
}

static void print_interface(wy_buf *buf, const wy_instance_type *type) {
    for (uint32_t i = 0; i < type->export_count; i++)
        if (type->exports[i].type.sort == WY_SORT_TYPE)
            print_named_type(buf, &type->exports[i], type);
    for (uint32_t i = 0; i < type->export_count; i++) {
        const wy_named_type *item = &type->exports[i];
        if (item->type.sort != WY_SORT_FUNC || (item->name.len && item->name.ptr[0] == '['))
            continue;
        wy_buf_printf(buf, "  " WY_STR_FMT ": ", WY_STR_ARG(item->name));
        wy_wit_text_func(buf, item->type.func, type);
        wy_buf_str(buf, WY_STR(";\n"));
    }
}

static void print_item(wy_buf *buf, const char *direction, const wy_named_type *item) {
    bool is_interface = wy_str_find(item->name, ':') < item->name.len;
    wy_buf_printf(buf, "  %s " WY_STR_FMT, direction, WY_STR_ARG(item->name));
    if (item->type.sort == WY_SORT_FUNC) {
        wy_buf_str(buf, WY_STR(": "));
        wy_wit_text_func(buf, item->type.func, NULL);
    } else if (item->type.sort == WY_SORT_INSTANCE && !is_interface) {
        wy_buf_str(buf, WY_STR(": interface {\n"));
        print_interface(buf, item->type.instance);
        wy_buf_str(buf, WY_STR("  }\n"));
        return;
    } else if (item->type.sort != WY_SORT_INSTANCE) {
        wy_buf_printf(buf, "; // a %s", wy_sort_name(item->type.sort));
    }
    wy_buf_str(buf, WY_STR(";\n"));
}

static void print_package(wy_buf *buf, const wy_named_type *item) {
    size_t slash = wy_str_find(item->name, '/'), at = wy_str_find(item->name, '@');
    if (item->type.sort != WY_SORT_INSTANCE || wy_str_find(item->name, ':') == item->name.len ||
        slash == item->name.len)
        return;
    wy_str version = wy_str_sub(item->name, at, item->name.len);
    wy_buf_printf(buf, "\npackage " WY_STR_FMT WY_STR_FMT " {\ninterface " WY_STR_FMT " {\n",
                  WY_STR_ARG(wy_str_sub(item->name, 0, slash)), WY_STR_ARG(version),
                  WY_STR_ARG(wy_str_sub(item->name, slash + 1, at)));
    print_interface(buf, item->type.instance);
    wy_buf_str(buf, WY_STR("}\n}\n"));
}

void wy_wit_text_world(wy_buf *buf, const wy_component_type *type) {
    wy_buf_str(buf, WY_STR("package root:component;\n\nworld root {\n"));
    for (uint32_t i = 0; i < type->import_count; i++)
        print_item(buf, "import", &type->imports[i]);
    for (uint32_t i = 0; i < type->export_count; i++)
        print_item(buf, "export", &type->exports[i]);
    wy_buf_str(buf, WY_STR("}\n"));
    for (uint32_t i = 0; i < type->import_count; i++)
        print_package(buf, &type->imports[i]);
    for (uint32_t i = 0; i < type->export_count; i++)
        print_package(buf, &type->exports[i]);
}
