/* Doctor: what the machine must have ready when the application is run. */
#include "host/doctor.h"

#include "host/plugin.h"
#include "loop/address.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATH_BYTES 4096

/* --- labels --- */

static void check_labels(wy_doctor *d, const wy_app_component *c, const wy_app_list *labels,
                         const wy_runtime_stores *stores, const char *table) {
    for (uint32_t i = 0; i < labels->count; i++) {
        wy_str label = labels->items[i];
        if (wy_str_eqz(label, "default") || wy_runtime_store_find(stores, label)) continue;
        wy_doctor_report(d, WY_FINDING_PROBLEM,
                         "component \"" WY_STR_FMT "\" uses \"" WY_STR_FMT
                         "\", which is not defined here: give it a table [%s." WY_STR_FMT
                         "] in a file for --runtime-config-file",
                         WY_STR_ARG(c->id), WY_STR_ARG(label), table, WY_STR_ARG(label));
    }
}

/* --- triggers --- */

/* Those that are programs of their own. */
static void check_triggers(wy_doctor *d) {
    for (const wy_app_trigger *t = NULL; (t = wy_app_foreign_next(d->app, t));) {
        const char *name = wy_arena_printf(&d->arena, "trigger-" WY_STR_FMT, WY_STR_ARG(t->type));
        const char *path;
        wy_diag diag;
        wy_diag_init(&diag);
        if (name && wy_plugin_find(&d->arena, wy_str_of(name), true, &path, &diag))
            wy_doctor_report(d, WY_FINDING_PROBLEM,
                             "the trigger type \"" WY_STR_FMT "\" is not built in, and %s",
                             WY_STR_ARG(t->type), diag.text);
    }
}

/* --- the port --- */

static int try_to_bind(const wy_address *address) {
    struct sockaddr_storage system;
    wy_address_to_system(address, &system);
    int fd = socket(system.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0) return 0;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    socklen_t len = address->is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    int failed = bind(fd, (const struct sockaddr *)&system, len) == 0 ? 0 : errno;
    if (!failed && listen(fd, 1) != 0) failed = errno;
    close(fd);
    return failed;
}

static void check_port(wy_doctor *d) {
    const char *text = getenv("SPIN_HTTP_LISTEN_ADDR");
    if (!text || !*text) text = "127.0.0.1:3000";
    wy_address address;
    if (d->app->http_trigger_count == 0 || !wy_address_parse_with_port(wy_str_of(text), &address))
        return;
    int failed = try_to_bind(&address);
    if (failed == EADDRINUSE)
        wy_doctor_report(d, WY_FINDING_NOTE,
                         "%s is in use, by another program or by this application: stop that, or "
                         "run with --listen or --find-free-port",
                         text);
    else if (failed == EACCES)
        wy_doctor_report(d, WY_FINDING_PROBLEM,
                         "%s: this user may not listen there: take a port from 1024 on, behind a "
                         "proxy",
                         text);
    else if (failed == EADDRNOTAVAIL)
        wy_doctor_report(d, WY_FINDING_PROBLEM, "%s is no address of this machine", text);
}

/* --- folders --- */

static void check_writable(wy_doctor *d, const char *path) {
    if (access(path, F_OK) == 0 && access(path, W_OK) != 0)
        wy_doctor_report(d, WY_FINDING_PROBLEM,
                         "%s may not be written by this user, perhaps because withy was run by "
                         "another one: change its owner, or give --state-dir",
                         path);
}

static void check_state(wy_doctor *d) {
    static const char *const names[] = {"", "/logs", "/sqlite_key_value.db", "/sqlite_db.db"};
    char path[PATH_BYTES], folder[PATH_BYTES];
    snprintf(folder, sizeof folder, WY_STR_FMT "/.spin", WY_STR_ARG(d->app->root));
    if (access(folder, F_OK) != 0) {
        char *root = wy_arena_strndup(&d->arena, d->app->root.ptr, d->app->root.len);
        if (root) check_writable(d, root);
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int n = snprintf(path, sizeof path, "%s%s", folder, names[i]);
        if (n > 0 && (size_t)n < sizeof path) check_writable(d, path);
    }
}

void wy_doctor_machine(wy_doctor *d) {
    for (uint32_t i = 0; i < d->app->component_count; i++) {
        const wy_app_component *c = &d->app->components[i];
        check_labels(d, c, &c->key_value_stores, &d->runtime.key_value, "key_value_store");
        check_labels(d, c, &c->sqlite_databases, &d->runtime.sqlite, "sqlite_database");
    }
    check_triggers(d);
    check_state(d);
    check_port(d);
}
