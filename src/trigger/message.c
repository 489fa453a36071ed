/* The queue of messages, and the tasks that handle them.
 *
 *   add -> waiting -> running -> end
 *             ^__ later (timer) __|     while tries are left */
#include "trigger/message.h"

#include "base/limits.h"
#include "base/log.h"

#include <stdlib.h>

#define TRAP_TEXT_MAX ((size_t)64 << 10)

typedef struct job {
    wy_message_queue *queue;
    const wy_message_handler *handler;
    struct job *next; /* among those that wait */
    wy_instance *instance;
    wy_timer *timer; /* until the next try */
    wy_trap *trap;
    wy_err ended; /* why the task was ended, if it was */
    uint32_t tries;
    bool failed; /* the component said so */
    wy_message message;
    char bytes[]; /* of the message */
} job;

struct wy_message_queue {
    wy_message_queue_config config;
    job *first, **end; /* waiting */
    uint32_t running;
    uint32_t resting; /* between two tries */
    size_t bytes;     /* of all messages */
    wy_timer *turn;   /* armed when jobs may start */
    bool is_full;
};

static void start_some(wy_message_queue *queue);

/* An empty message takes room, too. */
static size_t cost_of(const wy_message *message) {
    return sizeof(job) + message->source.len + message->payload.len;
}

/* --- the end of a message --- */

static void finish(job *j, wy_message_outcome outcome) {
    wy_message_queue *queue = j->queue;
    if (queue->config.on_end)
        queue->config.on_end(queue->config.data, j->handler, &j->message, outcome);
    queue->bytes -= cost_of(&j->message);
    wy_timer_free(j->timer);
    free(j);
    if (queue->is_full && queue->bytes <= queue->config.bytes_max / 2) {
        queue->is_full = false;
        if (queue->config.on_full) queue->config.on_full(queue->config.data, false);
    }
}

static void log_failure(const job *j) {
    wy_buf text;
    wy_buf_init(&text, TRAP_TEXT_MAX);
    if (j->trap && j->instance) wy_instance_print_trap(j->instance, j->trap, &text);
    const char *what = j->ended == WY_TIMEOUT     ? "it took longer than its time"
                       : j->ended == WY_CANCELLED ? "it was cancelled"
                       : j->trap                  ? "the component trapped"
                                                  : "the component returned an error";
    wy_log(WY_LOG_ERROR, WY_STR_FMT ": %s " WY_STR_FMT " was not handled: %s%s" WY_STR_FMT,
           WY_STR_ARG(j->handler->id), j->handler->noun ? j->handler->noun : "a message from",
           WY_STR_ARG(j->message.source), what, text.len ? ": " : "",
           WY_STR_ARG(wy_str_trim(wy_buf_view(&text))));
    wy_buf_deinit(&text);
}

static void enqueue(wy_message_queue *queue, job *j) {
    j->next = NULL;
    *queue->end = j;
    queue->end = &j->next;
    wy_timer_start(queue->turn, 0);
}

static void on_rested(void *data) {
    job *j = data;
    j->queue->resting--;
    enqueue(j->queue, j);
}

/* False: it was not possible to wait for another try. */
static bool try_again(job *j) {
    wy_message_queue *queue = j->queue;
    if (j->tries > j->handler->retries) return false;
    if (!j->timer &&
        wy_timer_new(wy_scheduler_loop(queue->config.scheduler), on_rested, j, &j->timer))
        return false;
    uint64_t delay = (uint64_t)WY_MESSAGE_RETRY_MIN_MS << (j->tries < 16 ? j->tries - 1 : 15);
    wy_timer_start(j->timer, delay < WY_MESSAGE_RETRY_MAX_MS ? delay : WY_MESSAGE_RETRY_MAX_MS);
    queue->resting++;
    return true;
}

/* --- a try --- */

static void run(wy_task *task, wy_context *context, void *data) {
    job *j = data;
    wy_instance_enter(j->instance, task, context);
    j->trap = wy_instance_start(j->instance);
    if (!j->trap)
        j->trap = j->handler->call(j->instance, j->handler->export, &j->message, &j->failed);
    j->ended = wy_task_ended(task);
}

static void on_done(void *data) {
    job *j = data;
    wy_message_queue *queue = j->queue;
    bool handled = !j->trap && !j->failed && !j->ended;
    if (!handled) log_failure(j);
    if (j->trap) wy_trap_free(j->trap);
    wy_instance_free(j->instance);
    j->instance = NULL;
    j->trap = NULL;
    queue->running--;
    if (handled || !try_again(j)) finish(j, handled ? WY_MESSAGE_HANDLED : WY_MESSAGE_FAILED);
    if (queue->first) wy_timer_start(queue->turn, 0);
}

/* False: there is no room at the moment, for an instance or its stack. */
static bool start(job *j) {
    wy_message_queue *queue = j->queue;
    wy_engine *engine = wy_scheduler_engine(queue->config.scheduler);
    wy_diag diag;
    wy_diag_init(&diag);
    j->failed = false;
    j->ended = WY_OK;
    wy_err err = wy_instance_new(j->handler->component, engine, &j->instance, &diag);
    if (err) return false;
    j->tries++;
    queue->running++;
    err = wy_task_spawn(queue->config.scheduler, wy_instance_store(j->instance), run, on_done, j,
                        queue->config.timeout_ms, NULL);
    if (!err) return true; /* `j` may be gone */
    wy_instance_free(j->instance);
    j->instance = NULL;
    j->tries--;
    queue->running--;
    return false;
}

static void start_some(wy_message_queue *queue) {
    while (queue->first && queue->running < queue->config.running_max) {
        job *j = queue->first;
        queue->first = j->next;
        if (!queue->first) queue->end = &queue->first;
        if (start(j)) continue;
        j->next = queue->first; /* back where it was */
        if (!queue->first) queue->end = &j->next;
        queue->first = j;
        wy_timer_start(queue->turn, WY_MESSAGE_RETRY_MIN_MS);
        return;
    }
}

static void on_turn(void *data) {
    start_some(data);
}

/* --- what others call --- */

void wy_message_queue_add(wy_message_queue *queue, const wy_message_handler *handler,
                          const wy_message *message) {
    size_t len = message->source.len + message->payload.len;
    job *j = calloc(1, sizeof *j + len);
    if (!j) {
        wy_log(WY_LOG_ERROR, WY_STR_FMT ": a message was dropped: out of memory",
               WY_STR_ARG(handler->id));
        if (queue->config.on_end)
            queue->config.on_end(queue->config.data, handler, message, WY_MESSAGE_DROPPED);
        return;
    }
    j->queue = queue;
    j->handler = handler;
    if (message->source.len) memcpy(j->bytes, message->source.ptr, message->source.len);
    if (message->payload.len)
        memcpy(j->bytes + message->source.len, message->payload.ptr, message->payload.len);
    j->message = (wy_message){{j->bytes, message->source.len},
                              {j->bytes + message->source.len, message->payload.len},
                              message->data};
    queue->bytes += cost_of(message);
    enqueue(queue, j);
    if (!queue->is_full && queue->bytes > queue->config.bytes_max) {
        queue->is_full = true;
        if (queue->config.on_full) queue->config.on_full(queue->config.data, true);
    }
}

bool wy_message_queue_is_idle(const wy_message_queue *queue) {
    return !queue->first && !queue->running && !queue->resting;
}

wy_err wy_message_queue_new(const wy_message_queue_config *config,
                            own wy_message_queue **queue_out) {
    wy_message_queue *queue = calloc(1, sizeof *queue);
    if (!queue) return WY_NOMEM;
    queue->config = *config;
    if (!queue->config.running_max) queue->config.running_max = WY_MAX_MESSAGES_RUNNING;
    if (!queue->config.bytes_max) queue->config.bytes_max = WY_MAX_MESSAGE_QUEUE_BYTES;
    queue->end = &queue->first;
    wy_err err = wy_timer_new(wy_scheduler_loop(config->scheduler), on_turn, queue, &queue->turn);
    if (err)
        free(queue);
    else
        *queue_out = queue;
    return err;
}

void wy_message_queue_free(own wy_message_queue *queue) {
    if (!queue) return;
    wy_assert(wy_message_queue_is_idle(queue));
    wy_timer_free(queue->turn);
    free(queue);
}
