/* For the tests of this folder: files of tests/data/component as bytes, and as plans. */
#ifndef WY_COMPONENT_TESTING_H
#define WY_COMPONENT_TESTING_H

#include <stdio.h>
#include <stdlib.h>

#include "base/test.h"
#include "component/decode.h"
#include "component/plan.h"
#include "component/validate.h"

/* To be freed with free(). */
static inline uint8_t *read_file(const char *name, size_t *len) {
    char path[512];
    snprintf(path, sizeof path, "%s/tests/data/component/%s", WITHY_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *bytes = malloc(1 << 16);
    assert_non_null(bytes);
    *len = fread(bytes, 1, 1 << 16, file);
    fclose(file);
    return bytes;
}

/* A plan, and all that it refers to. */
typedef struct fixture {
    wy_arena arena;
    uint8_t *bytes;
    const wy_plan *plan;
} fixture;

static inline const wy_plan *plan_of(fixture *f, const char *name, bool keep_shims) {
    size_t len;
    wy_diag diag;
    wy_component_ast *ast;
    const wy_component_types *types;
    wy_plan_config config = {.keep_shims = keep_shims};
    f->bytes = read_file(name, &len);
    wy_arena_init(&f->arena, 1 << 20);
    wy_diag_init(&diag);
    assert_int_equal(wy_component_decode(&f->arena, f->bytes, len, &ast, &diag), WY_OK);
    assert_int_equal(wy_component_validate(&f->arena, ast, &types, &diag), WY_OK);
    assert_int_equal(wy_plan_make(&f->arena, ast, &config, &f->plan, &diag), WY_OK);
    return f->plan;
}

static inline void end(fixture *f) {
    wy_arena_deinit(&f->arena);
    free(f->bytes);
}

#endif
