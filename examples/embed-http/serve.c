/* Serves a component over HTTP that keeps its data in this program and asks it for its settings. */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <withy.h>

/* --- a key-value store: pairs in a list --- */

typedef struct pair {
    withy_str key, value;
    struct pair *next;
} pair;

typedef struct shop {
    pair *pairs;
    const char *greeting;
} shop;

static withy_str copy(withy_str s) {
    char *bytes = malloc(s.len + 1);
    if (!bytes) err(1, NULL);
    memcpy(bytes, s.ptr, s.len);
    s.ptr = bytes;
    return s;
}

static pair **find(shop *shop, withy_str key) {
    pair **at = &shop->pairs;
    while (*at && ((*at)->key.len != key.len || memcmp((*at)->key.ptr, key.ptr, key.len) != 0))
        at = &(*at)->next;
    return at;
}

static bool get(void *data, withy_kv_request *request, withy_str key) {
    const pair *pair = *find(data, key);
    return !pair || withy_kv_found(request, pair->value);
}

static bool remove_pair(void *data, withy_kv_request *request, withy_str key) {
    (void)request;
    pair **at = find(data, key), *gone = *at;
    if (!gone) return true;
    *at = gone->next;
    free((char *)gone->key.ptr);
    free((char *)gone->value.ptr);
    free(gone);
    return true;
}

static bool set(void *data, withy_kv_request *request, withy_str key, withy_str value) {
    shop *shop = data;
    remove_pair(shop, request, key);
    pair *added = malloc(sizeof *added);
    if (!added) return withy_kv_fail(request, "out of memory");
    added->key = copy(key);
    added->value = copy(value);
    added->next = shop->pairs;
    shop->pairs = added;
    return true;
}

static bool list(void *data, withy_kv_request *request, const withy_str *after) {
    (void)after;
    for (const pair *pair = ((shop *)data)->pairs; pair; pair = pair->next)
        if (!withy_kv_listed(request, pair->key)) return false;
    return true;
}

/* --- settings --- */

static bool setting(void *data, withy_str name, withy_str *value_out) {
    if (!withy_str_is(name, "greeting")) return false;
    *value_out = withy_str_of(((shop *)data)->greeting);
    return true;
}

/* --- serving --- */

static withy_engine *engine;
static volatile sig_atomic_t stopping;
static withy_error error;

static void on_signal(int number) {
    stopping = number;
    withy_engine_wake(engine);
}

static void must(withy_status status) {
    if (status != WITHY_OK) errx(1, "%s", error.text);
}

int main(int argc, char **argv) {
    if (argc != 4) errx(2, "usage: %s COMPONENT ADDRESS GREETING", argv[0]);
    shop shop = {NULL, argv[3]};
    withy_component *component;
    withy_linker *linker;
    withy_linked *linked;
    withy_app *app;
    must(withy_engine_new(NULL, &engine, &error));
    must(withy_component_load_file(engine, argv[1], &component, &error));
    must(withy_linker_new(engine, &linker, &error));
    must(withy_linker_provide(linker, "wasi", &error));

    static const withy_kv_backend backend = {
        .get = get, .set = set, .remove = remove_pair, .list = list};
    const withy_kv_store store = {"default", &backend, &shop};
    const withy_config_source source = {.get = setting, .data = &shop};
    withy_link_options options;
    withy_link_options_init(&options);
    options.kv_stores = &store;
    options.kv_store_count = 1;
    options.config_source = &source;
    options.no_connect = true;
    must(withy_linker_link(linker, component, &options, &linked, &error));

    must(withy_app_new(engine, "visits", &app, &error));
    must(withy_app_route(app, "/...", linked, NULL, &error));
    must(withy_app_listen(app, argv[2], false, &error));
    printf("http://%s\n", withy_app_address(app));
    fflush(stdout);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    while (withy_engine_poll(engine, -1))
        if (stopping) withy_app_stop(app);

    withy_app_free(app);
    withy_linked_free(linked);
    withy_linker_free(linker);
    withy_component_free(component);
    withy_engine_free(engine);
    while (shop.pairs) {
        printf("%.*s\n", (int)shop.pairs->key.len, shop.pairs->key.ptr);
        remove_pair(&shop, NULL, shop.pairs->key);
    }
    return 0;
}
