/* Printer: the model -> WIT text that parses to the same model.
 *
 * It reads only what the parser fills in, so any code may build packages by hand and print them:
 *   - clear everything (wy_arena_calloc), set kinds and names, leave positions empty;
 *   - a type that is a name needs kind WY_WIT_NAME and `name`; `def` is not looked at;
 *   - a method's func stands in its resource's `funcs`, without `self` among its params;
 *   - types brought in by `use` need the item and its renames only, no wy_wit_typedef;
 *   - the maps (`types`, `names`) are not read.
 * Names that are keywords are escaped here. Of comments, documentation is kept. */
#ifndef WY_WIT_PRINT_H
#define WY_WIT_PRINT_H

#include "wit/model.h"

/* Each appends to `buf`; a full buffer shows in `buf->failed`. A package without a name is printed
 * without its package line. */
void wy_wit_print_package(wy_buf *buf, const wy_wit_package *package);
/* The same as "package name { ... }", for a text that holds several packages. */
void wy_wit_print_package_block(wy_buf *buf, const wy_wit_package *package);
/* Several packages as one text: the first as a file begins, the others as blocks behind it. */
void wy_wit_print_packages(wy_buf *buf, wy_wit_package *const *packages, uint32_t count);
/* "list<tuple<string, u32>>" */
void wy_wit_print_type(wy_buf *buf, const wy_wit_type *type);
/* "write: func(contents: list<u8>) -> result;" without a line end */
void wy_wit_print_func(wy_buf *buf, const wy_wit_func *func);

#endif
