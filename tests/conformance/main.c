/* conformance DIR... [--level L]... [--min-percent N] [--keep-shims] [--verbose]: runs the scripts
 * that each DIR/levels.json lists and counts, for each level, the commands that went as the script
 * says. Without levels.json, all scripts of DIR are run and all is P2. With --keep-shims nothing
 * may change: it tells whether eliminating them does.
 *
 * Every script runs in a process of its own: one that crashes or hangs costs the command it was at,
 * and the rest of the script is run again without it. Exit status 0: every command of the levels
 * asked for (P2 unless given), or N percent of them in each DIR, passed and nothing crashed; other
 * levels are information, but what they define is refused with the name of a proposal. */
#include "convert.h"
#include "script.h"
#include "suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND_SECONDS 20 /* one command, instantiating and calling included */
#define COMMANDS_MAX 4096
#define LEVELS_MAX 16
#define WHY_MAX 2000

typedef enum verdict { UNKNOWN, PASSED, FAILED, CRASHED, LEFT_OUT } verdict;

typedef struct level {
    char name[16];
    unsigned passed, total, left_out;
    bool asked;
} level;

typedef struct run {
    path tool;
    level levels[LEVELS_MAX];
    unsigned level_count;
    unsigned min_percent;
    bool verbose, keep_shims, asked_any, crashed, broken;
} run;

/* One script: what the parent knows of it. */
typedef struct job {
    const suite *suite;
    const char *file; /* within the suite */
    const json_t *commands;
    path folder;
    verdict verdicts[COMMANDS_MAX];
} job;

static level *level_named(run *r, const char *name) {
    for (unsigned i = 0; i < r->level_count; i++)
        if (strcmp(r->levels[i].name, name) == 0) return &r->levels[i];
    if (r->level_count == LEVELS_MAX) return NULL;
    level *l = &r->levels[r->level_count++];
    snprintf(l->name, sizeof l->name, "%s", name);
    return l;
}

static unsigned line_of(const json_t *command) {
    return (unsigned)json_integer_value(json_object_get(command, "line"));
}

/* Runs what has no verdict yet; prints "INDEX p|f WHY" a line. Does not return. */
_Noreturn static void child(const job *j, bool keep_shims, int out_fd) {
    FILE *out = fdopen(out_fd, "w");
    int null = open("/dev/null", O_WRONLY);
    if (null >= 0) dup2(null, 2); /* the crash itself is reported, not its noise */
    alarm(COMMAND_SECONDS);
    script *s = script_new(j->folder.text, j->suite, keep_shims);
    for (size_t i = 0; i < json_array_size(j->commands); i++) {
        if (j->verdicts[i] == CRASHED || j->verdicts[i] == LEFT_OUT) continue;
        wy_buf why;
        wy_buf_init(&why, 1 << 20);
        alarm(COMMAND_SECONDS);
        bool passed = script_run(s, json_array_get(j->commands, i), &why);
        for (size_t k = 0; k < why.len; k++)
            if (why.ptr[k] == '\n') why.ptr[k] = ' ';
        fprintf(out, "%zu %c %.*s\n", i, passed ? 'p' : 'f',
                (int)(why.len < WHY_MAX ? why.len : WHY_MAX), why.len ? why.ptr : "");
        fflush(out);
        wy_buf_deinit(&why);
    }
    script_free(s);
    fclose(out);
    exit(0); /* so that a leak checker has its say */
}

static void report(run *r, const job *j, size_t index, const char *level_name, const char *why) {
    const json_t *command = json_array_get(j->commands, index);
    const char *type = json_string_value(json_object_get(command, "type"));
    bool asked = false;
    for (unsigned i = 0; i < r->level_count; i++)
        asked |= r->levels[i].asked && strcmp(r->levels[i].name, level_name) == 0;
    bool defines = strcmp(type, "module") == 0 || strcmp(type, "module_definition") == 0;
    bool unnamed = !asked && defines && !strstr(why, "belongs to the proposal '");
    r->broken |= unnamed;
    if (asked || unnamed || r->verbose || j->verdicts[index] == CRASHED)
        printf("  %s:%u: %s: %s: %s\n", j->file, line_of(command), level_name, type, why);
}

static const char *level_at(const json_t *levels, size_t index) {
    if (!json_is_array(levels)) return "P2";
    const char *name = json_string_value(json_object_get(json_array_get(levels, index), "level"));
    return name ? name : "?";
}

/* Takes what one child printed and why it ended. True: it came to the end of the script. */
static bool read_child(run *r, job *j, const json_t *levels, FILE *in, pid_t pid) {
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, in) > 0) {
        size_t index;
        char flag;
        int at = 0;
        if (sscanf(line, "%zu %c %n", &index, &flag, &at) < 2 || index >= COMMANDS_MAX) continue;
        bool first = j->verdicts[index] == UNKNOWN;
        j->verdicts[index] = flag == 'p' ? PASSED : FAILED;
        line[strcspn(line, "\n")] = '\0';
        if (first && flag != 'p') report(r, j, index, level_at(levels, index), line + at);
    }
    free(line);
    int status = 0;
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;

    r->crashed = true;
    for (size_t i = 0; i < json_array_size(j->commands); i++) {
        if (j->verdicts[i] != UNKNOWN) continue;
        char why[100];
        j->verdicts[i] = CRASHED;
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
            snprintf(why, sizeof why, "hangs (more than %d s)", COMMAND_SECONDS);
        else if (WIFSIGNALED(status))
            snprintf(why, sizeof why, "crashes: %s", strsignal(WTERMSIG(status)));
        else
            snprintf(why, sizeof why, "crashes: exit status %d", WEXITSTATUS(status));
        report(r, j, i, level_at(levels, i), why);
        return false;
    }
    printf("  %s: crashes at its end\n", j->file);
    return true;
}

static bool run_children(run *r, job *j, const json_t *levels) {
    for (bool done = false; !done;) {
        int ends[2];
        fflush(stdout);
        if (pipe(ends) != 0) return false;
        pid_t pid = fork();
        if (pid < 0) return false;
        if (pid == 0) {
            close(ends[0]);
            child(j, r->keep_shims, ends[1]);
        }
        close(ends[1]);
        FILE *in = fdopen(ends[0], "r");
        done = read_child(r, j, levels, in, pid);
        fclose(in);
    }
    return true;
}

/* The commands that are not run: contested ones, and those about the text format. */
static void leave_out(job *j, const json_t *levels) {
    for (size_t i = 0; i < json_array_size(j->commands); i++) {
        const json_t *command = json_array_get(j->commands, i);
        const char *kind = json_string_value(json_object_get(command, "module_type"));
        if (suite_contests(j->suite, j->file, line_of(command)) ||
            strcmp(level_at(levels, i), "TEXT") == 0 || (kind && strcmp(kind, "binary") != 0))
            j->verdicts[i] = LEFT_OUT;
    }
}

static bool run_file(run *r, const suite *s, const char *dir, const char *file,
                     const json_t *levels) {
    path source;
    snprintf(source.text, sizeof source.text, "%s/%s", dir, file);
    job *j = calloc(1, sizeof *j);
    j->suite = s;
    j->file = file;
    json_t *json = convert_script(&r->tool, source.text, s->strict_indices, &j->folder);
    j->commands = json_object_get(json, "commands");
    bool good = json != NULL && json_array_size(j->commands) <= COMMANDS_MAX;
    if (good) {
        leave_out(j, levels);
        good = run_children(r, j, levels);
    }
    size_t count = json_array_size(json_is_array(levels) ? levels : j->commands);
    for (size_t i = 0; i < count; i++) {
        level *l = level_named(r, level_at(levels, i));
        bool left_out = good && j->verdicts[i] == LEFT_OUT;
        if (!l) continue;
        l->left_out += left_out;
        l->total += !left_out;
        l->passed += good && j->verdicts[i] == PASSED;
    }
    if (!good) printf("  %s: could not be run\n", file);
    json_decref(json);
    free(j);
    return good;
}

/* Every script of the folder with null for its levels; NULL: there is none. */
static json_t *list_scripts(const char *dir) {
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, NULL, alphasort);
    json_t *out = json_object();
    for (int i = 0; i < count; i++) {
        const char *dot = strrchr(entries[i]->d_name, '.');
        if (dot && strcmp(dot, ".wast") == 0)
            json_object_set_new(out, entries[i]->d_name, json_null());
        free(entries[i]);
    }
    free(entries);
    if (json_object_size(out)) return out;
    json_decref(out);
    return NULL;
}

static bool run_dir(run *r, const char *dir) {
    path name, list;
    snprintf(name.text, sizeof name.text, "%s", dir);
    for (size_t len = strlen(name.text); len > 1 && name.text[len - 1] == '/';)
        name.text[--len] = '\0';
    const char *slash = strrchr(name.text, '/'), *suite_name = slash ? slash + 1 : name.text;
    static suite s;
    json_error_t error;
    snprintf(list.text, sizeof list.text, "%.4000s/levels.json", dir);
    json_t *levels = json_load_file(list.text, 0, &error);
    if (!levels && access(list.text, F_OK) != 0) levels = list_scripts(dir);
    if (!levels || !suite_read(&s, WITHY_SOURCE_DIR "/tests/conformance/suites.txt", suite_name)) {
        fprintf(stderr, "conformance: %s: %s\n", list.text,
                levels ? "suites.txt cannot be read" : error.text);
        json_decref(levels);
        return false;
    }
    for (unsigned i = 0; i < r->level_count; i++)
        r->levels[i].passed = r->levels[i].total = r->levels[i].left_out = 0;
    printf("%s\n", suite_name);
    const char *file;
    json_t *of_file;
    bool good = true;
    json_object_foreach(levels, file, of_file) {
        good &= run_file(r, &s, dir, file, of_file);
    }
    for (unsigned i = 0; i < r->level_count; i++) {
        const level *l = &r->levels[i];
        if (l->total + l->left_out == 0) continue;
        printf("  %-5s %u/%u", l->name, l->passed, l->total);
        if (l->left_out) printf(", %u left out", l->left_out);
        printf("%s\n", l->asked ? "" : "  (information)");
        r->broken |= l->asked && l->passed * 100 < l->total * r->min_percent;
    }
    json_decref(levels);
    return good;
}

int main(int argc, char **argv) {
    static run r = {.min_percent = 100};
    static const struct option options[] = {{"level", required_argument, NULL, 'l'},
                                            {"min-percent", required_argument, NULL, 'm'},
                                            {"keep-shims", no_argument, NULL, 'k'},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        level *l = option == 'l' ? level_named(&r, optarg) : NULL;
        if (option == 'v') {
            r.verbose = true;
        } else if (option == 'k') {
            r.keep_shims = true;
        } else if (option == 'm') {
            r.min_percent = (unsigned)strtoul(optarg, NULL, 10);
        } else if (l) {
            l->asked = r.asked_any = true;
        } else {
            fprintf(stderr,
                    "usage: conformance DIR... [--level P2]... [--min-percent N] [--keep-shims] "
                    "[--verbose]\n");
            return 2;
        }
    }
    if (!r.asked_any) level_named(&r, "P2")->asked = true;
    if (optind == argc || !convert_tool(&r.tool)) {
        fprintf(stderr,
                "usage: conformance DIR... [--level P2]... [--min-percent N] [--keep-shims] "
                "[--verbose]\n");
        return 2;
    }
    bool good = true;
    for (int i = optind; i < argc; i++)
        good &= run_dir(&r, argv[i]);
    return good && !r.crashed && !r.broken ? 0 : 1;
}
