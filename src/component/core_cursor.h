/* Reading the sections of a core module that the decoder skipped, where the plan wants to know what
 * code does. Whatever is out of bounds fails the cursor, which its user takes as "unknown". */
#ifndef WY_COMPONENT_CORE_CURSOR_H
#define WY_COMPONENT_CORE_CURSOR_H

#include "component/core_ast.h"

typedef struct cursor {
    const uint8_t *at, *end;
    bool failed;
} cursor;

static inline uint8_t take_byte(cursor *c) {
    if (c->at >= c->end) {
        c->failed = true;
        return 0;
    }
    return *c->at++;
}

static inline uint32_t take_u32(cursor *c) {
    uint32_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte = take_byte(c);
        value |= (uint32_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return value;
    }
    c->failed = true;
    return 0;
}

/* A non-negative i32.const operand (signed LEB128). */
static inline uint32_t take_i32(cursor *c) {
    uint32_t value = 0;
    unsigned shift = 0;
    for (;;) {
        uint8_t byte = take_byte(c);
        value |= (uint32_t)(byte & 0x7f) << shift;
        shift += 7;
        if (!(byte & 0x80)) {
            if (byte & 0x40) c->failed = true; /* negative */
            return value;
        }
        if (shift > 28) {
            c->failed = true;
            return 0;
        }
    }
}

static inline cursor take_slice(cursor *c, uint32_t len) {
    if ((size_t)(c->end - c->at) < len) {
        c->failed = true;
        return (cursor){c->end, c->end, true};
    }
    cursor slice = {c->at, c->at + len, false};
    c->at += len;
    return slice;
}

enum {
    SECTION_CUSTOM = 0,
    SECTION_TYPE = 1,
    SECTION_IMPORT = 2,
    SECTION_FUNC = 3,
    SECTION_TABLE = 4,
    SECTION_EXPORT = 7,
    SECTION_START = 8,
    SECTION_ELEM = 9,
    SECTION_CODE = 10
};

typedef struct sections {
    cursor found[13];
    uint16_t present; /* bit by section number */
} sections;

/* Splits a module into its sections; false when one repeats or is not among `allowed`. */
static inline bool split(const wy_core_module *module, uint16_t allowed, sections *out) {
    *out = (sections){0};
    cursor c = {module->bytes, module->bytes + module->len, false};
    (void)take_slice(&c, 8); /* the preamble, which the decoder checked */
    while (!c.failed && c.at < c.end) {
        uint8_t id = take_byte(&c);
        uint32_t len = take_u32(&c);
        cursor section = take_slice(&c, len);
        if (id == SECTION_CUSTOM) continue;
        if (id > 12 || !(allowed >> id & 1) || out->present >> id & 1) return false;
        out->present |= (uint16_t)(1u << id);
        out->found[id] = section;
    }
    return !c.failed;
}

#endif
