/* Server-sent events, read line by line. */
#include "capability/llm/sse.h"

void wy_sse_init(wy_sse *sse, size_t limit) {
    *sse = (wy_sse){0};
    wy_buf_init(&sse->line, limit);
    wy_buf_init(&sse->data, limit);
}

void wy_sse_deinit(wy_sse *sse) {
    wy_buf_deinit(&sse->line);
    wy_buf_deinit(&sse->data);
}

static wy_err end_event(wy_sse *sse, wy_sse_event on_event, void *data) {
    wy_str text = wy_buf_view(&sse->data);
    if (text.len == 0) return WY_OK;
    text.len--; /* the end of its last line */
    wy_err err = on_event(data, text);
    sse->data.len = 0;
    return err;
}

static wy_err end_line(wy_sse *sse, wy_sse_event on_event, void *data) {
    wy_str line = wy_buf_view(&sse->line), mark = WY_STR("\xef\xbb\xbf");
    if (!sse->begun && wy_str_starts(line, mark)) line = wy_str_sub(line, mark.len, line.len);
    sse->begun = true;
    sse->line.len = 0;
    if (line.len == 0) return end_event(sse, on_event, data);
    size_t colon = wy_str_find(line, ':');
    if (!wy_str_eqz(wy_str_sub(line, 0, colon), "data")) return WY_OK;
    wy_str value = wy_str_sub(line, colon < line.len ? colon + 1 : colon, line.len);
    if (value.len && value.ptr[0] == ' ') value = wy_str_sub(value, 1, value.len);
    wy_buf_str(&sse->data, value);
    wy_buf_char(&sse->data, '\n');
    return sse->data.failed ? WY_LIMIT : WY_OK;
}

wy_err wy_sse_feed(wy_sse *sse, wy_str bytes, wy_sse_event on_event, void *data) {
    size_t from = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];
        bool second = c == '\n' && sse->after_cr; /* of one line end */
        sse->after_cr = c == '\r';
        if (c != '\n' && c != '\r') continue;
        if (!second) {
            wy_buf_str(&sse->line, wy_str_sub(bytes, from, i));
            if (sse->line.failed) return WY_LIMIT;
            wy_err err = end_line(sse, on_event, data);
            if (err) return err;
        }
        from = i + 1;
    }
    wy_buf_str(&sse->line, wy_str_sub(bytes, from, bytes.len));
    return sse->line.failed ? WY_LIMIT : WY_OK;
}
