/* libwithy: run WebAssembly components from C.
 *
 * This header holds the functions that the `withy` command is made of: each verb is one call. To
 * embed components in a program of your own, with host functions of your own, see
 * withy/component.h, which this header includes.
 *
 * All pointers given in are borrowed for the length of the call unless said; all structs begin as
 * their _init function leaves them, so that fields added later keep their defaults. The functions
 * here may not be called from two threads at once in one process. */
#ifndef WITHY_H
#define WITHY_H

#include "withy/app.h"
#include "withy/capability.h"
#include "withy/common.h"
#include "withy/component.h"
#include "withy/value.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How components are loaded and limited; the same for every verb. */
typedef struct withy_options {
    bool unmet_trap;        /* imports that cannot be met become traps that name themselves */
    bool no_cache;          /* compile anew, keep nothing */
    bool no_pooling;        /* allocate memories on demand */
    bool keep_shims;        /* do not eliminate shim and fixup modules */
    bool network;           /* sockets: connect, listen and look names up, anywhere; not for
                               applications, whose manifests say what they may reach */
    bool insecure;          /* registries: HTTP; else HTTPS, but on this machine */
    const char *cache_dir;  /* NULL: WITHY_CACHE_DIR, XDG_CACHE_HOME/withy or ~/.cache/withy */
    uint64_t memory_max;    /* bytes, all memories of one instance; 0: the default, 4 GiB */
    uint32_t instances_max; /* alive at once in one worker; 0: the default, 1000 */
    uint64_t timeout_ms;    /* of one request or run; 0: none */
    const withy_pair *env;  /* environment of the component */
    size_t env_count;
    const withy_dir *dirs; /* folders it may use */
    size_t dir_count;
    const char *kv_file;      /* key-value store "default"; NULL: in memory */
    const withy_pair *config; /* values for variables and wasi:config */
    size_t config_count;
} withy_options;

/* Sets the defaults. */
WITHY_API void withy_options_init(withy_options *options);

/* --- serve one component over HTTP --- */

typedef struct withy_serve_options {
    withy_options common;
    const char *address;            /* "127.0.0.1:3000" */
    uint32_t workers;               /* processes; 0: one a core; 1: in this process */
    uint32_t reuse;                 /* requests one instance answers; 0 or 1: a fresh one each */
    bool quiet;                     /* do not print the address */
    const char *tls_cert, *tls_key; /* PEM files: https is spoken; NULL: http */
} withy_serve_options;

/* Sets the defaults: 127.0.0.1:3000. */
WITHY_API void withy_serve_options_init(withy_serve_options *options);

/* Serves `path` (a component, or a file made by withy_compile) until SIGTERM or SIGINT, then
 * drains; a second one cuts what is open. SIGHUP reloads the file without losing a request. Returns
 * the exit status. Installs signal handlers and may fork: call it from a process with one thread,
 * which is about to end when this returns: SIGTERM and SIGINT are ignored from then on. */
WITHY_API int withy_serve(const char *path, const withy_serve_options *options, withy_error *error);

/* --- run a Spin application --- */

typedef struct withy_up_options {
    withy_serve_options serve; /* address, workers, reuse and what is common */
    const char *const *follow; /* ids of components whose output is shown; with follow_all, all */
    size_t follow_count;
    bool follow_all;
    const char *log_dir;   /* NULL: .spin/logs beside the manifest; "": no files */
    const char *state_dir; /* NULL: .spin beside the manifest; "": keep nothing */
    bool truncate_logs;
    const char *profile;           /* variant of the components; NULL: none */
    const char *runtime_config;    /* file that says what labels stand for; NULL: none */
    const char *const *components; /* run only these */
    size_t component_count;
    const char *const
        *variables; /* NAME=VALUE, NAME=@FILE, or @FILE with a table in JSON or TOML */
    size_t variable_count;
    const withy_pair *key_values; /* set in the default store before anything is served */
    size_t key_value_count;
    const char *const *sqlite; /* run likewise: statements for the database "default", or "@FILE" or
                                  "@FILE:LABEL" with statements in a file */
    size_t sqlite_count;
    const char *temp_dir;            /* where copies of files go; NULL: /tmp */
    bool direct_mounts;              /* components see the folders themselves, not copies of them */
    bool transient_write;            /* they may write to them */
    bool build;                      /* run the build commands first */
    bool find_free_port;             /* take a port above when the address is in use */
    bool routes_as_json;             /* print address and routes for programs */
    const char *const *trigger_args; /* options for triggers that are programs of their own, as
                                        written: "--speedup", "2", "--test" */
    size_t trigger_arg_count;
} withy_up_options;

/* Sets the defaults, also of `serve`. */
WITHY_API void withy_up_options_init(withy_up_options *options);

/* Runs the application of a manifest (a file, or a folder with a spin.toml; NULL: the nearest from
 * the current folder upwards), or one component without a manifest; or either from a registry, by
 * its reference. As withy_serve. */
WITHY_API int withy_up(const char *manifest, const withy_up_options *options, withy_error *error);

/* Whether triggers of the application are programs of their own, which may know options that
 * withy_up_options has no member for (trigger_args). False too where it cannot be read. */
WITHY_API bool withy_up_takes_args(const char *manifest);
/* Prints what those programs say of their options. */
WITHY_API void withy_up_print_args(const char *manifest);

typedef struct withy_build_options {
    const char *profile;
    const char *const *components; /* only these; none: all that have commands */
    size_t component_count;
} withy_build_options;

/* Sets the defaults. */
WITHY_API void withy_build_options_init(withy_build_options *options);

/* Runs the build commands of a manifest's components, one after the other, with their output on
 * this process's. Returns 0 or an exit status. */
WITHY_API int withy_build(const char *manifest, const withy_build_options *options,
                          withy_error *error);

/* Writes what would be run instead: a line for each command, "COMPONENT: COMMAND", or as JSON, for
 * every component its source, whether that is there, folder, commands and what they read. Returns 0
 * or an exit status. */
WITHY_API int withy_build_list(const char *manifest, const withy_build_options *options, bool json,
                               void (*write)(void *data, const char *text, size_t len), void *data,
                               withy_error *error);

typedef struct withy_watch_options {
    withy_up_options up;
    bool skip_build;      /* only load anew */
    bool clear;           /* the terminal, before each round */
    uint32_t debounce_ms; /* quiet time after a change; 0: 100 */
} withy_watch_options;

/* Sets the defaults. */
WITHY_API void withy_watch_options_init(withy_watch_options *options);

/* Runs an application, and builds and loads it anew when what it is made of changes, without losing
 * a request. Until SIGTERM or SIGINT; returns the exit status. Forks. */
WITHY_API int withy_watch(const char *manifest, const withy_watch_options *options,
                          withy_error *error);

typedef struct withy_doctor_options {
    const char *profile;
    bool fix;                   /* mend what can be mended without a decision */
    bool json;                  /* write one JSON object instead of lines */
    const char *runtime_config; /* file that says what labels stand for; NULL: that which
                                   RUNTIME_CONFIG_FILE names, or none */
} withy_doctor_options;

/* Sets the defaults. */
WITHY_API void withy_doctor_options_init(withy_doctor_options *options);

/* Looks for what would go wrong when an application is run, and writes a line about each problem.
 * Returns 0 when none is left, 1 when some are, or an exit status. */
WITHY_API int withy_doctor(const char *manifest, const withy_doctor_options *options,
                           void (*write)(void *data, const char *text, size_t len), void *data,
                           withy_error *error);

/* --- plug-ins: programs that are verbs or triggers of their own --- */

typedef struct withy_plugin {
    const char *name;        /* "trigger-timer", "hello": `withy hello` runs it */
    const char *path;        /* of its program */
    const char *version;     /* as its manifest says; NULL: it has none */
    const char *description; /* likewise */
} withy_plugin;

/* Calls `found` with each plug-in, by name: those in withy's folder and in Spin's, and programs on
 * the PATH whose names begin with "withy-" or "trigger-". Of several of a name the one that would
 * run. */
WITHY_API void withy_plugin_each(void (*found)(void *data, const withy_plugin *plugin), void *data);

/* Becomes the program of a plug-in, with these arguments (ended by NULL) behind its name and the
 * environment that Spin gives: returns only where that fails. WITHY_NOT_FOUND: there is none. */
WITHY_API withy_status withy_plugin_run(const char *name, char *const *args, withy_error *error);

/* --- begin an application --- */

typedef struct withy_new_options {
    const char *template_name; /* one of withy_templates */
    const char *name;          /* of the application or component: words split by '-' */
    const char *description;   /* NULL: none */
    const char *folder;        /* of a new application; NULL: its name */
    bool init;                 /* put it into the current folder, which need not be empty */
    bool overwrite;            /* files that are there */
} withy_new_options;

/* Sets the defaults. */
WITHY_API void withy_new_options_init(withy_new_options *options);

/* Writes a new application with one component. Returns 0 or an exit status. */
WITHY_API int withy_new(const withy_new_options *options, withy_error *error);

/* Writes a new component into a folder of its own beside the manifest (NULL: the nearest spin.toml
 * from the current folder upwards), and adds it to that. Returns 0 or an exit status. */
WITHY_API int withy_add(const char *manifest, const withy_new_options *options, withy_error *error);

/* Calls `write` with the name of each template. */
WITHY_API void withy_templates(void (*write)(void *data, const char *name), void *data);

/* --- registries (OCI) --- */

typedef struct withy_registry_options {
    bool insecure;                 /* HTTP; else HTTPS, but where the registry is this machine */
    const char *cache_dir;         /* as in withy_options */
    const char *profile;           /* push: variant of the components; NULL: none */
    bool build;                    /* push: run the build commands first */
    const withy_pair *annotations; /* push: further ones of the image */
    size_t annotation_count;
} withy_registry_options;

/* Sets the defaults. */
WITHY_API void withy_registry_options_init(withy_registry_options *options);

#define WITHY_DIGEST_TEXT 72 /* bytes: "sha256:", 64 digits, NUL */

/* Puts the application of a manifest (as in withy_up; or one component) into a registry, under a
 * name such as "ghcr.io/team/shop:1.0". Returns 0 or an exit status. */
WITHY_API int withy_registry_push(const char *manifest, const char *reference,
                                  const withy_registry_options *options,
                                  char digest_out[WITHY_DIGEST_TEXT], withy_error *error);

/* Downloads an application or a component into the cache. */
WITHY_API int withy_registry_pull(const char *reference, const withy_registry_options *options,
                                  char digest_out[WITHY_DIGEST_TEXT], withy_error *error);

/* The path of a component that is named by one, or by a reference: then it is downloaded unless it
 * is in the cache. `*path_out` is to be freed with free(). Returns 0 or an exit status. */
WITHY_API int withy_registry_resolve(const char *text, const withy_registry_options *options,
                                     char **path_out, withy_error *error);

/* Asks the registry ("ghcr.io") whether user and password are good, and keeps them then where the
 * functions above and Spin look for them. Returns 0 or an exit status. */
WITHY_API int withy_registry_login(const char *registry, const char *user, const char *password,
                                   const withy_registry_options *options, withy_error *error);

/* --- run a command --- */

/* Calls wasi:cli/run of the component with arguments (without the program's name, which is the
 * file's) and the standard streams of this process. Returns its exit status. */
WITHY_API int withy_run(const char *path, const char *const *args, size_t arg_count,
                        const withy_options *options, withy_error *error);

/* --- call functions --- */

/* Calls exported functions one after another on one instance, each written as text with its
 * arguments in WAVE: "ns:pkg/iface@1.0.0#func(1, {x: \"y\"})".
 * `r=ns:pkg/iface#[constructor]thing()` names the handle in a result, for calls after it. `write`
 * gets the result of each as a line of WAVE. All calls are checked before the first is made.
 * Returns 0, an exit status, or the guest's own when it exits. */
WITHY_API int withy_run_calls(const char *path, const char *const *calls, size_t call_count,
                              const withy_options *options,
                              void (*write)(void *data, const char *text, size_t len), void *data,
                              withy_error *error);

/* --- look at and prepare components --- */

/* Prints the component's imports and exports as WIT and, for each import, what withy would provide;
 * as JSON when `json`. `write` gets the text piece by piece. Returns 0 or an exit status. */
WITHY_API int withy_inspect(const char *path, bool json,
                            void (*write)(void *data, const char *text, size_t len), void *data,
                            withy_error *error);

/* The same of the component's plan: which core modules an instance is made of and in which order,
 * what was left out or had to stay and why, and the memory an instance takes. */
WITHY_API int withy_inspect_plan(const char *path, bool json,
                                 void (*write)(void *data, const char *text, size_t len),
                                 void *data, withy_error *error);

/* Whether the file is a valid component, its core modules included: 0, or an exit status and an
 * error with the path and the byte offset of what breaks a rule. Nothing is compiled or run. */
WITHY_API int withy_validate(const char *path, withy_error *error);

typedef struct withy_wit_options {
    bool check; /* print nothing */
} withy_wit_options;

/* Sets the defaults. */
WITHY_API void withy_wit_options_init(withy_wit_options *options);

/* Checks WIT packages (a file, or a folder with its `deps`) and prints them in one form, those of
 * the path itself first; or prints the WIT of a component. An error names file, line and column and
 * shows the place. Returns 0 or an exit status. */
WITHY_API int withy_wit(const char *path, const withy_wit_options *options,
                        void (*write)(void *data, const char *text, size_t len), void *data,
                        withy_error *error);

/* Compiles ahead of time into one file that the other functions accept as they accept a component,
 * on machines with the same version of withy and the same kind of processor. */
WITHY_API int withy_compile(const char *path, const char *output, const withy_options *options,
                            withy_error *error);

#ifdef __cplusplus
}
#endif

#endif
