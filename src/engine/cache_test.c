/* The compile cache and files compiled ahead of time: hits, damage, strangers, rivals, eviction. */
#include "engine/aot.h"
#include "engine/cache.h"
#include "engine/testing.h"

#include "base/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct place {
    char root[64], dir[96];
} place;

static void make_place(place *p) {
    snprintf(p->root, sizeof p->root, "/tmp/withy-cache-test-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    snprintf(p->dir, sizeof p->dir, "%s/compiled", p->root);
}

static own wy_engine *engine_at(const place *p, uint64_t bytes_max) {
    wy_engine_config config;
    wy_diag diag;
    wy_engine *engine;
    wy_engine_config_init(&config);
    config.max_instances = 16;
    config.cache_dir = p->root;
    config.cache_bytes_max = bytes_max;
    assert_int_equal(wy_engine_new(&config, &engine, &diag), WY_OK);
    return engine;
}

/* Entries in the cache; the last one's path into `path_out`, the bytes of all as *size_out. */
static int entries(const place *p, char path_out[512], off_t *size_out) {
    int count = 0;
    off_t size = 0;
    DIR *dir = opendir(p->dir);
    for (struct dirent *item; dir && (item = readdir(dir)) != NULL;) {
        struct stat st;
        if (item->d_name[0] == '.') continue;
        if (!strstr(item->d_name, ".module")) continue; /* a record */
        snprintf(path_out, 512, "%s/%s", p->dir, item->d_name);
        assert_int_equal(stat(path_out, &st), 0);
        size += st.st_size;
        count++;
    }
    if (dir) closedir(dir);
    if (size_out) *size_out = size;
    return count;
}

/* Records with this suffix; the last one's path into `path_out`. */
static int records(const place *p, const char *suffix, char path_out[512]) {
    int count = 0;
    DIR *dir = opendir(p->dir);
    for (struct dirent *item; dir && (item = readdir(dir)) != NULL;) {
        if (!wy_str_ends(wy_str_of(item->d_name), wy_str_of(suffix))) continue;
        snprintf(path_out, 512, "%s/%s", p->dir, item->d_name);
        count++;
    }
    if (dir) closedir(dir);
    return count;
}

static void remove_place(place *p) {
    char path[512];
    while (entries(p, path, NULL) || records(p, WY_CACHE_CHECKED_SUFFIX, path) ||
           records(p, WY_CACHE_PART_SUFFIX, path))
        assert_int_equal(unlink(path), 0);
    rmdir(p->dir);
    assert_int_equal(rmdir(p->root), 0);
}

/* Calls `f` of the module, which is to return `n`, and ends the module. */
static void call(wy_engine *engine, own wy_module *module, int n) {
    assert_int_equal(wy_testing_call(engine, module), n);
    wy_module_free(module);
}

/* Loads a module whose `f` returns `n`, and calls it. */
static void use(wy_engine *engine, int n) {
    char text[200];
    snprintf(text, sizeof text, "(module (func (export \"f\") (result i32) (i32.const %d)))", n);
    call(engine, wy_testing_module(engine, text), n);
}

static ino_t inode(const char *path) {
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

/* Comes first: the compiler's threads do not survive a fork, so none may run yet. */
TEST(processes_that_start_at_once_agree) {
    enum { RIVALS = 6 };
    place p;
    char path[512];
    pid_t pids[RIVALS];
    make_place(&p);
    for (int i = 0; i < RIVALS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            wy_engine *engine = engine_at(&p, 0);
            for (int n = 0; n < 3; n++)
                use(engine, n);
            wy_engine_free(engine);
            _exit(0);
        }
    }
    for (int i = 0; i < RIVALS; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(entries(&p, path, NULL), 3);
    remove_place(&p);
}

TEST(a_module_is_compiled_once) {
    place p;
    char path[512];
    make_place(&p);
    wy_engine *engine = engine_at(&p, 0);
    use(engine, 1);
    assert_int_equal(entries(&p, path, NULL), 1);
    ino_t first = inode(path);
    use(engine, 1);
    wy_engine_free(engine);
    engine = engine_at(&p, 0);
    use(engine, 1);
    assert_int_equal(entries(&p, path, NULL), 1);
    assert_int_equal(inode(path), first);
    use(engine, 2);
    assert_int_equal(entries(&p, path, NULL), 2);
    wy_engine_free(engine);
    remove_place(&p);
}

/* Damages the one entry with `harm` and sees that it is made anew. */
static void harmed(void (*harm)(const char *path)) {
    place p;
    char path[512];
    off_t before, after;
    make_place(&p);
    wy_engine *engine = engine_at(&p, 0);
    use(engine, 1);
    assert_int_equal(entries(&p, path, &before), 1);
    harm(path);
    use(engine, 1);
    assert_int_equal(entries(&p, path, &after), 1);
    assert_int_equal(before, after);
    use(engine, 1);
    wy_engine_free(engine);
    remove_place(&p);
}

static void flip_at(const char *path, off_t at, int whence) {
    int fd = open(path, O_RDWR);
    char byte;
    assert_true(lseek(fd, at, whence) >= 0);
    assert_int_equal(read(fd, &byte, 1), 1);
    byte ^= 1;
    assert_true(lseek(fd, -1, SEEK_CUR) >= 0);
    assert_int_equal(write(fd, &byte, 1), 1);
    close(fd);
}

static void flip_first(const char *path) {
    flip_at(path, 0, SEEK_SET);
}

static void flip_middle(const char *path) {
    flip_at(path, 3000, SEEK_SET);
}

static void flip_fingerprint(const char *path) {
    flip_at(path, -190, SEEK_END);
}

static void cut(const char *path) {
    assert_int_equal(truncate(path, 5000), 0);
}

static void cut_short(const char *path) {
    assert_int_equal(truncate(path, 10), 0);
}

static void lengthen(const char *path) {
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
}

static void empty(const char *path) {
    assert_int_equal(truncate(path, 0), 0);
}

TEST(a_damaged_entry_is_made_anew) {
    harmed(flip_first);
    harmed(flip_middle);
    harmed(flip_fingerprint);
    harmed(cut);
    harmed(cut_short);
    harmed(lengthen);
    harmed(empty);
}

TEST(what_was_not_used_longest_goes) {
    place p;
    char path[512];
    off_t size;
    make_place(&p);
    wy_engine *engine = engine_at(&p, 0);
    use(engine, 1);
    entries(&p, path, &size);
    struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    wy_engine_free(engine);
    engine = engine_at(&p, (uint64_t)size * 3 + 100);
    use(engine, 1); /* its time of use is now */
    entries(&p, path, NULL);
    ino_t kept = inode(path);
    for (int n = 2; n <= 3; n++) {
        use(engine, n);
        char other[512];
        DIR *dir = opendir(p.dir);
        for (struct dirent *item; (item = readdir(dir)) != NULL;) {
            snprintf(other, sizeof other, "%s/%s", p.dir, item->d_name);
            if (item->d_name[0] != '.' && inode(other) != kept)
                assert_int_equal(utimensat(AT_FDCWD, other, old, 0), 0);
        }
        closedir(dir);
    }
    assert_int_equal(entries(&p, path, NULL), 3);
    use(engine, 4);
    assert_int_equal(entries(&p, path, &size), 2);
    use(engine, 1);
    assert_int_equal(entries(&p, path, &size), 2);
    wy_engine_free(engine);
    remove_place(&p);
}

/* --- what is known of files without reading them --- */

#define LARGE ((1 << 20) + 100) /* enough that records are kept, and that it is mapped ahead */

/* Writes a module with LARGE bytes of data whose `f` returns `n` to an open file. */
static void write_large(int fd, int n) {
    size_t len, size = LARGE + 400;
    char *text = malloc(size), *data = malloc(LARGE + 1);
    memset(data, 'x', LARGE);
    data[LARGE] = 0;
    snprintf(text, size,
             "(module (memory 17) (data (i32.const 0) \"%s\") (func (export \"f\") (result i32) "
             "(i32.const %d)))",
             data, n);
    uint8_t *wasm = wy_testing_wasm(text, &len);
    assert_int_equal(pwrite(fd, wasm, len, 0), (ssize_t)len);
    free(wasm);
    free(data);
    free(text);
}

/* Makes the file the source, and expects the module in it. */
static wy_str open_source(wy_engine *engine, const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &st), 0);
    size_t len = (size_t)st.st_size;
    wy_file_id id = wy_file_id_of(fd, &st);
    uint8_t *bytes = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_true(bytes != MAP_FAILED);
    close(fd);
    wy_str source = {(const char *)bytes, len};
    wy_engine_set_source(engine, &id, bytes, len);
    wy_engine_expect(engine, &source, 1);
    return source;
}

/* Loads the file as a source and calls it; whether its key was known before. */
static bool use_file(wy_engine *engine, const char *path, int n) {
    wy_diag diag;
    wy_module *module;
    char key[WY_CACHE_KEY_BYTES];
    wy_str source = open_source(engine, path);
    const uint8_t *bytes = (const uint8_t *)source.ptr;
    size_t len = source.len;
    bool was_known = wy_known_part(engine, bytes, len, key);
    assert_int_equal(wy_module_load(engine, bytes, len, &module, &diag), WY_OK);
    wy_engine_set_source(engine, NULL, NULL, 0);
    assert_false(wy_known_part(engine, bytes, len, key));
    munmap((void *)bytes, len);
    call(engine, module, n);
    return was_known;
}

/* Puts the times of `path` back to those in `st`, as far as a user can. */
static void set_back(const char *path, const struct stat *st) {
    struct timespec times[2] = {st->st_atim, st->st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void wait_until_settled(void) {
    struct timespec pause = {.tv_sec = 2, .tv_nsec = 300000000};
    nanosleep(&pause, NULL);
}

typedef struct known {
    place place;
    char file[128], entry[512], record[512];
    wy_engine *engine;
    struct stat st; /* of the file, settled */
} known;

/* A file that was loaded when it was settled, with its entry. */
static void make_known(known *k) {
    make_place(&k->place);
    k->engine = engine_at(&k->place, 0);
    snprintf(k->file, sizeof k->file, "%s/large.wasm", k->place.root);
    int fd = open(k->file, O_RDWR | O_CREAT, 0600);
    write_large(fd, 1);
    assert_false(use_file(k->engine, k->file, 1));
    write_large(fd, 1);
    assert_false(use_file(k->engine, k->file, 1)); /* just written: may change at any time */
    close(fd);
    assert_int_equal(entries(&k->place, k->entry, NULL), 1);
    assert_int_equal(records(&k->place, WY_CACHE_PART_SUFFIX, k->record), 0);
    wait_until_settled();
    assert_false(use_file(k->engine, k->file, 1));
    assert_true(use_file(k->engine, k->file, 1));
    assert_int_equal(records(&k->place, WY_CACHE_PART_SUFFIX, k->record), 1);
    assert_int_equal(stat(k->file, &k->st), 0);
}

static void remove_known(known *k) {
    wy_engine_free(k->engine);
    assert_int_equal(unlink(k->file), 0);
    remove_place(&k->place);
}

TEST(a_file_is_known_until_it_changes) {
    known k;
    char other[160];
    make_known(&k);
    int fd = open(k.file, O_RDWR); /* in place, with size and time of modification as before */
    write_large(fd, 2);
    close(fd);
    set_back(k.file, &k.st);
    assert_false(use_file(k.engine, k.file, 2));

    snprintf(other, sizeof other, "%s.new", k.file); /* and by another in its place */
    fd = open(other, O_RDWR | O_CREAT, 0600);
    write_large(fd, 3);
    close(fd);
    set_back(other, &k.st);
    assert_int_equal(rename(other, k.file), 0);
    assert_false(use_file(k.engine, k.file, 3));
    assert_int_equal(records(&k.place, WY_CACHE_PART_SUFFIX, k.record), 1);
    remove_known(&k);
}

/* The entry is known to be good; damage it so that only its time of change tells. */
TEST(an_entry_is_known_until_it_changes) {
    known k;
    char key[WY_CACHE_KEY_BYTES];
    struct stat st;
    make_known(&k);
    snprintf(key, sizeof key, "%s", strrchr(k.entry, '/') + 1);
    assert_int_equal(stat(k.entry, &st), 0);
    int fd = open(k.entry, O_RDONLY);
    wy_file_id id = wy_file_id_of(fd, &st);
    close(fd);
    assert_true(wy_known_entry(k.engine->cache, k.engine, key, &id));
    flip_middle(k.entry);
    set_back(k.entry, &st);
    ino_t before = inode(k.entry);
    use_file(k.engine, k.file, 1);
    assert_int_equal(entries(&k.place, k.entry, NULL), 1);
    assert_int_not_equal(inode(k.entry), before);
    remove_known(&k);
}

TEST(a_record_that_is_damaged_says_nothing) {
    known k;
    make_known(&k);
    flip_at(k.record, 300, SEEK_SET); /* in the key */
    assert_false(use_file(k.engine, k.file, 1));
    assert_true(use_file(k.engine, k.file, 1));
    cut_short(k.record);
    assert_false(use_file(k.engine, k.file, 1));
    assert_int_equal(records(&k.place, WY_CACHE_CHECKED_SUFFIX, k.record), 1);
    flip_at(k.record, 30, SEEK_SET);
    assert_true(use_file(k.engine, k.file, 1));
    remove_known(&k);
}

TEST(what_is_expected_is_mapped_ahead) {
    known k;
    wy_diag diag;
    make_known(&k);
    wy_str source;
    wy_module *module = NULL;
    for (int i = 0;; i++) { /* again when it was asked for before the thread ran */
        assert_true(i < 100);
        source = open_source(k.engine, k.file);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        module = wy_ahead_take(k.engine, (const uint8_t *)source.ptr, source.len);
        if (module) break;
        wy_engine_set_source(k.engine, NULL, NULL, 0);
        munmap((void *)source.ptr, source.len);
    }
    assert_null(wy_ahead_take(k.engine, (const uint8_t *)source.ptr, source.len));
    call(k.engine, module, 1);
    assert_int_equal(
        wy_module_load(k.engine, (const uint8_t *)source.ptr, source.len, &module, &diag),
        WY_OK); /* once more is possible */
    call(k.engine, module, 1);
    wy_engine_set_source(k.engine, NULL, NULL, 0);
    munmap((void *)source.ptr, source.len);

    source = open_source(k.engine, k.file); /* nobody takes it */
    wy_engine_set_source(k.engine, NULL, NULL, 0);
    assert_null(wy_ahead_take(k.engine, (const uint8_t *)source.ptr, source.len));
    munmap((void *)source.ptr, source.len);

    flip_middle(k.entry); /* what cannot be used is made as if it had not been expected */
    assert_true(use_file(k.engine, k.file, 1));
    remove_known(&k);
}

TEST(an_unusable_directory_is_gone_without) {
    place p;
    char path[512];
    make_place(&p);
    int fd = open(p.dir, O_WRONLY | O_CREAT, 0600); /* a file where the directory should be */
    close(fd);
    wy_engine *engine = engine_at(&p, 0);
    use(engine, 1);
    wy_engine_free(engine);
    assert_int_equal(unlink(p.dir), 0);
    assert_int_equal(mkdir(p.dir, 0700), 0);
    assert_int_equal(chmod(p.dir, 0777), 0); /* anyone might write code there */
    engine = engine_at(&p, 0);
    use(engine, 1);
    wy_engine_free(engine);
    assert_int_equal(entries(&p, path, NULL), 0);
    remove_place(&p);
}

TEST(a_component_compiled_ahead_brings_its_modules) {
    wy_engine *engine = wy_testing_engine();
    size_t lens[2];
    uint8_t *wasm[2] = {
        wy_testing_wasm("(module (func (export \"f\") (result i32) (i32.const 7)))", &lens[0]),
        wy_testing_wasm("(module (func (export \"f\") (result i32) (i32.const 8)))", &lens[1])};
    wy_str modules[2] = {{(char *)wasm[0], lens[0]}, {(char *)wasm[1], lens[1]}};
    uint8_t *bytes;
    size_t len;
    wy_diag diag;
    wy_str component;
    wy_diag_init(&diag);
    assert_int_equal(wy_aot_build(engine, WY_STR("the component"), modules, 2, &bytes, &len, &diag),
                     WY_OK);
    assert_true(wy_aot_is(bytes, len));
    assert_false(wy_aot_is(wasm[0], lens[0]));
    assert_int_equal(wy_aot_attach(engine, bytes, len, &component, &diag), WY_OK);
    assert_true(wy_str_eqz(component, "the component"));
    use(engine, 7);
    use(engine, 8);
    use(engine, 9);
    char key[WY_CACHE_KEY_BYTES];
    wy_cache_key(engine, wasm[1], lens[1], key);
    assert_non_null(wy_aot_find(engine, key).ptr);
    wy_aot_detach_all(engine);
    assert_null(wy_aot_find(engine, key).ptr);
    wy_engine_free(engine);

    place p; /* by way of a cache, where there is one */
    char path[512];
    make_place(&p);
    engine = engine_at(&p, 0);
    assert_int_equal(wy_aot_attach(engine, bytes, len, &component, &diag), WY_OK);
    use(engine, 7);
    assert_int_equal(entries(&p, path, NULL), 1);
    wy_aot_detach_all(engine);
    wy_engine_free(engine);
    remove_place(&p);

    engine = wy_testing_engine();
    bytes[len / 2] ^= 1;
    assert_int_equal(wy_aot_attach(engine, bytes, len, &component, &diag), WY_MALFORMED);
    bytes[len / 2] ^= 1;
    for (size_t cut_at = 0; cut_at < len; cut_at += 97) {
        wy_diag_init(&diag);
        assert_int_not_equal(wy_aot_attach(engine, bytes, cut_at, &component, &diag), WY_OK);
    }
    bytes[8 + 16 + 2]++; /* another version of withy */
    wy_diag_init(&diag);
    assert_int_equal(wy_aot_attach(engine, bytes, len, &component, &diag), WY_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "compile the component again"));
    wy_engine_free(engine);
    for (int i = 0; i < 2; i++)
        free(wasm[i]);
    free(bytes);
}
