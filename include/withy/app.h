/* libwithy: an application without a manifest: linked components that answer HTTP requests and
 * handle messages.
 *
 *   withy_app_new, withy_app_route for each route, withy_app_listen; then turn the engine's loop
 *   (withy_engine_poll) for as long as it is to serve.
 *
 * Everything about it belongs to the engine's thread. Requests run beside each other and beside the
 * calls of withy_instance_start, each in an instance of its own, in the process that made the
 * engine; programs that want several processes or threads make an application in each, and let
 * them share the port. What goes wrong in a component is written to standard error, and the client
 * gets a 500. */
#ifndef WITHY_APP_H
#define WITHY_APP_H

#include "common.h"
#include "component.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct withy_app withy_app;

/* `name` is copied; "/.well-known/spin/info" tells it. */
WITHY_API withy_status withy_app_new(withy_engine *engine, const char *name, withy_app **app_out,
                                     withy_error *error);

typedef struct withy_route_options {
    uint64_t timeout_ms; /* of a request; 0: none */
    uint32_t reuse;      /* requests one instance answers; 0 or 1: a fresh one each */
} withy_route_options;

/* Sets the defaults: no deadline, a fresh instance each. */
WITHY_API void withy_route_options_init(withy_route_options *options);

/* Lets a component, which must export wasi:http/incoming-handler, answer the requests to a route:
 *   /users/me      exactly this path
 *   /users/:id     one segment, whatever it is
 *   /static/...    this path and everything below it; "/..." is every path
 * The most specific route wins. The component finds the match in the request's header fields:
 * spin-path-info (what "..." stood for), spin-path-match-id, and the others that Spin has.
 * `options` NULL: as initialised. Before withy_app_listen. WITHY_INVALID: no such form of route;
 * WITHY_EXISTS: it has that route; WITHY_UNMET: the component cannot answer requests. */
WITHY_API withy_status withy_app_route(withy_app *app, const char *route, withy_linked *linked,
                                       const withy_route_options *options, withy_error *error);

/* Begins to accept connections at "127.0.0.1:3000", "[::1]:3000", or ":3000" (all addresses of the
 * machine); port 0 is any that is free. Several calls listen at several. `shared`: others of the
 * same user that also say so may listen there too, and the kernel shares connections out.
 * WITHY_EXISTS: somebody listens there; WITHY_USAGE: it was stopped. */
WITHY_API withy_status withy_app_listen(withy_app *app, const char *address, bool shared,
                                        withy_error *error);
/* Where it listens, with the port it got; of several, the last. "" before it does. */
WITHY_API const char *withy_app_address(const withy_app *app);

typedef struct withy_subscribe_options {
    uint64_t timeout_ms;     /* of one try to handle a message; 0: none */
    uint32_t retries;        /* further tries, each in a fresh instance */
    const char *dead_letter; /* the list that takes what nobody could handle; NULL: it is lost */
} withy_subscribe_options;

/* Sets the defaults. */
WITHY_API void withy_subscribe_options_init(withy_subscribe_options *options);

/* Lets a component, which must export fermyon:spin/inbound-redis, handle the messages of a channel,
 * each in an instance of its own; at "redis://localhost:6379". Begins at once: connects, and
 * connects again when the server was away. Strings are copied. `options` NULL: as initialised.
 * WITHY_INVALID: no such address; WITHY_UNMET: the component cannot handle messages; WITHY_USAGE:
 * it was stopped. */
WITHY_API withy_status withy_app_subscribe(withy_app *app, const char *address, const char *channel,
                                           withy_linked *linked,
                                           const withy_subscribe_options *options,
                                           withy_error *error);

/* Accepts no more and lets open requests finish; connections that take longer than half a minute
 * are cut. Takes no more messages, and handles those that it has. After the last one
 * withy_engine_poll has nothing to wait for on behalf of the application. Idempotent. */
WITHY_API void withy_app_stop(withy_app *app);
/* Cuts what is open, and waits until the last request has ended and the last message was handled.
 * Not from inside a callback. */
WITHY_API void withy_app_free(withy_app *app);

#ifdef __cplusplus
}
#endif

#endif
