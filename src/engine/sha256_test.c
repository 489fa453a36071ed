#include "engine/sha256.h"

#include "base/test.h"

/* FIPS 180-4's example. */
TEST(pieces_are_one_message) {
    const wy_str pieces[] = {WY_STR("a"), WY_STR(""), WY_STR("bc")};
    char text[WY_SHA256_TEXT];
    wy_sha256(pieces, 3, text);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(nothing_has_a_digest) {
    char text[WY_SHA256_TEXT];
    wy_sha256(NULL, 0, text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
