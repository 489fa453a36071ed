/* Credential helpers of Docker: programs that read a registry's name and write its credentials. */
#include "registry/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX ((size_t)64 << 10)
#define ANSWER_TIMEOUT_MS 60000 /* some ask the user first */

static bool name_valid(const char *name) {
    for (const char *c = name; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
              *c == '-' || *c == '_' || *c == '.'))
            return false;
    return *name != '\0';
}

/* Starts the helper with its input and output on the ends of two pipes. */
static pid_t start(const char *program, const int input[2], const int output[2]) {
    char *arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "get", NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = -1;
    if (posix_spawn_file_actions_init(&actions) != 0) return -1;
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    if (posix_spawnp(&child, program, &actions, NULL, arguments, environ) != 0) child = -1;
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

static bool read_answer(int fd, wy_buf *answer) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char bytes[4096];
    for (;;) {
        if (poll(&ready, 1, ANSWER_TIMEOUT_MS) <= 0) return false;
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n <= 0) return n == 0;
        wy_buf_append(answer, bytes, (size_t)n);
        if (answer->failed) return false;
    }
}

/* False: no such program, or no answer of it. Its status: 0 where it knew the registry. */
static bool converse(const char *program, wy_str registry, wy_buf *answer, int *status_out) {
    int input[2] = {-1, -1}, output[2] = {-1, -1};
    bool ok = pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0;
    pid_t child = ok ? start(program, input, output) : -1;
    if (input[0] >= 0) close(input[0]);
    if (output[1] >= 0) close(output[1]);
    ok = child > 0 && write(input[1], registry.ptr, registry.len) == (ssize_t)registry.len;
    if (input[1] >= 0) close(input[1]);
    ok = ok && read_answer(output[0], answer);
    if (output[0] >= 0) close(output[0]);
    if (child > 0 && !ok) kill(child, SIGKILL);
    *status_out = -1;
    while (child > 0 && waitpid(child, status_out, 0) < 0 && errno == EINTR)
        ;
    return ok;
}

static wy_err take(wy_arena *arena, wy_str answer, wy_credentials *out, wy_diag *diag) {
    json_error_t error;
    json_t *root = json_loadb(answer.ptr ? answer.ptr : "", answer.len, 0, &error);
    const json_t *user = json_object_get(root, "Username");
    const json_t *secret = json_object_get(root, "Secret");
    wy_err err = WY_OK;
    if (!json_is_string(user) || !json_is_string(secret)) {
        err = wy_diag_set(diag, WY_IO, "its answer has no \"Username\" and \"Secret\"");
    } else {
        size_t user_len = json_string_length(user), len = json_string_length(secret);
        char *name = wy_arena_strndup(arena, json_string_value(user), user_len);
        char *text = wy_arena_strndup(arena, json_string_value(secret), len);
        if (!name || !text) err = wy_diag_set(diag, WY_NOMEM, "out of memory for credentials");
        if (!err && strcmp(name, "<token>") == 0)
            out->identity_token = (wy_str){text, len};
        else if (!err)
            *out = (wy_credentials){.user = {name, user_len}, .password = {text, len}};
    }
    json_decref(root);
    return err;
}

wy_err wy_credentials_ask(wy_arena *arena, const char *helper, wy_str registry, wy_credentials *out,
                          wy_diag *diag) {
    *out = (wy_credentials){0};
    const char *program = wy_arena_printf(arena, "docker-credential-%s", helper);
    if (!program) return wy_diag_set(diag, WY_NOMEM, "out of memory for credentials");
    if (!name_valid(helper))
        return wy_diag_set(diag, WY_INVALID, "\"%s\" is no name of a credential helper", helper);
    /* Docker Hub has kept its old address as a name. */
    if (wy_str_eqz(registry, "index.docker.io")) registry = WY_STR("https://index.docker.io/v1/");
    wy_buf answer;
    wy_buf_init(&answer, ANSWER_BYTES_MAX);
    int status;
    wy_err err = WY_OK;
    if (!converse(program, registry, &answer, &status))
        err = wy_diag_set(diag, WY_IO, "it cannot be run, or does not answer");
    else if (status == 0)
        err = take(arena, wy_buf_view(&answer), out, diag);
    wy_buf_deinit(&answer);
    if (err) wy_diag_prefix(diag, "%s", program);
    return err;
}
