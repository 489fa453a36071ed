/* Eliminating shims: where a fixup fills a shim's table, whoever uses the shim's functions gets
 * what the table holds. A shim and its fixup go when nothing else needs them.
 *
 * Where a core module imports, through the shim, a function of another core module that is
 * instantiated after it (of an adapter, say), a trampoline calls that function: tens of nanoseconds
 * a call for two core instances less. Shared libraries that call each other all the time keep their
 * pair: it stays where there are more than a few such functions, and the others are called past it.
 */
#include "component/plan_build.h"
#include "component/shim.h"

/* Functions of later modules that are called through the host for a pair to go. */
#define FORWARDS_MAX 16

typedef struct shim_pair {
    uint32_t step, fixup;            /* steps */
    uint32_t *slots;                 /* of each export of the shim */
    const wy_core_item **slot_items; /* what the fixup puts there */
    uint32_t slot_count;
    const wy_core_item *start; /* what the fixup calls once the table is filled, or NULL */
    bool forwards;             /* those of later modules are called through the host */
    const char *why;           /* why the pair must stay, or NULL */
    wy_err err;                /* no memory: nothing is known of the pair */
} shim_pair;

static void *pair_calloc(plan_builder *b, shim_pair *pair, size_t count, size_t size) {
    void *at = wy_arena_calloc(b->arena, count, size);
    if (!at) pair->err = plan_no_memory(b);
    return at;
}

static bool same_functype(const wy_core_functype *a, const wy_core_functype *b) {
    if (!a || !b || a->param_count != b->param_count || a->result_count != b->result_count)
        return false;
    for (uint32_t i = 0; i < a->param_count; i++)
        if (a->params[i].kind != b->params[i].kind) return false;
    for (uint32_t i = 0; i < a->result_count; i++)
        if (a->results[i].kind != b->results[i].kind) return false;
    return true;
}

/* The fixup of shim step `s`: a later step that imports the shim's table and fills it. */
static bool find_fixup(plan_builder *b, uint32_t s, wy_str table_name, shim_pair *out) {
    for (uint32_t k = s + 1; k < b->step_count; k++) {
        const wy_plan_step *step = &b->steps[k];
        if (step->module == WY_PLAN_NONE) continue;
        const wy_core_module *module = b->modules[step->module];
        if (module->export_count || module->import_count == 0) continue;
        wy_fixup fixup = {0};
        fixup.func_of_slot = pair_calloc(b, out, module->import_count, sizeof *fixup.func_of_slot);
        if (!fixup.func_of_slot) return false;
        if (!wy_fixup_recognise(module, &fixup)) continue;
        const wy_core_item *item = &step->imports[fixup.table];
        if (item->kind != WY_ITEM_EXPORT || item->index != s || !wy_str_eq(item->name, table_name))
            continue;
        out->fixup = k;
        out->slot_count = fixup.slot_count;
        out->slot_items = pair_calloc(b, out, fixup.slot_count, sizeof *out->slot_items);
        if (!out->slot_items) return false;
        for (uint32_t i = 0; i < fixup.slot_count; i++)
            out->slot_items[i] = &step->imports[fixup.func_of_slot[i]];
        if (fixup.start != UINT32_MAX) out->start = &step->imports[fixup.start];
        return true;
    }
    return false;
}

/* What the fixup puts behind an export of the shim, and the export's type; NULL: nothing. */
static const wy_core_item *filled_with(const plan_builder *b, const shim_pair *pair, wy_str name,
                                       const wy_core_functype **type_out) {
    const wy_core_module *module = b->modules[b->steps[pair->step].module];
    for (uint32_t e = 0; e < module->export_count; e++)
        if (wy_str_eq(module->exports[e].name, name) && pair->slots[e] < pair->slot_count) {
            *type_out = wy_shim_functype(module, module->exports[e].type.index);
            return pair->slot_items[pair->slots[e]];
        }
    return NULL;
}

/* What a use of the shim in `step` stands for, if it is a function of the shim. *is_early_out: it
 * is an export of a core instance, and `step` comes before the fixup. */
static const wy_core_item *target_of(const plan_builder *b, const shim_pair *pair, uint32_t step,
                                     const wy_core_item *item, const wy_core_functype **type_out,
                                     bool *is_early_out) {
    const wy_core_item *target = item->kind == WY_ITEM_EXPORT && item->index == pair->step
                                     ? filled_with(b, pair, item->name, type_out)
                                     : NULL;
    *is_early_out = target && target->kind == WY_ITEM_EXPORT && step < pair->fixup;
    return target;
}

static bool has_numbers_only(const wy_core_valtype *types, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (types[i].kind < WY_CORE_F64 || types[i].kind > WY_CORE_I32) return false;
    return true;
}

/* Whether the host can call, in place of the shim, what is made after those who call it: a few
 * functions of numbers; and an exception would not get past the host. */
static bool may_forward(const plan_builder *b, const shim_pair *pair) {
    uint32_t count = 0;
    for (uint32_t k = 0; k < pair->fixup; k++)
        for (uint32_t i = 0; i < b->steps[k].import_count; i++) {
            const wy_core_functype *type = NULL;
            bool is_early;
            (void)target_of(b, pair, k, &b->steps[k].imports[i], &type, &is_early);
            if (!is_early) continue;
            if (++count > FORWARDS_MAX || type->param_count > WY_FLAT_MAX ||
                type->result_count > 1 || !has_numbers_only(type->params, type->param_count) ||
                !has_numbers_only(type->results, type->result_count))
                return false;
        }
    for (uint32_t i = 0; i < b->module_count; i++)
        if (b->modules[i]->has_tags) return false;
    return true;
}

static wy_err forward(plan_builder *b, const shim_pair *pair, const wy_core_item *target,
                      const wy_core_functype *type, wy_core_item *item) {
    wy_trampoline t = {.kind = WY_TRAMPOLINE_FORWARD, .core_type = type};
    wy_core_item func = *target;
    func.ready_after = pair->fixup + 1;
    wy_err err = plan_intern_func(b, func, &t.func);
    return err ? err : plan_add_trampoline(b, t, item);
}

/* Replaces one use of an export of the shim, if it is a function and what fills it can be had
 * there: a trampoline, which knows that it traps until the fixup has run; or an export of a core
 * instance, by a step after the fixup (`step`) or by the runtime (WY_PLAN_NONE). */
static wy_err replace(plan_builder *b, const shim_pair *pair, uint32_t step, wy_core_item *item) {
    const wy_core_functype *type = NULL;
    bool is_early;
    const wy_core_item *target = target_of(b, pair, step, item, &type, &is_early);
    if (is_early && pair->forwards) return forward(b, pair, target, type, item);
    if (!target || is_early) return WY_OK;
    *item = *target;
    if (target->kind == WY_ITEM_TRAMPOLINE)
        b->trampolines[item->index].ready_after = pair->fixup + 1;
    else
        item->ready_after = pair->fixup + 1;
    return WY_OK;
}

static wy_err replace_all(plan_builder *b, shim_pair *pair) {
    wy_err err = WY_OK;
    pair->forwards = may_forward(b, pair);
    for (uint32_t k = 0; k < b->step_count && !err; k++) {
        if (k == pair->fixup || b->steps[k].module == WY_PLAN_NONE) continue;
        wy_core_item *imports = (wy_core_item *)b->steps[k].imports;
        for (uint32_t i = 0; i < b->steps[k].import_count && !err; i++)
            err = replace(b, pair, k, &imports[i]);
    }
    for (uint32_t i = 0; i < b->func_count && !err; i++)
        err = replace(b, pair, WY_PLAN_NONE, &b->funcs[i]);
    return err;
}

static bool is_used(const plan_builder *b, const shim_pair *pair) {
    for (uint32_t k = 0; k < b->step_count; k++)
        for (uint32_t i = 0; k != pair->fixup && i < b->steps[k].import_count; i++)
            if (b->steps[k].imports[i].kind == WY_ITEM_EXPORT &&
                b->steps[k].imports[i].index == pair->step)
                return true;
    for (uint32_t i = 0; i < b->func_count; i++)
        if (b->funcs[i].kind == WY_ITEM_EXPORT && b->funcs[i].index == pair->step) return true;
    return false;
}

/* Whether nothing but the fixup has a hand on the shim's table. */
static bool is_table_private(const plan_builder *b, const shim_pair *pair) {
    for (uint32_t k = 0; k < b->step_count; k++) {
        const wy_plan_step *step = &b->steps[k];
        if (k == pair->fixup || step->module == WY_PLAN_NONE) continue;
        const wy_core_module *module = b->modules[step->module];
        for (uint32_t i = 0; i < step->import_count; i++)
            if (step->imports[i].kind == WY_ITEM_EXPORT && step->imports[i].index == pair->step &&
                module->imports[i].type.kind == WY_CORE_EXTERN_TABLE)
                return false;
    }
    return true;
}

/* Whether the fixup alone uses the trampolines that it puts into the table: others may call theirs
 * before the fixup has run. */
static bool are_trampolines_private(plan_builder *b, shim_pair *pair) {
    uint8_t *filled = pair_calloc(b, pair, b->trampoline_count + 1u, 1);
    if (!filled) return false;
    for (uint32_t i = 0; i < pair->slot_count; i++)
        if (pair->slot_items[i]->kind == WY_ITEM_TRAMPOLINE) filled[pair->slot_items[i]->index] = 1;
    for (uint32_t k = 0; k < b->step_count; k++)
        for (uint32_t i = 0; k != pair->fixup && i < b->steps[k].import_count; i++)
            if (b->steps[k].imports[i].kind == WY_ITEM_TRAMPOLINE &&
                filled[b->steps[k].imports[i].index])
                return false;
    for (uint32_t i = 0; i < b->func_count; i++)
        if (b->funcs[i].kind == WY_ITEM_TRAMPOLINE && filled[b->funcs[i].index]) return false;
    return true;
}

/* Whether each function of the shim calls what has its very type: else a call through the table
 * would trap. */
static bool do_types_match(const plan_builder *b, const shim_pair *pair) {
    const wy_core_module *shim = b->modules[b->steps[pair->step].module];
    const wy_plan_step *fixup_step = &b->steps[pair->fixup];
    const wy_core_module *fixup = b->modules[fixup_step->module];
    for (uint32_t e = 0; e < shim->export_count; e++) {
        uint32_t slot = pair->slots[e];
        if (slot == UINT32_MAX) continue;
        if (slot >= pair->slot_count) return false;
        size_t import = (size_t)(pair->slot_items[slot] - fixup_step->imports);
        if (!same_functype(wy_shim_functype(shim, shim->exports[e].type.index),
                           wy_shim_functype(fixup, fixup->imports[import].type.index)))
            return false;
    }
    return true;
}

/* Why the pair has to stay as it is; NULL: it need not. */
static const char *why_not(plan_builder *b, shim_pair *pair) {
    if (pair->start && pair->start->kind == WY_ITEM_EXPORT && pair->start->index == pair->step)
        return "the fixup starts a function of the shim";
    if (!do_types_match(b, pair)) return "a function of the shim is filled with another type";
    if (!is_table_private(b, pair)) return "another module has the shim's table";
    if (!are_trampolines_private(b, pair))
        return "what fills the shim is called past it, maybe before it is filled";
    return NULL;
}

/* True: `out` is a shim with its fixup, and out->why says why they must stay, if they must. */
static bool recognise(plan_builder *b, uint32_t s, shim_pair *out) {
    const wy_core_module *module = b->modules[b->steps[s].module];
    if (b->steps[s].import_count || module->export_count == 0) return false;
    out->step = s;
    out->slots = pair_calloc(b, out, module->export_count, sizeof *out->slots);
    uint32_t table;
    if (!out->slots || !wy_shim_recognise(module, out->slots, &table) ||
        !find_fixup(b, s, module->exports[table].name, out))
        return false;
    out->why = why_not(b, out);
    return true;
}

/* The shim is still in use: for what a module exports that is made after the one that calls it. */
static const char *why_used(plan_builder *b, const shim_pair *pair) {
    for (uint32_t k = 0; k < pair->fixup; k++)
        for (uint32_t i = 0; i < b->steps[k].import_count; i++) {
            const wy_core_functype *type = NULL;
            bool is_early;
            const wy_core_item *target =
                target_of(b, pair, k, &b->steps[k].imports[i], &type, &is_early);
            if (is_early)
                return wy_arena_printf(
                    b->arena, "step %u calls \"" WY_STR_FMT "\" of step %u, which is made after it",
                    k, WY_STR_ARG(target->name), target->index);
        }
    return "it exports more than functions that are filled in";
}

static wy_err keep(plan_builder *b, const shim_pair *pair, const char *why) {
    wy_plan_kept *kept = wy_arena_grow(b->arena, b->kept, b->kept_count, &b->kept_cap,
                                       b->kept_count + 1u, sizeof *kept);
    if (!kept || !why) return plan_no_memory(b);
    b->kept = kept;
    kept[b->kept_count++] = (wy_plan_kept){pair->step, pair->fixup, why};
    return WY_OK;
}

wy_err plan_eliminate_shims(plan_builder *b) {
    for (uint32_t s = 0; s < b->step_count; s++) {
        shim_pair found = {0};
        bool recognised = b->steps[s].module != WY_PLAN_NONE && recognise(b, s, &found);
        if (found.err) return found.err;
        if (!recognised) continue;
        wy_err err = found.why ? WY_OK : replace_all(b, &found);
        if (err) return err;
        if (found.why || is_used(b, &found)) {
            err = keep(b, &found, found.why ? found.why : why_used(b, &found));
            if (err) return err;
            continue;
        }
        uint32_t start = WY_PLAN_NONE;
        err = found.start ? plan_intern_func(b, *found.start, &start) : WY_OK;
        if (err) return err;
        b->steps[found.step] = (wy_plan_step){.module = WY_PLAN_NONE, .start = WY_PLAN_NONE};
        b->steps[found.fixup] = (wy_plan_step){.module = WY_PLAN_NONE, .start = start};
        b->eliminated += 2;
    }
    return WY_OK;
}
