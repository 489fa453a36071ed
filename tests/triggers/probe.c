/* trigger-probe: tries what withy_trigger.h offers, for the tests: calls `handle-message` of a
 * component (a list of bytes and a record with a topic; a result) with what comes on a pipe. Each
 * line is one message; the outcome is printed.
 *
 *   [[trigger.probe]]
 *   pipe = "{{ pipe }}"      # a FIFO; templates are resolved
 *   topic = "in"
 *   component = "s"
 *
 *   --from-thread    lines are read on another thread, which posts them
 *   --tag TEXT       put before what is printed */
#include <withy_trigger.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct args {
    withy_str message; /* list<u8> */
    withy_str topic;   /* record { topic: string } */
} args;

typedef struct result {
    uint8_t is_err;
    struct {
        uint8_t kind;
        withy_str text;
    } error; /* variant error { other(string) } */
} result;

typedef struct probe {
    withy_trigger *trigger;
    withy_binding *binding;
    withy_trigger_watch *watch;
    const char *topic, *tag;
    int fd, wake[2];
    bool has_thread;
    pthread_t thread;
} probe;

typedef struct message {
    probe *probe;
    args args;
    char text[256];
} message;

static void say(const probe *p, const char *what, const char *text) {
    printf("%s %s: %s\n", p->tag, what, text);
    fflush(stdout);
}

static void called(void *data, withy_status status, const void *value) {
    message *m = data;
    const result *r = value;
    if (status)
        say(m->probe, withy_status_text(status), m->text);
    else
        say(m->probe, r->is_err ? "error" : "handled", m->text);
    free(m);
}

/* On the trigger's thread. */
static void handle(void *data) {
    message *m = data;
    if (strcmp(m->text, "stop") == 0) {
        withy_trigger_finish(m->probe->trigger, 5);
        free(m);
        return;
    }
    m->args.message = withy_str_of(m->text);
    m->args.topic = withy_str_of(m->probe->topic);
    withy_binding_call(m->probe->binding, &m->args, called, m);
}

/* Reads what is there and gives each line to `use`. */
static void read_lines(probe *p, void (*use)(probe *p, message *m)) {
    char bytes[1024];
    ssize_t n = read(p->fd, bytes, sizeof bytes - 1);
    if (n <= 0) return;
    bytes[n] = '\0';
    for (char *line = strtok(bytes, "\n"); line; line = strtok(NULL, "\n")) {
        message *m = calloc(1, sizeof *m);
        if (!m) return;
        m->probe = p;
        snprintf(m->text, sizeof m->text, "%s", line);
        use(p, m);
    }
}

static void use_here(probe *p, message *m) {
    (void)p;
    handle(m);
}

static void on_readable(void *data) {
    read_lines(data, use_here);
}

static void use_there(probe *p, message *m) {
    if (!withy_trigger_post(p->trigger, handle, m)) free(m);
}

static void *read_forever(void *data) {
    probe *p = data;
    for (;;) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(p->fd, &set);
        FD_SET(p->wake[0], &set);
        int most = p->fd > p->wake[0] ? p->fd : p->wake[0];
        if (select(most + 1, &set, NULL, NULL, NULL) < 0 && errno != EINTR) return NULL;
        if (FD_ISSET(p->wake[0], &set)) return NULL;
        read_lines(p, use_there);
    }
}

static withy_status load(withy_trigger *trigger, withy_error *error) {
    probe *p = calloc(1, sizeof *p);
    if (!p) return WITHY_NOMEM;
    withy_trigger_set_data(trigger, p);
    *p = (probe){.trigger = trigger, .fd = -1, .wake = {-1, -1}, .topic = "none"};
    p->binding = withy_trigger_binding(trigger, 0);
    const char *pipe_name = "", *tag = withy_trigger_option_value(trigger, "tag");
    p->tag = tag ? tag : withy_trigger_app_name(trigger);
    bool quiet = false;
    int64_t number = 7;
    withy_status s = withy_trigger_keys(trigger, p->binding, "pipe topic quiet number", error);
    if (!s) s = withy_trigger_text(trigger, p->binding, "topic", &p->topic, error);
    if (!s) s = withy_trigger_flag(trigger, p->binding, "quiet", &quiet, error);
    if (!s) s = withy_trigger_number(trigger, p->binding, "number", 1, 10, &number, error);
    if (!s) s = withy_trigger_text(trigger, p->binding, "pipe", &pipe_name, error);
    if (!s) s = withy_trigger_resolve(trigger, pipe_name, &pipe_name, error);
    if (!s)
        s = withy_binding_export(p->binding, "handle-message", sizeof(args), sizeof(result), error);
    if (s) return s;
    p->fd = open(pipe_name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (p->fd < 0 || pipe(p->wake) != 0) return WITHY_IO;
    withy_trigger_log(WITHY_LOG_INFO, "%s %s of %s: %lld", withy_binding_id(p->binding),
                      withy_binding_component(p->binding), pipe_name, (long long)number);
    return WITHY_OK;
}

static void begin(withy_trigger *trigger) {
    probe *p = withy_trigger_data(trigger);
    if (withy_trigger_option_value(trigger, "from-thread"))
        p->has_thread = pthread_create(&p->thread, NULL, read_forever, p) == 0;
    else
        p->watch = withy_trigger_watch_new(trigger, p->fd, on_readable, p);
    say(p, "begins", withy_trigger_table(trigger, p->binding));
}

static void end(withy_trigger *trigger) {
    probe *p = withy_trigger_data(trigger);
    if (p->has_thread && write(p->wake[1], "", 1) == 1) pthread_join(p->thread, NULL);
    p->has_thread = false;
    say(p, "ends", "");
}

static void unload(withy_trigger *trigger) {
    probe *p = withy_trigger_data(trigger);
    if (!p) return;
    if (p->fd >= 0) close(p->fd);
    for (int i = 0; i < 2; i++)
        if (p->wake[i] >= 0) close(p->wake[i]);
    free(p);
}

int main(int argc, char **argv) {
    static const withy_trigger_option options[] = {
        {"from-thread", 0, NULL, "read on another thread"},
        {"tag", 't', "TEXT", "before what is printed"},
        {NULL, 0, NULL, NULL}};
    static const withy_trigger_type type = {.name = "probe",
                                            .options = options,
                                            .load = load,
                                            .begin = begin,
                                            .end = end,
                                            .unload = unload};
    return withy_trigger_main(argc, argv, &type);
}
