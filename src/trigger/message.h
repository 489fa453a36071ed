/* Messages handled by components: a queue, a limit on how many are handled at once, repeated tries,
 * and where those go that nobody could handle. What brings messages (redis.h) and how a component
 * is called with one is its user's matter. One loop, one thread. */
#ifndef WY_TRIGGER_MESSAGE_H
#define WY_TRIGGER_MESSAGE_H

#include "runtime/component.h"
#include "runtime/instance.h"
#include "runtime/task.h"

typedef struct wy_message_queue wy_message_queue;

/* A message as its handler sees it. */
typedef struct wy_message {
    wy_str source; /* the channel or topic it came from */
    wy_str payload;
    void *data; /* of whoever brought it */
} wy_message;

/* One binding: a component and how it is called. Plain data, outlives the queue. */
typedef struct wy_message_handler {
    wy_str id;        /* of the binding, for the log */
    const char *noun; /* what stands before the source in the log; NULL: "a message from" */
    const wy_component *component;
    const wy_plan_export *export;
    /* On the task's fiber, in a fresh instance that has started: calls the export. `*failed_out`:
     * the component returned an error. */
    own wy_trap *(*call)(wy_instance *instance, const wy_plan_export *export,
                         const wy_message *message, bool *failed_out);
    uint32_t retries; /* further tries when handling fails, each in a fresh instance */
} wy_message_handler;

typedef enum wy_message_outcome {
    WY_MESSAGE_HANDLED,
    WY_MESSAGE_FAILED,  /* at the last try: a trap, an error, the deadline */
    WY_MESSAGE_DROPPED, /* there was no memory, or the host is stopping before it was tried */
} wy_message_outcome;

typedef struct wy_message_queue_config {
    wy_scheduler *scheduler;
    uint64_t timeout_ms;  /* of one try; 0: none */
    uint32_t running_max; /* handled at once; 0: WY_MAX_MESSAGES_RUNNING */
    size_t bytes_max;     /* queued before `on_full`; 0: WY_MAX_MESSAGE_QUEUE_BYTES */
    /* The queue is full: whoever fills it should pause; or may go on. NULL: not wanted. */
    void (*on_full)(void *data, bool full);
    /* The hook behind at-least-once delivery: each message ends here exactly once. The views are
     * valid during the call. NULL: not wanted. */
    void (*on_end)(void *data, const wy_message_handler *handler, const wy_message *message,
                   wy_message_outcome outcome);
    void *data;
} wy_message_queue_config;

wy_err wy_message_queue_new(const wy_message_queue_config *config,
                            own wy_message_queue **queue_out) WY_MUST_USE;
/* Nothing may be running (wy_message_queue_is_idle). */
void wy_message_queue_free(own wy_message_queue *queue); /* NULL is fine */
/* Copies the message and handles it as soon as there is room. */
void wy_message_queue_add(wy_message_queue *queue, const wy_message_handler *handler,
                          const wy_message *message);
/* Nothing waits and nothing runs. */
bool wy_message_queue_is_idle(const wy_message_queue *queue);

#endif
