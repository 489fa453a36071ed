/* Looking at a component: its WIT, and what this host would provide for each import. */
#include "host/inspect.h"

#include "host/load.h"
#include "host/wit_text.h"

#include "base/limits.h"
#include "component/decode.h"
#include "component/validate.h"
#include "engine/aot.h"
#include "interface/registry.h"

/* The functions of one imported interface, gathered. */
typedef struct summary {
    wy_str name;
    const wy_interface *provider; /* NULL: nobody */
    uint32_t funcs, missing, unmet;
} summary;

static const char *status_text(wy_link_kind kind) {
    return kind == WY_LINK_HOST      ? "provided"
           : kind == WY_LINK_MISSING ? "not-implemented"
                                     : "unmet";
}

static uint32_t summarise(const wy_plan *plan, const wy_link *links, uint32_t from, summary *out) {
    *out = (summary){.name = plan->imports[from].interface_name};
    uint32_t i = from;
    for (; i < plan->import_count && wy_str_eq(plan->imports[i].interface_name, out->name); i++) {
        if (links[i].interface) out->provider = links[i].interface;
        if (!plan->imports[i].type) continue;
        out->funcs++;
        out->missing += links[i].kind == WY_LINK_MISSING;
        out->unmet += links[i].kind == WY_LINK_UNMET;
    }
    return i;
}

static void print_imports(wy_buf *buf, const wy_plan *plan, const wy_link *links) {
    wy_buf_str(buf, WY_STR("\n// What withy provides for each import:\n"));
    for (uint32_t i = 0; i < plan->import_count;) {
        summary s;
        uint32_t next = summarise(plan, links, i, &s);
        wy_str name = s.name.len ? s.name : WY_STR("the world's own functions");
        wy_buf_printf(buf, "//   " WY_STR_FMT ": ", WY_STR_ARG(name));
        if (s.provider)
            wy_buf_printf(
                buf, "host " WY_STR_FMT "%s" WY_STR_FMT, WY_STR_ARG(s.provider->desc->name),
                s.provider->desc->version.len ? "@" : "", WY_STR_ARG(s.provider->desc->version));
        else
            wy_buf_str(buf, WY_STR("nothing"));
        wy_buf_printf(buf, ", %u of %u functions\n", s.funcs - s.missing - s.unmet, s.funcs);
        for (uint32_t k = i; k < next; k++)
            if (plan->imports[k].type && links[k].kind != WY_LINK_HOST)
                wy_buf_printf(buf, "//     " WY_STR_FMT ": %s\n", WY_STR_ARG(plan->imports[k].name),
                              status_text(links[k].kind));
        i = next;
    }
}

static void print_json(wy_buf *buf, const char *path, const wy_component_types *types,
                       const wy_plan *plan, const wy_link *links, wy_str wit) {
    wy_buf_str(buf, WY_STR("{\"file\":"));
    wy_buf_json(buf, wy_str_of(path));
    wy_buf_str(buf, WY_STR(",\"imports\":["));
    for (uint32_t i = 0; i < plan->import_count;) {
        summary s;
        uint32_t next = summarise(plan, links, i, &s);
        wy_buf_str(buf, i ? WY_STR(",{\"name\":") : WY_STR("{\"name\":"));
        wy_buf_json(buf, s.name);
        wy_buf_str(buf, WY_STR(",\"provider\":"));
        if (s.provider)
            wy_buf_json(buf, s.provider->desc->name);
        else
            wy_buf_str(buf, WY_STR("null"));
        wy_buf_str(buf, WY_STR(",\"functions\":["));
        bool first = true;
        for (; i < next; i++) {
            if (!plan->imports[i].type) continue;
            wy_buf_str(buf, first ? WY_STR("{\"name\":") : WY_STR(",{\"name\":"));
            first = false;
            wy_buf_json(buf, plan->imports[i].name);
            wy_buf_printf(buf, ",\"status\":\"%s\"}", status_text(links[i].kind));
        }
        wy_buf_str(buf, WY_STR("]}"));
    }
    wy_buf_str(buf, WY_STR("],\"exports\":["));
    for (uint32_t i = 0; i < types->type->export_count; i++) {
        if (i) wy_buf_char(buf, ',');
        wy_buf_json(buf, types->type->exports[i].name);
    }
    wy_buf_str(buf, WY_STR("],\"wit\":"));
    wy_buf_json(buf, wit);
    wy_buf_str(buf, WY_STR("}\n"));
}

/* The component inside an ahead-of-time file. */
static wy_err unwrap(wy_inspection *in, const wy_file *file, wy_str *component_out, wy_diag *diag) {
    withy_options options;
    withy_options_init(&options);
    wy_err err = wy_host_engine(&options, &in->engine, diag);
    return err ? err : wy_aot_attach(in->engine, file->bytes, file->len, component_out, diag);
}

static wy_err look(wy_inspection *in, wy_diag *diag) {
    const wy_file *file = &in->file;
    wy_str component = {(const char *)file->bytes, file->len};
    wy_err err = WY_OK;
    if (wy_aot_is(file->bytes, file->len)) err = unwrap(in, file, &component, diag);
    const uint8_t *bytes = (const uint8_t *)component.ptr;
    wy_component_ast *ast;
    wy_plan_config config = {0};
    if (!err) err = wy_host_check_kind(bytes, component.len, diag);
    if (!err) err = wy_component_decode(&in->arena, bytes, component.len, &ast, diag);
    if (!err) err = wy_component_validate(&in->arena, ast, &in->types, diag);
    if (!err) err = wy_plan_make(&in->arena, ast, &config, &in->plan, diag);
    if (err) return err;
    in->links = wy_arena_calloc(&in->arena, in->plan->import_count, sizeof *in->links);
    if (!in->links) return wy_diag_set(diag, WY_NOMEM, "out of memory while inspecting");
    size_t interface_count;
    const wy_interface *const *interfaces = wy_interfaces(&interface_count);
    for (uint32_t i = 0; i < in->plan->import_count; i++)
        in->links[i] =
            wy_link_resolve(in->plan, &in->plan->imports[i], interfaces, interface_count);
    return WY_OK;
}

static wy_err print(wy_inspection *in, bool json, wy_buf *buf, wy_diag *diag) {
    wy_buf wit;
    wy_buf_init(&wit, WY_INSPECTION_TEXT_MAX);
    wy_err err = wy_wit_text_world(json ? &wit : buf, &in->arena, in->types->type, diag);
    if (!err && json)
        print_json(buf, in->path, in->types, in->plan, in->links, wy_buf_view(&wit));
    else if (!err)
        print_imports(buf, in->plan, in->links);
    if (!err && (buf->failed || wit.failed))
        err = wy_diag_set(diag, WY_LIMIT, "the text is too long");
    wy_buf_deinit(&wit);
    return err;
}

wy_err wy_inspection_open(wy_inspection *in, const char *path, wy_diag *diag) {
    *in = (wy_inspection){.path = path};
    wy_arena_init(&in->arena, WY_MAX_COMPONENT_ARENA);
    wy_err err = wy_file_map(path, &in->file, diag);
    if (err) return err;
    err = look(in, diag);
    if (err) wy_host_place(diag, path);
    return err;
}

void wy_inspection_close(wy_inspection *in) {
    wy_engine_free(in->engine);
    wy_arena_deinit(&in->arena);
    wy_file_unmap(&in->file);
}

int withy_inspect(const char *path, bool json,
                  void (*write)(void *data, const char *text, size_t len), void *data,
                  withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_inspection in;
    wy_buf buf;
    wy_buf_init(&buf, WY_INSPECTION_TEXT_MAX);
    wy_err err = wy_inspection_open(&in, path, &diag);
    if (!err) {
        err = print(&in, json, &buf, &diag);
        if (err) wy_host_place(&diag, path);
    }
    if (!err && buf.ptr) write(data, buf.ptr, buf.len);
    wy_buf_deinit(&buf);
    wy_inspection_close(&in);
    return err ? wy_host_fail(&diag, error) : 0;
}
