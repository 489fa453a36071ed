/* Watch: an application in a process of its own, which is told to load anew whenever what it is
 * made of changed and was built. Changes are found by looking, a few times a second: that works on
 * every file system, and trees of sources are small. */
#include "host/build.h"
#include "host/load.h"
#include "host/manifest.h"

#include "base/log.h"
#include "base/map.h"

#include <dirent.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 200
#define DEBOUNCE_MS 100
#define DEPTH_MAX 32
#define PATH_BYTES 4096

typedef struct watch {
    const withy_watch_options *options;
    const char *path; /* of the manifest */
    sigset_t signals;
    pid_t child; /* 0: none */
    uint64_t seen;
    bool is_ending;
    int status;
} watch;

/* --- what is looked at --- */

/* A sum over names, times and sizes: another one means a change. */
static void look_at(const char *path, uint64_t *sum) {
    struct stat info;
    if (stat(path, &info) != 0 || S_ISDIR(info.st_mode)) return;
    const int64_t facts[] = {info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_size,
                             (int64_t)info.st_ino};
    *sum += wy_hash(path, strlen(path)) ^ wy_hash(facts, sizeof facts);
}

/* A glob against a path, both by their names: "**" stands for any number of folders. */
static bool glob_matches(const char *glob, const char *path) {
    size_t glob_len = strcspn(glob, "/"), path_len = strcspn(path, "/");
    char name[256], part[256];
    if (glob_len >= sizeof part || path_len >= sizeof name) return false;
    if (glob_len == 2 && memcmp(glob, "**", 2) == 0) {
        const char *rest = glob[2] ? glob + 3 : "";
        if (*rest == '\0') return true;
        for (const char *at = path; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
            if (glob_matches(rest, at)) return true;
        return false;
    }
    memcpy(part, glob, glob_len);
    memcpy(name, path, path_len);
    part[glob_len] = name[path_len] = '\0';
    if (fnmatch(part, name, 0) != 0) return false;
    if (glob[glob_len] == '\0' || path[path_len] == '\0') return glob[glob_len] == path[path_len];
    return glob_matches(glob + glob_len + 1, path + path_len + 1);
}

static bool wanted(const wy_app_list *globs, const char *path) {
    char glob[PATH_BYTES];
    for (uint32_t i = 0; i < globs->count; i++) {
        snprintf(glob, sizeof glob, WY_STR_FMT, WY_STR_ARG(globs->items[i]));
        const char *plain = strncmp(glob, "./", 2) == 0 ? glob + 2 : glob;
        if (glob_matches(plain, path)) return true;
    }
    return false;
}

/* What tools make, and what is not the application's, is not worth a look. */
static bool is_skipped(const char *name) {
    static const char *const names[] = {".", "..", ".git", ".spin", "node_modules", "target"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

/* `globs` NULL: everything below. */
static void look_below(const char *base, const char *path, const wy_app_list *globs, unsigned depth,
                       uint64_t *sum) {
    char full[PATH_BYTES], inner[PATH_BYTES];
    snprintf(full, sizeof full, "%s%s%s", base, *path ? "/" : "", path);
    DIR *folder = depth < DEPTH_MAX ? opendir(full) : NULL;
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (is_skipped(entry->d_name)) continue;
        int n = snprintf(inner, sizeof inner, "%s%s%s", path, *path ? "/" : "", entry->d_name);
        int m = snprintf(full, sizeof full, "%s/%s", base, inner);
        struct stat info;
        if (n >= PATH_BYTES || m >= PATH_BYTES || lstat(full, &info) != 0) continue;
        if (S_ISDIR(info.st_mode))
            look_below(base, inner, globs, depth + 1, sum);
        else if (!globs || wanted(globs, inner))
            look_at(full, sum);
    }
    closedir(folder);
}

static void look_at_files(const wy_app *app, const wy_app_component *c, uint64_t *sum) {
    char root[PATH_BYTES], path[PATH_BYTES];
    snprintf(root, sizeof root, WY_STR_FMT, WY_STR_ARG(app->root));
    for (uint32_t i = 0; i < c->files_count; i++) {
        const wy_app_list one = {&c->files[i].source, 1};
        struct stat info;
        int n = snprintf(path, sizeof path, "%s/" WY_STR_FMT, root, WY_STR_ARG(one.items[0]));
        if (n < PATH_BYTES && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
            look_below(path, "", NULL, 0, sum);
        else
            look_below(root, "", &one, 0, sum);
    }
}

static void look_at_component(const watch *w, const wy_app *app, const wy_app_component *c,
                              uint64_t *sum) {
    char path[PATH_BYTES];
    bool is_built = c->build_commands.count && !w->options->skip_build;
    bool absolute = c->source.path.len && c->source.path.ptr[0] == '/';
    if (!is_built && c->source.path.len) {
        snprintf(path, sizeof path, WY_STR_FMT "%s" WY_STR_FMT,
                 WY_STR_ARG(absolute ? (wy_str){0} : app->root), absolute ? "" : "/",
                 WY_STR_ARG(c->source.path));
        look_at(path, sum);
    }
    snprintf(path, sizeof path, WY_STR_FMT "%s" WY_STR_FMT, WY_STR_ARG(app->root),
             c->build_workdir.len ? "/" : "", WY_STR_ARG(c->build_workdir));
    if (is_built) look_below(path, "", &c->build_watch, 0, sum);
    look_at_files(app, c, sum);
}

static wy_err load(const watch *w, wy_arena *arena, const wy_app **app_out, wy_diag *diag) {
    const withy_up_options *up = &w->options->up;
    return wy_manifest_load(arena, w->path, wy_str_of(up->profile), up->components,
                            up->component_count, app_out, diag);
}

/* A manifest that cannot be read is all there is to look at. */
static uint64_t look(const watch *w) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)256 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    uint64_t sum = 0;
    const wy_app *app;
    look_at(w->path, &sum);
    if (w->options->up.runtime_config) look_at(w->options->up.runtime_config, &sum);
    if (load(w, &arena, &app, &diag) == WY_OK)
        for (uint32_t i = 0; i < app->component_count; i++)
            look_at_component(w, app, &app->components[i], &sum);
    wy_arena_deinit(&arena);
    return sum;
}

/* --- the process that serves --- */

static void start(watch *w) {
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) wy_log(WY_LOG_ERROR, "the application cannot be started: out of processes");
    if (pid > 0) w->child = pid;
    if (pid != 0) return;
    setpgid(0, 0); /* what is typed at the terminal is for the one who watches */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGHUP, SIG_IGN); /* until it listens to it */
    sigprocmask(SIG_UNBLOCK, &w->signals, NULL);
    withy_error error = {0};
    int status = withy_up(w->path, &w->options->up, &error);
    if (error.code) fprintf(stderr, "withy: %s\n", error.text);
    exit(error.code ? error.code : status);
}

static void bury(watch *w) {
    int status;
    if (w->child == 0 || waitpid(w->child, &status, WNOHANG) != w->child) return;
    w->child = 0;
    if (w->is_ending)
        w->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    else
        wy_log(WY_LOG_ERROR, "the application has ended; it is started again after a change");
}

/* Waits that long; a signal may end it. */
static void rest(watch *w, uint32_t ms) {
    const struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    int signum = sigtimedwait(&w->signals, NULL, &time);
    if (signum == SIGCHLD) bury(w);
    if (signum != SIGINT && signum != SIGTERM) return;
    if (w->child) kill(w->child, SIGTERM); /* again: at once */
    w->is_ending = true;
}

/* --- rounds --- */

static bool build(const watch *w) {
    if (w->options->skip_build) return true;
    wy_arena arena;
    wy_arena_init(&arena, (size_t)256 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    const wy_app *app;
    wy_err err = load(w, &arena, &app, &diag);
    if (!err) err = wy_build_run(app, NULL, 0, &diag);
    if (err) fprintf(stderr, "withy: %s\n", diag.text);
    wy_arena_deinit(&arena);
    return !err;
}

static void run_round(watch *w) {
    if (w->options->clear && isatty(STDERR_FILENO)) fputs("\033[H\033[2J", stderr);
    bool is_good = build(w);
    w->seen = look(w); /* what building changed is no reason to build again */
    if (!is_good) return;
    if (w->child)
        kill(w->child, SIGHUP);
    else
        start(w);
}

/* Whether something changed, and then nothing for a while. */
static bool has_changed(watch *w) {
    uint64_t now = look(w);
    if (now == w->seen) return false;
    uint32_t quiet = w->options->debounce_ms ? w->options->debounce_ms : DEBOUNCE_MS;
    for (uint64_t last = 0; last != now && !w->is_ending;) {
        last = now;
        rest(w, quiet);
        now = look(w);
    }
    return !w->is_ending;
}

static int run(watch *w) {
    sigset_t before;
    sigemptyset(&w->signals);
    sigaddset(&w->signals, SIGINT);
    sigaddset(&w->signals, SIGTERM);
    sigaddset(&w->signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &w->signals, &before);
    for (run_round(w); !w->is_ending; rest(w, LOOK_MS))
        if (has_changed(w)) run_round(w);
    while (w->child) {
        rest(w, LOOK_MS);
        bury(w);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return w->status;
}

int withy_watch(const char *manifest, const withy_watch_options *options, withy_error *error) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    watch w = {.options = options};
    wy_err err = wy_manifest_find(&arena, manifest, &w.path, &diag);
    int status = err ? wy_host_fail(&diag, error) : run(&w);
    wy_arena_deinit(&arena);
    return status;
}
