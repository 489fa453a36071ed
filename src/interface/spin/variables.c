/* fermyon:spin/variables@2.0.0 over the capability config. */
#include "gen/fermyon_spin_variables.h"

#include "capability/config/template.h"
#include "interface/config.h"

static own wy_trap *get(wy_call *call, const fermyon_spin_variables_get_args *args,
                        fermyon_spin_variables_get_result *result) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = WY_INVALID;
    uint8_t tag = FERMYON_SPIN_VARIABLES_ERROR_INVALID_NAME;
    if (wy_variable_name_valid(args->name)) {
        wy_trap *trap = wy_config_call(call, args->name, &result->ok, &err, &diag);
        if (trap) return trap;
        tag = err == WY_NOT_FOUND ? FERMYON_SPIN_VARIABLES_ERROR_UNDEFINED
              : err == WY_CLOSED  ? FERMYON_SPIN_VARIABLES_ERROR_PROVIDER
                                  : FERMYON_SPIN_VARIABLES_ERROR_OTHER;
    } else {
        err = wy_diag_set(&diag, WY_INVALID,
                          "'" WY_STR_FMT
                          "' is no variable's name (lower-case letters and digits, "
                          "words split by '_')",
                          WY_STR_ARG(args->name));
    }
    result->is_err = err != WY_OK;
    if (!result->is_err) return NULL;
    char *text = wy_arena_strndup(call->arena, diag.text, strlen(diag.text));
    result->err.tag = tag;
    result->err.other = wy_str_of(text ? text : "out of memory");
    return NULL;
}

static const fermyon_spin_variables_ops ops = {.get = get};

extern const wy_interface wy_interface_fermyon_spin_variables;
const wy_interface wy_interface_fermyon_spin_variables = {&fermyon_spin_variables_interface, &ops};
