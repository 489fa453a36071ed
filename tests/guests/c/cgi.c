// A program in the manner of CGI; the query says what it does: env, args, echo, status=CODE,
// location, nothing, headless, insufficient, endless-head, bad-status, bad-field, exit=CODE, trap,
// slow, fields, length=N.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void head(const char *fields) {
    printf("%s\n", fields);
}

static void show_env(void) {
    head("content-type: text/plain\n");
    for (char **e = environ; *e != NULL; e++) {
        puts(*e);
    }
}

static void show_args(int argc, char **argv) {
    head("Content-Type: text/plain\n");
    for (int i = 0; i < argc; i++) {
        printf("%d [%s]\n", i, argv[i]);
    }
}

// Answers with what comes in, piece by piece.
static void echo(void) {
    static char buffer[65536];
    ssize_t n;
    write(1, "Content-Type: application/octet-stream\r\n\r\n", 42);
    while ((n = read(0, buffer, sizeof buffer)) > 0) {
        for (ssize_t done = 0; done < n;) {
            ssize_t wrote = write(1, buffer + done, (size_t)(n - done));
            if (wrote <= 0) {
                exit(1);
            }
            done += wrote;
        }
    }
}

static void slow(void) {
    head("content-type: text/plain\n");
    for (int i = 0; i < 5; i++) {
        printf("line %d\n", i);
        fflush(stdout);
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    }
}

int main(int argc, char **argv) {
    const char *query = getenv("QUERY_STRING");
    if (query == NULL) {
        return 1;
    }
    const char *equals = strchr(query, '=');
    const char *value = equals != NULL ? equals + 1 : "";
    size_t len = equals != NULL ? (size_t)(equals - query) : strlen(query);
#define IS(name) (len == sizeof(name) - 1 && memcmp(query, name, len) == 0)
    if (IS("env")) {
        show_env();
    } else if (IS("echo")) {
        echo();
    } else if (IS("status")) {
        printf("Status: %s Something\n\nbody of %s\n", value, value);
    } else if (IS("location")) {
        head("Location: /elsewhere\n");
    } else if (IS("headless")) {
        printf("content-type: text/plain\n");
    } else if (IS("insufficient")) {
        printf("x-anything: 1\n\nbody\n");
    } else if (IS("endless-head")) {
        for (int i = 0; i < 40000; i++) {
            printf("x-field-%d: the value of a field\n", i);
        }
    } else if (IS("bad-status")) {
        printf("Status: never\n\n");
    } else if (IS("bad-field")) {
        printf("content-type: text/plain\nbad name: 1\n\n");
    } else if (IS("exit")) {
        if (*value == '9') {
            printf("content-type: text/plain\n\nbegun\n");
            fflush(stdout);
        } else if (*value == '0') {
            printf("content-type: text/plain\n\ndone\n");
        }
        exit(atoi(value));
    } else if (IS("trap")) {
        __builtin_trap();
    } else if (IS("slow")) {
        slow();
    } else if (IS("fields")) {
        printf(
            "Content-Type: text/plain\nSet-Cookie: a=1\nSet-Cookie: b=2\nConnection: close\nX-Own: "
            " kept \n\nok\n");
    } else if (IS("length")) {
        printf("content-type: text/plain\ncontent-length: %s\n\n12345", value);
    } else if (!IS("nothing")) {
        show_args(argc, argv);
    }
    return 0;
}
