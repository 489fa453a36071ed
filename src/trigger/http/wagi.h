/* CGI (RFC 3875) as Spin's executor "wagi" has it: what a program is told about a request, and what
 * its output says about the response. Knows nothing of components. */
#ifndef WY_TRIGGER_HTTP_WAGI_H
#define WY_TRIGGER_HTTP_WAGI_H

#include "interface/wasi/cli.h"
#include "trigger/http/server.h"

/* The variables of a request, and behind them those of `base` with other names. Everything lies in
 * `arena` or the exchange. `length`: of the body. False: no memory. */
bool wy_wagi_environment(wy_arena *arena, const wy_http_exchange *exchange, uint64_t length,
                         const wy_wasi_variable *base, size_t base_count,
                         const wy_wasi_variable **variables_out, size_t *count_out);
/* `template` with the request in it, split at spaces. False: no memory. */
bool wy_wagi_arguments(wy_arena *arena, const wy_http_exchange *exchange, wy_str template,
                       const wy_str **arguments_out, size_t *count_out);

/* What the head of the output says. */
typedef struct wy_wagi_head {
    uint16_t status;
    wy_http_fields fields;
} wy_wagi_head;

/* Where the head ends in `output`, its empty line included; 0: it has not ended. */
size_t wy_wagi_head_end(wy_str output);
/* Reads a head. WY_INVALID: it names neither type, status nor location, or says something that HTTP
 * forbids; WY_MALFORMED: a status that is none; WY_LIMIT. `fields` are initialised. */
wy_err wy_wagi_read_head(wy_str text, wy_wagi_head *head) WY_MUST_USE;

#endif
