/* The canonical ABI: moving values between a guest's linear memory (or core values) and host
 * memory, by walking type descriptors. Vocabulary and order of steps are those of CanonicalABI.md.
 *
 * Nothing here allocates per value: strings and lists of plain elements are lifted as views into
 * linear memory (valid until the guest runs again), everything else goes to the call's arena. */
#ifndef WY_ABI_ABI_H
#define WY_ABI_ABI_H

#include "abi/handle.h"
#include "base/arena.h"
#include "engine/engine.h"
#include "value/type.h"

typedef enum wy_string_encoding {
    WY_ENCODING_UTF8,
    WY_ENCODING_UTF16,
    WY_ENCODING_LATIN1_UTF16,
} wy_string_encoding;

typedef struct wy_lift_lower_cx wy_lift_lower_cx;

/* CM: LiftLowerContext. The canonical options of one lift or lower, and where they work. Set up by
 * the caller for each call; plain data, all zero where nothing else is said. */
struct wy_lift_lower_cx {
    uint8_t *memory;    /* base of the memory of the options, aligned to 8; NULL without one */
    size_t memory_size; /* at most what it has now: a memory only grows */
    /* What it has now; asked when a value seems to lie outside, as asking costs more than a copy of
     * a short string. NULL: it does not grow but by `realloc`, which sets it. */
    size_t (*memory_size_now)(wy_lift_lower_cx *cx);
    bool is_64;       /* the memory has 64-bit addresses (CM: MemInst.ptr_type): pointers and
                         lengths are i64 among core values and take 8 bytes in memory */
    uint8_t encoding; /* wy_string_encoding of the guest's memory */
    /* wy_string_encoding of strings in host memory. Host functions have UTF-8 (0). In a call from
     * guest to guest both contexts may have the encoding of the guest that is lifted from: strings
     * then pass as validated views that are transcoded once, by lowering, with exactly the calls of
     * realloc that CM: store_string gives for the two encodings. `len` of such a string counts
     * tagged code units, not bytes. */
    uint8_t host_encoding;
    uint32_t instance; /* component instance of `handles`, as in wy_resource.instance: a borrow that
                          is lowered to the instance that defines its resource is no handle but the
                          representation (CM: lower_borrow) */
    /* Calls the guest's realloc (with may_leave cleared). The result is not checked yet. NULL
     * without the option. Sizes stay below 2^32 in memories of both kinds (CM: REALLOC_I32_MAX). */
    own wy_trap *(*realloc)(wy_lift_lower_cx *cx, uint64_t old_ptr, uint32_t old_size,
                            uint32_t align, uint32_t new_size, uint64_t *ptr_out);
    void *env;                /* of realloc */
    wy_handle_table *handles; /* CM: inst.handles, of the instance lifted from / lowered to */
    const wy_resource *const *resources; /* run-time resources of the plan, by resource_index */
    wy_call_scope *scope;                /* lends and borrows of this call */
    wy_arena *arena;                     /* call arena: host copies made by lifting */
    uint64_t reserved_ptr; /* guest memory handed out by wy_abi_reserve, and its size: a */
    uint32_t reserved_len; /* result list that lies there is not copied again */
    uint32_t owns_lowered; /* own handles lowered so far by the call under way (abi's own) */
};

/* All of these return a trap when the guest broke a rule, with a text that says which, or when a
 * limit is reached. A trap leaves no resource without owner: what was lifted out of a table is back
 * in it, what could not be lowered is in the table too and ends with the instance.
 *
 * `flat` points to core values as the engine passes them: one wy_raw each. */

/* A guest calls (CM: canon_lower, on_start). Core values in, values out. `flat` holds the core
 * parameters, or one pointer when there are more than 16; `args_out` has ft->params.size bytes. */
own wy_trap *wy_abi_lift_params(wy_lift_lower_cx *cx, const wy_func_type *ft, const wy_raw *flat,
                                void *args_out) WY_MUST_USE;
/* And is answered (CM: canon_lower, on_resolve). `flat` at its first element receives the one flat
 * result; `ret_ptr` is the pointer that the guest passed as last parameter when the result does not
 * fit one core value (wy_abi_result_spills). */
own wy_trap *wy_abi_lower_result(wy_lift_lower_cx *cx, const wy_func_type *ft, const void *result,
                                 wy_raw *flat, uint64_t ret_ptr) WY_MUST_USE;
/* The other way round, for calls into a guest (CM: canon_lift): values in, core parameters out
 * (`flat_out` has room for 16), then the result out of the core result. */
own wy_trap *wy_abi_lower_params(wy_lift_lower_cx *cx, const wy_func_type *ft, const void *args,
                                 wy_raw *flat_out) WY_MUST_USE;
own wy_trap *wy_abi_lift_result(wy_lift_lower_cx *cx, const wy_func_type *ft, const wy_raw *flat,
                                void *result_out) WY_MUST_USE;

/* A guest calls a guest: both ways of a call at once, `from` one memory and table straight `to` the
 * other, which belong to two component instances. What lifting and then lowering the values comes
 * to, but nothing lies in host memory in between: bytes are copied once and strings are transcoded
 * once. Sets host_encoding of both contexts. `flat` holds the core parameters that the caller
 * passed, `flat_out` (room for 16) receives those of the callee. */
own wy_trap *wy_abi_copy_params(wy_lift_lower_cx *from, wy_lift_lower_cx *to,
                                const wy_func_type *ft, const wy_raw *flat,
                                wy_raw *flat_out) WY_MUST_USE;
/* And back: `from` is the callee now, `flat` its core result; `flat_out` and `ret_ptr` are as in
 * wy_abi_lower_result. */
own wy_trap *wy_abi_copy_result(wy_lift_lower_cx *from, wy_lift_lower_cx *to,
                                const wy_func_type *ft, const wy_raw *flat, wy_raw *flat_out,
                                uint64_t ret_ptr) WY_MUST_USE;
/* A single value as core values. */
own wy_trap *wy_abi_copy_flat(wy_lift_lower_cx *from, wy_lift_lower_cx *to, const wy_type *type,
                              const wy_raw *flat, wy_raw *flat_out) WY_MUST_USE;

/* Which core function a component function's type is flattened for. */
enum {
    WY_CORE_LOWER = 1,    /* an import; else an export, which is lifted */
    WY_CORE_ASYNC = 2,    /* option `async` */
    WY_CORE_CALLBACK = 4, /* option `callback` of an async lift */
    WY_CORE_64 = 8,       /* the memory of the options has 64-bit addresses */
};

/* Number of core parameters / results of a function as the guest sees it (CM: flatten_functype),
 * and their wy_flat types (none is POINTER); arrays have room for 17 and 1. `form`: WY_CORE_... */
void wy_abi_core_type(const wy_func_type *ft, unsigned form, uint8_t params_out[17],
                      size_t *param_count_out, uint8_t results_out[1], size_t *result_count_out);
/* The core type that a wy_flat of a descriptor stands for. */
uint8_t wy_abi_core_kind(uint8_t flat, bool is_64);
/* Whether the result, the parameters go through memory (of synchronous functions). */
bool wy_abi_result_spills(const wy_func_type *ft);
bool wy_abi_params_spill(const wy_func_type *ft);

/* Guest memory for `len` bytes (at least 1) that the function is about to produce, so that read(2)
 * can fill it in place: at most one per call. The result then holds one list<u8> or string that
 * begins there and is at most `len` long; it is given to the guest as it lies, after a shrinking
 * realloc when it is shorter. NULL with *trap_out set when the guest's realloc misbehaves. */
uint8_t *wy_abi_reserve(wy_lift_lower_cx *cx, uint32_t len, own wy_trap **trap_out) WY_MUST_USE;

/* The trap of a char that is none. */
own wy_trap *wy_char_trap(uint32_t code) WY_MUST_USE;

/* Single values as core values, `type->flat_count` of them (CM: lift_flat, lower_flat). */
own wy_trap *wy_abi_lift_flat(wy_lift_lower_cx *cx, const wy_type *type, const wy_raw *flat,
                              void *value_out) WY_MUST_USE;
own wy_trap *wy_abi_lower_flat(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                               wy_raw *flat_out) WY_MUST_USE;
/* Single values in memory at `ptr` (CM: load, store), which is checked for alignment and bounds. */
own wy_trap *wy_abi_load(wy_lift_lower_cx *cx, const wy_type *type, uint64_t ptr,
                         void *value_out) WY_MUST_USE;
own wy_trap *wy_abi_store(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                          uint64_t ptr) WY_MUST_USE;

#endif
