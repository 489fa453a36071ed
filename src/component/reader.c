/* Reader: LEB128, names and counts out of bytes, with offsets for errors. */
#include "component/reader.h"

#include <stdio.h>

wy_err wy_read_fail(wy_reader *reader, wy_err err, size_t offset, const char *fmt, ...) {
    wy_assert(err != WY_OK);
    if (reader->err) return reader->err;
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    reader->err = wy_diag_set_at(reader->diag, err, offset, "%s", text);
    reader->at = reader->end;
    return err;
}

void wy_read_bad_byte(wy_reader *reader, uint8_t byte, const char *what) {
    wy_read_fail(reader, WY_MALFORMED, reader->at - 1, "unexpected byte 0x%02x in %s", byte, what);
}

void wy_read_gated(wy_reader *reader, size_t offset, const char *what, const char *proposal) {
    wy_read_fail(reader, WY_UNSUPPORTED, offset,
                 "%s belongs to the proposal '%s', which this host does not have", what, proposal);
}

static void ended(wy_reader *reader) {
    wy_read_fail(reader, WY_MALFORMED, reader->end, "unexpected end");
}

uint8_t wy_read_u8(wy_reader *reader) {
    if (reader->at >= reader->end) {
        ended(reader);
        return 0;
    }
    return reader->bytes[reader->at++];
}

uint8_t wy_read_peek(const wy_reader *reader) {
    return reader->at < reader->end ? reader->bytes[reader->at] : 0;
}

/* CM[bin.leb] Core specification, Binary Format, Integers: unsigned LEB128 may be padded with
 * zeros, but takes no more bytes than its width needs and has no bits beyond it. */
static uint64_t read_uleb(wy_reader *reader, unsigned bits) {
    size_t start = reader->at;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        uint8_t byte = wy_read_u8(reader);
        if (reader->err) return 0;
        unsigned left = bits - shift;
        if (left < 7 && (byte & 0x7f) >> left) {
            wy_read_fail(reader, WY_MALFORMED, start, "integer too large");
            return 0;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return value;
    }
    wy_read_fail(reader, WY_MALFORMED, start, "integer representation too long");
    return 0;
}

static int64_t read_sleb(wy_reader *reader, unsigned bits) {
    size_t start = reader->at;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        uint8_t byte = wy_read_u8(reader);
        if (reader->err) return 0;
        unsigned left = bits - shift;
        if (left < 7) {
            /* The bits from the sign bit up must all be equal. */
            unsigned top = (unsigned)(byte & 0x7f) >> (left - 1), all = 0x7fu >> (left - 1);
            if (top != 0 && top != all) {
                wy_read_fail(reader, WY_MALFORMED, start, "integer too large");
                return 0;
            }
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            unsigned used = shift + 7;
            if (used < 64 && (byte & 0x40)) value |= ~(uint64_t)0 << used;
            return (int64_t)value;
        }
    }
    wy_read_fail(reader, WY_MALFORMED, start, "integer representation too long");
    return 0;
}

uint32_t wy_read_u32(wy_reader *reader) {
    if (reader->at < reader->end && reader->bytes[reader->at] < 0x80)
        return reader->bytes[reader->at++];
    return (uint32_t)read_uleb(reader, 32);
}

uint64_t wy_read_u64(wy_reader *reader) {
    return read_uleb(reader, 64);
}

int64_t wy_read_s33(wy_reader *reader) {
    return read_sleb(reader, 33);
}

void wy_read_skip_leb(wy_reader *reader, unsigned bits) {
    (void)read_sleb(reader, bits);
}

void wy_read_skip(wy_reader *reader, size_t len) {
    if (len > wy_read_left(reader))
        ended(reader);
    else
        reader->at += len;
}

/* CM[bin.utf8] Core specification, Binary Format, Names: a name is valid UTF-8. */
wy_str wy_read_name(wy_reader *reader) {
    uint32_t len = wy_read_u32(reader);
    size_t start = reader->at;
    wy_read_skip(reader, len);
    if (reader->err) return (wy_str){0};
    const char *text = (const char *)reader->bytes + start;
    if (!wy_utf8_valid(text, len)) {
        wy_read_fail(reader, WY_MALFORMED, start, "malformed UTF-8 encoding in a name");
        return (wy_str){0};
    }
    return (wy_str){text, len};
}

/* CM[bin.count] Core specification, Binary Format, Vectors: as many elements as announced follow.
 */
uint32_t wy_read_count(wy_reader *reader, const char *what) {
    size_t start = reader->at;
    uint32_t count = wy_read_u32(reader);
    if (!reader->err && count > wy_read_left(reader)) {
        wy_read_fail(reader, WY_MALFORMED, start, "unexpected end: %u %s announced, %zu bytes left",
                     count, what, wy_read_left(reader));
        return 0;
    }
    return count;
}

/* CM[bin.flag] Binary.md: async?, cancel?, sh? and optional items start with 0x00 or 0x01. */
bool wy_read_bool(wy_reader *reader, const char *what) {
    uint8_t byte = wy_read_u8(reader);
    if (!reader->err && byte > 1) wy_read_bad_byte(reader, byte, what);
    return byte == 1;
}

void *wy_read_alloc(wy_reader *reader, size_t count, size_t size) {
    if (reader->err || count == 0) return NULL;
    void *at = wy_arena_calloc(reader->arena, count, size);
    if (!at)
        wy_read_fail(reader, WY_LIMIT, reader->at,
                     "the decoded component takes more memory than allowed");
    return at;
}
