/* Decoding component types, names and declarators; the decoder's inner side. */
#ifndef WY_COMPONENT_DECODE_TYPES_H
#define WY_COMPONENT_DECODE_TYPES_H

#include "component/ast.h"
#include "component/reader.h"

/* sort, with the byte of a core sort behind it. */
wy_sort wy_decode_sort(wy_reader *reader);
wy_sort wy_decode_core_sort(wy_reader *reader);
wy_ast_valtype wy_decode_valtype(wy_reader *reader);
/* resultlist */
wy_ast_valtype wy_decode_resultlist(wy_reader *reader);
/* nameattributes */
void wy_decode_extern_name(wy_reader *reader, wy_ast_name *out);
void wy_decode_externtype(wy_reader *reader, wy_ast_externtype *out);
void wy_decode_alias(wy_reader *reader, wy_ast_alias *out);
const wy_core_deftype *wy_decode_core_deftype(wy_reader *reader);
/* `depth`: how many types this one stands in. */
const wy_ast_type *wy_decode_deftype(wy_reader *reader, unsigned depth);

#endif
