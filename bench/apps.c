/* What an application takes in a process that has others: bench_apps COUNT COMPONENT makes COUNT
 * applications, each with the component loaded, linked and served by itself, and asks each one
 * something. Prints the resident bytes of the process with the first, with all, and for each. */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <withy.h>

static withy_engine *engine;
static withy_error error;

static void must(withy_status status) {
    if (status != WITHY_OK) errx(1, "%s", error.text);
}

/* Each page that others share counted for its part, in KiB. */
static long resident(void) {
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file && kib < 0 && fgets(line, sizeof line, file))
        if (sscanf(line, "Pss: %ld", &kib) != 1) kib = -1;
    if (file) fclose(file);
    if (kib < 0) errx(1, "the memory in use cannot be read");
    return kib;
}

static int dial(const char *address) {
    struct sockaddr_in to = {.sin_family = AF_INET};
    to.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client < 0 || connect(client, (struct sockaddr *)&to, sizeof to) != 0) err(1, "connect");
    return client;
}

/* The answer must be good. */
static void ask(const withy_app *app) {
    static const char request[] = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    char answer[4096];
    size_t len = 0;
    int client = dial(withy_app_address(app));
    if (send(client, request, sizeof request - 1, 0) != sizeof request - 1) err(1, "send");
    for (ssize_t got = 1; got != 0 && len<sizeof answer - 1; len += got> 0 ? (size_t)got : 0) {
        (void)withy_engine_poll(engine, 1);
        got = recv(client, answer + len, sizeof answer - 1 - len, MSG_DONTWAIT);
    }
    close(client);
    answer[len] = '\0';
    if (strncmp(answer, "HTTP/1.1 200", 12) != 0) errx(1, "answered: %s", answer);
}

static withy_app *make(const char *path, int number) {
    char name[32];
    withy_component *component;
    withy_linker *linker;
    withy_linked *linked;
    withy_app *app;
    snprintf(name, sizeof name, "app-%d", number);
    must(withy_component_load_file(engine, path, &component, &error));
    must(withy_linker_new(engine, &linker, &error));
    must(withy_linker_provide(linker, "", &error));
    must(withy_linker_link(linker, component, NULL, &linked, &error));
    must(withy_app_new(engine, name, &app, &error));
    must(withy_app_route(app, "/...", linked, NULL, &error));
    must(withy_app_listen(app, "127.0.0.1:0", false, &error));
    withy_linked_free(linked);
    withy_linker_free(linker);
    withy_component_free(component);
    ask(app);
    return app;
}

int main(int argc, char **argv) {
    int count = argc == 3 ? atoi(argv[1]) : 0;
    if (count < 2) errx(2, "usage: %s COUNT COMPONENT", argv[0]);
    withy_app **apps = calloc((size_t)count, sizeof(withy_app *));
    if (!apps) err(1, NULL);
    must(withy_engine_new(NULL, &engine, &error));
    apps[0] = make(argv[2], 0);
    long first = resident();
    for (int i = 1; i < count; i++)
        apps[i] = make(argv[2], i);
    for (int i = 0; i < count; i++)
        ask(apps[i]);
    long all = resident();
    printf("first\t%ld\nall\t%ld\neach\t%ld\n", first * 1024, all * 1024,
           (all - first) * 1024 / (count - 1));
    for (int i = 0; i < count; i++)
        withy_app_free(apps[i]);
    free(apps);
    withy_engine_free(engine);
    return 0;
}
