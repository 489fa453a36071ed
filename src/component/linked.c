/* Links between components that were written apart: each is validated by itself, and what one gives
 * must be what the other asks for. Resources of the host are one where both import them by
 * interfaces that are one. (Explainer, Type Checking; Binary, Instance Definitions) */
#include "component/validate.h"
#include "component/validator.h"

/* Everything to check the links between one provider and one importer with. */
typedef struct linking {
    wy_validator *v;
    const wy_plan_links *links;
    const wy_component_type *importer, *provider;
    uint32_t to, from; /* whose import, as in wy_plan_link; which provider */
    wy_subst subst;    /* the importer's resources -> the provider's */
} linking;

static bool same_path(const linking *l, const wy_resource_path *a, const wy_resource_path *b) {
    if (a->path_len != b->path_len) return false;
    for (uint32_t i = 1; i < a->path_len; i++)
        if (!wy_str_eq(a->path[i], b->path[i])) return false;
    return wy_str_eq(a->path[0], b->path[0]) || l->links->same_interface(a->path[0], b->path[0]);
}

/* Whether the import of `to` comes from a provider. */
static bool is_linked(const linking *l, uint32_t to, wy_str import) {
    for (uint32_t i = 0; i < l->links->link_count; i++)
        if (l->links->links[i].importer == to && wy_str_eq(l->links->links[i].import, import))
            return true;
    return false;
}

/* What both have of the host. */
static bool unite_host_resources(linking *l) {
    for (uint32_t i = 0; i < l->importer->import_resource_count; i++) {
        const wy_resource_path *path = &l->importer->import_resources[i];
        if (is_linked(l, l->to, path->path[0])) continue;
        if (!wy_work(l->v, 1 + l->provider->import_resource_count)) return false;
        for (uint32_t k = 0; k < l->provider->import_resource_count; k++) {
            const wy_resource_path *theirs = &l->provider->import_resources[k];
            if (!is_linked(l, l->from + 1, theirs->path[0]) && same_path(l, path, theirs) &&
                !wy_subst_add(l->v, &l->subst, path->id, theirs->id))
                return false;
        }
    }
    return true;
}

static bool bind_resources(linking *l, const wy_plan_link *link, const wy_extern_type *given) {
    for (uint32_t i = 0; i < l->importer->import_resource_count; i++) {
        const wy_resource_path *path = &l->importer->import_resources[i];
        if (!wy_str_eq(path->path[0], link->import)) continue;
        wy_named_type named = {.name = link->import, .type = *given};
        const wy_deftype *found = wy_path_find(&named, 1, path->path, path->path_len);
        if (!found || found->kind != WY_TYPE_RESOURCE)
            return wy_fail(l->v, "the provider of \"%.*s\" does not give the resource \"%.*s\"",
                           WY_STR_ARG(link->import), WY_STR_ARG(path->path[path->path_len - 1]));
        if (!wy_subst_add(l->v, &l->subst, path->id, found->resource)) return false;
    }
    return true;
}

/* Binds the resources of all links of the provider first: the types of one may speak of another's.
 */
static bool check_links(linking *l) {
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < l->links->link_count; i++) {
            const wy_plan_link *link = &l->links->links[i];
            if (link->provider != l->from || link->importer != l->to) continue;
            const wy_named_type *import = wy_component_type_find_import(l->importer, link->import);
            const wy_named_type *export =
                wy_component_type_find_export(l->provider, link->export_name);
            if (!import || !export)
                return wy_fail(l->v, "the provider of \"%.*s\" has no export \"%.*s\"",
                               WY_STR_ARG(link->import), WY_STR_ARG(link->export_name));
            bool ok = pass == 0 ? bind_resources(l, link, &export->type)
                                : wy_extern_check(l->v, &export->type, &import->type, &l->subst,
                                                  "the dependency", link->import);
            if (!ok) return false;
        }
    return true;
}

static bool has_links(const wy_plan_links *links, uint32_t to, uint32_t from) {
    for (uint32_t i = 0; i < links->link_count; i++)
        if (links->links[i].importer == to && links->links[i].provider == from) return true;
    return false;
}

wy_err wy_component_validate_linked(wy_arena *arena, const wy_component_ast *ast,
                                    const wy_plan_links *links,
                                    const wy_component_types **types_out, uint32_t *provider_out,
                                    wy_diag *diag) {
    wy_validator v;
    *types_out = NULL;
    *provider_out = UINT32_MAX;
    if (!wy_validator_init(&v, arena, 0, diag)) return v.err;
    const wy_component_types **types =
        wy_arena_calloc(arena, links->provider_count + 1, sizeof *types);
    if (!types) return wy_diag_set(diag, WY_NOMEM, "out of memory while checking components");
    types[0] = wy_validate_component(&v, ast);
    if (!types[0]) return v.err;
    for (uint32_t i = 0; i < links->provider_count; i++) {
        types[i + 1] = wy_validate_component(&v, links->providers[i]);
        if (!types[i + 1]) {
            *provider_out = i;
            return v.err;
        }
    }
    for (uint32_t to = 0; to <= links->provider_count; to++)
        for (uint32_t from = 0; from < links->provider_count; from++) {
            if (!has_links(links, to, from)) continue;
            v.offset = ast->offset;
            linking l = {&v, links, types[to]->type,   types[from + 1]->type,
                         to, from,  {.renames = false}};
            if (!unite_host_resources(&l) || !check_links(&l)) return v.err;
        }
    *types_out = types[0];
    return v.err;
}
