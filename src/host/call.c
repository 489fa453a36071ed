/* Calling exported functions whose calls are written as text (WAVE), one after another, on one
 * instance. What a name means is callee.c's business, values value/wave.h's.
 *
 * Every call is read twice: before anything runs, so that a mistake in the last one is found before
 * the first has done something, and when its turn comes, with the handles that calls before it
 * gave.
 */
#include "host/callee.h"
#include "host/run.h"

#include "base/limits.h"
#include "base/text.h"
#include "interface/wasi/cli.h"
#include "runtime/instance.h"
#include "value/wave.h"

#include <stdlib.h>

/* An own handle that a result brought. */
typedef struct held {
    const wy_type *type;
    wy_handle handle;
    bool gone; /* given to the guest, or dropped */
} held;

/* One call as it was written. */
typedef struct call {
    wy_str text;
    wy_str name;    /* of the handle in its result; empty */
    wy_str self;    /* of the handle whose method it is; empty */
    size_t args_at; /* where its arguments begin */
    const wy_callee *callee;
    const wy_type *handle; /* the own type in its result; NULL: there is none, or several */
    uint32_t held_at;      /* once it was called: into session.held; UINT32_MAX: it gave none */
    bool given;            /* while the texts are checked: its handle was given away */
} call;

typedef struct session {
    wy_arena arena;
    wy_callees callees;
    const char *const *texts;
    call *calls;
    size_t count, at; /* `at`: the one that is being read */
    bool running;     /* false: the texts are checked */
    held *held;
    uint32_t held_count, held_cap;
    wy_instance *instance;
    wy_loop *loop;
    void (*write)(void *data, const char *text, size_t len);
    void *data;
    wy_diag *diag;
    wy_buf line; /* what is written, or the text of a trap */
} session;

/* --- handles by name --- */

static call *find_named(session *s, wy_str name) {
    for (size_t i = s->at; i-- > 0;)
        if (wy_str_eq(s->calls[i].name, name)) return &s->calls[i];
    return NULL;
}

static const char *find_handle(void *data, wy_str name, const wy_type *type,
                               wy_handle *handle_out) {
    session *s = data;
    call *from = find_named(s, name);
    if (!from) return "is no handle; name=... in front of a call before this one makes it one";
    if (from->handle->resource_index != type->resource_index) return "is of another resource";
    bool give = type->kind == WY_KIND_OWN;
    if (!s->running) {
        if (from->given) return "was given away already";
        from->given = give;
        *handle_out = 0;
        return NULL;
    }
    if (from->held_at == UINT32_MAX) return "has no handle: the call did not give one";
    held *h = &s->held[from->held_at];
    wy_assert(!h->gone);
    h->gone = give;
    *handle_out = h->handle;
    return NULL;
}

/* Handles in a result are held, as they are printed: by the name that was given, or as "<thing>".
 */
static void print_handle(void *data, const wy_type *type, wy_handle handle, wy_buf *buf) {
    session *s = data;
    call *c = &s->calls[s->at];
    if (type->kind == WY_KIND_OWN) {
        held *items = wy_arena_grow(&s->arena, s->held, s->held_count, &s->held_cap,
                                    (size_t)s->held_count + 1, sizeof *items);
        if (items) {
            s->held = items;
            c->held_at = s->held_count;
            items[s->held_count++] = (held){.type = type, .handle = handle};
        }
    }
    if (c->name.len)
        wy_buf_str(buf, c->name);
    else
        wy_buf_printf(buf, "<" WY_STR_FMT ">", WY_STR_ARG(wy_callees_resource(&s->callees, type)));
}

/* The own type that a result is, or that is the value of its option or result. */
static const wy_type *handle_in(const wy_type *result) {
    if (!result) return NULL;
    if (result->kind == WY_KIND_OPTION) return handle_in(result->fields[1].type);
    if (result->kind == WY_KIND_RESULT) return handle_in(result->fields[0].type);
    return result->kind == WY_KIND_OWN ? result : NULL;
}

/* --- reading a call --- */

/* The function's type without its first parameter, which the name in front of the dot gives. The
 * struct of the arguments stays as it is. */
static wy_func_type without_self(const wy_func_type *type) {
    wy_func_type rest = *type;
    wy_assert(rest.params.count > 0);
    rest.params.fields++;
    rest.params.count--;
    return rest;
}

static wy_err read_args(session *s, call *c, void **args_out) {
    const wy_func_type *type = c->callee->export->func.type;
    const wy_wave_handles handles = {s, find_handle, print_handle};
    wy_func_type rest = c->self.len ? without_self(type) : *type;
    void *args = wy_arena_alloc(&s->arena, type->params.size + 1);
    if (!args) return wy_diag_set(s->diag, WY_NOMEM, "out of memory for arguments");
    wy_err err = wy_wave_parse_args(c->text, c->args_at, &rest, &s->arena, &handles, args, s->diag);
    *args_out = args;
    if (err || !c->self.len) return err;
    const char *why = find_handle(s, c->self, type->params.fields[0].type, args);
    if (!why) return WY_OK;
    return wy_text_fail(s->diag, WY_INVALID, (wy_str){0}, c->text, 0, "\"" WY_STR_FMT "\" %s",
                        WY_STR_ARG(c->self), why);
}

/* "r.get": a method of the handle r, where there is one of that name. */
static wy_err find_method(session *s, call *c, size_t from, wy_str path) {
    size_t dot = wy_str_find(path, '.');
    wy_str name = wy_str_sub(path, 0, dot);
    call *named = dot < path.len ? find_named(s, name) : NULL;
    if (!named) return WY_OK;
    wy_str method = wy_str_sub(path, dot + 1, path.len);
    c->callee = wy_callee_method(&s->callees, named->handle, method);
    c->self = name;
    if (c->callee) return WY_OK;
    wy_str resource = wy_callees_resource(&s->callees, named->handle);
    return wy_text_fail(s->diag, WY_NOT_FOUND, (wy_str){0}, c->text, from + dot + 1,
                        "%s" WY_STR_FMT " has no method \"" WY_STR_FMT "\"",
                        resource.len ? "" : "the resource", WY_STR_ARG(resource),
                        WY_STR_ARG(method));
}

/* name=path(args) */
static wy_err read_call(session *s, call *c) {
    wy_str text = c->text;
    size_t paren = wy_str_find(text, '('), from = 0;
    if (paren == text.len)
        return wy_text_fail(s->diag, WY_MALFORMED, (wy_str){0}, text, paren,
                            "expected \"(\" and arguments");
    c->args_at = paren;
    size_t equals = wy_str_find(wy_str_sub(text, 0, paren), '=');
    if (equals < paren) {
        from = equals + 1;
        c->name = wy_str_trim(wy_str_sub(text, 0, equals));
        if (!wy_wave_is_label(c->name))
            return wy_text_fail(s->diag, WY_MALFORMED, (wy_str){0}, text, 0,
                                "expected the name of a handle: words of letters and digits");
    }
    while (from < paren && text.ptr[from] == ' ')
        from++;
    wy_err err = find_method(s, c, from, wy_str_trim(wy_str_sub(text, from, paren)));
    if (!err && !c->callee)
        err = wy_callee_find(&s->callees, text, from, paren, &c->callee, s->diag);
    if (err) return err;
    c->handle = handle_in(c->callee->export->func.type->result);
    if (!c->name.len || c->handle) return WY_OK;
    return wy_text_fail(s->diag, WY_INVALID, (wy_str){0}, text, 0,
                        "\"" WY_STR_FMT
                        "\" would be the name of a handle, but the function "
                        "gives none",
                        WY_STR_ARG(c->name));
}

/* Everything about the calls that can be wrong before one of them ran. */
static wy_err check_calls(session *s) {
    s->calls = wy_arena_calloc(&s->arena, s->count, sizeof *s->calls);
    if (!s->calls) return wy_diag_set(s->diag, WY_NOMEM, "out of memory for calls");
    for (s->at = 0; s->at < s->count; s->at++) {
        call *c = &s->calls[s->at];
        void *args;
        *c = (call){.text = wy_str_of(s->texts[s->at]), .held_at = UINT32_MAX};
        wy_err err = read_call(s, c);
        if (!err) err = read_args(s, c, &args);
        if (err) return err;
    }
    return WY_OK;
}

/* --- running --- */

static void on_result(void *data, const void *result) {
    session *s = data;
    const wy_type *type = s->calls[s->at].callee->export->func.type->result;
    const wy_wave_handles handles = {s, find_handle, print_handle};
    s->line.len = 0;
    if (type)
        wy_wave_print(type, result, &handles, &s->line);
    else
        wy_buf_str(&s->line, WY_STR("()"));
    wy_buf_char(&s->line, '\n');
    if (s->line.failed)
        wy_diag_set(s->diag, WY_LIMIT, "the text of a result is longer than %zu bytes",
                    s->line.limit);
    else
        s->write(s->data, s->line.ptr, s->line.len);
}

static own wy_trap *run_calls(session *s) {
    for (s->at = 0; s->at < s->count; s->at++) {
        call *c = &s->calls[s->at];
        void *args;
        if (read_args(s, c, &args)) return NULL;
        own wy_trap *trap = wy_instance_call(s->instance, c->callee->export, args, on_result, s);
        if (trap || s->diag->err) return trap;
    }
    return NULL;
}

/* The last first, as they may depend on each other. */
static own wy_trap *drop_handles(session *s) {
    for (uint32_t i = s->held_count; i-- > 0;) {
        held *h = &s->held[i];
        own wy_trap *trap = h->gone ? NULL : wy_instance_drop(s->instance, h->type, h->handle);
        if (trap) return trap;
    }
    return NULL;
}

static void session_body(wy_task *task, wy_context *context, void *data) {
    session *s = data;
    wy_instance_enter(s->instance, task, context);
    s->running = true;
    own wy_trap *trap = wy_instance_start(s->instance);
    if (!trap) trap = run_calls(s);
    if (!trap) trap = drop_handles(s);
    if (!trap) return;
    uint8_t code;
    if (!wy_wasi_cli_exited(s->instance, &code)) {
        s->line.len = 0;
        wy_instance_print_trap(s->instance, trap, &s->line);
        wy_diag_set(s->diag, wy_task_ended(task) ? wy_task_ended(task) : WY_TRAP, "%s",
                    s->line.ptr ? s->line.ptr : "the guest trapped");
    }
    wy_trap_free(trap);
}

static void session_done(void *data) {
    session *s = data;
    wy_loop_stop(s->loop);
}

static wy_err run_instance(session *s, const wy_run *run, wy_diag *diag) {
    wy_scheduler *scheduler = NULL;
    wy_task *task;
    wy_err err = wy_scheduler_new(run->loop, run->engine, &scheduler);
    if (err) return wy_diag_set(diag, err, "the scheduler could not be made");
    err = wy_instance_new(run->component, run->engine, &s->instance, diag);
    if (!err) {
        err = wy_task_spawn(scheduler, wy_instance_store(s->instance), session_body, session_done,
                            s, run->options->timeout_ms, &task);
        if (err)
            wy_diag_set(diag, err, "the task could not be started");
        else
            wy_loop_run(run->loop);
    }
    wy_scheduler_free(scheduler);
    return err ? err : diag->err;
}

static int use_calls(const wy_run *run, void *data, wy_diag *diag) {
    session *s = data;
    wy_arena_init(&s->arena, WY_MAX_CALL_ARENA);
    wy_buf_init(&s->line, WY_MAX_CALL_ARENA);
    s->loop = run->loop;
    s->diag = diag;
    wy_err err = wy_callees_list(&s->arena, wy_component_plan(run->component), &s->callees, diag);
    if (!err) err = check_calls(s);
    if (!err) err = run_instance(s, run, diag);
    int status = err ? -1 : 0;
    uint8_t code;
    if (!err && wy_wasi_cli_exited(s->instance, &code)) status = code;
    wy_instance_free(s->instance);
    wy_buf_deinit(&s->line);
    wy_arena_deinit(&s->arena);
    return status;
}

int withy_run_calls(const char *path, const char *const *calls, size_t call_count,
                    const withy_options *options,
                    void (*write)(void *data, const char *text, size_t len), void *data,
                    withy_error *error) {
    session s = {.texts = calls, .count = call_count, .write = write, .data = data};
    return wy_run_file(path, NULL, 0, options, use_calls, &s, error);
}
