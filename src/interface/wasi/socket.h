/* The socket behind the resources of wasi:sockets (private to interface/wasi/socket*.c): one
 * descriptor, shared by the guest's tcp-socket or udp-socket and the streams over it, in whatever
 * order those are dropped. */
#ifndef WY_INTERFACE_WASI_SOCKET_H
#define WY_INTERFACE_WASI_SOCKET_H

#include "gen/wasi_sockets_network.h"
#include "interface/wasi/io.h"
#include "interface/wasi/sockets.h"
#include "loop/address.h"

#include <sys/socket.h>

typedef wasi_sockets_network_error_code wy_socket_error;
typedef wasi_sockets_network_ip_socket_address wy_socket_address;

/* A case of error-code, by the end of its name. */
#define WY_SOCKET(name) WASI_SOCKETS_NETWORK_ERROR_CODE_##name

typedef enum wy_socket_state {
    WY_SOCKET_UNBOUND,
    WY_SOCKET_BINDING,
    WY_SOCKET_BOUND,
    WY_SOCKET_STARTING_TO_LISTEN,
    WY_SOCKET_LISTENING,
    WY_SOCKET_CONNECTING,
    WY_SOCKET_CONNECTED,
    WY_SOCKET_CLOSED, /* connecting failed */
} wy_socket_state;

typedef struct wy_socket wy_socket;
struct wy_socket {
    uint32_t refs;
    int fd;
    bool is_v6, is_udp;
    wy_socket_state state;
    wy_loop *loop;
    uint32_t *count;          /* of the instance's sockets */
    wy_socket_budget *budget; /* NULL: none */
    /* Readiness: one watch for all, told what anybody waits for. */
    wy_fd_watch *watch;
    bool wants_read, wants_write;
    wy_io_source *self, *in, *out; /* NULL: not there; they deregister themselves */
    /* TCP */
    int connect_errno; /* connect(2) failed at once */
    int backlog;
    bool is_in_shut, is_out_shut;
    uint8_t *pending; /* taken from the guest, not by the kernel; NULL: none */
    size_t pending_at, pending_len;
    int out_errno; /* sending `pending` failed */
    /* UDP */
    wy_address remote;   /* while CONNECTED */
    uint32_t generation; /* of its streams: only those of the last call are in use */
};

/* A resource over a socket: tcp-socket, udp-socket, and the datagram streams. */
typedef struct wy_socket_object {
    wy_io_source source;
    wy_socket *socket; /* a reference */
    uint32_t generation;
    uint64_t permit; /* outgoing datagrams */
} wy_socket_object;

/* --- making and ending --- */

/* `fd` < 0: a new descriptor. False: `*error_out`. */
bool wy_socket_new(wy_call *call, int fd, bool is_v6, bool is_udp, own wy_socket **socket_out,
                   wy_socket_error *error_out) WY_MUST_USE;
void wy_socket_retain(wy_socket *socket);
/* The last one closes it, after sending what is pending, in the background. */
void wy_socket_release(own wy_socket *socket); /* NULL is fine */
/* Takes over the reference to `socket`, if there is memory. */
own wy_socket_object *wy_socket_object_new(own wy_socket *socket, const wy_io_source_ops *ops);
void wy_socket_object_drop(void *object);
own wy_trap *wy_socket_no_memory(void);

/* --- readiness --- */

bool wy_socket_is(const wy_socket *socket, short events);
/* Somebody waits: their source is woken when the socket is. */
wy_err wy_socket_want(wy_socket *socket, bool read, bool write) WY_MUST_USE;
/* Sends of `pending` what goes; afterwards it is empty, or out_errno or wants_write is set. */
void wy_socket_flush(wy_socket *socket);

/* --- the streams of a connection --- */

own wy_input_stream *wy_socket_input_new(wy_socket *socket);
own wy_output_stream *wy_socket_output_new(wy_socket *socket);
/* The guest sends no more. */
void wy_socket_shut_out(wy_socket *socket);

/* --- addresses, errors, permission --- */

wy_address wy_socket_address_in(const wy_socket_address *address);
wy_socket_address wy_socket_address_out(const wy_address *address);
socklen_t wy_socket_address_system(const wy_address *address, struct sockaddr_storage *out);
/* getsockname or getpeername. False: errno. */
bool wy_socket_name(const wy_socket *socket, bool peer, wy_socket_address *out);
wy_socket_error wy_socket_error_of(int error_number);
/* Whether an error of a stream is one of these streams'. */
bool wy_socket_error_is(const wy_io_error *error, wy_socket_error *code_out);
/* Whether an address may be used to bind or as a destination. False: invalid-argument. */
bool wy_socket_fits(const wy_socket *socket, const wy_address *address, bool is_destination);
/* Whether the component may reach it; says in the log what would allow it. */
bool wy_socket_may_reach(wy_call *call, const wy_socket *socket, const wy_address *address);
/* The same for being reached at it. */
bool wy_socket_may_bind(wy_call *call, const wy_socket *socket, const wy_address *address);
bool wy_socket_may_resolve(wy_call *call, wy_str name);

/* --- options: false: `*error_out` --- */

bool wy_socket_get(const wy_socket *socket, int level, int option, int *value_out,
                   wy_socket_error *error_out);
bool wy_socket_set(const wy_socket *socket, int level, int option, uint64_t value,
                   wy_socket_error *error_out);
bool wy_socket_get_hops(const wy_socket *socket, uint8_t *value_out, wy_socket_error *error_out);
bool wy_socket_set_hops(const wy_socket *socket, uint8_t value, wy_socket_error *error_out);
bool wy_socket_get_buffer(const wy_socket *socket, int option, uint64_t *value_out,
                          wy_socket_error *error_out);
bool wy_socket_set_buffer(const wy_socket *socket, int option, uint64_t value,
                          wy_socket_error *error_out);

#endif
