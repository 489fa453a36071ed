/* fermyon:spin/config without a version: what became fermyon:spin/variables. */
#include "gen/fermyon_spin_first_config.h"

#include "capability/config/template.h"
#include "interface/config.h"

typedef fermyon_spin_first_config_error error;

static own wy_trap *get_config(wy_call *call, const fermyon_spin_first_config_get_config_args *args,
                               fermyon_spin_first_config_get_config_result *result) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = WY_INVALID;
    uint8_t tag = FERMYON_SPIN_FIRST_CONFIG_ERROR_INVALID_KEY;
    if (wy_variable_name_valid(args->key)) {
        wy_trap *trap = wy_config_call(call, args->key, &result->ok, &err, &diag);
        if (trap) return trap;
        tag = err == WY_NOT_FOUND ? FERMYON_SPIN_FIRST_CONFIG_ERROR_PROVIDER
                                  : FERMYON_SPIN_FIRST_CONFIG_ERROR_OTHER;
    } else {
        err = wy_diag_set(&diag, WY_INVALID, "'" WY_STR_FMT "' is no variable's name",
                          WY_STR_ARG(args->key));
    }
    result->is_err = err != WY_OK;
    if (!result->is_err) return NULL;
    char *text = wy_arena_strndup(call->arena, diag.text, strlen(diag.text));
    result->err = (error){.tag = tag, .other = wy_str_of(text ? text : "out of memory")};
    return NULL;
}

static const fermyon_spin_first_config_ops ops = {.get_config = get_config};

extern const wy_interface wy_interface_fermyon_spin_first_config;
const wy_interface wy_interface_fermyon_spin_first_config = {&fermyon_spin_first_config_interface,
                                                             &ops};
