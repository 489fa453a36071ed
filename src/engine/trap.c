/* Traps: making them, and printing why and where. */
#include "engine/internal.h"

#include <stdio.h>
#include <stdlib.h>

#define TRAP_TEXT_MAX 4096

/* In Wasmtime, an error that is not one of its own traps (a host function's, say) comes as
 * wasmtime_error_t, others as wasm_trap_t. Both are a box around the same one error, so that either
 * may be used as the other; trap_test.c checks it for the release in use. */
own wy_trap *wy_trap_of(own wasmtime_error_t *error, own wasm_trap_t *trap) {
    wy_assert(!error || !trap);
    return error ? (wy_trap *)error : (wy_trap *)trap;
}

own wy_trap *wy_trap_new(const char *fmt, ...) {
    char text[TRAP_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (len < 0) len = 0;
    if ((size_t)len >= sizeof text) len = sizeof text - 1;
    return (wy_trap *)wasmtime_trap_new(text, (size_t)len);
}

void wy_trap_free(own wy_trap *trap) {
    if (trap) wasm_trap_delete((wasm_trap_t *)trap);
}

bool wy_trap_is_out_of_fuel(const wy_trap *trap) {
    wasmtime_trap_code_t code;
    return wasmtime_trap_code((const wasm_trap_t *)trap, &code) &&
           code == WASMTIME_TRAP_CODE_OUT_OF_FUEL;
}

wy_err wy_engine_error(wy_diag *diag, wy_err code, own wasmtime_error_t *error) {
    wasm_name_t text;
    wasmtime_error_message(error, &text);
    wy_diag_set(diag, code, "%.*s", (int)text.size, text.data);
    wasm_name_delete(&text);
    wasmtime_error_delete(error);
    return code;
}

/* The cause in Wasmtime's text, which is "context\n\nCaused by:\n    cause" or, with several
 * causes, "    0: cause\n    1: cause": the last one. */
static wy_str root_cause(wy_str text) {
    static const char mark[] = "\n\nCaused by:\n";
    const char *at = memmem(text.ptr, text.len, mark, sizeof mark - 1);
    if (!at) return text;
    size_t from = (size_t)(at - text.ptr) + sizeof mark - 1;
    wy_str causes = wy_str_trim(wy_str_sub(text, from, text.len));
    for (size_t i = 0; i < causes.len; i++) {
        if (i != 0 && causes.ptr[i - 1] != '\n') continue;
        size_t j = i;
        while (j < causes.len && causes.ptr[j] == ' ')
            j++;
        size_t digits = j;
        while (j < causes.len && causes.ptr[j] >= '0' && causes.ptr[j] <= '9')
            j++;
        if (j > digits && j + 1 < causes.len && causes.ptr[j] == ':' && causes.ptr[j + 1] == ' ') {
            causes = wy_str_sub(causes, j + 2, causes.len);
            i = 0;
        }
    }
    wy_str prefix = WY_STR("wasm trap: ");
    if (wy_str_starts(causes, prefix)) causes = wy_str_sub(causes, prefix.len, causes.len);
    return causes;
}

/* A text of several lines stays one paragraph: Wasmtime indents what it quotes. */
static void print_reason(wy_str reason, wy_buf *buf) {
    for (size_t i = 0; i < reason.len; i++) {
        wy_buf_char(buf, reason.ptr[i]);
        if (reason.ptr[i] == '\n')
            while (i + 1 < reason.len && reason.ptr[i + 1] == ' ')
                i++;
    }
}

static void print_frame(const wasm_frame_t *frame, wy_buf *buf) {
    const wasm_name_t *func = wasmtime_frame_func_name(frame);
    const wasm_name_t *module = wasmtime_frame_module_name(frame);
    wy_buf_char(buf, '\n');
    if (func)
        wy_buf_printf(buf, "  at %.*s (", (int)func->size, func->data);
    else
        wy_buf_printf(buf, "  at function %u (", wasm_frame_func_index(frame));
    if (module)
        wy_buf_append(buf, module->data, module->size);
    else
        wy_buf_str(buf, WY_STR("module"));
    size_t offset = wasm_frame_module_offset(frame);
    if (offset != SIZE_MAX) /* unknown: between two instructions, where the stack ended */
        wy_buf_printf(buf, "+0x%zx", offset);
    wy_buf_char(buf, ')');
}

void wy_trap_print(const wy_trap *trap, wy_buf *buf, unsigned frames_max) {
    const wasm_trap_t *wasm = (const wasm_trap_t *)trap;
    wasm_message_t text;
    wasm_trap_message(wasm, &text);
    size_t len = text.size;
    while (len && text.data[len - 1] == '\0')
        len--;
    print_reason(root_cause((wy_str){text.data, len}), buf);
    wasm_byte_vec_delete(&text);
    wasm_frame_vec_t frames;
    wasm_trap_trace(wasm, &frames);
    for (size_t i = 0; i < frames.size && i < frames_max; i++)
        print_frame(frames.data[i], buf);
    if (frames_max && frames.size > frames_max)
        wy_buf_printf(buf, "\n  ... %zu more", frames.size - frames_max);
    wasm_frame_vec_delete(&frames);
}
