/* Reader: walks bytes with a position, an end and a sticky error. After the first failure every
 * read returns zero and leaves the error as it is, so that a caller checks once, after a run of
 * reads. It knows the encodings that all of WebAssembly shares (LEB128, names), nothing of what
 * they mean. */
#ifndef WY_COMPONENT_READER_H
#define WY_COMPONENT_READER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct wy_reader {
    const uint8_t *bytes; /* the whole input, so that `at` is the offset to report */
    size_t at, end;       /* what is left to read is [at, end); end may lie before the input's */
    wy_arena *arena;      /* for what is decoded */
    wy_diag *diag;
    wy_err err; /* the first failure, WY_OK while there is none */
} wy_reader;

/* Records the first failure and moves to the end. Returns the error. */
wy_err wy_read_fail(wy_reader *reader, wy_err err, size_t offset, const char *fmt, ...)
    WY_PRINTF(4, 5);
/* "unexpected byte 0x2a in <what>" at the byte read last. */
void wy_read_bad_byte(wy_reader *reader, uint8_t byte, const char *what);

/* "<what> belongs to the proposal '<name>', which ..." */
void wy_read_gated(wy_reader *reader, size_t offset, const char *what, const char *proposal);

static inline bool wy_read_more(const wy_reader *reader) {
    return reader->at < reader->end;
}
static inline size_t wy_read_left(const wy_reader *reader) {
    return reader->end - reader->at;
}

uint8_t wy_read_u8(wy_reader *reader);
/* The next byte without taking it; 0 at the end. */
uint8_t wy_read_peek(const wy_reader *reader);
uint32_t wy_read_u32(wy_reader *reader);
uint64_t wy_read_u64(wy_reader *reader);
/* The s33 of block and heap types: negative for opcodes, else an index. */
int64_t wy_read_s33(wy_reader *reader);
/* Signed LEB128 of at most `bits` bits, checked and dropped. */
void wy_read_skip_leb(wy_reader *reader, unsigned bits);
void wy_read_skip(wy_reader *reader, size_t len);
/* A length and that many bytes of UTF-8; a view of the input. */
wy_str wy_read_name(wy_reader *reader);
/* The count of a vector: never more than the bytes left, since each item takes one at least. */
uint32_t wy_read_count(wy_reader *reader, const char *what);
/* A boolean byte: 0 or 1. */
bool wy_read_bool(wy_reader *reader, const char *what);

/* Room for `count` items, cleared; fails the reader where the arena is full. NULL for count 0. */
void *wy_read_alloc(wy_reader *reader, size_t count, size_t size);

#endif
