/* What a core function may call: follows direct calls from body to body. Skips over instructions
 * without knowing more of them than how long they are; any that is not in the table, and any call
 * whose target is not written down, ends it with "may call anything". */
#include "component/reach.h"

#include "component/core_cursor.h"

#include <stdlib.h>

typedef struct reach {
    const wy_core_module *module;
    const bool *safe;
    uint32_t import_count; /* functions */
    uint32_t body_count;
    cursor *bodies;
    bool *seen;      /* by body */
    uint32_t *queue; /* bodies to look at; each is in it once */
    uint32_t queue_count;
} reach;

static void skip_leb(cursor *c) {
    while (!c->failed && take_byte(c) & 0x80)
        ;
}

static void skip_lebs(cursor *c, uint32_t count) {
    for (uint32_t i = 0; i < count && !c->failed; i++)
        skip_leb(c);
}

/* Whether imported function `index` is safe to call. */
static bool is_safe_import(const reach *r, uint32_t index) {
    for (uint32_t i = 0; i < r->module->import_count; i++)
        if (r->module->imports[i].type.kind == WY_CORE_EXTERN_FUNC && index-- == 0)
            return r->safe[i];
    return false;
}

static bool follow(reach *r, uint32_t func) {
    if (func < r->import_count) return is_safe_import(r, func);
    func -= r->import_count;
    if (func >= r->body_count) return false;
    if (!r->seen[func]) r->queue[r->queue_count++] = func;
    r->seen[func] = true;
    return true;
}

/* The instructions behind the prefix 0xfc: conversions that saturate; memories and tables in bulk.
 */
static bool skip_misc(cursor *c) {
    static const uint8_t operands[] = {0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1};
    uint32_t code = take_u32(c);
    if (code >= sizeof operands) return false;
    skip_lebs(c, operands[code]);
    return true;
}

static bool skip_memarg(cursor *c) {
    uint32_t flags = take_u32(c);
    skip_lebs(c, flags & 0x40 ? 2 : 1); /* a memory's index, the offset */
    return true;
}

/* Of a type in one byte, or by index; not of references, which take two. */
static bool skip_block_type(cursor *c) {
    const uint8_t byte = take_byte(c);
    if (byte & 0x80) skip_leb(c);
    return byte != 0x63 && byte != 0x64;
}

/* One instruction: skipped, or a direct call that is followed. */
static bool step(reach *r, cursor *c) {
    const uint8_t code = take_byte(c);
    if (code == 0x10 || code == 0x12) return follow(r, take_u32(c)); /* call, return_call */
    if (code >= 0x28 && code <= 0x3e) return skip_memarg(c);
    if (code >= 0x45 && code <= 0xc4) return true;              /* arithmetic */
    if (code >= 0x20 && code <= 0x26) return skip_leb(c), true; /* locals, globals, tables */
    switch (code) {
    case 0x00: /* unreachable, nop, else, end, return, drop, select */
    case 0x01:
    case 0x05:
    case 0x0b:
    case 0x0f:
    case 0x1a:
    case 0x1b: return true;
    case 0x02: /* block, loop, if */
    case 0x03:
    case 0x04: return skip_block_type(c);
    case 0x0c: /* br, br_if */
    case 0x0d:
    case 0x3f: /* memory.size, memory.grow */
    case 0x40:
    case 0x41: /* i32.const, i64.const */
    case 0x42: skip_leb(c); return true;
    case 0x0e: skip_lebs(c, take_u32(c)), skip_leb(c); return true; /* br_table */
    case 0x43: (void)take_slice(c, 4); return true;                 /* f32.const */
    case 0x44: (void)take_slice(c, 8); return true;                 /* f64.const */
    case 0xfc: return skip_misc(c);
    default: return false;
    }
}

static bool scan(reach *r, cursor body) {
    for (uint32_t n = take_u32(&body); n > 0 && !body.failed; n--) {
        skip_leb(&body);
        if (take_byte(&body) < 0x7b) return false; /* no number, no vector */
    }
    while (!body.failed && body.at < body.end)
        if (!step(r, &body)) return false;
    return !body.failed;
}

static bool find_bodies(reach *r) {
    sections s;
    if (!split(r->module, 0xffff, &s)) return false;
    cursor code = s.found[SECTION_CODE];
    r->body_count = take_u32(&code);
    if (code.failed || r->body_count > r->module->len) return false;
    r->bodies = calloc(r->body_count, sizeof *r->bodies);
    r->seen = calloc(r->body_count, sizeof *r->seen);
    r->queue = calloc(r->body_count, sizeof *r->queue);
    if (!r->bodies || !r->seen || !r->queue) return false;
    for (uint32_t i = 0; i < r->body_count; i++)
        r->bodies[i] = take_slice(&code, take_u32(&code));
    return !code.failed;
}

bool wy_core_stays_inside(const wy_core_module *module, uint32_t func, const bool *safe) {
    reach r = {.module = module, .safe = safe};
    for (uint32_t i = 0; i < module->import_count; i++)
        r.import_count += module->imports[i].type.kind == WY_CORE_EXTERN_FUNC;
    bool stays = find_bodies(&r) && follow(&r, func);
    for (uint32_t i = 0; i < r.queue_count && stays; i++)
        stays = scan(&r, r.bodies[r.queue[i]]);
    free(r.bodies);
    free(r.seen);
    free(r.queue);
    return stays;
}
