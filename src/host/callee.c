/* Finding exported functions by name: see callee.h. */
#include "host/callee.h"

#include "base/text.h"
#include "wit/semver.h"

#define LIST_BYTES_MAX 12000 /* of an error that lists what there is; a diagnosis holds 16 KiB */

static const wy_str prefixes[] = {WY_STR("[method]"),       WY_STR("[static]"),
                                  WY_STR("[constructor]"),  WY_STR("[async method]"),
                                  WY_STR("[async static]"), WY_STR("[async]")};

/* The name without what stands in brackets. */
static wy_str plain_name(wy_str name) {
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (wy_str_starts(name, prefixes[i])) return wy_str_sub(name, prefixes[i].len, name.len);
    return name;
}

wy_err wy_callees_list(wy_arena *arena, const wy_plan *plan, wy_callees *callees_out,
                       wy_diag *diag) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->export_count; i++)
        count += plan->exports[i].sort == WY_SORT_INSTANCE ? plan->exports[i].export_count : 1;
    *callees_out = (wy_callees){plan, wy_arena_calloc(arena, count, sizeof(wy_callee)), 0};
    if (!callees_out->items)
        return wy_diag_set(diag, WY_NOMEM, "out of memory for the list of exports");
    for (uint32_t i = 0; i < plan->export_count; i++) {
        const wy_plan_export *item = &plan->exports[i];
        if (item->sort == WY_SORT_FUNC)
            callees_out->items[callees_out->count++] = (wy_callee){{0}, item->name, item};
        for (uint32_t k = 0; item->sort == WY_SORT_INSTANCE && k < item->export_count; k++)
            if (item->exports[k].sort == WY_SORT_FUNC)
                callees_out->items[callees_out->count++] =
                    (wy_callee){item->name, item->exports[k].name, &item->exports[k]};
    }
    return WY_OK;
}

/* --- matching --- */

/* How well a name fits; of several that fit, only those that fit best count. */
typedef enum fit { NONE, PLAIN, LOOSE, EXACT } fit;

static fit fit_interface(wy_str wanted, wy_str have) {
    if (wy_str_eq(wanted, have)) return EXACT;
    if (have.len == 0) return NONE; /* the world's own functions have no other name */
    wy_wit_name name;
    if (!wy_wit_name_split(have, &name)) return NONE;
    if (wanted.len == 0 || wy_str_eq(wanted, name.unversioned) || wy_str_eq(wanted, name.item))
        return LOOSE;
    return wy_wit_name_compatible(wanted, have) ? LOOSE : NONE;
}

static fit fit_name(wy_str wanted, wy_str have) {
    return wy_str_eq(wanted, have) ? EXACT : wy_str_eq(wanted, plain_name(have)) ? PLAIN : NONE;
}

/* An exact name in some interface is better than a short one in the right interface. */
static int fit_callee(const wy_callee *callee, wy_str interface_name, wy_str name) {
    fit by_interface = fit_interface(interface_name, callee->interface_name);
    fit by_name = fit_name(name, callee->name);
    return by_interface && by_name ? 4 * (int)by_name + (int)by_interface : 0;
}

/* --- failures --- */

static void print_callee(wy_buf *buf, const wy_callee *callee) {
    wy_buf_str(buf, callee->interface_name);
    if (callee->interface_name.len) wy_buf_char(buf, '#');
    wy_buf_str(buf, callee->name);
}

/* "\n  name" for each that `only` fits as well as `best` (0: all). */
static void print_list(wy_buf *buf, const wy_callees *callees, wy_str interface_name, wy_str name,
                       int best) {
    for (uint32_t i = 0; i < callees->count; i++) {
        if (best && fit_callee(&callees->items[i], interface_name, name) != best) continue;
        wy_buf_str(buf, WY_STR("\n  "));
        print_callee(buf, &callees->items[i]);
    }
    if (buf->failed) wy_buf_str(buf, WY_STR("\n  ..."));
}

/* The words of an error, the place, and behind it a list. */
static wy_err fail_with_list(wy_diag *diag, wy_err err, wy_str text, size_t from, wy_str words,
                             wy_buf *list) {
    wy_diag place;
    wy_diag_init(&place);
    wy_text_fail(&place, err, (wy_str){0}, text, from, WY_STR_FMT, WY_STR_ARG(words));
    return wy_diag_set_line(diag, err, place.line, place.column, "%s\n%s", place.text,
                            list->ptr ? list->ptr : "");
}

/* Where an interface was named, only its functions are like what was meant. */
static wy_str nearest(const wy_callees *callees, wy_arena *arena, wy_str interface_name,
                      wy_str name) {
    wy_str *names = wy_arena_calloc(arena, 2 * (size_t)callees->count, sizeof *names);
    size_t count = 0;
    for (uint32_t i = 0; names && i < callees->count; i++) {
        if (!fit_interface(interface_name, callees->items[i].interface_name)) continue;
        names[count++] = callees->items[i].name;
        names[count++] = plain_name(callees->items[i].name);
    }
    return names ? wy_str_nearest(name, names, count) : (wy_str){0};
}

static wy_err fail_unknown(const wy_callees *callees, wy_str text, size_t from, wy_str path,
                           wy_str interface_name, wy_str name, wy_diag *diag) {
    wy_arena arena;
    wy_buf words, list;
    wy_arena_init(&arena, (size_t)16 << 20);
    wy_buf_init(&words, 1000);
    wy_buf_init(&list, LIST_BYTES_MAX);
    wy_buf_printf(&words, "no exported function \"" WY_STR_FMT "\"", WY_STR_ARG(path));
    wy_str near = nearest(callees, &arena, interface_name, name);
    if (near.len) wy_buf_printf(&words, " (did you mean \"" WY_STR_FMT "\"?)", WY_STR_ARG(near));
    wy_buf_str(&list, callees->count ? WY_STR("The component exports:")
                                     : WY_STR("The component exports no function."));
    print_list(&list, callees, interface_name, name, 0);
    wy_err err = fail_with_list(diag, WY_NOT_FOUND, text, from, wy_buf_view(&words), &list);
    wy_buf_deinit(&words);
    wy_buf_deinit(&list);
    wy_arena_deinit(&arena);
    return err;
}

static wy_err fail_several(const wy_callees *callees, wy_str text, size_t from,
                           wy_str interface_name, wy_str name, int best, wy_diag *diag) {
    wy_buf list;
    wy_buf_init(&list, LIST_BYTES_MAX);
    wy_buf_str(&list, WY_STR("It may be:"));
    print_list(&list, callees, interface_name, name, best);
    wy_err err = fail_with_list(diag, WY_INVALID, text, from,
                                WY_STR("several exported functions have this name"), &list);
    wy_buf_deinit(&list);
    return err;
}

/* --- finding --- */

wy_err wy_callee_find(const wy_callees *callees, wy_str text, size_t from, size_t to,
                      const wy_callee **callee_out, wy_diag *diag) {
    wy_str path = wy_str_trim(wy_str_sub(text, from, to));
    size_t hash = wy_str_rfind(path, '#');
    wy_str interface_name = WY_STR(""), name = path;
    if (hash < path.len) {
        interface_name = wy_str_trim(wy_str_sub(path, 0, hash));
        name = wy_str_trim(wy_str_sub(path, hash + 1, path.len));
    }
    int best = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < callees->count; i++) {
        int found = fit_callee(&callees->items[i], interface_name, name);
        if (found == 0 || found < best) continue;
        count = found > best ? 1 : count + 1;
        best = found;
        *callee_out = &callees->items[i];
    }
    if (count == 0) return fail_unknown(callees, text, from, path, interface_name, name, diag);
    if (count > 1) return fail_several(callees, text, from, interface_name, name, best, diag);
    return WY_OK;
}

const wy_callee *wy_callee_method(const wy_callees *callees, const wy_type *self, wy_str name) {
    for (uint32_t i = 0; i < callees->count; i++) {
        const wy_callee *callee = &callees->items[i];
        const wy_type *params = &callee->export->func.type->params;
        wy_str plain = plain_name(callee->name);
        size_t dot = wy_str_find(plain, '.');
        if (dot == plain.len || !wy_str_eq(wy_str_sub(plain, dot + 1, plain.len), name)) continue;
        if (params->count > 0 && params->fields[0].type->kind == WY_KIND_BORROW &&
            wy_str_eqz(params->fields[0].name, "self") &&
            params->fields[0].type->resource_index == self->resource_index)
            return callee;
    }
    return NULL;
}

static wy_str find_resource(const wy_plan_export *exports, uint32_t count, uint32_t resource) {
    for (uint32_t i = 0; i < count; i++) {
        const wy_plan_export *item = &exports[i];
        if (item->sort == WY_SORT_TYPE && item->resource == resource) return item->name;
        if (item->sort != WY_SORT_INSTANCE) continue;
        wy_str found = find_resource(item->exports, item->export_count, resource);
        if (found.len) return found;
    }
    return (wy_str){0};
}

wy_str wy_callees_resource(const wy_callees *callees, const wy_type *handle) {
    const wy_plan *plan = callees->plan;
    wy_str name = find_resource(plan->exports, plan->export_count, handle->resource_index);
    return name.len ? name : plan->resources[handle->resource_index].name;
}
