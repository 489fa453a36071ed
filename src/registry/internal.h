/* What the files of the registry's client share: the session, and one request of it. */
#ifndef WY_REGISTRY_INTERNAL_H
#define WY_REGISTRY_INTERNAL_H

#include "capability/http/fetch.h"
#include "registry/challenge.h"
#include "registry/client.h"

struct wy_registry {
    wy_arena arena; /* of the texts */
    wy_loop *loop;
    wy_http_client *client;
    wy_str host, repository;
    wy_str base; /* "https://host" */
    bool may_push, insecure;
    wy_credentials credentials;
    wy_buf authorization; /* the field's value; empty: none is known to be needed */
};

typedef struct wy_registry_request {
    const char *method; /* NULL: GET */
    wy_str url;         /* whole, or a path on the host */
    const char *accept, *content_type;
    wy_str body;
    bool repeatable;
} wy_registry_request;

/* Sends it, again with an authorization when that is asked for. Other servers' URLs go without one.
 * Whatever else the status says is an error unless it is 2xx or 404 of a HEAD. */
wy_err wy_registry_send(wy_registry *registry, const wy_registry_request *request,
                        own wy_http_reply **reply_out, wy_diag *diag) WY_MUST_USE;
/* By a challenge, gets what `authorization` has to be. WY_DENIED: it is none that is known, or the
 * credentials do not suffice. */
wy_err wy_registry_authorize(wy_registry *registry, wy_str challenge, wy_diag *diag) WY_MUST_USE;

/* "https://host/v2/repository" and what is formatted; in the session's arena. NULL: no memory. */
const char *wy_registry_url(wy_registry *registry, const char *fmt, ...) WY_PRINTF(2, 3);

#endif
