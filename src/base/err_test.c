#include "base/err.h"
#include "base/test.h"

TEST(first_report_wins_and_prefix_is_put_before_it) {
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_diag_set_at(&diag, WY_MALFORMED, 12, "bad %s", "byte"), WY_MALFORMED);
    assert_int_equal(wy_diag_set(&diag, WY_LIMIT, "later"), WY_LIMIT);
    wy_diag_prefix(&diag, "file %d", 7);
    assert_string_equal(diag.text, "file 7: bad byte");
    assert_int_equal(diag.offset, 12);
    assert_int_equal(diag.err, WY_MALFORMED);
}
