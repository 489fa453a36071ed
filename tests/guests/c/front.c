// The outer component of the composed pair: an HTTP guest that uses the catalogue and writes down
// what it got.
#include "guest.h"

typedef withy_compose_catalogue_item_t item;
typedef withy_compose_catalogue_failure_t failure;
typedef withy_compose_catalogue_borrow_basket_t basket;

static void write_item(response *out, const item *it) {
    static const char *const rarities[] = {"common", "rare", "unique"};
    write_string(out, it->name);
    write_text(out, " ");
    write_number(out, it->price.amount);
    write_text(out, " ");
    write_string(out, it->price.currency);
    write_text(out, " ");
    write_text(out, rarities[it->rarity]);
    write_text(out, it->traits & WITHY_COMPOSE_CATALOGUE_TRAITS_FRAGILE ? " fragile" : "");
    write_text(out, it->traits & WITHY_COMPOSE_CATALOGUE_TRAITS_HEAVY ? " heavy" : "");
    write_text(out, it->traits & WITHY_COMPOSE_CATALOGUE_TRAITS_SIGNED ? " signed" : "");
    for (size_t i = 0; i < it->tags.len; i++) {
        write_text(out, " #");
        write_string(out, it->tags.ptr[i]);
    }
    if (it->weight.is_some) {
        write_text(out, " grams ");
        write_number(out, (int64_t)(it->weight.val * 1000));
    }
    write_text(out, "\n");
}

static void write_failure(response *out, const failure *why) {
    if (why->tag == WITHY_COMPOSE_CATALOGUE_FAILURE_UNKNOWN) {
        write_text(out, "unknown ");
        write_string(out, why->val.unknown);
    } else if (why->tag == WITHY_COMPOSE_CATALOGUE_FAILURE_SOLD_OUT) {
        write_text(out, "sold out");
    } else {
        write_text(out, "limit ");
        write_number(out, why->val.limit.f0);
        write_text(out, " ");
        write_number(out, why->val.limit.f1);
    }
    write_text(out, "\n");
}

static void find(response *out, guest_string_t name) {
    item it;
    failure why;
    if (withy_compose_catalogue_find(&name, &it, &why)) {
        write_item(out, &it);
        withy_compose_catalogue_item_free(&it);
    } else {
        write_failure(out, &why);
        withy_compose_catalogue_failure_free(&why);
    }
}

static void all(response *out) {
    withy_compose_catalogue_list_item_t items;
    withy_compose_catalogue_all(&items);
    for (size_t i = 0; i < items.len; i++) {
        write_item(out, &items.ptr[i]);
    }
    withy_compose_catalogue_list_item_free(&items);
}

static void mirror(response *out) {
    uint16_t list[] = {0, 1, 0xffff};
    withy_compose_catalogue_scalars_t sent = {.a = 0xff,
                                              .b = -128,
                                              .c = 0xffff,
                                              .d = -32768,
                                              .e = 0xffffffff,
                                              .f = -2147483647 - 1,
                                              .g = 0xffffffffffffffff,
                                              .h = INT64_MIN,
                                              .i = -0.5f,
                                              .j = 1e300,
                                              .k = 0x1f600,
                                              .l = true,
                                              .m = {.ptr = list, .len = 3}};
    withy_compose_catalogue_scalars_t got;
    withy_compose_catalogue_mirror(&sent, &got);
    bool same = got.a == sent.a && got.b == sent.b && got.c == sent.c && got.d == sent.d &&
                got.e == sent.e && got.f == sent.f && got.g == sent.g && got.h == sent.h &&
                got.i == sent.i && got.j == sent.j && got.k == sent.k && got.l == sent.l &&
                got.m.len == 3 && memcmp(got.m.ptr, list, sizeof list) == 0;
    write_text(out, same ? "same\n" : "different\n");
    withy_compose_catalogue_scalars_free(&got);
}

static void fill(response *out, basket to, const char *name, int times) {
    for (int i = 0; i < times; i++) {
        item it;
        failure why;
        uint32_t count;
        guest_string_t key = text(name);
        if (!withy_compose_catalogue_find(&key, &it, &why)) {
            __builtin_trap();
        }
        if (withy_compose_catalogue_method_basket_add(to, &it, &count, &why)) {
            write_text(out, "holds ");
            write_number(out, count);
            write_text(out, "\n");
        } else {
            write_failure(out, &why);
        }
        withy_compose_catalogue_item_free(&it);
    }
}

static void write_alive(response *out) {
    write_text(out, "alive ");
    write_number(out, withy_compose_catalogue_alive());
    write_text(out, "\n");
}

static void baskets(response *out) {
    guest_string_t names[] = {text("Ann"), text("Bob")};
    withy_compose_catalogue_own_basket_t ann =
        withy_compose_catalogue_constructor_basket(&names[0]);
    withy_compose_catalogue_own_basket_t bob =
        withy_compose_catalogue_constructor_basket(&names[1]);
    write_alive(out);
    fill(out, (basket){ann.__handle}, "vase", 1);
    fill(out, (basket){bob.__handle}, "rock", 4);
    guest_string_t description;
    withy_compose_catalogue_method_basket_describe((basket){ann.__handle}, &description);
    write_string(out, description);
    guest_string_free(&description);
    write_text(out, " holds ");
    write_number(out, withy_compose_catalogue_static_basket_merge((basket){ann.__handle}, bob));
    write_text(out, " for ");
    write_number(out, (int64_t)withy_compose_catalogue_method_basket_total((basket){ann.__handle}));
    write_text(out, "\n");
    write_alive(out);
    withy_compose_catalogue_basket_drop_own(ann);
    write_alive(out);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    guest_string_t path =
        request_path((wasi_http_types_borrow_incoming_request_t){request.__handle});
    response to = respond_text(out, 200);
    guest_string_t name = text("");
    query(path, "name", &name);
    if (starts_with(path, "/find")) {
        find(&to, name);
    } else if (starts_with(path, "/mirror")) {
        mirror(&to);
    } else if (starts_with(path, "/baskets")) {
        baskets(&to);
    } else if (starts_with(path, "/gone")) {
        guest_string_t owner = text("Eve");
        withy_compose_catalogue_own_basket_t eve =
            withy_compose_catalogue_constructor_basket(&owner);
        withy_compose_catalogue_basket_drop_own(eve);
        withy_compose_catalogue_basket_drop_own(eve); // traps: the handle is gone
    } else {
        all(&to);
    }
    finish(&to);
}
