/* Given: values of variables as the command line writes them. */
#ifndef WY_HOST_GIVEN_H
#define WY_HOST_GIVEN_H

#include "base/arena.h"
#include "capability/config/config.h"

typedef struct wy_given {
    const wy_config_pair *items;
    uint32_t count;
} wy_given;

/* Each of `options` is NAME=VALUE, NAME=@FILE (its content is the value), or @FILE with a table of
 * names and texts in JSON (FILE.json) or TOML. Everything lies in `arena`. WY_USAGE, or what is
 * wrong with a file. */
wy_err wy_given_read(wy_arena *arena, const char *const *options, size_t count, wy_given *given_out,
                     wy_diag *diag) WY_MUST_USE;

#endif
