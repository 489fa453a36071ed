/* Doctor: what build commands call: programs that must be installed, and the targets of Rust. It
 * reads commands as a person who skims them, not as a shell. */
#include "host/doctor.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORD_BYTES 512

static const struct {
    const char *program, *from;
} sources[] = {
    {"cargo", "Rust, from https://rustup.rs"},
    {"rustc", "Rust, from https://rustup.rs"},
    {"npm", "Node.js 20 or later"},
    {"npx", "Node.js 20 or later"},
    {"node", "Node.js 20 or later"},
    {"python3", "Python 3.10 or later"},
    {"pip", "Python 3.10 or later, with pip"},
    {"pip3", "Python 3.10 or later, with pip"},
    {"componentize-py", "pip install componentize-py"},
    {"wasm-tools", "cargo install wasm-tools"},
    {"wit-bindgen", "cargo install wit-bindgen-cli"},
    {"cargo-component", "cargo install cargo-component"},
    {"clang", "clang and lld of the distribution"},
    {"go", "Go 1.21 or later, from https://go.dev/dl"},
    {"tinygo", "TinyGo, from https://tinygo.org/getting-started"},
    {"zig", "Zig, from https://ziglang.org/download"},
    {"moon", "MoonBit, from https://www.moonbitlang.com/download"},
    {"dotnet", ".NET, from https://dotnet.microsoft.com/download"},
};

/* Words that the shell knows itself. */
static bool is_shells(const char *word) {
    static const char *const words[] = {
        "cd",     ".",     ":",  "export",  "unset", "set",  "exit", "eval",
        "source", "exec",  "if", "then",    "else",  "elif", "fi",   "for",
        "while",  "until", "do", "done",    "case",  "esac", "{",    "}",
        "!",      "test",  "[",  "command", "umask", "true", "false"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0) return true;
    return false;
}

static bool on_path(const char *program) {
    const char *path = getenv("PATH");
    char file[4096];
    for (const char *at = path ? path : ""; *at;) {
        size_t len = strcspn(at, ":");
        snprintf(file, sizeof file, "%.*s/%s", (int)len, at, program);
        if (access(file, X_OK) == 0) return true;
        at += len + (at[len] == ':');
    }
    return false;
}

/* "${CLANG:-clang}": the value of the variable, or what stands for it. False: not known. */
static bool expand(char word[WORD_BYTES]) {
    if (word[0] != '$') return true;
    char name[WORD_BYTES], fallback[WORD_BYTES] = "";
    if (sscanf(word, "${%511[A-Za-z0-9_]:-%511[^}]}", name, fallback) < 1 &&
        sscanf(word, "$%511[A-Za-z0-9_]", name) < 1)
        return false;
    const char *value = getenv(name);
    snprintf(word, WORD_BYTES, "%s", value && *value ? value : fallback);
    return word[0] != '\0';
}

static void check_program(wy_doctor *d, const wy_app_component *c, char word[WORD_BYTES]) {
    if (!expand(word) || is_shells(word) || strchr(word, '/'))
        return; /* a path may be made later */
    if (on_path(word)) return;
    const char *from = NULL;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strcmp(word, sources[i].program) == 0) from = sources[i].from;
    wy_doctor_report(d, WY_FINDING_PROBLEM,
                     "component \"" WY_STR_FMT
                     "\": to build it, `%s` is needed, which is not "
                     "installed%s%s",
                     WY_STR_ARG(c->id), word, from ? ": " : "", from ? from : "");
}

/* --- Rust's targets --- */

static bool is_plain(const char *name) {
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_') return false;
    return *name != '\0';
}

/* Runs a program of the path. What it says goes into `said`, or to stderr where that is NULL.
 * False: it could not be run, or failed. */
static bool run(char *const *argv, char *said, size_t size) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    pid_t pid = fork();
    if (pid == 0) {
        int quiet = said ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
        dup2(said ? ends[1] : STDERR_FILENO, STDOUT_FILENO);
        if (quiet >= 0) dup2(quiet, STDERR_FILENO);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t n = 1; said && n > 0 && len + 1 < size; len += n > 0 ? (size_t)n : 0)
        n = read(ends[0], said + len, size - 1 - len);
    if (said) said[len] = '\0';
    close(ends[0]);
    int status = 1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Whether the compiler on the path has the target; where there is none, that was said. */
static bool has_target(const char *target) {
    char rustc[] = "rustc", print[] = "--print", what[] = "sysroot";
    char *const argv[] = {rustc, print, what, NULL};
    char root[4096], folder[8192];
    if (!run(argv, root, sizeof root)) return true;
    root[strcspn(root, "\n")] = '\0';
    snprintf(folder, sizeof folder, "%s/lib/rustlib/%s", root, target);
    return access(folder, F_OK) == 0;
}

static bool add_target(const char *target) {
    char rustup[] = "rustup", what[] = "target", add[] = "add", name[WORD_BYTES];
    snprintf(name, sizeof name, "%s", target);
    char *const argv[] = {rustup, what, add, name, NULL};
    return run(argv, NULL, 0);
}

static void check_target(wy_doctor *d, const wy_app_component *c, const char *target) {
    if (!is_plain(target)) return;
    if (strcmp(target, "wasm32-wasi") == 0) {
        wy_doctor_report(d, WY_FINDING_PROBLEM,
                         "component \"" WY_STR_FMT
                         "\": Rust has no target wasm32-wasi any more: "
                         "wasm32-wasip2 makes components (in the command and in `source`)",
                         WY_STR_ARG(c->id));
        return;
    }
    if (has_target(target)) return;
    bool can_add = on_path("rustup");
    bool mended = can_add && d->options->fix && add_target(target) && has_target(target);
    wy_doctor_report(d, can_add ? wy_doctor_outcome(d, mended) : WY_FINDING_PROBLEM,
                     "component \"" WY_STR_FMT
                     "\": Rust's target %s is not installed: `rustup "
                     "target add %s`",
                     WY_STR_ARG(c->id), target, target);
}

/* --- commands --- */

/* The next word of a command, without its quotes. `*ends` : it is an operator that a new command
 * follows. False: there is none. */
static bool next_word(const char **at, char word[WORD_BYTES], bool *ends) {
    const char *p = *at;
    while (*p == ' ' || *p == '\t')
        p++;
    *ends = *p == '&' || *p == '|' || *p == ';' || *p == '\n' || *p == '(' || *p == ')';
    size_t len = 0;
    if (*ends) {
        while (*p && strchr("&|;\n()", *p))
            p++;
        *at = p;
        return true;
    }
    for (char quote = 0; *p && (quote || !strchr(" \t\n&|;()", *p)); p++) {
        if (quote ? *p == quote : *p == '\'' || *p == '"')
            quote = quote ? 0 : *p;
        else if (len + 1 < WORD_BYTES)
            word[len++] = *p;
    }
    word[len] = '\0';
    *at = p;
    return len > 0 || *p;
}

static bool is_assignment(const char *word) {
    const char *equals = strchr(word, '=');
    return equals && equals > word && word[0] != '$' && !strchr(word, '/');
}

static void check_command(wy_doctor *d, const wy_app_component *c, const char *command) {
    char word[WORD_BYTES];
    bool begins = true, ends, is_cargo = false, names_target = false;
    while (next_word(&command, word, &ends)) {
        if (ends) {
            begins = true;
            is_cargo = names_target = false;
        } else if (begins && !is_assignment(word)) {
            begins = false;
            is_cargo = strcmp(word, "cargo") == 0;
            check_program(d, c, word);
        } else if (is_cargo && (names_target || strncmp(word, "--target=", 9) == 0)) {
            if (on_path("rustc")) check_target(d, c, names_target ? word : word + 9);
            names_target = false;
        } else {
            names_target = strcmp(word, "--target") == 0;
        }
    }
}

void wy_doctor_tools(wy_doctor *d, const wy_app_component *component) {
    for (uint32_t i = 0; i < component->build_commands.count; i++) {
        const wy_str *command = &component->build_commands.items[i];
        const char *text = wy_arena_strndup(&d->arena, command->ptr, command->len);
        if (text) check_command(d, component, text);
    }
}
