/* Settings: what a component's interfaces are told about it (arguments, streams, folders, stores),
 * made of plain options. Which functions there are is the linker's matter. */
#ifndef WY_HOST_SETTINGS_H
#define WY_HOST_SETTINGS_H

#include "host/clients.h"
#include "interface/wasi/cli.h"
#include "interface/wasi/filesystem.h"
#include "interface/wasi/logging.h"
#include "runtime/component.h"
#include "withy.h"

typedef struct wy_settings_provider wy_settings_provider;

/* What one component is given. Plain data, borrowed for the length of the call. */
typedef struct wy_settings_config {
    const char *path; /* of its file */
    wy_str name;      /* for messages and logs */
    const wy_str *arguments;
    size_t argument_count;
    const withy_pair *env;
    size_t env_count;
    const withy_dir *dirs;
    size_t dir_count;
    int stdin_fd, stdout_fd, stderr_fd;    /* -1: none */
    int follow_out_fd, follow_err_fd;      /* -1: not followed */
    const void *kv;                        /* settings of slot KV; lives as long as the component */
    const void *config;                    /* settings of slot CONFIG; likewise */
    const wy_client_settings *clients;     /* NULL: no server can be reached; likewise */
    const void *sqlite;                    /* settings of slot SQLITE; likewise */
    const void *llm;                       /* settings of slot LLM; likewise */
    const wy_settings_provider *providers; /* of its imports */
    size_t provider_count;
} wy_settings_config;

/* A component that provides imports of another, with what it is given itself: see wy_code_provider.
 */
struct wy_settings_provider {
    wy_str name, export_name;
    uint32_t importer;
    wy_settings_config config; /* its own providers stand in the same list */
};

void wy_settings_config_init(wy_settings_config *config);

/* Plain data, not to be moved once made: components point into it. */
typedef struct wy_settings {
    wy_arena *arena; /* where all that it points to lies */
    wy_str name;
    wy_wasi_cli_settings cli;
    wy_wasi_filesystem_settings filesystem;
    wy_logging_settings logging;
    wy_wasi_preopen *preopens;
    size_t preopen_count; /* opened so far */
    const void *kv, *config, *sqlite, *llm;
    const wy_client_settings *clients;
} wy_settings;

/* Opens the folders; WY_NOT_FOUND, WY_IO with the folder's name. After an error too the settings
 * are to be deinited. */
wy_err wy_settings_make(wy_settings *settings, wy_arena *arena, const wy_settings_config *config,
                        wy_diag *diag) WY_MUST_USE;
/* Fills in the slots of a component to be linked. */
void wy_settings_use(const wy_settings *settings, const void *slots[WY_SLOT_COUNT]);
void wy_settings_deinit(wy_settings *settings);

#endif
