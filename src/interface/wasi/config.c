/* wasi:config/store, in both drafts (they differ in the version alone), over the capability config.
 */
#include "interface/config.h"

#include "gen/wasi_config_draft_store.h"
#include "gen/wasi_config_store.h"
#include "runtime/host.h"

typedef wasi_config_store_error error;

static void fail(wy_call *call, wy_err err, const wy_diag *diag, error *out) {
    char *text = wy_arena_strndup(call->arena, diag->text, strlen(diag->text));
    out->tag = err == WY_CLOSED ? WASI_CONFIG_STORE_ERROR_UPSTREAM : WASI_CONFIG_STORE_ERROR_IO;
    out->io = wy_str_of(text ? text : "out of memory");
}

/* What is not there, or has an impossible name, is none. */
static own wy_trap *get(wy_call *call, const wasi_config_store_get_args *args,
                        wasi_config_store_get_result *result) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_str value = {0};
    wy_err err;
    wy_trap *trap = wy_config_call(call, args->key, &value, &err, &diag);
    if (trap) return trap;
    result->is_err = err != WY_OK && err != WY_NOT_FOUND;
    if (result->is_err)
        fail(call, err, &diag, &result->err);
    else
        result->ok = (wit_option_string){err == WY_OK, value};
    return NULL;
}

static own wy_trap *get_all(wy_call *call, const void *args,
                            wasi_config_store_get_all_result *result) {
    (void)args;
    const wy_config_grants *grants = wy_instance_settings(call->instance, WY_SLOT_CONFIG);
    wit_tuple2_string_string pair, *pairs = NULL;
    uint32_t count = 0, cap = 0;
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = WY_OK;
    for (size_t i = 0; !err && wy_config_name(grants, i, call->arena, &pair.f0); i++) {
        wy_trap *trap = wy_config_call(call, pair.f0, &pair.f1, &err, &diag);
        if (trap) return trap;
        void *grown =
            wy_arena_grow(call->arena, pairs, count, &cap, (size_t)count + 1, sizeof *pairs);
        if (!err && !grown) err = wy_diag_set(&diag, WY_NOMEM, "out of memory");
        if (err) break;
        pairs = grown;
        pairs[count++] = pair;
    }
    result->is_err = err != WY_OK;
    if (result->is_err) {
        fail(call, err, &diag, &result->err);
    } else {
        result->ok.ptr = pairs;
        result->ok.len = count;
    }
    return NULL;
}

static const wasi_config_store_ops ops = {.get = get, .get_all = get_all};

extern const wy_interface wy_interface_wasi_config_store;
const wy_interface wy_interface_wasi_config_store = {&wasi_config_store_interface, &ops};

/* --- the earlier draft --- */

_Static_assert(sizeof(wasi_config_draft_store_get_result) == sizeof(wasi_config_store_get_result),
               "layout");
_Static_assert(sizeof(wasi_config_draft_store_get_all_result) ==
                   sizeof(wasi_config_store_get_all_result),
               "layout");

static own wy_trap *draft_get(wy_call *call, const wasi_config_draft_store_get_args *args,
                              wasi_config_draft_store_get_result *result) {
    return get(call, (const wasi_config_store_get_args *)args,
               (wasi_config_store_get_result *)result);
}

static own wy_trap *draft_get_all(wy_call *call, const void *args,
                                  wasi_config_draft_store_get_all_result *result) {
    return get_all(call, args, (wasi_config_store_get_all_result *)result);
}

static const wasi_config_draft_store_ops draft_ops = {.get = draft_get, .get_all = draft_get_all};

extern const wy_interface wy_interface_wasi_config_draft_store;
const wy_interface wy_interface_wasi_config_draft_store = {&wasi_config_draft_store_interface,
                                                           &draft_ops};
