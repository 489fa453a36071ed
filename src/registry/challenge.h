/* Challenge: what a registry's WWW-Authenticate asks for (RFC 9110, section 11). */
#ifndef WY_REGISTRY_CHALLENGE_H
#define WY_REGISTRY_CHALLENGE_H

#include "base/arena.h"
#include "base/str.h"

typedef enum wy_challenge_kind {
    WY_CHALLENGE_OTHER, /* none that is known */
    WY_CHALLENGE_BASIC,
    WY_CHALLENGE_BEARER,
} wy_challenge_kind;

typedef struct wy_challenge {
    wy_challenge_kind kind;
    wy_str realm, service, scope; /* of Bearer; empty where they were not given */
} wy_challenge;

/* Reads one field's value, which may hold several challenges: Bearer goes before Basic. Texts are
 * in `arena`. WY_OK with WY_CHALLENGE_OTHER for what is not known; WY_MALFORMED; WY_NOMEM. */
wy_err wy_challenge_parse(wy_arena *arena, wy_str value, wy_challenge *out) WY_MUST_USE;

#endif
