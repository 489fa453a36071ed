/* witgen --out DIR --wit PATH... --interface NAME[=PREFIX]...
 * Reads WIT files and folders, writes PREFIX.h and PREFIX.c for each interface, and wit.h and wit.c
 * for the types they share. A file whose content is as before is left alone, so that nothing
 * rebuilds. */
#include "witgen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)1 << 30)
#define OUTPUT_MAX ((size_t)64 << 20)

void wg_die(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fputs("witgen: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void *wg_must(void *at) {
    if (!at) wg_die("out of memory");
    return at;
}

void *wg_push(witgen *wg, void *items_at, uint32_t *count, uint32_t *cap, const void *item,
              size_t size) {
    char *items;
    memcpy(&items, items_at, sizeof items);
    items = wg_must(wy_arena_grow(&wg->arena, items, *count, cap, (size_t)*count + 1, size));
    memcpy(items_at, &items, sizeof items);
    return memcpy(items + (*count)++ * size, item, size);
}

static bool same_content(const char *path, const wy_buf *buf) {
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    char *old = wg_must(malloc(buf->len + 1));
    size_t len = fread(old, 1, buf->len + 1, file);
    bool same = len == buf->len && memcmp(old, buf->ptr, len) == 0;
    free(old);
    fclose(file);
    return same;
}

static void write_file(const char *path, const wy_buf *buf) {
    if (buf->failed) wg_die("%s: larger than the limit", path);
    if (same_content(path, buf)) return;
    FILE *file = fopen(path, "wb");
    if (!file) wg_die("%s: %s", path, strerror(errno));
    size_t written = fwrite(buf->ptr, 1, buf->len, file);
    if (fclose(file) || written != buf->len) wg_die("%s: %s", path, strerror(errno));
}

static void write_interface(witgen *wg, const char *out, const wg_interface *in) {
    static void (*const printers[])(witgen *, wy_buf *, const wg_interface *) = {wg_print_header,
                                                                                 wg_print_table};
    for (int i = 0; i < 2; i++) {
        wy_buf buf;
        wy_buf_init(&buf, OUTPUT_MAX);
        printers[i](wg, &buf, in);
        write_file(wg_must(wy_arena_printf(&wg->arena, "%s/%s.%c", out, in->prefix, "hc"[i])),
                   &buf);
        wy_buf_deinit(&buf);
    }
}

static void read_option(witgen *wg, const char *mode, const char *value, const char **out) {
    wy_diag diag;
    wy_diag_init(&diag);
    if (strcmp(mode, "--out") == 0) {
        *out = value;
    } else if (strcmp(mode, "--wit") == 0) {
        if (wy_wit_set_add_path(&wg->set, value, &diag)) wg_die("%s", diag.text);
    } else if (strcmp(mode, "--interface") == 0) {
        wy_str name = wy_str_of(value);
        size_t at = wy_str_find(name, '=');
        wg_add_interface(wg, wy_str_sub(name, 0, at), at < name.len ? value + at + 1 : NULL);
    } else {
        wg_die("%s is no option; --out DIR, --wit PATH... and --interface NAME[=PREFIX]... are",
               mode);
    }
}

int main(int argc, char **argv) {
    witgen wg = {0};
    const char *out = NULL, *mode = "";
    wy_arena_init(&wg.arena, ARENA_MAX);
    wy_wit_set_init(&wg.set, &wg.arena);
    wy_map_init(&wg.identifiers, &wg.arena);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0)
            mode = argv[i];
        else
            read_option(&wg, mode, argv[i], &out);
    }
    if (!out) wg_die("--out DIR is missing");
    wg_build(&wg);
    write_interface(&wg, out, &wg.common);
    for (uint32_t i = 0; i < wg.interface_count; i++)
        write_interface(&wg, out, wg.interfaces[i]);
    wy_arena_deinit(&wg.arena);
    return 0;
}
