#include "capability/llm/sse.h"

#include "base/test.h"

static wy_err collect(void *data, wy_str text) {
    wy_buf *out = data;
    wy_buf_char(out, '[');
    wy_buf_str(out, text);
    wy_buf_char(out, ']');
    return wy_str_eqz(text, "stop") ? WY_CLOSED : WY_OK;
}

/* The same however the bytes are cut. */
static void expect(const char *bytes, const char *events) {
    wy_str all = wy_str_of(bytes);
    for (size_t step = 1; step <= all.len; step++) {
        wy_sse sse;
        wy_buf out;
        wy_sse_init(&sse, 64);
        wy_buf_init(&out, 1000);
        for (size_t at = 0; at < all.len; at += step) {
            size_t end = all.len - at < step ? all.len : at + step;
            assert_int_equal(wy_sse_feed(&sse, wy_str_sub(all, at, end), collect, &out), WY_OK);
        }
        assert_true(wy_str_eqz(wy_buf_view(&out), events));
        wy_buf_deinit(&out);
        wy_sse_deinit(&sse);
    }
}

TEST(events) {
    expect("data: one\n\ndata:two\n\n", "[one][two]");
    expect("data: a\r\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n", "[a\nb][c][d]");
    expect(": comment\nevent: x\nid: 7\nretry: 1\ndata\ndata:  two blanks \n\n",
           "[\n two blanks ]");
    expect("\n\n\r\n:\n\nother: x\n\ndatas: x\n\n", "");
    expect("data: unfinished\n", "");
    expect(
        "\xef\xbb\xbf"
        "data: marked\n\n\xef\xbb\xbf"
        "data: not again\n\n",
        "[marked]");
    expect("data:\n\n", "[]");
}

TEST(an_event_may_end_the_reading) {
    wy_sse sse;
    wy_buf out;
    wy_sse_init(&sse, 64);
    wy_buf_init(&out, 1000);
    wy_str bytes = WY_STR("data: go\n\ndata: stop\n\ndata: on\n\n");
    assert_int_equal(wy_sse_feed(&sse, bytes, collect, &out), WY_CLOSED);
    assert_true(wy_str_eqz(wy_buf_view(&out), "[go][stop]"));
    wy_buf_deinit(&out);
    wy_sse_deinit(&sse);
}

TEST(limits) {
    static const char *const endless[] = {"data: 0123456789abcdef",
                                          "data: 0123\ndata: 4567\ndata: 8\n",
                                          "data: 01234567\ndata: 89abcdef\n\n"};
    for (size_t i = 0; i < 3; i++) {
        wy_sse sse;
        wy_buf out;
        wy_sse_init(&sse, 16);
        wy_buf_init(&out, 1000);
        wy_err err = WY_OK;
        for (size_t k = 0; k < 3 && !err; k++)
            err = wy_sse_feed(&sse, wy_str_of(endless[i]), collect, &out);
        assert_int_equal(err, WY_LIMIT);
        wy_buf_deinit(&out);
        wy_sse_deinit(&sse);
    }
}
