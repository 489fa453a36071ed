/* For this room's tests and those above it: an engine, and modules written as text. */
#ifndef WY_ENGINE_TESTING_H
#define WY_ENGINE_TESTING_H

#include "engine/engine.h"

/* A small pool, no cache. Fails the test on error. */
own wy_engine *wy_testing_engine(void);
/* A module out of WebAssembly text. */
own wy_module *wy_testing_module(wy_engine *engine, const char *text);
/* What the module's `f`, which takes nothing, returns in an instance of its own. */
int32_t wy_testing_call(wy_engine *engine, const wy_module *module);
/* Binary out of text (free() it). */
own uint8_t *wy_testing_wasm(const char *text, size_t *len_out);

/* Whether the engine counts all memories of a store together (a prebuilt one does not). */
bool wy_testing_counts_limits(void);

#endif
