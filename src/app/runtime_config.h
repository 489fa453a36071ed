/* The runtime configuration of Spin applications (runtime-config.toml): what stands behind the
 * labels and variables of a manifest on this machine. Reading only; host/ opens what it names. */
#ifndef WY_APP_RUNTIME_CONFIG_H
#define WY_APP_RUNTIME_CONFIG_H

#include "app/app.h"
#include "capability/config/config.h"

/* A key-value store or SQLite database behind a label. */
typedef struct wy_runtime_store {
    wy_str label;
    wy_str backend;         /* as the capability calls it: "sqlite", "redis", "libsql", "memory" */
    wy_str path;            /* sqlite: as written; empty: in memory */
    wy_str url, token;      /* redis, libsql */
    uint64_t ttl_s;         /* key-value: of keys, in seconds; 0: they stay */
    bool allow_attach_file; /* sqlite databases: ATTACH may open other files */
    uint32_t line, column;
} wy_runtime_store;

typedef struct wy_runtime_stores {
    const wy_runtime_store *items;
    uint32_t count;
} wy_runtime_stores;

typedef enum wy_runtime_llm_kind {
    WY_RUNTIME_LLM_NONE,
    WY_RUNTIME_LLM_LOCAL,  /* models in the state folder */
    WY_RUNTIME_LLM_REMOTE, /* a server, in Spin's form */
    WY_RUNTIME_LLM_OPENAI, /* a server, in OpenAI's form */
} wy_runtime_llm_kind;

typedef struct wy_runtime_llm {
    wy_runtime_llm_kind kind;
    wy_str url, auth_token;
    uint32_t line, column;
} wy_runtime_llm;

/* How clients of one capability connect. 0: the default. */
typedef struct wy_runtime_client {
    uint32_t max_connections;
    uint64_t max_payload_bytes; /* mqtt */
    bool no_pooling;            /* http: a connection for each request */
} wy_runtime_client;

/* A certificate that some components show to some hosts, and whom they trust. */
typedef struct wy_runtime_tls {
    wy_app_list component_ids, hosts;
    bool platform_roots, webpki_roots;
    wy_str ca_roots_file, client_cert_file, client_private_key_file; /* empty: none */
    uint32_t line, column;
} wy_runtime_tls;

typedef struct wy_runtime_config {
    wy_str folder; /* of the file, which relative paths of key-value stores start from; empty: there
                      is no file */
    bool has_state_dir, has_log_dir;
    wy_str state_dir, log_dir;                   /* where given; empty: none at all */
    uint64_t max_instance_memory;                /* 0: the default */
    const wy_config_provider_options *providers; /* in order of precedence */
    uint32_t provider_count;
    wy_runtime_stores key_value, sqlite;
    wy_runtime_llm llm;
    wy_runtime_client http, redis, postgres, mysql, mqtt;
    wy_app_list block_networks; /* "10.0.0.0/8", "private" */
    uint32_t max_sockets;       /* 0: no limit */
    const wy_runtime_tls *tls;
    uint32_t tls_count;
} wy_runtime_config;

/* NULL: no such label. */
const wy_runtime_store *wy_runtime_store_find(const wy_runtime_stores *stores, wy_str label);

/* Reads the text of a configuration; views of it and of `folder` are kept. As wy_app_read_spin. */
wy_err wy_runtime_config_read(wy_arena *arena, wy_str text, wy_str folder,
                              wy_runtime_config *config_out, wy_diag *diag) WY_MUST_USE;
/* The same from a file; the diagnosis begins with its name and shows the place. */
wy_err wy_runtime_config_load(wy_arena *arena, const char *path, wy_runtime_config *config_out,
                              wy_diag *diag) WY_MUST_USE;

#endif
