#include "app/files.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"

static char root[32], app_dir[48], target[48];
static wy_diag diag;

static void put(const char *path, const char *text) {
    char full[256];
    snprintf(full, sizeof full, "%s/%s", app_dir, path);
    for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void set_up(void) {
    strcpy(root, "/tmp/withy-files-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(app_dir, sizeof app_dir, "%s/app", root);
    snprintf(target, sizeof target, "%s/target", root);
    assert_int_equal(mkdir(target, 0755), 0);
    put("readme.md", "readme");
    put("assets/a.txt", "a");
    put("assets/b.map", "b");
    put("assets/.hidden", "h");
    put("assets/deep/er/c.txt", "c");
    put("static/index.html", "html");
    put("../outside", "secret");
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw) {
    (void)info, (void)type, (void)ftw;
    return remove(path);
}

static void tear_down(void) {
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static wy_err stage(const char *source, const char *destination, const char *exclude) {
    wy_app app = {.root = wy_str_of(app_dir)};
    wy_app_files entry = {
        .source = wy_str_of(source), .destination = wy_str_of(destination), .line = 7};
    wy_str globs[] = {wy_str_of(exclude)};
    wy_app_component component = {.id = WY_STR("c"),
                                  .files = &entry,
                                  .files_count = 1,
                                  .exclude_files = {globs, exclude ? 1 : 0}};
    nftw(target, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    assert_int_equal(mkdir(target, 0755), 0);
    wy_diag_init(&diag);
    return wy_app_files_stage(&app, &component, target, &diag);
}

static uint32_t found;
static int count_one(const char *path, const struct stat *info, int type, struct FTW *ftw) {
    (void)path, (void)info, (void)ftw;
    found += type == FTW_F;
    return 0;
}

/* `count` files are there, and `path` is one of them with this content. */
static void expect(uint32_t count, const char *path, const char *text) {
    if (diag.err) fail_msg("%s", diag.text);
    found = 0;
    nftw(target, count_one, 16, FTW_PHYS);
    assert_int_equal(found, count);
    char full[256], buffer[32] = {0};
    snprintf(full, sizeof full, "%s/%s", target, path);
    FILE *file = fopen(full, "r");
    if (!file) fail_msg("%s is not there", full);
    assert_true(fread(buffer, 1, sizeof buffer - 1, file) > 0);
    fclose(file);
    assert_string_equal(buffer, text);
}

TEST(paths_and_globs_keep_their_place) {
    set_up();
    stage("readme.md", NULL, NULL);
    expect(1, "readme.md", "readme");
    stage("assets", NULL, NULL);
    expect(4, "assets/deep/er/c.txt", "c");
    stage("./assets/", NULL, NULL);
    expect(4, "assets/a.txt", "a");
    stage("assets/*", NULL, NULL);
    expect(3, "assets/a.txt", "a");
    stage("assets/*.txt", NULL, NULL);
    expect(1, "assets/a.txt", "a");
    stage("assets/**/*.txt", NULL, NULL);
    expect(2, "assets/deep/er/c.txt", "c");
    stage("**/*.txt", NULL, NULL);
    expect(2, "assets/a.txt", "a");
    stage("*/index.?tml", NULL, NULL);
    expect(1, "static/index.html", "html");
    tear_down();
}

TEST(excluded_files_are_left_out) {
    set_up();
    stage("assets/**/*", NULL, "assets/*.map");
    expect(3, "assets/a.txt", "a");
    stage("assets/**/*", NULL, "**/er/*");
    expect(3, "assets/b.map", "b");
    tear_down();
}

TEST(mounts_go_to_their_destination) {
    set_up();
    stage("assets", "/", NULL);
    expect(4, "deep/er/c.txt", "c");
    stage("assets", "/www/data/", NULL);
    expect(4, "www/data/a.txt", "a");
    stage("../outside", "in/side.txt", NULL);
    expect(1, "in/side.txt", "secret");
    stage("static/index.html", "/index.html", NULL);
    expect(1, "index.html", "html");
    tear_down();
}

TEST(links_to_files_are_files_and_links_to_folders_are_not_followed) {
    set_up();
    char link_path[256];
    snprintf(link_path, sizeof link_path, "%s/assets/loop", app_dir);
    assert_int_equal(symlink("..", link_path), 0);
    snprintf(link_path, sizeof link_path, "%s/assets/linked.txt", app_dir);
    assert_int_equal(symlink("a.txt", link_path), 0);
    stage("assets", NULL, NULL);
    expect(5, "assets/linked.txt", "a");
    tear_down();
}

static void refuse(const char *source, const char *destination, wy_err err, const char *text) {
    assert_int_equal(stage(source, destination, NULL), err);
    if (!strstr(diag.text, text)) fail_msg("%s", diag.text);
    assert_int_equal(diag.line, 7);
}

TEST(what_leads_out_is_refused) {
    set_up();
    refuse("../outside", NULL, WY_INVALID, "'../outside' leads out of the application");
    refuse("assets/../../outside", NULL, WY_INVALID, "leads out of the application");
    refuse("/etc/passwd", NULL, WY_INVALID, "leads out of the application");
    refuse("assets", "/../x", WY_INVALID, "the destination '../x' leads out");
    refuse("readme.md", "/", WY_INVALID, "a file needs a name as destination");
    refuse("absent.txt", NULL, WY_NOT_FOUND, "[component.c]: files: there is no ");
    assert_int_equal(stage("absent/*.txt", NULL, NULL), WY_OK);
    tear_down();
}
