/* Decoding what a component holds of core WebAssembly; the decoder's inner side. */
#ifndef WY_COMPONENT_DECODE_CORE_H
#define WY_COMPONENT_DECODE_CORE_H

#include "component/core_ast.h"
#include "component/reader.h"

wy_core_valtype wy_decode_core_valtype(wy_reader *reader);
/* core:rectype. */
void wy_decode_core_rectype(wy_reader *reader, wy_core_rectype *out);
/* core:subtype behind its 0x50 (not final) or 0x4f (final), or core:comptype alone. */
void wy_decode_core_subtype(wy_reader *reader, wy_core_subtype *out);
/* core:externtype, with its kind byte. */
void wy_decode_core_externtype(wy_reader *reader, wy_core_externtype *out);
/* The module that fills the reader from `at` to `end`; leaves the reader at the end. */
void wy_decode_core_module(wy_reader *reader, wy_core_module *out);

#endif
