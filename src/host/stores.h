/* Stores and settings that components are granted: opened once, before workers are forked (opening
 * touches nothing outside until the first request). */
#ifndef WY_HOST_STORES_H
#define WY_HOST_STORES_H

#include "app/runtime_config.h"
#include "capability/config/config.h"
#include "capability/kv/kv.h"
#include "capability/llm/llm.h"
#include "capability/sql/sql.h"
#include "host/folder.h"
#include "withy.h"

typedef struct wy_stores {
    wy_arena arena;
    wy_kv_options default_options;  /* of the store "default" */
    wy_kv_grants grants;            /* every store there is */
    wy_sql_grants databases;        /* every SQLite database there is */
    wy_llm *llm;                    /* what runs models; NULL: nothing does */
    wy_config_grants config_grants; /* of a component that may read every value given */
    wy_temporary_folder folder;     /* of a store that ends with the process */
} wy_stores;

/* For one component without a manifest: store "default" in options->kv_file, or in memory, which
 * all workers share where there can be several; the values of options->config. */
wy_err wy_stores_single(const withy_options *options, bool has_workers, wy_stores *stores,
                        wy_diag *diag) WY_MUST_USE;
/* The stores of an application: those that its runtime configuration names, and "default", in the
 * file `path` where that does not say otherwise; NULL means in memory, shared by all workers. */
wy_err wy_stores_open_kv(wy_stores *stores, const wy_runtime_config *runtime, const char *path,
                         wy_diag *diag) WY_MUST_USE;
/* The SQLite databases of an application, likewise. */
wy_err wy_stores_open_sql(wy_stores *stores, const wy_runtime_config *runtime, const char *path,
                          wy_diag *diag) WY_MUST_USE;
/* What runs models for an application: the server that its runtime configuration names, or this
 * process, with those in the folder "ai-models" of `state_dir` (NULL: there is none). */
wy_err wy_stores_open_llm(wy_stores *stores, const wy_runtime_config *runtime,
                          const char *state_dir, wy_diag *diag) WY_MUST_USE;
/* Runs what an option says on one of the databases: statements on "default", or "@FILE" or
 * "@FILE:LABEL", whose content is run. Blocks. */
wy_err wy_stores_run_sql(const wy_sql_grants *databases, const char *option,
                         wy_diag *diag) WY_MUST_USE;
/* Puts a store in front of the others. After an error it is closed. */
wy_err wy_stores_add_kv(wy_stores *stores, wy_str label, own wy_kv_store *store,
                        wy_diag *diag) WY_MUST_USE;
/* Sets a key of the store "default". Blocks. */
wy_err wy_stores_set_kv(const wy_stores *stores, wy_str key, wy_str value,
                        wy_diag *diag) WY_MUST_USE;
void wy_stores_init(wy_stores *stores);
void wy_stores_deinit(wy_stores *stores);

#endif
