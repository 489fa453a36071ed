/* Component: loaded, validated, planned, compiled and linked: everything that instances share.
 *
 * Immutable after loading and used by one worker's thread. Loading is where every question of "can
 * this run here" is answered. It has two halves, for who links one binary several times or wants to
 * look at it first: its code, and what that was linked to. */
#ifndef WY_RUNTIME_COMPONENT_H
#define WY_RUNTIME_COMPONENT_H

#include "component/plan.h"
#include "component/types.h"
#include "engine/engine.h"
#include "runtime/host.h"

typedef struct wy_code wy_code;
typedef struct wy_component wy_component;

/* What a binary says: decoded, validated, planned. Its core modules are compiled by the first
 * linking that succeeds. `bytes` must outlive it. */
wy_err wy_code_load(wy_engine *engine, const uint8_t *bytes, size_t len, bool keep_shims,
                    own wy_code **code_out, wy_diag *diag) WY_MUST_USE;

/* A component that provides imports of another: those that `name` stands for. It may have providers
 * itself, which stand before it. */
typedef struct wy_code_provider {
    const uint8_t *bytes; /* must outlive the code */
    size_t len;
    wy_str name; /* "word", "ns:pkg" (its interfaces), "ns:pkg/interface"; maybe "@version" */
    wy_str export_name; /* what provides the import; empty: the export of the same name */
    uint32_t importer;  /* whose imports: 0: the component's, k: those of the provider k - 1 */
} wy_code_provider;

/* The same with providers linked to it: one component afterwards, whose instances hold an instance
 * of each. Errors also: WY_UNMET: a name that stands for no import, or an export that is not there;
 * WY_INVALID: another type. Errors of a provider begin with its name. */
wy_err wy_code_compose(wy_engine *engine, const uint8_t *bytes, size_t len,
                       const wy_code_provider *providers, uint32_t provider_count, bool keep_shims,
                       own wy_code **code_out, wy_diag *diag) WY_MUST_USE;
/* No component linked from it may be left. */
void wy_code_free(own wy_code *code);
const wy_plan *wy_code_plan(const wy_code *code);
/* What a text can be made of; NULL once they were dropped, which nothing else needs: they take
 * several times what is left. Afterwards, and once a component was linked, the bytes may go. */
const wy_component_types *wy_code_types(const wy_code *code);
void wy_code_drop_types(wy_code *code);

/* What the interfaces know about one of the components that provide imports. */
typedef struct wy_provider_settings {
    const void *settings[WY_SLOT_COUNT];
} wy_provider_settings;

/* What a component is loaded with. */
typedef struct wy_component_config {
    wy_str name;                           /* for messages: the file's name or the component's id */
    const wy_interface *const *interfaces; /* what the host provides */
    size_t interface_count;
    bool unmet_trap; /* link imports that cannot be met as traps that name themselves */
    bool keep_shims; /* of wy_component_load: eliminate nothing (see wy_plan_config) */
    /* Settings of interfaces, by slot; must outlive the component. */
    const void *settings[WY_SLOT_COUNT];
    /* The same for each provider of the code, where there are any; its grants are its own. */
    const wy_provider_settings *provider_settings;
    uint64_t memory_bytes_max;   /* per instance, all memories; 0: WY_MAX_MEMORY_BYTES */
    uint64_t table_elements_max; /* per instance, all tables; 0: WY_MAX_TABLE_ELEMENTS */
} wy_component_config;

/* Decides every import of `code`, which must outlive the component, and compiles. Errors: WY_UNMET
 * with the list of every import that is missing and the nearest known name for each, and what the
 * compiler reports. */
wy_err wy_component_link(wy_code *code, const wy_component_config *config,
                         own wy_component **component_out, wy_diag *diag) WY_MUST_USE;
/* Both in one; the code goes with the component. `bytes` must outlive it. Errors also: what
 * decoder, validator and planner report (with byte offsets). */
wy_err wy_component_load(wy_engine *engine, const uint8_t *bytes, size_t len,
                         const wy_component_config *config, own wy_component **component_out,
                         wy_diag *diag) WY_MUST_USE;
/* No instance may be left. */
void wy_component_free(own wy_component *component);

const wy_plan *wy_component_plan(const wy_component *component);
wy_str wy_component_name(const wy_component *component);

/* --- links: where an import's calls go (idea 5) --- */

typedef enum wy_link_kind {
    WY_LINK_HOST,    /* a function of a host interface */
    WY_LINK_MISSING, /* the interface is there but lacks this function: calling it traps */
    WY_LINK_UNMET,   /* nothing provides it: refused at load, or a trap when asked for */
} wy_link_kind;

typedef struct wy_link {
    wy_link_kind kind;
    const wy_interface *interface;    /* HOST, MISSING */
    const wy_func_desc *desc;         /* HOST, MISSING when WIT has it */
    wy_host_func func;                /* HOST */
    const wy_resource_type *resource; /* a resource import */
    wy_host_drop drop;                /* its end; NULL: nothing to do */
    wy_host_busy busy;                /* NULL: it may always end */
} wy_link;

/* Decides the link of one import against a list of interfaces (also for `withy inspect`, which
 * links without loading). */
wy_link wy_link_resolve(const wy_plan *plan, const wy_plan_import *import,
                        const wy_interface *const *interfaces, size_t interface_count);

/* How each import of the plan was linked. */
const wy_link *wy_component_links(const wy_component *component);

/* Finds an exported function: `interface_name` without version ("wasi:http/incoming-handler") at a
 * version compatible with `version`, and its function. NULL: not exported. Empty interface: a bare
 * function. */
const wy_plan_export *wy_component_export(const wy_component *component, wy_str interface_name,
                                          wy_str version, wy_str func);
/* Whether an exported function has the type that witgen printed for it, so that its structs fit;
 * resources must be those of the host. */
bool wy_component_export_fits(const wy_component *component, const wy_plan_export *export,
                              const wy_func_type *type);

#endif
