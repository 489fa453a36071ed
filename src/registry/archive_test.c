#include "registry/archive.h"
#include "base/test.h"
#include "engine/sha256.h"
#include "registry/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define FILES 5

/* A folder for one test. */
typedef struct place {
    char folder[64], archive[96];
    wy_arena arena;
    wy_diag diag;
} place;

static void begin(place *p) {
    snprintf(p->folder, sizeof p->folder, "/tmp/withy-archive.XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->archive, sizeof p->archive, "%s/x.tar.gz", p->folder);
    wy_arena_init(&p->arena, 1 << 20);
    wy_diag_init(&p->diag);
}

static void end(place *p) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", p->folder);
    assert_int_equal(system(command), 0);
    wy_arena_deinit(&p->arena);
}

static bool has(place *p, wy_str content) {
    char sha256[WY_SHA256_TEXT];
    wy_sha256(&content, 1, sha256);
    const char *path = wy_store_path(&p->arena, p->folder, wy_str_of(sha256), WY_STORE_DATA);
    return wy_store_has(path);
}

TEST(what_is_packed_is_unpacked_by_its_digest) {
    place p;
    begin(&p);
    char content[FILES][2000], name[240];
    static const size_t lengths[FILES] = {1, 511, 512, 513, 2000};
    wy_archive *archive;
    assert_int_equal(wy_archive_begin(p.archive, &archive, &p.diag), WY_OK);
    for (int i = 0; i < FILES; i++) {
        memset(content[i], 'a' + i, sizeof content[i]);
        int folder = snprintf(name, sizeof name, "%0*d/", i * 30 + 1, i); /* up to 121 */
        snprintf(name + folder, sizeof name - (size_t)folder, "%099d", i);
        assert_int_equal(
            wy_archive_add(archive, wy_str_of(name), (wy_str){content[i], lengths[i]}, &p.diag),
            WY_OK);
    }
    assert_int_equal(wy_archive_end(archive, &p.diag), WY_OK);
    assert_int_equal(wy_archive_unpack(&p.arena, p.archive, p.folder, &p.diag), WY_OK);
    for (int i = 0; i < FILES; i++)
        assert_true(has(&p, (wy_str){content[i], lengths[i]}));
    end(&p);
}

TEST(names_that_do_not_fit_are_refused) {
    place p;
    begin(&p);
    wy_archive *archive;
    char name[300];
    memset(name, 'n', sizeof name);
    assert_int_equal(wy_archive_begin(p.archive, &archive, &p.diag), WY_OK);
    assert_int_equal(wy_archive_add(archive, (wy_str){name, 101}, WY_STR("x"), &p.diag),
                     WY_INVALID);
    name[198] = '/'; /* a prefix of 198 bytes: too long */
    assert_int_equal(wy_archive_add(archive, (wy_str){name, 250}, WY_STR("x"), &p.diag),
                     WY_INVALID);
    assert_int_equal(wy_archive_add(archive, (wy_str){name, 0}, WY_STR("x"), &p.diag), WY_INVALID);
    assert_int_equal(wy_archive_end(archive, &p.diag), WY_OK);
    end(&p);
}

/* Every cut, and every changed byte of a header, is an error or leaves the file as it was. */
TEST(broken_archives_end_in_an_error) {
    place p;
    begin(&p);
    wy_archive *archive;
    char bytes[2048];
    assert_int_equal(wy_archive_begin(p.archive, &archive, &p.diag), WY_OK);
    assert_int_equal(wy_archive_add(archive, WY_STR("x"), WY_STR("content"), &p.diag), WY_OK);
    assert_int_equal(wy_archive_end(archive, &p.diag), WY_OK);
    gzFile file = gzopen(p.archive, "rb");
    assert_int_equal(gzread(file, bytes, sizeof bytes), sizeof bytes);
    gzclose(file);
    for (int at = 0; at < 512; at++) {
        char changed[sizeof bytes];
        memcpy(changed, bytes, sizeof bytes);
        changed[at] ^= 1;
        file = gzopen(p.archive, "wb");
        assert_int_equal(gzwrite(file, changed, (unsigned)sizeof changed), sizeof changed);
        gzclose(file);
        wy_diag_init(&p.diag);
        wy_err err = wy_archive_unpack(&p.arena, p.archive, p.folder, &p.diag);
        assert_true(err == WY_MALFORMED || (at >= 148 && at < 156));
    }
    for (unsigned len = 1; len < 1024; len += 51) {
        file = gzopen(p.archive, "wb");
        assert_int_equal(gzwrite(file, bytes, len), len);
        gzclose(file);
        wy_diag_init(&p.diag);
        assert_int_equal(wy_archive_unpack(&p.arena, p.archive, p.folder, &p.diag), WY_MALFORMED);
    }
    end(&p);
}
