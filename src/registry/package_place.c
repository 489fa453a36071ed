/* Where a package is: the user's configuration file, and what a registry says of itself.
 *
 *   default_registry = "acme.test"
 *   [namespace_registries]          ns = "host", or
 *   [package_registry_overrides]    "ns:name" = { registry = "host", metadata = { oci = { registry,
 *                                               namespacePrefix } } }
 *   [registry."host"]               default = "oci"
 *   [registry."host".oci]           protocol = "http", auth = { username, password } or Base64 */
#include "registry/package.h"

#include "app/field.h"
#include "base/base64.h"
#include "registry/reference.h"

#include <jansson.h>

static const struct {
    const char *name, *registry;
} known_namespaces[] = {{"wasi", "wasi.dev"}, {"ba", "bytecodealliance.org"}};

/* --- the configuration --- */

static wy_err check_registry(const wy_fields *f, const wy_toml *value, wy_str name) {
    if (wy_registry_name_valid(name)) return WY_OK;
    return wy_fields_fail(f, value, WY_INVALID, "'" WY_STR_FMT "' is no registry's host",
                          WY_STR_ARG(name));
}

/* {"oci": {"registry", "namespacePrefix"}, "preferredProtocol"}, or its older form. */
static wy_err read_metadata_table(const wy_fields *f, const wy_toml *metadata,
                                  wy_package_place *out) {
    wy_fields m = {f->arena, f->diag, metadata, f->name};
    const wy_toml *oci;
    wy_str protocol;
    wy_err err = wy_fields_string(&m, "preferredProtocol", false, &protocol);
    if (!err) err = wy_fields_string(&m, "ociRegistry", false, &out->oci_registry);
    if (!err) err = wy_fields_string(&m, "ociNamespacePrefix", false, &out->prefix);
    if (!err) err = wy_fields_get(&m, "oci", WY_TOML_TABLE, &oci);
    if (!err && protocol.len && !wy_str_eqz(protocol, "oci"))
        return wy_fields_fail(f, metadata, WY_UNSUPPORTED, "only the protocol 'oci' is supported");
    if (err || !oci) return err;
    wy_fields o = {f->arena, f->diag, oci, f->name};
    err = wy_fields_string(&o, "registry", false, &out->oci_registry);
    return err ? err : wy_fields_string(&o, "namespacePrefix", false, &out->prefix);
}

/* A host, or a table that says more. Absent: nothing is changed. */
static wy_err read_mapping(const wy_fields *top, const char *table, wy_str key,
                           wy_package_place *out) {
    const wy_toml *all;
    wy_err err = wy_fields_get(top, table, WY_TOML_TABLE, &all);
    const wy_toml *value =
        !err && all ? (const wy_toml *)wy_map_get_ptr(&all->table.map, key) : NULL;
    if (err || !value) return err;
    *out = (wy_package_place){0};
    if (value->kind == WY_TOML_STRING) {
        out->registry = value->string;
        return check_registry(top, value, out->registry);
    }
    err = wy_fields_expect(top, value, table, WY_TOML_TABLE);
    wy_fields f = {top->arena, top->diag, value, top->name};
    const wy_toml *metadata;
    if (!err) err = wy_fields_string(&f, "registry", true, &out->registry);
    if (!err) err = wy_fields_get(&f, "metadata", WY_TOML_TABLE, &metadata);
    if (!err) err = check_registry(&f, value, out->registry);
    if (!err && metadata) err = read_metadata_table(&f, metadata, out);
    if (!err && out->oci_registry.len == 0) out->oci_registry = out->registry;
    return err;
}

static wy_err read_auth(const wy_fields *f, const wy_toml *auth, wy_package_place *out) {
    if (!auth) return WY_OK;
    if (auth->kind == WY_TOML_TABLE) {
        wy_fields a = {f->arena, f->diag, auth, f->name};
        wy_err err = wy_fields_string(&a, "username", true, &out->user);
        return err ? err : wy_fields_string(&a, "password", true, &out->password);
    }
    wy_err err = wy_fields_expect(f, auth, "auth", WY_TOML_STRING);
    if (err) return err;
    wy_buf pair;
    wy_buf_init(&pair, 65536);
    bool ok = wy_base64_decode(&pair, auth->string) && !pair.failed;
    char *copy = ok ? wy_arena_strndup(f->arena, pair.ptr ? pair.ptr : "", pair.len) : NULL;
    wy_str text = {copy, copy ? pair.len : 0};
    wy_buf_deinit(&pair);
    size_t colon = wy_str_find(text, ':');
    if (colon == text.len)
        return wy_fields_fail(f, auth, WY_INVALID, "'auth' is not \"user:password\" in Base64");
    out->user = wy_str_sub(text, 0, colon);
    out->password = wy_str_sub(text, colon + 1, text.len);
    return WY_OK;
}

/* How the registry is spoken to. */
static wy_err read_registry(const wy_fields *top, wy_package_place *out) {
    const wy_toml *all, *oci;
    wy_str backend = {0}, protocol = {0};
    wy_err err = wy_fields_get(top, "registry", WY_TOML_TABLE, &all);
    const wy_toml *table =
        !err && all ? (const wy_toml *)wy_map_get_ptr(&all->table.map, out->registry) : NULL;
    if (err || !table) return err;
    wy_fields f = {top->arena, top->diag, table, top->name};
    err = wy_fields_expect(top, table, "registry", WY_TOML_TABLE);
    if (!err) err = wy_fields_string(&f, "default", false, &backend);
    if (!err && !backend.len) err = wy_fields_string(&f, "type", false, &backend);
    if (!err) err = wy_fields_get(&f, "oci", WY_TOML_TABLE, &oci);
    if (!err && !backend.len && !oci && wy_toml_get(table, "local")) backend = WY_STR("local");
    if (!err && backend.len && !wy_str_eqz(backend, "oci"))
        return wy_fields_fail(&f, table, WY_UNSUPPORTED,
                              "registries of the kind '" WY_STR_FMT
                              "' are not supported; only 'oci' is",
                              WY_STR_ARG(backend));
    if (err || !oci) return err;
    wy_fields o = {top->arena, top->diag, oci, top->name};
    err = wy_fields_string(&o, "protocol", false, &protocol);
    if (!err) err = read_auth(&o, wy_toml_get(oci, "auth"), out);
    out->plain = wy_str_eqz(protocol, "http");
    return err;
}

static wy_err locate(const wy_fields *top, const wy_package *package, wy_package_place *out) {
    wy_str ns = wy_str_sub(package->name, 0, wy_str_find(package->name, ':'));
    wy_package_place named = {.registry = package->registry};
    wy_err err = wy_fields_string(top, "default_registry", false, &out->registry);
    if (!err) err = read_mapping(top, "namespace_registries", ns, out);
    if (!err) err = read_mapping(top, "package_registry_overrides", package->name, out);
    /* What the manifest names goes before; the metadata of the same registry is good for it. */
    if (!err && named.registry.len && !wy_str_eq(named.registry, out->registry)) *out = named;
    for (size_t i = 0; i < sizeof known_namespaces / sizeof *known_namespaces; i++)
        if (out->registry.len == 0 && wy_str_eqz(ns, known_namespaces[i].name))
            out->registry = wy_str_of(known_namespaces[i].registry);
    if (!err && out->registry.len == 0)
        return wy_diag_set(top->diag, WY_NOT_FOUND,
                           "no registry is known for the namespace '" WY_STR_FMT
                           "': give 'registry' with the package, or name one in "
                           "wasm-pkg/config.toml below ~/.config",
                           WY_STR_ARG(ns));
    return err ? err : read_registry(top, out);
}

wy_err wy_package_locate(wy_arena *arena, wy_str toml, const wy_package *package,
                         wy_package_place *out, wy_diag *diag) {
    const wy_toml *root;
    *out = (wy_package_place){0};
    if (package->registry.len && !wy_registry_name_valid(package->registry))
        return wy_diag_set(diag, WY_INVALID, "'" WY_STR_FMT "' is no registry's host",
                           WY_STR_ARG(package->registry));
    wy_err err = wy_toml_parse(arena, toml, &root, diag);
    if (err) return err;
    wy_fields top = {arena, diag, root, "the configuration"};
    err = wy_fields_known(&top,
                          "default_registry namespace_registries package_registry_overrides "
                          "registry");
    return err ? err : locate(&top, package, out);
}

/* --- metadata --- */

static wy_err keep(wy_arena *arena, const json_t *value, wy_str *out, wy_diag *diag) {
    if (!json_is_string(value)) return WY_OK;
    size_t len = json_string_length(value);
    char *copy = wy_arena_strndup(arena, json_string_value(value), len);
    *out = (wy_str){copy, len};
    return copy ? WY_OK : wy_diag_set(diag, WY_NOMEM, "out of memory for a registry's metadata");
}

wy_err wy_package_read_metadata(wy_arena *arena, wy_str json, wy_package_place *place,
                                wy_diag *diag) {
    json_error_t error;
    json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len, 0, &error);
    const json_t *oci = json_object_get(root, "oci");
    const json_t *preferred = json_object_get(root, "preferredProtocol");
    wy_err err = WY_OK;
    if (!json_is_object(root))
        err = wy_diag_set(diag, WY_INVALID, "its registry.json is no JSON object");
    else if (json_is_string(preferred) && strcmp(json_string_value(preferred), "oci") != 0)
        err = wy_diag_set(diag, WY_UNSUPPORTED,
                          "it prefers the protocol '%.40s'; only 'oci' is supported",
                          json_string_value(preferred));
    if (!err) err = keep(arena, json_object_get(root, "ociRegistry"), &place->oci_registry, diag);
    if (!err) err = keep(arena, json_object_get(root, "ociNamespacePrefix"), &place->prefix, diag);
    if (!err) err = keep(arena, json_object_get(oci, "registry"), &place->oci_registry, diag);
    if (!err) err = keep(arena, json_object_get(oci, "namespacePrefix"), &place->prefix, diag);
    json_decref(root);
    if (!err && place->oci_registry.len && !wy_registry_name_valid(place->oci_registry))
        err = wy_diag_set(diag, WY_INVALID, "its registry.json names no OCI registry's host");
    return err;
}
