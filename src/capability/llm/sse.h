/* Server-sent events (WHATWG HTML 9.2): bytes as they come -> the data of each event. Names and ids
 * of events are not told. */
#ifndef WY_CAPABILITY_LLM_SSE_H
#define WY_CAPABILITY_LLM_SSE_H

#include "base/str.h"

typedef struct wy_sse {
    wy_buf line; /* unfinished */
    wy_buf data; /* of the event, each line with its end */
    bool begun;  /* the first line was seen: only there a byte order mark is one */
    bool after_cr;
} wy_sse;

/* Gets the data of an event that has some. Any error ends the reading. */
typedef wy_err (*wy_sse_event)(void *data, wy_str text);

/* `limit`: bytes of one line, and of one event's data. */
void wy_sse_init(wy_sse *sse, size_t limit);
void wy_sse_deinit(wy_sse *sse);
/* WY_LIMIT, WY_NOMEM as wy_buf fails; or what `on_event` returned. An event that the end of the
 * stream leaves without its empty line is none. */
wy_err wy_sse_feed(wy_sse *sse, wy_str bytes, wy_sse_event on_event, void *data) WY_MUST_USE;

#endif
