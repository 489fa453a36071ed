/* Code: decoding, validating and planning a component, and linking others to it that provide some
 * of its imports. Which of them a name stands for is decided here; the types are the validator's.
 */
#include "runtime/internal.h"

#include "base/limits.h"
#include "component/decode.h"
#include "component/validate.h"
#include "wit/semver.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct composer {
    wy_code *code;
    const wy_component_ast **units; /* the component, and then its providers */
    const wy_code_provider *providers;
    uint32_t provider_count;
    wy_plan_link *links;
    uint32_t link_count, link_cap;
    wy_diag *diag;
} composer;

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory while loading the component");
}

static bool same_interface(wy_str a, wy_str b) {
    return wy_wit_name_compatible(a, b);
}

/* The offset is one in the provider's bytes, which nobody could tell from the number alone. */
static void place_in_provider(wy_diag *diag, const wy_code_provider *provider) {
    if (diag && diag->has_offset) {
        wy_diag_prefix(diag, "offset 0x%llx", (unsigned long long)diag->offset);
        diag->has_offset = false;
    }
    wy_diag_prefix(diag, "dependency '" WY_STR_FMT "'", WY_STR_ARG(provider->name));
}

/* Whether a dependency's name stands for an import. */
static bool stands_for(wy_str name, wy_str import) {
    wy_wit_name want, have;
    if (!wy_wit_name_split(name, &want)) return wy_str_eq(name, import);
    if (!wy_wit_name_split(import, &have) || !wy_str_eq(want.package, have.package)) return false;
    if (want.item.len && !wy_str_eq(want.item, have.item)) return false;
    wy_semver want_version, have_version;
    return want.version.len == 0 || (wy_semver_parse(want.version, &want_version) &&
                                     wy_semver_parse(have.version, &have_version) &&
                                     wy_semver_compatible(&want_version, &have_version));
}

/* The export of `ast` for an import: one of the name itself, or at another compatible version. */
static const wy_ast_export *find_export(const wy_component_ast *ast, wy_str name) {
    const wy_ast_export *compatible = NULL;
    for (uint32_t i = 0; i < ast->definition_count; i++) {
        if (ast->definitions[i].kind != WY_DEF_EXPORT) continue;
        const wy_ast_export *export = ast->definitions[i].export;
        if (wy_str_eq(export->name.text, name)) return export;
        if (wy_wit_name_compatible(name, export->name.text) || stands_for(name, export->name.text))
            compatible = export;
    }
    return compatible;
}

static void list_names(const wy_component_ast *ast, wy_definition_kind kind, wy_buf *buf) {
    for (uint32_t i = 0; i < ast->definition_count; i++) {
        const wy_definition *def = &ast->definitions[i];
        if (def->kind != kind) continue;
        wy_str name = kind == WY_DEF_IMPORT ? def->import->name.text : def->export->name.text;
        wy_buf_printf(buf, "\n  " WY_STR_FMT, WY_STR_ARG(name));
    }
}

static wy_err fail_with_names(composer *c, const wy_component_ast *ast, wy_definition_kind kind,
                              const char *text) {
    wy_buf names;
    wy_buf_init(&names, WY_DIAG_TEXT_MAX / 2);
    list_names(ast, kind, &names);
    wy_err err =
        wy_diag_set(c->diag, WY_UNMET, "%s%s", text, names.ptr ? names.ptr : " nothing at all");
    wy_buf_deinit(&names);
    return err;
}

static wy_err add_link(composer *c, const wy_component_ast *ast, uint32_t index, wy_str import) {
    const wy_code_provider *provider = &c->providers[index];
    wy_str wanted = provider->export_name.len ? provider->export_name : import;
    const wy_ast_export *export = find_export(ast, wanted);
    if (!export) {
        char text[512];
        snprintf(text, sizeof text, "it has no export '" WY_STR_FMT "' for the import; it exports:",
                 WY_STR_ARG(wanted));
        return fail_with_names(c, ast, WY_DEF_EXPORT, text);
    }
    wy_plan_link *links = wy_arena_grow(&c->code->types_arena, c->links, c->link_count,
                                        &c->link_cap, c->link_count + 1u, sizeof *links);
    if (!links) return no_memory(c->diag);
    c->links = links;
    links[c->link_count++] = (wy_plan_link){import, index, export->name.text, provider->importer};
    return WY_OK;
}

/* One provider: at least one import must be meant. */
static wy_err link_provider(composer *c, uint32_t index) {
    const wy_component_ast *importer = c->units[c->providers[index].importer];
    uint32_t before = c->link_count;
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < importer->definition_count && !err; i++) {
        const wy_definition *def = &importer->definitions[i];
        if (def->kind == WY_DEF_IMPORT &&
            stands_for(c->providers[index].name, def->import->name.text))
            err = add_link(c, c->units[index + 1], index, def->import->name.text);
    }
    if (!err && c->link_count == before)
        err = fail_with_names(c, importer, WY_DEF_IMPORT,
                              "the component has no such import; it imports:");
    return err;
}

/* Decodes the providers and decides which import each provides. */
static wy_err link_all(composer *c, wy_plan_links *links) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < c->provider_count && !err; i++) {
        const wy_code_provider *provider = &c->providers[i];
        wy_component_ast *ast = NULL;
        wy_assert(provider->importer == 0 ||
                  (provider->importer > i + 1 && provider->importer <= c->provider_count));
        err = wy_component_decode(&c->code->types_arena, provider->bytes, provider->len, &ast,
                                  c->diag);
        c->units[i + 1] = ast;
        if (err) place_in_provider(c->diag, provider);
    }
    for (uint32_t i = 0; i < c->provider_count && !err; i++) {
        err = link_provider(c, i);
        if (err) place_in_provider(c->diag, &c->providers[i]);
    }
    *links =
        (wy_plan_links){&c->units[1], c->provider_count, c->links, c->link_count, same_interface};
    return err;
}

static wy_err compose(composer *c, const uint8_t *bytes, size_t len, bool keep_shims) {
    wy_code *code = c->code;
    wy_component_ast *ast = NULL;
    wy_err err = wy_component_decode(&code->types_arena, bytes, len, &ast, c->diag);
    if (err) return err;
    wy_plan_links links = {0};
    wy_plan_config config = {.keep_shims = keep_shims};
    c->units =
        wy_arena_calloc(&code->types_arena, c->provider_count + 1, sizeof(wy_component_ast *));
    if (!c->units) return no_memory(c->diag);
    c->units[0] = ast;
    if (c->provider_count == 0) {
        err = wy_component_validate(&code->types_arena, ast, &code->types, c->diag);
    } else {
        uint32_t at_fault = UINT32_MAX;
        config.links = &links;
        err = link_all(c, &links);
        if (!err)
            err = wy_component_validate_linked(&code->types_arena, ast, &links, &code->types,
                                               &at_fault, c->diag);
        if (at_fault != UINT32_MAX) place_in_provider(c->diag, &c->providers[at_fault]);
    }
    const wy_plan *plan = NULL;
    if (!err) err = wy_plan_make(&code->types_arena, ast, &config, &plan, c->diag);
    return err ? err : wy_plan_copy(&code->arena, plan, &code->plan, c->diag);
}

#define MODULES_EXPECTED 32

/* So that the large ones are at hand when all else is done. */
static void expect_modules(wy_engine *engine, const uint8_t *bytes, size_t len) {
    wy_str modules[MODULES_EXPECTED];
    wy_engine_expect(engine, modules, wy_component_modules(bytes, len, modules, MODULES_EXPECTED));
}

wy_err wy_code_compose(wy_engine *engine, const uint8_t *bytes, size_t len,
                       const wy_code_provider *providers, uint32_t provider_count, bool keep_shims,
                       own wy_code **code_out, wy_diag *diag) {
    wy_code *code = calloc(1, sizeof *code);
    if (!code) return no_memory(diag);
    wy_arena_init(&code->arena, WY_MAX_COMPONENT_ARENA);
    wy_arena_init(&code->types_arena, WY_MAX_COMPONENT_ARENA);
    code->engine = engine;
    code->provider_count = provider_count;
    expect_modules(engine, bytes, len);
    composer c = {
        .code = code, .providers = providers, .provider_count = provider_count, .diag = diag};
    wy_err err = compose(&c, bytes, len, keep_shims);
    if (err) {
        wy_code_free(code);
        return err;
    }
    *code_out = code;
    return WY_OK;
}
