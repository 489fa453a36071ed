/* Any bytes: decoding and validating give a result or an error with a place, within the limits. */
#include "component/decode.h"
#include "component/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static wy_err check(wy_arena *arena, const uint8_t *data, size_t size, wy_diag *diag) {
    wy_component_ast *ast;
    wy_err err = wy_component_decode(arena, data, size, &ast, diag);
    wy_assert((ast != NULL) == (err == WY_OK));
    if (err) return err;
    const wy_component_types *types;
    err = wy_component_validate(arena, ast, &types, diag);
    wy_assert((types != NULL) == (err == WY_OK));
    if (types) wy_assert(types->ast == ast && types->type);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)256 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = check(&arena, data, size, &diag);
    wy_assert(err == diag.err);
    if (err) wy_assert(diag.text[0] && diag.has_offset && diag.offset <= size);
    wy_arena_deinit(&arena);
    return 0;
}
