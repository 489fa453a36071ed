/* Addresses: text and numbers; names looked up on the pool. */
#include "loop/address.h"

#include "loop/internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

void wy_address_print_ip(const wy_address *address, char out[WY_ADDRESS_TEXT_MAX]) {
    const char *text =
        inet_ntop(address->is_v6 ? AF_INET6 : AF_INET, address->bytes, out, WY_ADDRESS_TEXT_MAX);
    wy_assert(text != NULL);
}

void wy_address_print(const wy_address *address, char out[WY_ADDRESS_TEXT_MAX]) {
    char ip[WY_ADDRESS_TEXT_MAX];
    wy_address_print_ip(address, ip);
    snprintf(out, WY_ADDRESS_TEXT_MAX, address->is_v6 ? "[%.46s]:%u" : "%.46s:%u", ip,
             address->port);
}

bool wy_address_parse(wy_str text, wy_address *out) {
    char copy[WY_ADDRESS_TEXT_MAX];
    if (text.len >= sizeof copy || memchr(text.ptr, 0, text.len)) return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    *out = (wy_address){0};
    out->is_v6 = memchr(copy, ':', text.len) != NULL;
    return inet_pton(out->is_v6 ? AF_INET6 : AF_INET, copy, out->bytes) == 1;
}

wy_address wy_address_unmapped(const wy_address *address) {
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    if (!address->is_v6 || memcmp(address->bytes, prefix, sizeof prefix) != 0) return *address;
    wy_address v4 = {.port = address->port};
    memcpy(v4.bytes, address->bytes + 12, 4);
    return v4;
}

bool wy_address_equal(const wy_address *a, const wy_address *b) {
    return a->is_v6 == b->is_v6 && a->port == b->port &&
           memcmp(a->bytes, b->bytes, a->is_v6 ? 16 : 4) == 0 && a->flow_info == b->flow_info &&
           a->scope_id == b->scope_id;
}

bool wy_address_parse_with_port(wy_str text, wy_address *out) {
    size_t colon = wy_str_rfind(text, ':');
    uint64_t port;
    if (colon == text.len || !wy_str_to_u64(wy_str_sub(text, colon + 1, text.len), 65535, &port))
        return false;
    wy_str ip = wy_str_sub(text, 0, colon);
    if (ip.len >= 2 && ip.ptr[0] == '[' && ip.ptr[ip.len - 1] == ']')
        ip = wy_str_sub(ip, 1, ip.len - 1);
    if (!wy_address_parse(ip, out)) return false;
    out->port = (uint16_t)port;
    return true;
}

/* --- ranges --- */

bool wy_address_range_parse(wy_str text, wy_address_range *out) {
    size_t slash = wy_str_find(text, '/');
    if (!wy_address_parse(wy_str_sub(text, 0, slash), &out->base)) return false;
    uint64_t bits, most = out->base.is_v6 ? 128 : 32;
    out->bits = (unsigned)most;
    if (slash == text.len) return true;
    if (!wy_str_to_u64(wy_str_sub(text, slash + 1, text.len), most, &bits)) return false;
    out->bits = (unsigned)bits;
    return true;
}

bool wy_address_range_has(const wy_address_range *range, const wy_address *address) {
    wy_address a = wy_address_unmapped(address);
    if (a.is_v6 != range->base.is_v6) return false;
    unsigned whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp(a.bytes, range->base.bytes, whole) != 0) return false;
    return rest == 0 || (a.bytes[whole] ^ range->base.bytes[whole]) >> (8 - rest) == 0;
}

bool wy_address_is_private(const wy_address *address) {
    static const wy_address_range ranges[] = {
        {{.bytes = {0}}, 8},
        {{.bytes = {10}}, 8},
        {{.bytes = {100, 64}}, 10},
        {{.bytes = {127}}, 8},
        {{.bytes = {169, 254}}, 16},
        {{.bytes = {172, 16}}, 12},
        {{.bytes = {192, 0, 0}}, 24},
        {{.bytes = {192, 0, 2}}, 24},
        {{.bytes = {192, 168}}, 16},
        {{.bytes = {198, 18}}, 15},
        {{.bytes = {198, 51, 100}}, 24},
        {{.bytes = {203, 0, 113}}, 24},
        {{.bytes = {240}}, 4},
        {{.is_v6 = true, .bytes = {[15] = 1}}, 128},
        {{.is_v6 = true, .bytes = {0}}, 128},
        {{.is_v6 = true, .bytes = {1}}, 64},
        {{.is_v6 = true, .bytes = {0x20, 0x01, 0x0d, 0xb8}}, 32},
        {{.is_v6 = true, .bytes = {0xfc}}, 7},
        {{.is_v6 = true, .bytes = {0xfe, 0x80}}, 10},
    };
    static const wy_address_range nat64 = {{.is_v6 = true, .bytes = {0, 0x64, 0xff, 0x9b}}, 96};
    wy_address a = *address, behind = {0};
    if (wy_address_range_has(&nat64, &a)) {
        memcpy(behind.bytes, a.bytes + 12, 4);
        a = behind;
    }
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (wy_address_range_has(&ranges[i], &a)) return true;
    return false;
}

/* --- the system's form --- */

void wy_address_to_system(const wy_address *address, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (address->is_v6) {
        struct sockaddr_in6 *in = (struct sockaddr_in6 *)(void *)out;
        in->sin6_family = AF_INET6;
        in->sin6_port = htons(address->port);
        in->sin6_flowinfo = address->flow_info;
        in->sin6_scope_id = address->scope_id;
        memcpy(&in->sin6_addr, address->bytes, 16);
    } else {
        struct sockaddr_in *in = (struct sockaddr_in *)(void *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(address->port);
        memcpy(&in->sin_addr, address->bytes, 4);
    }
}

bool wy_address_of_system(const struct sockaddr *address, wy_address *out) {
    *out = (wy_address){0};
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
        out->port = ntohs(in->sin_port);
        memcpy(out->bytes, &in->sin_addr, 4);
        return true;
    }
    if (address->sa_family != AF_INET6) return false;
    const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)address;
    out->is_v6 = true;
    out->port = ntohs(in->sin6_port);
    out->flow_info = in->sin6_flowinfo;
    out->scope_id = in->sin6_scope_id;
    memcpy(out->bytes, &in->sin6_addr, 16);
    return true;
}

void wy_address_print_system(const struct sockaddr *address, char out[WY_ADDRESS_TEXT_MAX]) {
    wy_address own_form;
    if (wy_address_of_system(address, &own_form))
        wy_address_print(&own_form, out);
    else
        snprintf(out, WY_ADDRESS_TEXT_MAX, "unix");
}

/* --- names --- */

struct wy_resolve {
    wy_resolve_done done; /* NULL: cancelled */
    void *data;
    uv_getaddrinfo_t uv;
    wy_timer *soon; /* a number: reports it in the next round */
    wy_address number;
};

static void on_number(void *data) {
    wy_resolve *r = data;
    wy_resolve_done done = r->done;
    void *done_data = r->data;
    wy_address number = r->number;
    wy_timer_free(r->soon);
    free(r);
    done(done_data, &number, 1, WY_OK, NULL);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *list) {
    wy_resolve *r = request->data;
    wy_address addresses[WY_MAX_CONNECT_ADDRESSES];
    unsigned count = 0;
    for (struct addrinfo *info = list; info && count < WY_MAX_CONNECT_ADDRESSES;
         info = info->ai_next)
        if (wy_address_of_system(info->ai_addr, &addresses[count])) count++;
    uv_freeaddrinfo(list);
    wy_resolve_done done = r->done;
    void *data = r->data;
    free(r);
    if (!done) return;
    wy_err err = WY_OK;
    if (status == UV_EAI_AGAIN)
        err = WY_BUSY;
    else if (status == UV_EAI_MEMORY || status == UV_ENOMEM)
        err = WY_NOMEM;
    else if (status < 0 || count == 0)
        err = WY_NOT_FOUND;
    const char *text = status < 0 ? uv_strerror(status) : "no address is known";
    done(data, addresses, err ? 0 : count, err, err ? text : NULL);
}

wy_err wy_resolve_start(wy_loop *loop, const char *host, wy_resolve_done done, void *data,
                        own wy_resolve **out) {
    wy_resolve *r = calloc(1, sizeof *r);
    if (!r) return WY_NOMEM;
    r->done = done;
    r->data = data;
    r->uv.data = r;
    wy_err err = WY_OK;
    if (wy_address_parse(wy_str_of(host), &r->number)) {
        err = wy_loop_soon(loop, on_number, r, &r->soon);
    } else {
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
        int bad = uv_getaddrinfo(&loop->uv, &r->uv, on_resolved, host, NULL, &hints);
        err = bad == 0 ? WY_OK : bad == UV_ENOMEM ? WY_NOMEM : WY_NOT_FOUND;
    }
    if (err)
        free(r);
    else
        *out = r;
    return err;
}

void wy_resolve_cancel(own wy_resolve *r) {
    if (!r) return;
    r->done = NULL;
    if (r->soon) {
        wy_timer_free(r->soon);
        free(r);
    } else {
        uv_cancel((uv_req_t *)&r->uv); /* on_resolved comes in any case */
    }
}
