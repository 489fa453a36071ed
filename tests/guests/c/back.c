// The inner component of the composed pair: a catalogue of items and baskets to put them in.
#include "gen/back.h"
#include <stdlib.h>
#include <string.h>

typedef exports_withy_compose_catalogue_item_t item;
typedef exports_withy_compose_catalogue_failure_t failure;

struct exports_withy_compose_catalogue_basket_t {
    back_string_t owner;
    uint32_t count;
    uint64_t total;
};

static uint32_t living;

static bool same(back_string_t a, const char *b) {
    return a.len == strlen(b) && memcmp(a.ptr, b, a.len) == 0;
}

static void fill(item *to, const char *name, uint32_t amount, uint8_t rarity, uint8_t traits,
                 double weight) {
    *to = (item){.price = {.amount = amount}, .rarity = rarity, .traits = traits};
    back_string_dup(&to->name, name);
    back_string_dup(&to->price.currency, "EUR");
    to->tags.len = 2;
    to->tags.ptr = malloc(2 * sizeof *to->tags.ptr);
    back_string_dup(&to->tags.ptr[0], name[0] == 'v' ? "glas" : "stone");
    back_string_dup(&to->tags.ptr[1], "gr\xc3\xbcn");
    to->weight.is_some = weight > 0;
    to->weight.val = weight;
}

static void vase(item *to) {
    fill(to, "vase", 120, EXPORTS_WITHY_COMPOSE_CATALOGUE_RARITY_RARE,
         EXPORTS_WITHY_COMPOSE_CATALOGUE_TRAITS_FRAGILE |
             EXPORTS_WITHY_COMPOSE_CATALOGUE_TRAITS_SIGNED,
         1.5);
}

static void rock(item *to) {
    fill(to, "rock", 3, EXPORTS_WITHY_COMPOSE_CATALOGUE_RARITY_COMMON,
         EXPORTS_WITHY_COMPOSE_CATALOGUE_TRAITS_HEAVY, 0);
}

bool exports_withy_compose_catalogue_find(back_string_t *name, item *ret, failure *err) {
    bool found = true;
    if (same(*name, "vase")) {
        vase(ret);
    } else if (same(*name, "rock")) {
        rock(ret);
    } else if (same(*name, "moon")) {
        *err = (failure){.tag = EXPORTS_WITHY_COMPOSE_CATALOGUE_FAILURE_SOLD_OUT};
        found = false;
    } else if (same(*name, "")) {
        *err = (failure){.tag = EXPORTS_WITHY_COMPOSE_CATALOGUE_FAILURE_LIMIT,
                         .val.limit = {.f0 = 200, .f1 = -5000000000}};
        found = false;
    } else {
        err->tag = EXPORTS_WITHY_COMPOSE_CATALOGUE_FAILURE_UNKNOWN;
        back_string_dup_n(&err->val.unknown, (const char *)name->ptr, name->len);
        found = false;
    }
    back_string_free(name);
    return found;
}

void exports_withy_compose_catalogue_all(exports_withy_compose_catalogue_list_item_t *ret) {
    ret->len = 2;
    ret->ptr = malloc(2 * sizeof *ret->ptr);
    vase(&ret->ptr[0]);
    rock(&ret->ptr[1]);
}

void exports_withy_compose_catalogue_mirror(exports_withy_compose_catalogue_scalars_t *value,
                                            exports_withy_compose_catalogue_scalars_t *ret) {
    *ret = *value;
}

uint32_t exports_withy_compose_catalogue_alive(void) {
    return living;
}

exports_withy_compose_catalogue_own_basket_t
exports_withy_compose_catalogue_constructor_basket(back_string_t *owner) {
    exports_withy_compose_catalogue_basket_t *self = calloc(1, sizeof *self);
    self->owner = *owner;
    living++;
    return exports_withy_compose_catalogue_basket_new(self);
}

void exports_withy_compose_catalogue_basket_destructor(
    exports_withy_compose_catalogue_basket_t *self) {
    back_string_free(&self->owner);
    free(self);
    living--;
}

bool exports_withy_compose_catalogue_method_basket_add(
    exports_withy_compose_catalogue_borrow_basket_t self, item *thing, uint32_t *ret,
    failure *err) {
    bool room = self->count < 3;
    if (room) {
        self->total += thing->price.amount;
        *ret = ++self->count;
    } else {
        *err = (failure){.tag = EXPORTS_WITHY_COMPOSE_CATALOGUE_FAILURE_LIMIT,
                         .val.limit = {.f0 = 3, .f1 = (int64_t)self->total}};
    }
    exports_withy_compose_catalogue_item_free(thing);
    return room;
}

uint64_t exports_withy_compose_catalogue_method_basket_total(
    exports_withy_compose_catalogue_borrow_basket_t self) {
    return self->total;
}

void exports_withy_compose_catalogue_method_basket_describe(
    exports_withy_compose_catalogue_borrow_basket_t self, back_string_t *ret) {
    static const char suffix[] = "'s basket";
    ret->len = self->owner.len + sizeof suffix - 1;
    ret->ptr = malloc(ret->len);
    memcpy(ret->ptr, self->owner.ptr, self->owner.len);
    memcpy(ret->ptr + self->owner.len, suffix, sizeof suffix - 1);
}

uint32_t exports_withy_compose_catalogue_static_basket_merge(
    exports_withy_compose_catalogue_borrow_basket_t into,
    exports_withy_compose_catalogue_own_basket_t other) {
    exports_withy_compose_catalogue_basket_t *from =
        exports_withy_compose_catalogue_basket_rep(other);
    into->count += from->count;
    into->total += from->total;
    exports_withy_compose_catalogue_basket_drop_own(other);
    return into->count;
}
