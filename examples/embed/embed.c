/* Asks a component what orders cost; the component asks this program what is in stock. */
#include <err.h>
#include <stdio.h>
#include <withy.h>

/* The types of shop.wit as structs; withy/value.h says how. */
typedef struct order {
    withy_str item;
    uint32_t count;
} order;

typedef struct quote {
    uint8_t is_some;
    uint32_t cents;
} quote;

static withy_error error;
static void must(withy_status status) {
    if (status != WITHY_OK) errx(1, "%s", error.text);
}

static withy_trap *available(withy_call *call, const void *args, void *result) {
    const withy_str *item = args;
    const uint32_t *apples = withy_call_data(call);
    *(uint32_t *)result = withy_str_is(*item, "apple") ? *apples : 0;
    return NULL;
}

int main(int argc, char **argv) {
    static const withy_host_func funcs[] = {
        {"available", "func(item: string) -> u32", available, sizeof(withy_str), sizeof(uint32_t)}};
    static const withy_host_interface stock = {
        .name = "example:shop/stock", .funcs = funcs, .func_count = 1};
    uint32_t apples = 50;
    withy_engine *engine;
    withy_component *component;
    withy_linker *linker;
    withy_linked *linked;
    withy_instance *shop;
    must(withy_engine_new(NULL, &engine, &error));
    must(withy_component_load_file(engine, argv[argc - 1], &component, &error));
    must(withy_linker_new(engine, &linker, &error));
    must(withy_linker_define(linker, &stock, &apples, &error));
    must(withy_linker_link(linker, component, NULL, &linked, &error));
    must(withy_instance_new(linked, NULL, &shop, &error));
    const withy_extern *price = withy_component_func(component, "example:shop/pricing#quote");
    for (order o = {withy_str_of("apple"), 5}; price && o.count < 100; o.count += 25) {
        quote q;
        if (withy_instance_call(shop, price, &o, sizeof o, &q, sizeof q) != WITHY_OK)
            errx(1, "%s", withy_instance_problem(shop));
        if (q.is_some) printf("%u apples: %u cents\n", o.count, q.cents);
        if (!q.is_some) printf("%u apples: not so many left\n", o.count);
    }
    withy_instance_free(shop);
    withy_linked_free(linked);
    withy_linker_free(linker);
    withy_component_free(component);
    withy_engine_free(engine);
    return 0;
}
