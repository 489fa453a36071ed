/* What the files of this room share: the loop's struct, and how handles end. */
#ifndef WY_LOOP_INTERNAL_H
#define WY_LOOP_INTERNAL_H

#include "loop/loop.h"

#include <uv.h>

/* First member of every object that owns a libuv handle; handle->data points to it. libuv lets go
 * of a handle only in its close callback, which calls `release`. */
typedef struct wy_object {
    void (*release)(struct wy_object *object);
} wy_object;

struct wy_loop {
    wy_object object;
    uv_loop_t uv;
    uv_async_t wake;
    bool (*on_round)(void *data);
    void *on_round_data;
    bool has_more; /* on_round said so: do not sleep */
    bool is_stopped;
};

/* Closes a handle and releases its object later. */
void wy_object_close(uv_handle_t *handle);
/* Nothing to release but its own memory. */
void wy_object_free(wy_object *object);

/* Runs `callback` once on the loop's next round unless `*handle_out` is closed before. */
wy_err wy_loop_soon(wy_loop *loop, void (*callback)(void *data), void *data, own wy_timer **out);

/* A TCP stream that is not connected yet; and with a descriptor that is. */
own wy_stream *wy_stream_new_tcp(wy_loop *loop);
uv_tcp_t *wy_stream_tcp(wy_stream *stream);
uv_stream_t *wy_stream_uv(wy_stream *stream);

/* "1.2.3.4:80", "[::1]:80", or "unix". */
void wy_address_print(const struct sockaddr *address, char out[64]);

#endif
