/* Links: each import of a plan finds what provides it, by name and compatible version. */
#include "runtime/internal.h"

#include "wit/semver.h"

static const wy_interface *find_interface(wy_str import_name, const wy_interface *const *interfaces,
                                          size_t count) {
    wy_wit_name want;
    /* The world's own functions (no name) and inline interfaces (a plain one) have no version. */
    if (!wy_wit_name_split(import_name, &want)) want = (wy_wit_name){.unversioned = import_name};
    for (size_t i = 0; i < count; i++) {
        const wy_interface_desc *desc = interfaces[i]->desc;
        if (!wy_str_eq(desc->name, want.unversioned)) continue;
        wy_semver want_version, have_version;
        if (want.version.len == 0 && desc->version.len == 0) return interfaces[i];
        if (wy_semver_parse(want.version, &want_version) &&
            wy_semver_parse(desc->version, &have_version) &&
            wy_semver_compatible(&want_version, &have_version))
            return interfaces[i];
    }
    return NULL;
}

/* A resource of the plan is the host's when it was linked to the resource that the host's
 * descriptor names. */
typedef struct resource_match {
    const wy_plan *plan;
    const wy_interface *const *interfaces;
    size_t interface_count;
} resource_match;

static const wy_resource_desc *find_resource(const wy_interface *interface, wy_str name) {
    for (uint32_t i = 0; i < interface->desc->resource_count; i++)
        if (wy_str_eq(interface->desc->resources[i].type->name, name))
            return &interface->desc->resources[i];
    return NULL;
}

static bool same_resource(void *data, const wy_type *ours, const wy_type *theirs) {
    const resource_match *match = data;
    uint32_t import = match->plan->resources[ours->resource_index].import;
    if (import == WY_PLAN_NONE) return false;
    const wy_plan_import *item = &match->plan->imports[import];
    const wy_interface *interface =
        find_interface(item->interface_name, match->interfaces, match->interface_count);
    const wy_resource_desc *desc = interface ? find_resource(interface, item->name) : NULL;
    return desc && desc->type == theirs->resource;
}

static void link_resource(const wy_plan_import *import, const wy_interface *interface,
                          wy_link *link) {
    const wy_resource_desc *desc = find_resource(interface, import->name);
    if (!desc) return;
    link->kind = WY_LINK_HOST;
    link->resource = desc->type;
    if (desc->op != UINT32_MAX) {
        const wy_host_drop *ops = interface->ops;
        link->drop = ops[desc->op];
    }
    if (desc->busy != UINT32_MAX) {
        const wy_host_busy *ops = interface->ops;
        link->busy = ops[desc->busy];
    }
}

wy_link wy_link_resolve(const wy_plan *plan, const wy_plan_import *import,
                        const wy_interface *const *interfaces, size_t interface_count) {
    wy_link link = {.kind = WY_LINK_UNMET};
    const wy_interface *interface =
        find_interface(import->interface_name, interfaces, interface_count);
    if (!interface) return link;
    link.interface = interface;
    if (!import->type) {
        link_resource(import, interface, &link);
        return link;
    }
    for (uint32_t i = 0; i < interface->desc->func_count; i++) {
        const wy_func_desc *desc = &interface->desc->funcs[i];
        if (!wy_str_eq(desc->name, import->name)) continue;
        resource_match match = {plan, interfaces, interface_count};
        link.desc = desc;
        if (desc->type && !wy_func_type_equal(import->type, desc->type, same_resource, &match))
            return link; /* another type: unmet, and `desc` says that the name is known */
        const wy_host_func *ops = interface->ops;
        link.func = ops[desc->op];
        link.kind = link.func ? WY_LINK_HOST : WY_LINK_MISSING;
        return link;
    }
    return link;
}
