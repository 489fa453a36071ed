/* llm in this process: models in files below a folder, run by llama.cpp (llama.h) on the pool's
 * threads, a slice of time each. Models stay in memory; the ones that were used least give way. */
#include "base/limits.h"
#include "capability/llm/backend.h"
#include "capability/llm/llama.h"
#include "capability/llm/model_file.h"
#include "runtime/task.h"

#include <stdlib.h>

typedef struct model {
    struct model *next;
    char *path;
    wy_llama *llama; /* NULL: being loaded */
    unsigned users;  /* whoever loads it is one */
    uint64_t used;   /* when last, in requests */
} model;

typedef struct local {
    char *folder; /* NULL: there is none */
    model *models;
    unsigned model_count, running;
    uint64_t requests;
    wy_wait_list changed; /* a model was loaded, or a request is over */
} local;

static wy_err local_open(const wy_llm_options *options, void **state_out, wy_diag *diag) {
    local *l = calloc(1, sizeof *l);
    if (l && options->folder.len) l->folder = strndup(options->folder.ptr, options->folder.len);
    if (!l || (options->folder.len && !l->folder)) {
        free(l);
        return wy_diag_set(diag, WY_NOMEM, "out of memory");
    }
    *state_out = l;
    return WY_OK;
}

static void drop(local *l, model **link) {
    model *m = *link;
    *link = m->next;
    l->model_count--;
    wy_llama_free(m->llama);
    free(m->path);
    free(m);
}

static void local_close(void *state) {
    local *l = state;
    while (l->models)
        drop(l, &l->models);
    free(l->folder);
    free(l);
}

/* --- a model --- */

/* The one that nobody uses and that was used longest ago gives way. */
static void make_room(local *l) {
    model **oldest = NULL;
    for (model **link = &l->models; *link; link = &(*link)->next)
        if ((*link)->users == 0 && (!oldest || (*link)->used < (*oldest)->used)) oldest = link;
    if (oldest && l->model_count >= WY_MAX_LLM_MODELS) drop(l, oldest);
}

static void forget(local *l, const model *m) {
    model **link = &l->models;
    while (*link != m)
        link = &(*link)->next;
    drop(l, link);
}

typedef struct errand {
    const local *local;
    wy_llm_request *request;
    const char *path; /* found */
    wy_llama *llama;
    wy_llama_run *run;
    uint64_t left_ms;
    bool done;
    wy_llm_status status;
} errand;

static void find(void *data) {
    errand *e = data;
    e->status = wy_llm_model_file(e->local->folder, e->request, &e->path);
}

static void load(void *data) {
    errand *e = data;
    wy_diag diag;
    wy_diag_init(&diag);
    e->status = wy_llama_load(e->path, &e->llama, &diag)
                    ? wy_llm_fail(e->request, "the model '" WY_STR_FMT "': %s",
                                  WY_STR_ARG(e->request->model), diag.text)
                    : WY_LLM_OK;
}

static wy_llm_status given_up(wy_llm_request *r) {
    return wy_llm_fail(r, "the request was given up");
}

/* Loads it, with the caller as its user; others who want it wait meanwhile. */
static wy_llm_status load_model(local *l, errand *e, model **model_out) {
    make_room(l);
    model *m = calloc(1, sizeof *m);
    if (m) m->path = strdup(e->path);
    if (!m || !m->path) {
        free(m);
        return wy_llm_nomem(e->request);
    }
    m->users = 1;
    m->next = l->models;
    l->models = m;
    l->model_count++;
    bool ended = wy_task_offload(e->request->task, load, e) != WY_OK;
    m->llama = e->llama; /* also when the task has ended meanwhile: the next one has it */
    wy_wait_list_wake(&l->changed);
    if (!m->llama) {
        forget(l, m);
        return ended ? given_up(e->request) : e->status;
    }
    *model_out = m;
    return WY_LLM_OK;
}

static wy_llm_status get_model(local *l, errand *e, model **model_out) {
    for (;;) {
        model *m = l->models;
        while (m && strcmp(m->path, e->path) != 0)
            m = m->next;
        if (!m) return load_model(l, e, model_out);
        if (m->llama) {
            m->users++;
            *model_out = m;
            return WY_LLM_OK;
        }
        if (wy_task_wait_on(e->request->task, &l->changed)) return given_up(e->request);
    }
}

/* --- a request --- */

static void begin(void *data) {
    errand *e = data;
    e->status = wy_llama_begin(e->llama, e->request, &e->run);
}

static void step(void *data) {
    errand *e = data;
    e->status = wy_llama_step(e->run, e->left_ms, &e->done);
}

/* In slices, so that a request that is given up ends soon. */
static wy_llm_status work(errand *e, const model *m) {
    wy_task *task = e->request->task;
    e->llama = m->llama;
    bool ended = wy_task_offload(task, begin, e) != WY_OK;
    while (!ended && !e->status && !e->done) {
        e->left_ms = wy_task_time_left(task);
        ended = wy_task_offload(task, step, e) != WY_OK;
    }
    wy_llama_end(e->run);
    return ended ? given_up(e->request) : e->status;
}

static wy_llm_status run(local *l, errand *e) {
    model *m = NULL;
    wy_llm_status status = get_model(l, e, &m);
    if (status) return status;
    m->used = ++l->requests;
    status = work(e, m);
    m->users--;
    return status;
}

static wy_llm_status local_run(void *state, wy_llm_request *r) {
    local *l = state;
    errand e = {.local = l, .request = r};
    if (wy_llama_lacks()) return wy_llm_fail(r, "%s", wy_llama_lacks());
    if (wy_task_offload(r->task, find, &e)) return given_up(r);
    if (e.status) return e.status;
    while (l->running >= WY_MAX_LLM_RUNNING)
        if (wy_task_wait_on(r->task, &l->changed)) return given_up(r);
    l->running++;
    wy_llm_status status = run(l, &e);
    l->running--;
    wy_wait_list_wake(&l->changed);
    return status;
}

extern const wy_llm_backend wy_llm_backend_local;
const wy_llm_backend wy_llm_backend_local = {.name = "local",
                                             .open = local_open,
                                             .close = local_close,
                                             .lacks = wy_llama_lacks,
                                             .infer = local_run,
                                             .embed = local_run};
