/* libwithy: a trigger of your own: a program that has components called when something happens.
 *
 *   static const withy_trigger_type type = {.name = "timer", .load = load, .begin = begin};
 *
 *   int main(int argc, char **argv) {
 *       return withy_trigger_main(argc, argv, &type);
 *   }
 *
 * `withy up` starts the program for applications that have [[trigger.timer]], and so does Spin: it
 * is called trigger-timer then, and stands on the PATH or in a folder of plug-ins. All of the
 * protocol between them is this library's matter: the application and where it lies, options,
 * questions about options, signals and the end; and so are the components, with what their manifest
 * grants them, their logs, and the runtime configuration. What is left is to wait for what happens
 * and to call components.
 *
 * All functions and callbacks belong to one thread, except where said; what waits longer belongs on
 * another thread, which tells by withy_trigger_post. Texts that functions give live as long as the
 * trigger. */
#ifndef WITHY_TRIGGER_H
#define WITHY_TRIGGER_H

#include "withy.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The application with its bindings, as it was loaded. After a change of the manifest there are two
 * for a while: the new one has begun, the old one has ended and waits for its calls. */
typedef struct withy_trigger withy_trigger;
/* One [[trigger.<name>]] table. */
typedef struct withy_binding withy_binding;

/* An option of the command line. */
typedef struct withy_trigger_option {
    const char *name;     /* without dashes; NULL ends a table */
    char letter;          /* 0: none */
    const char *argument; /* how help calls its value; NULL: it has none */
    const char *help;
} withy_trigger_option;

typedef struct withy_trigger_type {
    const char *name;                    /* "timer" */
    const char *text;                    /* what it does, for --help */
    const withy_trigger_option *options; /* those of its own; NULL: none */
    /* Reads the configuration and finds the functions to call. Nothing may happen yet. What it
     * returns other than WITHY_OK is an error of the application. */
    withy_status (*load)(withy_trigger *trigger, withy_error *error);
    /* From now on it calls components. */
    void (*begin)(withy_trigger *trigger);
    /* And from now on it does not: timers and descriptors are silent already. NULL: there is
     * nothing to do. */
    void (*end)(withy_trigger *trigger);
    /* After the last call: gives back what `load` made, even where that failed. No other thread may
     * use the trigger any more. NULL: there is nothing to do. */
    void (*unload)(withy_trigger *trigger);
} withy_trigger_type;

/* Runs the program to its end: SIGTERM, SIGINT or withy_trigger_finish. Returns its exit status. */
WITHY_API int withy_trigger_main(int argc, char **argv, const withy_trigger_type *type);

/* Ends the program with this status once the calls under way have ended. */
WITHY_API void withy_trigger_finish(withy_trigger *trigger, int status);

/* Something of yours, NULL at first. */
WITHY_API void withy_trigger_set_data(withy_trigger *trigger, void *data);
WITHY_API void *withy_trigger_data(const withy_trigger *trigger);

/* --- what it is told --- */

/* The value of an option of its own, "" for one without; NULL: it was not given. Of several the
 * last. */
WITHY_API const char *withy_trigger_option_value(const withy_trigger *trigger, const char *name);
WITHY_API const char *withy_trigger_app_name(const withy_trigger *trigger);
/* The bindings, in the manifest's order. */
WITHY_API size_t withy_trigger_binding_count(const withy_trigger *trigger);
WITHY_API withy_binding *withy_trigger_binding(withy_trigger *trigger, size_t index);
WITHY_API const char *withy_binding_id(const withy_binding *binding);
WITHY_API const char *withy_binding_component(const withy_binding *binding); /* NULL: none */

/* What tables say: of a binding, or with NULL of [application.trigger.<name>]. A key that is not
 * there leaves `*value_out` as it is. WITHY_INVALID: a value of another type, or out of bounds, or
 * (withy_trigger_keys) a key that is not among those named, which blanks separate; the text names
 * the table. */
WITHY_API withy_status withy_trigger_keys(withy_trigger *trigger, const withy_binding *binding,
                                          const char *keys, withy_error *error);
WITHY_API withy_status withy_trigger_number(withy_trigger *trigger, const withy_binding *binding,
                                            const char *key, int64_t min, int64_t max,
                                            int64_t *value_out, withy_error *error);
WITHY_API withy_status withy_trigger_flag(withy_trigger *trigger, const withy_binding *binding,
                                          const char *key, bool *value_out, withy_error *error);
WITHY_API withy_status withy_trigger_text(withy_trigger *trigger, const withy_binding *binding,
                                          const char *key, const char **value_out,
                                          withy_error *error);
/* The whole table as a JSON object, for what these cannot say. */
WITHY_API const char *withy_trigger_table(const withy_trigger *trigger,
                                          const withy_binding *binding);
/* A text with the values of the application's variables in the place of "{{ name }}". */
WITHY_API withy_status withy_trigger_resolve(withy_trigger *trigger, const char *text,
                                             const char **out, withy_error *error);

/* --- calling components --- */

/* Finds the function that the binding's component is to be called by: "handle-timer-request", or
 * "ns:pkg/interface@1.0.0#name". In `load`. The sizes are those of your structs of arguments and of
 * the result (withy/value.h), 0 where there is none. WITHY_UNMET: the component exports no such
 * function; WITHY_USAGE: it is of another size. */
WITHY_API withy_status withy_binding_export(withy_binding *binding, const char *path,
                                            size_t args_size, size_t result_size,
                                            withy_error *error);
/* Of the function that was found; NULL: none was yet. */
WITHY_API const withy_func_type *withy_binding_type(const withy_binding *binding);

/* `result` is NULL where there is none, or `status` is not WITHY_OK; it lives until this returns.
 */
typedef void (*withy_called)(void *data, withy_status status, const void *result);

/* Calls the function in a new instance, beside other calls. `args` must live until `done` was
 * called, which happens exactly once, later, even when the call could not begin; NULL: nobody wants
 * to know. Failures other than WITHY_BUSY are logged: WITHY_TRAP, WITHY_TIMEOUT (--timeout),
 * WITHY_CLOSED (the guest called exit). WITHY_BUSY: as many instances are alive as there is room
 * for, try again. */
WITHY_API void withy_binding_call(withy_binding *binding, const void *args, withy_called done,
                                  void *data);

/* --- what happens --- */

/* Timers and descriptors end with the trigger. NULL: no memory. */
typedef struct withy_trigger_timer withy_trigger_timer;
WITHY_API withy_trigger_timer *withy_trigger_timer_new(withy_trigger *trigger,
                                                       void (*callback)(void *data), void *data);
/* `callback` once, so many milliseconds from now; starting it anew replaces that. */
WITHY_API void withy_trigger_timer_start(withy_trigger_timer *timer, uint64_t ms);
WITHY_API void withy_trigger_timer_stop(withy_trigger_timer *timer);

typedef struct withy_trigger_watch withy_trigger_watch;
/* `callback` whenever the descriptor is readable. It stays yours; free the watch before it is
 * closed, unless the trigger has been unloaded. */
WITHY_API withy_trigger_watch *withy_trigger_watch_new(withy_trigger *trigger, int fd,
                                                       void (*callback)(void *data), void *data);
WITHY_API void withy_trigger_watch_free(withy_trigger_watch *watch);

/* From any thread: `callback` soon, on the trigger's, unless it has ended by then. False: no
 * memory. */
WITHY_API bool withy_trigger_post(withy_trigger *trigger, void (*callback)(void *data), void *data);

/* --- telling --- */

typedef enum withy_log_level {
    WITHY_LOG_ERROR,
    WITHY_LOG_WARN,
    WITHY_LOG_INFO,
    WITHY_LOG_DEBUG,
} withy_log_level;

/* A line on standard error, for whoever runs it; levels below the one of the variable WITHY_LOG
 * ("info") are left out. Any thread. */
WITHY_API void withy_trigger_log(withy_log_level level, const char *format, ...) WITHY_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif

#endif
