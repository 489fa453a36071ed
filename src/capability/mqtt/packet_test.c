#include "capability/mqtt/packet.h"

#include "base/test.h"
#include "capability/mqtt/address.h"

static wy_str view(const char *bytes, size_t len) {
    return (wy_str){bytes, len};
}

TEST(publish_is_written_as_the_standard_says) {
    wy_buf out;
    wy_buf_init(&out, 1000);
    wy_mqtt_put_publish(&out, WY_STR("a/b"), 300, 1, 10);
    assert_int_equal(out.len, 3 + 2 + 3 + 2);
    assert_memory_equal(out.ptr,
                        "\x32\xb3\x02\x00\x03"
                        "a/b"
                        "\x00\x0a",
                        10);
    wy_buf_deinit(&out);
}

TEST(connect_is_written_as_the_standard_says) {
    wy_buf out;
    wy_buf_init(&out, 1000);
    wy_mqtt_login login = {WY_STR("me"), WY_STR("u"), WY_STR("p"), 60, false};
    wy_mqtt_put_connect(&out, &login);
    static const char want[] = "\x10\x14\x00\x04MQTT\x04\xc2\x00\x3c\x00\x02me\x00\x01u\x00\x01p";
    assert_int_equal(out.len, sizeof want - 1);
    assert_memory_equal(out.ptr, want, out.len);
    wy_buf_deinit(&out);
}

TEST(what_was_written_is_read) {
    wy_buf out;
    wy_buf_init(&out, 1000);
    wy_mqtt_put_publish(&out, WY_STR("t"), 5, 2, 77);
    wy_buf_str(&out, WY_STR("hello"));
    wy_mqtt_packet packet;
    size_t used;
    for (size_t len = 0; len < out.len; len++)
        assert_int_equal(wy_mqtt_read(view(out.ptr, len), &packet, &used), WY_MQTT_MORE);
    assert_int_equal(wy_mqtt_read(wy_buf_view(&out), &packet, &used), WY_MQTT_WHOLE);
    assert_int_equal(used, out.len);
    assert_int_equal(packet.type, WY_MQTT_PUBLISH);
    assert_int_equal(packet.qos, 2);
    assert_int_equal(packet.id, 77);
    assert_true(wy_str_eqz(packet.topic, "t"));
    assert_true(wy_str_eqz(packet.payload, "hello"));
    wy_buf_deinit(&out);
}

TEST(nonsense_is_bad) {
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {"\x30\xff\xff\xff\xff", 5},      /* the length has no end */
        {"\x20\x01\x00", 3},              /* CONNACK too short */
        {"\x36\x05\x00\x01t\x00\x01", 7}, /* quality 3 */
        {"\x32\x05\x00\x01t\x00\x00", 7}, /* id 0 */
        {"\x30\x02\x00\x09", 4},          /* the topic is longer than the packet */
        {"\x30\x03\x00\x01#", 5},         /* a wildcard where a name is to be */
        {"\x10\x00", 2},                  /* nothing that a broker sends */
        {"\xd0\x01x", 3},
        {"\x90\x02\x00\x01", 4},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wy_mqtt_packet packet;
        size_t used;
        assert_int_equal(wy_mqtt_read(view(bad[i].bytes, bad[i].len), &packet, &used), WY_MQTT_BAD);
    }
}

TEST(filters_match_as_the_standard_says) {
    static const struct {
        const char *filter, *topic;
        bool matches;
    } rows[] = {
        {"a/b", "a/b", true},       {"a/b", "a/c", false},  {"a/b", "a", false},
        {"a/+", "a/b", true},       {"a/+", "a", false},    {"a/+", "a/b/c", false},
        {"a/+/c", "a/b/c", true},   {"a/#", "a/b/c", true}, {"a/#", "a", true},
        {"#", "a/b", true},         {"#", "$SYS/x", false}, {"+/x", "$SYS/x", false},
        {"$SYS/#", "$SYS/x", true}, {"+/+", "/x", true},    {"/+", "/x", true},
        {"+", "/x", false},         {"a", "a/", false},     {"a/", "a/", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (wy_mqtt_filter_matches(wy_str_of(rows[i].filter), wy_str_of(rows[i].topic)) !=
            rows[i].matches)
            fail_msg("%s, %s", rows[i].filter, rows[i].topic);
}

TEST(filters_and_names_are_checked) {
    assert_true(wy_mqtt_filter_valid(WY_STR("a/+/b/#")));
    assert_false(wy_mqtt_filter_valid(WY_STR("a+/b")));
    assert_false(wy_mqtt_filter_valid(WY_STR("a/#/b")));
    assert_false(wy_mqtt_filter_valid(WY_STR("")));
    assert_true(wy_mqtt_topic_valid(WY_STR("a/b")));
    assert_false(wy_mqtt_topic_valid(WY_STR("a/+")));
    assert_false(wy_mqtt_topic_valid(WY_STR("a\0b")));
    assert_false(wy_mqtt_topic_valid(WY_STR("\xff")));
}

TEST(addresses) {
    wy_mqtt_address a;
    assert_int_equal(wy_mqtt_address_parse(WY_STR("mqtt://h?x=1&client_id=me&y"), &a, NULL), WY_OK);
    assert_string_equal(a.host, "h");
    assert_int_equal(a.port, 1883);
    assert_true(wy_str_eqz(a.client_id, "me"));
    assert_int_equal(wy_mqtt_address_parse(WY_STR("mqtts://[::1]:99/"), &a, NULL), WY_OK);
    assert_string_equal(a.host, "::1");
    assert_int_equal(a.port, 99);
    assert_true(a.tls);
    static const char *const bad[] = {"h",           "http://h",   "mqtt://",
                                      "mqtt://h:0",  "mqtt://h:x", "mqtt://u:p@h",
                                      "mqtt://[::1", "mqtt:h",     ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(wy_mqtt_address_parse(wy_str_of(bad[i]), &a, NULL), WY_INVALID);
}
