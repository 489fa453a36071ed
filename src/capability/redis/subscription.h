/* Subscription: the messages of some channels of one Redis server, for as long as it exists. A
 * connection that is lost is made again, ever later while that fails; what is published meanwhile
 * is lost, as the server keeps nothing. One loop, one thread. */
#ifndef WY_CAPABILITY_REDIS_SUBSCRIPTION_H
#define WY_CAPABILITY_REDIS_SUBSCRIPTION_H

#include "capability/redis/address.h"
#include "loop/loop.h"

typedef struct wy_redis_subscription wy_redis_subscription;

typedef struct wy_redis_subscription_config {
    wy_str url;             /* copied */
    const wy_str *channels; /* outlive the subscription */
    uint32_t channel_count;
    /* The views are valid during the call, which must not free the subscription. */
    void (*on_message)(void *data, wy_str channel, wy_str payload);
    void *data;
} wy_redis_subscription_config;

/* Connects from the loop's next round on; whether that goes well, and when not why, is logged.
 * WY_INVALID: the address. */
wy_err wy_redis_subscription_new(wy_loop *loop, const wy_redis_subscription_config *config,
                                 own wy_redis_subscription **subscription_out,
                                 wy_diag *diag) WY_MUST_USE;
/* Takes no more messages until told otherwise: they wait at the server. */
void wy_redis_subscription_pause(wy_redis_subscription *subscription, bool paused);
void wy_redis_subscription_free(own wy_redis_subscription *subscription); /* NULL is fine */

#endif
