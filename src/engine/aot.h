/* Compiled ahead of time: one file that holds a component and its compiled core modules, so that a
 * machine without time, or without a compiler, runs it at once.
 *
 *   header | component bytes | compiled module | compiled module | ...
 *
 * `withy compile` writes one with wy_aot_build. Whoever loads components asks wy_aot_is first; if
 * so, wy_aot_attach gives the component's bytes to load as usual, and from then on wy_module_load
 * finds its core modules in the file instead of compiling them. Where there is a cache they are
 * put there and mapped, so that all processes share them; else they are copied. */
#ifndef WY_ENGINE_AOT_H
#define WY_ENGINE_AOT_H

#include "engine/engine.h"

/* Compiles `modules` (the bytes of every core module of the component) and puts all into one
 * buffer, to be free()d. WY_MALFORMED, WY_INVALID: a module does not compile. */
wy_err wy_aot_build(wy_engine *engine, wy_str component, const wy_str *modules, size_t module_count,
                    own uint8_t **bytes_out, size_t *len_out, wy_diag *diag);

/* Whether these bytes claim to be such a file. */
bool wy_aot_is(const uint8_t *bytes, size_t len);

/* Checks the file (made by the same withy and engine, undamaged) and makes its modules known to
 * wy_module_load. `bytes` must stay until wy_aot_detach and be trusted like an executable: the
 * digest guards against damage, not against malice. *component_out is a view into it.
 * WY_UNSUPPORTED: made by another version, with both named; WY_MALFORMED: damaged. Not while other
 * threads use the engine. */
wy_err wy_aot_attach(wy_engine *engine, const uint8_t *bytes, size_t len, wy_str *component_out,
                     wy_diag *diag);
/* Forgets a file, or all; modules that were loaded are not affected. */
void wy_aot_detach(wy_engine *engine, const uint8_t *bytes);
void wy_aot_detach_all(wy_engine *engine);

#endif
