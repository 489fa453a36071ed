/* Server: a provider of models behind HTTP: asking it with JSON, reading its JSON. What is asked in
 * which words is left to the backends that include this (remote.c, openai.c). */
#ifndef WY_CAPABILITY_LLM_SERVER_H
#define WY_CAPABILITY_LLM_SERVER_H

#include "capability/http/fetch.h"
#include "capability/llm/backend.h"

#include <jansson.h>

typedef struct wy_llm_server wy_llm_server;

/* WY_INVALID: the URL or the token is none. */
wy_err wy_llm_server_new(const wy_llm_options *options, own wy_llm_server **server_out,
                         wy_diag *diag) WY_MUST_USE;
void wy_llm_server_free(own wy_llm_server *server);
/* The configured URL, without slashes at its end. */
wy_str wy_llm_server_url(const wy_llm_server *server);

/* Posts JSON to the path below the URL. On success the response's head is there. */
wy_llm_status wy_llm_server_post(const wy_llm_server *server, wy_llm_request *request,
                                 const char *path, const wy_buf *body,
                                 own wy_http_reply **reply_out);
/* What is made of a response's JSON; NULL: it is none. Neither waits nor knows its thread. */
typedef wy_llm_status (*wy_llm_take)(wy_llm_request *request, const json_t *root, void *data);
/* Reads the rest of the response and hands it to `take`; where it is large, on the pool. */
wy_llm_status wy_llm_server_read(wy_llm_request *request, wy_http_reply *reply, wy_llm_take take,
                                 void *data);
/* Of a response that is not 200: what the guest is told, with what the server says for itself
 * (empty: nothing) unless the token is in it. */
wy_llm_status wy_llm_server_refused(const wy_llm_server *server, wy_llm_request *request,
                                    uint16_t status, wy_str message);
/* The server answered something else than was asked for. */
wy_llm_status wy_llm_server_odd(wy_llm_request *request, const char *what);

/* The shortest decimal number that is read as `value`, which is finite. */
void wy_llm_put_number(wy_buf *buf, float value);
/* "input": [...], the texts of the request. */
void wy_llm_put_texts(wy_buf *buf, const wy_llm_request *request);
/* A count of tokens; 0 where it is none. */
uint32_t wy_llm_count(const json_t *number);
/* A JSON array of numbers as embedding `index`. False: it is none, or was there before; or no
 * memory. */
bool wy_llm_take_embedding(wy_llm_request *request, size_t index, const json_t *numbers);

#endif
