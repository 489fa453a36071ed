/* withy registry push|pull|login */
#include "cli/verb.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536 /* of a password; some registries' are long tokens */

static void set_defaults(withy_registry_options *options) {
    const char *build = getenv("SPIN_ALWAYS_BUILD");
    withy_registry_options_init(options);
    options->build = build && (strcmp(build, "1") == 0 || strcmp(build, "true") == 0);
}

static int need_operand(const char *verb, const char *usage, const wy_operands *operands) {
    if (operands->count == 1) return -1;
    fprintf(stderr, "withy: %s needs one name: withy %s %s\n", verb, verb, usage);
    return 2;
}

/* --- push --- */

static const char push_usage[] = "[OPTIONS] REFERENCE";
static const char push_text[] =
    "Puts the application of a Spin manifest, or a component, into an OCI registry, where withy "
    "and\n"
    "Spin find it by REFERENCE, such as ghcr.io/team/shop:1.0.";

static int apply_annotations(const wy_option_values *values, withy_pair *pairs, char **copies) {
    for (size_t i = 0; i < values->count; i++) {
        const char *text = values->items[i], *equals = strchr(text, '=');
        copies[i] = equals && equals > text ? strndup(text, (size_t)(equals - text)) : NULL;
        if (!copies[i]) {
            fprintf(stderr, "withy: --annotation: \"%s\" is not NAME=VALUE\n", text);
            return 2;
        }
        pairs[i] = (withy_pair){copies[i], equals + 1};
    }
    return -1;
}

static int run_push(int argc, char **argv) {
    static wy_option_values annotations;
    static withy_pair pairs[WY_OPTION_VALUES_MAX];
    static char *copies[WY_OPTION_VALUES_MAX];
    withy_registry_options options;
    set_defaults(&options);
    const char *from = NULL;
    const wy_option table[] = {
        {"from", 'f', WY_OPTION_TEXT, "PATH",
         "manifest, folder with a spin.toml, or component (default: the nearest spin.toml)", &from},
        {"file", 0, WY_OPTION_TEXT, "PATH", "the same", &from},
        {"profile", 0, WY_OPTION_TEXT, "NAME", "variant of the components", &options.profile},
        {"build", 0, WY_OPTION_FLAG, NULL, "run the build commands first", &options.build},
        {"annotation", 0, WY_OPTION_VALUES, "NAME=VALUE", "annotation of the image", &annotations},
        {"insecure", 'k', WY_OPTION_FLAG, NULL, "speak HTTP to the registry", &options.insecure},
        {"cache-dir", 0, WY_OPTION_TEXT, "DIR", "where downloads are kept", &options.cache_dir},
        {0}};
    static const wy_refused refused[] = {
        {"compose", "dependencies are linked when an application runs, not put into one component"},
        {0}};
    const wy_option *tables[] = {table};
    const wy_syntax syntax = {.usage = push_usage,
                              .text = push_text,
                              .tables = tables,
                              .table_count = 1,
                              .refused = refused};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status < 0) status = need_operand(argv[0], push_usage, &operands);
    if (status < 0) status = apply_annotations(&annotations, pairs, copies);
    if (status >= 0) return status;
    options.annotations = pairs;
    options.annotation_count = annotations.count;
    withy_error error = {0};
    char digest[WITHY_DIGEST_TEXT];
    status = withy_registry_push(from, operands.items[0], &options, digest, &error);
    for (size_t i = 0; i < annotations.count; i++)
        free(copies[i]);
    if (error.code) return wy_cli_fail(&error);
    printf("Pushed with digest %s\n", digest);
    return status;
}

/* --- pull --- */

static const char pull_usage[] = "[OPTIONS] REFERENCE";
static const char pull_text[] =
    "Downloads an application or a component, so that it can be run later: by its digest also\n"
    "without a network.";

static int run_pull(int argc, char **argv) {
    withy_registry_options options;
    set_defaults(&options);
    const wy_option table[] = {
        {"insecure", 'k', WY_OPTION_FLAG, NULL, "speak HTTP to the registry", &options.insecure},
        {"cache-dir", 0, WY_OPTION_TEXT, "DIR", "where downloads are kept", &options.cache_dir},
        {0}};
    const wy_option *tables[] = {table};
    const wy_syntax syntax = {
        .usage = pull_usage, .text = pull_text, .tables = tables, .table_count = 1};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status < 0) status = need_operand(argv[0], pull_usage, &operands);
    if (status >= 0) return status;
    withy_error error = {0};
    char digest[WITHY_DIGEST_TEXT];
    status = withy_registry_pull(operands.items[0], &options, digest, &error);
    if (error.code) return wy_cli_fail(&error);
    printf("Pulled with digest %s\n", digest);
    return status;
}

/* --- login --- */

static const char login_usage[] = "[OPTIONS] REGISTRY";
static const char login_text[] =
    "Checks user and password at a registry, such as ghcr.io, and keeps them for pushing and "
    "pulling:\n"
    "in Spin's file, fermyon/registry-auth.json below ~/.config. What `docker login` keeps is "
    "found "
    "too.";

/* One line, without its end. False: there is none. */
static bool read_line(char line[LINE_MAX_BYTES]) {
    if (!fgets(line, LINE_MAX_BYTES, stdin)) return false;
    line[strcspn(line, "\r\n")] = '\0';
    return line[0] != '\0';
}

static void ignore(int number) {
    (void)number;
}

/* While it is typed it is not shown, also not after Ctrl-C. */
static bool ask_secret(const char *what, const struct termios *before, char line[LINE_MAX_BYTES]) {
    struct termios silent = *before;
    struct sigaction interrupt = {.sa_handler = ignore}, former; /* waiting ends, and fails */
    struct pollfd typed = {.fd = STDIN_FILENO, .events = POLLIN};
    sigset_t held, mask;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigprocmask(SIG_BLOCK, &held, &mask); /* but while it waits: none comes between */
    sigaction(SIGINT, &interrupt, &former);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    fprintf(stderr, "%s: ", what);
    bool interrupted = ppoll(&typed, 1, NULL, &mask) < 0 && errno == EINTR;
    bool ok = !interrupted && read_line(line);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, before);
    sigaction(SIGINT, &former, NULL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    fputc('\n', stderr);
    if (interrupted) raise(SIGINT);
    return ok;
}

/* Asks on the terminal. */
static bool ask(const char *what, bool is_secret, char line[LINE_MAX_BYTES]) {
    struct termios before;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0) return false;
    if (is_secret) return ask_secret(what, &before, line);
    fprintf(stderr, "%s: ", what);
    return read_line(line);
}

static int fail_missing(const char *what) {
    fprintf(stderr, "withy: registry login: there is no %s\n", what);
    return 2;
}

static int run_login(int argc, char **argv) {
    static char user_line[LINE_MAX_BYTES], password_line[LINE_MAX_BYTES];
    withy_registry_options options;
    set_defaults(&options);
    const char *user = NULL, *password = NULL;
    bool from_stdin = false;
    const wy_option table[] = {
        {"username", 'u', WY_OPTION_TEXT, "NAME", "else it is asked for", &user},
        {"password", 'p', WY_OPTION_TEXT, "TEXT",
         "else it is asked for; others on this machine may see it in the list of processes",
         &password},
        {"password-stdin", 0, WY_OPTION_FLAG, NULL, "read the password from standard input",
         &from_stdin},
        {"insecure", 'k', WY_OPTION_FLAG, NULL, "speak HTTP to the registry", &options.insecure},
        {0}};
    const wy_option *tables[] = {table};
    const wy_syntax syntax = {
        .usage = login_usage, .text = login_text, .tables = tables, .table_count = 1};
    wy_operands operands;
    int status = wy_cli_parse(&syntax, argc, argv, &operands);
    if (status < 0) status = need_operand(argv[0], login_usage, &operands);
    if (status >= 0) return status;
    if (from_stdin && password) {
        fprintf(stderr, "withy: --password and --password-stdin cannot be combined\n");
        return 2;
    }
    if (!user && (from_stdin || !ask("Username", false, user_line)))
        return fail_missing("user: give --username");
    if (!password &&
        !(from_stdin ? read_line(password_line) : ask("Password", true, password_line)))
        return fail_missing("password: give --password-stdin");
    withy_error error = {0};
    if (!user) user = user_line;
    if (!password) password = password_line;
    status = withy_registry_login(operands.items[0], user, password, &options, &error);
    explicit_bzero(password_line, sizeof password_line);
    if (error.code) return wy_cli_fail(&error);
    printf("Logged in to %s as %s\n", operands.items[0], user);
    return status;
}

int wy_verb_registry(int argc, char **argv) {
    static const wy_verb table[] = {
        {"push", "put an application or a component into a registry", run_push},
        {"pull", "download an application or a component", run_pull},
        {"login", "keep user and password of a registry", run_login},
        {0}};
    return wy_cli_subverb("Applications and components in OCI registries.", table, argc, argv);
}
