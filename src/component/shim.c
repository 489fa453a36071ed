/* Recognising shims and fixups: reads the few sections they have and insists on exactly the code
 * that such modules consist of. Anything unexpected means "not a shim", which is always safe. */
#include "component/shim.h"

#include "component/core_cursor.h"

/* One body: no locals; local.get 0 .. local.get n-1; i32.const slot; call_indirect type table 0;
 * end. Gives the slot and the type index called. */
static bool shim_body(cursor body, uint32_t param_count, uint32_t *slot_out, uint32_t *type_out) {
    if (take_u32(&body) != 0) return false;
    for (uint32_t i = 0; i < param_count; i++)
        if (take_byte(&body) != 0x20 || take_u32(&body) != i) return false;
    if (take_byte(&body) != 0x41) return false;
    *slot_out = take_i32(&body);
    if (take_byte(&body) != 0x11) return false;
    *type_out = take_u32(&body);
    return take_u32(&body) == 0 && take_byte(&body) == 0x0b && body.at == body.end && !body.failed;
}

const wy_core_functype *wy_shim_functype(const wy_core_module *module, uint32_t index) {
    if (index >= module->rectype_count || module->rectypes[index].count != 1 ||
        module->type_count != module->rectype_count)
        return NULL;
    const wy_core_subtype *type = &module->rectypes[index].subtypes[0];
    return type->kind == WY_CORE_COMP_FUNC && !type->has_super ? &type->func : NULL;
}

bool wy_shim_recognise(const wy_core_module *module, uint32_t *slot_out,
                       uint32_t *table_export_out) {
    sections s;
    const uint16_t wanted = 1u << SECTION_TYPE | 1u << SECTION_FUNC | 1u << SECTION_TABLE |
                            1u << SECTION_EXPORT | 1u << SECTION_CODE;
    if (module->import_count || !split(module, wanted, &s) || s.present != wanted) return false;
    cursor tables = s.found[SECTION_TABLE];
    if (take_u32(&tables) != 1) return false;
    cursor funcs = s.found[SECTION_FUNC], code = s.found[SECTION_CODE];
    uint32_t count = take_u32(&funcs);
    if (count != take_u32(&code) || count > module->len) return false;
    *table_export_out = UINT32_MAX;
    for (uint32_t e = 0; e < module->export_count; e++) {
        slot_out[e] = UINT32_MAX;
        if (module->exports[e].type.kind == WY_CORE_EXTERN_TABLE) *table_export_out = e;
    }
    if (*table_export_out == UINT32_MAX) return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t type = take_u32(&funcs), slot, called;
        const wy_core_functype *func = wy_shim_functype(module, type);
        cursor body = take_slice(&code, take_u32(&code));
        if (!func || code.failed || funcs.failed ||
            !shim_body(body, func->param_count, &slot, &called) || called != type)
            return false;
        for (uint32_t e = 0; e < module->export_count; e++)
            if (module->exports[e].type.kind == WY_CORE_EXTERN_FUNC &&
                module->exports[e].index == i)
                slot_out[e] = slot;
    }
    return true;
}

/* Sorts the imports: functions by their index, and the one table. False for anything else. */
static bool fixup_imports(const wy_core_module *module, wy_fixup *out, uint32_t *func_count_out) {
    *func_count_out = 0;
    out->table = UINT32_MAX;
    for (uint32_t i = 0; i < module->import_count; i++) {
        uint8_t kind = module->imports[i].type.kind;
        if (kind == WY_CORE_EXTERN_FUNC)
            out->func_of_slot[(*func_count_out)++] = i; /* function index -> import index */
        else if (kind == WY_CORE_EXTERN_TABLE && out->table == UINT32_MAX)
            out->table = i;
        else
            return false;
    }
    return out->table != UINT32_MAX;
}

bool wy_fixup_recognise(const wy_core_module *module, wy_fixup *fixup_out) {
    sections s;
    const uint16_t optional = 1u << SECTION_TYPE | 1u << SECTION_START;
    const uint16_t required = 1u << SECTION_IMPORT | 1u << SECTION_ELEM;
    uint32_t func_count;
    if (!split(module, optional | required, &s) || (s.present & required) != required ||
        !fixup_imports(module, fixup_out, &func_count))
        return false;
    cursor elem = s.found[SECTION_ELEM];
    if (take_u32(&elem) != 1) return false;
    /* Active, table 0, offset expression "i32.const 0", then function indexes (flag 0). */
    if (take_u32(&elem) != 0 || take_byte(&elem) != 0x41 || take_i32(&elem) != 0 ||
        take_byte(&elem) != 0x0b)
        return false;
    uint32_t count = take_u32(&elem);
    if (count > func_count) return false;
    for (uint32_t i = 0; i < count; i++)
        if (take_u32(&elem) != i) return false;
    if (elem.at != elem.end || elem.failed) return false;
    fixup_out->slot_count = count;
    fixup_out->start = UINT32_MAX;
    if (s.present >> SECTION_START & 1) {
        uint32_t start = take_u32(&s.found[SECTION_START]);
        if (start >= func_count) return false;
        fixup_out->start = fixup_out->func_of_slot[start];
    }
    return true;
}
