/* The component: what things cost, with a discount for many. */
#include "gen/shop.h"

bool exports_example_shop_pricing_quote(exports_example_shop_pricing_order_t *order,
                                        uint32_t *ret) {
    bool is_apple = order->item.len == 5 && __builtin_memcmp(order->item.ptr, "apple", 5) == 0;
    bool is_there = example_shop_stock_available(&order->item) >= order->count;
    *ret = order->count * (is_apple ? 40 : 55);
    if (order->count >= 10) *ret -= *ret / 10;
    exports_example_shop_pricing_order_free(order);
    return is_there;
}
