/* Looking at a component's plan: what an instance is made of, in which order, what was left out and
 * what had to stay, and the memory it takes. */
#include "host/inspect.h"

#include "base/limits.h"
#include "host/load.h"

/* Where the imports of a step come from. */
typedef struct origins {
    uint32_t host, guests, builtins, steps, later;
} origins;

typedef struct extent {
    uint64_t min, max; /* bytes; max UINT64_MAX: as far as addresses reach */
    uint32_t count;    /* memories */
} extent;

static origins origins_of(const wy_plan *plan, const wy_plan_step *step) {
    origins o = {0};
    for (uint32_t i = 0; i < step->import_count; i++) {
        const wy_core_item *item = &step->imports[i];
        if (item->kind == WY_ITEM_EXPORT) {
            o.steps++;
            continue;
        }
        const wy_trampoline *t = &plan->trampolines[item->index];
        if (t->kind == WY_TRAMPOLINE_FORWARD)
            o.later++;
        else if (t->kind != WY_TRAMPOLINE_LOWER)
            o.builtins++;
        else if (t->callee.kind == WY_PLAN_FUNC_IMPORT)
            o.host++;
        else
            o.guests++;
    }
    return o;
}

/* The memories that a module defines itself. */
static extent memories_of(const wy_core_module *module) {
    extent e = {0};
    uint32_t imported = 0;
    for (uint32_t i = 0; i < module->import_count; i++)
        imported += module->imports[i].type.kind == WY_CORE_EXTERN_MEMORY;
    for (uint32_t i = imported; i < module->memory_count; i++) {
        const wy_core_limits *limits = &module->memories[i].limits;
        const uint64_t page = (uint64_t)1 << limits->page_size_log2;
        uint64_t max = limits->has_max   ? limits->max * page
                       : limits->index64 ? UINT64_MAX
                                         : (uint64_t)1 << 32;
        e.min += limits->min * page;
        e.max = __builtin_add_overflow(e.max, max, &e.max) ? UINT64_MAX : e.max;
        e.count++;
    }
    return e;
}

static extent all_memories(const wy_plan *plan) {
    extent sum = {0};
    for (uint32_t k = 0; k < plan->step_count; k++) {
        if (plan->steps[k].module == WY_PLAN_NONE) continue;
        extent e = memories_of(plan->modules[plan->steps[k].module]);
        sum.min += e.min;
        sum.max = __builtin_add_overflow(sum.max, e.max, &sum.max) ? UINT64_MAX : sum.max;
        sum.count += e.count;
    }
    return sum;
}

static uint32_t core_instances(const wy_plan *plan) {
    uint32_t count = 0;
    for (uint32_t k = 0; k < plan->step_count; k++)
        count += plan->steps[k].module != WY_PLAN_NONE;
    return count;
}

/* --- text --- */

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

static void put_size(wy_buf *buf, uint64_t bytes) {
    if (bytes == UINT64_MAX)
        wy_buf_str(buf, WY_STR("no bound"));
    else if (bytes >> 30)
        wy_buf_printf(buf, "%.1f GiB", (double)bytes / (1 << 30));
    else if (bytes >> 20)
        wy_buf_printf(buf, "%.1f MiB", (double)bytes / (1 << 20));
    else
        wy_buf_printf(buf, "%llu KiB", (unsigned long long)(bytes + 1023) >> 10);
}

static void put_part(wy_buf *buf, const char **separator, uint32_t count, const char *what) {
    if (!count) return;
    wy_buf_printf(buf, "%s%u %s", *separator, count, what);
    *separator = ", ";
}

static void print_step(wy_buf *buf, const wy_plan *plan, uint32_t k) {
    const wy_plan_step *step = &plan->steps[k];
    wy_buf_printf(buf, "step %u: ", k);
    if (step->module == WY_PLAN_NONE) {
        wy_buf_str(buf, WY_STR("left out"));
        if (step->start != WY_PLAN_NONE)
            wy_buf_printf(buf, ", starts " WY_STR_FMT, WY_STR_ARG(plan->funcs[step->start].name));
        wy_buf_char(buf, '\n');
        return;
    }
    const wy_core_module *module = plan->modules[step->module];
    wy_buf_printf(buf, "module %u (%zu bytes at 0x%zx)", step->module, module->len, module->offset);
    const char *separator = ", imports: ";
    origins o = origins_of(plan, step);
    put_part(buf, &separator, o.host, "of the host");
    put_part(buf, &separator, o.guests, "of other components");
    put_part(buf, &separator, o.builtins, "of resources");
    put_part(buf, &separator, o.steps, "of earlier steps");
    put_part(buf, &separator, o.later, "of later steps");
    extent e = memories_of(module);
    if (e.count) {
        wy_buf_str(buf, WY_STR(", memory: "));
        put_size(buf, e.min);
        wy_buf_str(buf, WY_STR(" to "));
        put_size(buf, e.max);
    }
    if (module->has_start) wy_buf_str(buf, WY_STR(", starts"));
    wy_buf_char(buf, '\n');
}

static void print_text(wy_buf *buf, const wy_plan *plan) {
    uint32_t instances = core_instances(plan);
    wy_buf_printf(buf,
                  "%u component instance%s, %u core instance%s; %u step%s of shim and fixup left "
                  "out, %u call%s bound directly\n",
                  plan->instance_count, plural(plan->instance_count), instances, plural(instances),
                  plan->eliminated, plural(plan->eliminated), plan->direct_calls,
                  plural(plan->direct_calls));
    for (uint32_t k = 0; k < plan->step_count; k++)
        print_step(buf, plan, k);
    for (uint32_t i = 0; i < plan->kept_count; i++)
        wy_buf_printf(buf, "kept: shim and fixup, steps %u and %u: %s\n", plan->kept[i].step,
                      plan->kept[i].fixup, plan->kept[i].why);
    extent sum = all_memories(plan);
    wy_buf_printf(buf, "an instance takes %u memor%s: ", sum.count, sum.count == 1 ? "y" : "ies");
    put_size(buf, sum.min);
    wy_buf_str(buf, WY_STR(" to "));
    put_size(buf, sum.max);
    wy_buf_char(buf, '\n');
}

/* --- JSON --- */

static void json_extent(wy_buf *buf, const extent *e) {
    wy_buf_printf(buf, "\"memory\":{\"count\":%u,\"min\":%llu,\"max\":", e->count,
                  (unsigned long long)e->min);
    if (e->max == UINT64_MAX)
        wy_buf_str(buf, WY_STR("null}"));
    else
        wy_buf_printf(buf, "%llu}", (unsigned long long)e->max);
}

static void json_import(wy_buf *buf, const wy_plan *plan, const wy_core_import *import,
                        const wy_core_item *item) {
    static const char *const builtins[] = {
        [WY_TRAMPOLINE_RESOURCE_NEW] = "resource.new",
        [WY_TRAMPOLINE_RESOURCE_DROP] = "resource.drop",
        [WY_TRAMPOLINE_RESOURCE_REP] = "resource.rep",
    };
    wy_buf_str(buf, WY_STR("{\"module\":"));
    wy_buf_json(buf, import->module);
    wy_buf_str(buf, WY_STR(",\"name\":"));
    wy_buf_json(buf, import->name);
    const char *step = "step";
    if (item->kind == WY_ITEM_TRAMPOLINE &&
        plan->trampolines[item->index].kind == WY_TRAMPOLINE_FORWARD) {
        item = &plan->funcs[plan->trampolines[item->index].func];
        step = "later_step";
    }
    if (item->kind == WY_ITEM_EXPORT) {
        wy_buf_printf(buf, ",\"%s\":%u,\"export\":", step, item->index);
        wy_buf_json(buf, item->name);
    } else if (plan->trampolines[item->index].kind != WY_TRAMPOLINE_LOWER) {
        wy_buf_printf(buf, ",\"builtin\":\"%s\"", builtins[plan->trampolines[item->index].kind]);
    } else if (plan->trampolines[item->index].callee.kind == WY_PLAN_FUNC_LIFT) {
        const wy_plan_lift *lift = &plan->lifts[plan->trampolines[item->index].callee.index];
        wy_buf_printf(buf, ",\"component\":%u,\"function\":", lift->instance);
        wy_buf_json(buf, plan->funcs[lift->func].name);
    } else {
        const wy_plan_import *host = &plan->imports[plan->trampolines[item->index].callee.index];
        wy_buf_str(buf, WY_STR(",\"interface\":"));
        wy_buf_json(buf, host->interface_name);
        wy_buf_str(buf, WY_STR(",\"function\":"));
        wy_buf_json(buf, host->name);
    }
    wy_buf_char(buf, '}');
}

static void json_step(wy_buf *buf, const wy_plan *plan, const wy_plan_step *step) {
    if (step->module == WY_PLAN_NONE) {
        wy_buf_str(buf, WY_STR("{\"module\":null,\"starts\":"));
        if (step->start == WY_PLAN_NONE)
            wy_buf_str(buf, WY_STR("null"));
        else
            wy_buf_json(buf, plan->funcs[step->start].name);
        wy_buf_char(buf, '}');
        return;
    }
    const wy_core_module *module = plan->modules[step->module];
    extent e = memories_of(module);
    wy_buf_printf(buf, "{\"module\":%u,", step->module);
    json_extent(buf, &e);
    wy_buf_str(buf, WY_STR(",\"imports\":["));
    for (uint32_t i = 0; i < step->import_count; i++) {
        if (i) wy_buf_char(buf, ',');
        json_import(buf, plan, &module->imports[i], &step->imports[i]);
    }
    wy_buf_str(buf, WY_STR("]}"));
}

static void print_json(wy_buf *buf, const char *path, const wy_plan *plan) {
    wy_buf_str(buf, WY_STR("{\"file\":"));
    wy_buf_json(buf, wy_str_of(path));
    wy_buf_str(buf, WY_STR(",\"modules\":["));
    for (uint32_t i = 0; i < plan->module_count; i++)
        wy_buf_printf(buf, "%s{\"bytes\":%zu,\"offset\":%zu}", i ? "," : "", plan->modules[i]->len,
                      plan->modules[i]->offset);
    wy_buf_str(buf, WY_STR("],\"steps\":["));
    for (uint32_t k = 0; k < plan->step_count; k++) {
        if (k) wy_buf_char(buf, ',');
        json_step(buf, plan, &plan->steps[k]);
    }
    wy_buf_str(buf, WY_STR("],\"kept\":["));
    for (uint32_t i = 0; i < plan->kept_count; i++) {
        wy_buf_printf(buf, "%s{\"shim\":%u,\"fixup\":%u,\"why\":", i ? "," : "", plan->kept[i].step,
                      plan->kept[i].fixup);
        wy_buf_json(buf, wy_str_of(plan->kept[i].why));
        wy_buf_char(buf, '}');
    }
    extent sum = all_memories(plan);
    wy_buf_printf(buf,
                  "],\"component_instances\":%u,\"core_instances\":%u,\"left_out\":%u,"
                  "\"direct_calls\":%u,",
                  plan->instance_count, core_instances(plan), plan->eliminated, plan->direct_calls);
    json_extent(buf, &sum);
    wy_buf_str(buf, WY_STR("}\n"));
}

int withy_inspect_plan(const char *path, bool json,
                       void (*write)(void *data, const char *text, size_t len), void *data,
                       withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_inspection in;
    wy_buf buf;
    wy_buf_init(&buf, WY_INSPECTION_TEXT_MAX);
    wy_err err = wy_inspection_open(&in, path, &diag);
    if (!err) {
        if (json)
            print_json(&buf, path, in.plan);
        else
            print_text(&buf, in.plan);
        if (buf.failed) err = wy_diag_set(&diag, WY_LIMIT, "%s: the text is too long", path);
    }
    if (!err && buf.ptr) write(data, buf.ptr, buf.len);
    wy_buf_deinit(&buf);
    wy_inspection_close(&in);
    return err ? wy_host_fail(&diag, error) : 0;
}
