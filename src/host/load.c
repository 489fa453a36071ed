/* Loading files: mapping, telling kinds of file apart, and building the settings of interfaces. */
#include "host/load.h"

#include "base/limits.h"
#include "component/decode.h"
#include "engine/aot.h"
#include "interface/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file and what the interfaces know about the component in it. */
typedef struct part {
    wy_file file;
    wy_str component; /* in the file */
    wy_settings settings;
} part;

struct wy_guest {
    wy_arena arena;
    wy_code *code;
    wy_component *component;
    part *parts; /* the component itself, and then its providers */
    size_t part_count;
};

int wy_host_fail(const wy_diag *diag, withy_error *error) {
    wy_err err = diag->err == WY_OK ? WY_IO : diag->err;
    int code = wy_err_exit_code(err);
    if (error) {
        error->code = code;
        error->status = (withy_status)err;
        snprintf(error->text, sizeof error->text, "%s",
                 diag->text[0] ? diag->text : wy_err_text(err));
    }
    return code;
}

withy_status wy_host_status(wy_err err, wy_diag *diag, withy_error *error) {
    if (diag->err == WY_OK) wy_diag_set(diag, err, "%s", wy_err_text(err));
    if (error) wy_host_fail(diag, error);
    return (withy_status)err;
}

void wy_host_place(wy_diag *diag, const char *path) {
    if (diag->has_offset) wy_diag_prefix(diag, "offset 0x%llx", (unsigned long long)diag->offset);
    wy_diag_prefix(diag, "%s", path);
}

wy_str wy_host_file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return wy_str_of(slash ? slash + 1 : path);
}

wy_err wy_file_map(const char *path, wy_file *file_out, wy_diag *diag) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not block here */
    if (fd < 0)
        return wy_diag_set(diag, errno == ENOENT ? WY_NOT_FOUND : WY_IO, "%s: %s", path,
                           strerror(errno));
    struct stat st;
    wy_err err = WY_OK;
    *file_out = (wy_file){0};
    if (fstat(fd, &st) != 0)
        err = wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        err = wy_diag_set(diag, WY_IO, "%s: not a regular file", path);
    else if ((uint64_t)st.st_size > WY_MAX_COMPONENT_BYTES)
        err = wy_diag_set(diag, WY_LIMIT, "%s: larger than %zu bytes (WY_MAX_COMPONENT_BYTES)",
                          path, WY_MAX_COMPONENT_BYTES);
    else if (st.st_size == 0)
        err = wy_diag_set(diag, WY_MALFORMED, "%s: the file is empty", path);
    if (!err) {
        void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at == MAP_FAILED)
            err = wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
        else
            *file_out = (wy_file){at, (size_t)st.st_size, wy_file_id_of(fd, &st)};
    }
    close(fd);
    return err;
}

void wy_file_unmap(wy_file *file) {
    if (file->bytes) munmap((void *)file->bytes, file->len);
    *file = (wy_file){0};
}

wy_err wy_file_keep(wy_file *file, wy_diag *diag) {
    wy_file copy;
    wy_err err = wy_file_copy(file->bytes, file->len, &copy, diag);
    if (err) return err;
    copy.id = file->id;
    wy_file_unmap(file);
    *file = copy;
    return WY_OK;
}

wy_err wy_host_engine(const withy_options *options, own wy_engine **engine_out, wy_diag *diag) {
    wy_engine_config config;
    wy_engine_config_init(&config);
    config.in_background = true;
    config.pooling = !options->no_pooling;
    config.no_cache = options->no_cache;
    config.cache_dir = options->cache_dir;
    if (options->instances_max) config.max_instances = options->instances_max;
    return wy_engine_new(&config, engine_out, diag);
}

/* --- kinds of file --- */

wy_err wy_file_copy(const void *bytes, size_t len, wy_file *file_out, wy_diag *diag) {
    if (len == 0) return wy_diag_set(diag, WY_MALFORMED, "there are no bytes");
    if (len > WY_MAX_COMPONENT_BYTES)
        return wy_diag_set(diag, WY_LIMIT, "more than %zu bytes (WY_MAX_COMPONENT_BYTES)",
                           WY_MAX_COMPONENT_BYTES);
    void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return wy_diag_set(diag, WY_NOMEM, "out of memory for a component");
    memcpy(at, bytes, len);
    *file_out = (wy_file){.bytes = at, .len = len};
    return WY_OK;
}

wy_err wy_file_component(const wy_file *file, wy_engine *engine, wy_str *component_out,
                         wy_diag *diag) {
    *component_out = (wy_str){(const char *)file->bytes, file->len};
    wy_err err = WY_OK;
    if (wy_aot_is(file->bytes, file->len)) {
        wy_engine_set_source(engine, &file->id, file->bytes, file->len);
        err = wy_aot_attach(engine, file->bytes, file->len, component_out, diag);
        wy_engine_set_source(engine, NULL, NULL, 0);
    }
    return err ? err
               : wy_host_check_kind((const uint8_t *)component_out->ptr, component_out->len, diag);
}

static wy_err compose(wy_guest *guest, wy_engine *engine, const wy_settings_config *config,
                      bool keep_shims, wy_diag *diag) {
    size_t count = config->provider_count;
    wy_code_provider *providers = wy_arena_calloc(&guest->arena, count, sizeof *providers);
    if (!providers) return wy_diag_set(diag, WY_NOMEM, "out of memory for a component");
    for (size_t i = 0; i < count; i++)
        providers[i] =
            (wy_code_provider){(const uint8_t *)guest->parts[i + 1].component.ptr,
                               guest->parts[i + 1].component.len, config->providers[i].name,
                               config->providers[i].export_name, config->providers[i].importer};
    const wy_str *root = &guest->parts[0].component;
    return wy_code_compose(engine, (const uint8_t *)root->ptr, root->len, providers,
                           (uint32_t)count, keep_shims, &guest->code, diag);
}

/* Links what was composed. */
static wy_err link_guest(wy_guest *guest, const withy_options *options, wy_diag *diag) {
    wy_component_config component = {.name = guest->parts[0].settings.name,
                                     .unmet_trap = options->unmet_trap,
                                     .memory_bytes_max = options->memory_max};
    component.interfaces = wy_interfaces(&component.interface_count);
    wy_settings_use(&guest->parts[0].settings, component.settings);
    wy_provider_settings *settings =
        wy_arena_calloc(&guest->arena, guest->part_count - 1, sizeof *settings);
    if (!settings) return wy_diag_set(diag, WY_NOMEM, "out of memory for a component");
    for (size_t i = 1; i < guest->part_count; i++)
        wy_settings_use(&guest->parts[i].settings, settings[i - 1].settings);
    component.provider_settings = settings;
    return wy_component_link(guest->code, &component, &guest->component, diag);
}

static void unmap_parts(wy_guest *guest) {
    for (size_t i = 0; i < guest->part_count; i++) {
        guest->parts[i].component = (wy_str){0};
        wy_file_unmap(&guest->parts[i].file);
    }
}

static wy_err open_part(wy_guest *guest, wy_engine *engine, const wy_settings_config *config,
                        wy_diag *diag) {
    part *p = &guest->parts[guest->part_count++];
    wy_err err = wy_file_map(config->path, &p->file, diag);
    if (err) return err; /* which says the path */
    err = wy_settings_make(&p->settings, &guest->arena, config, diag);
    if (!err) err = wy_file_component(&p->file, engine, &p->component, diag);
    if (err) wy_host_place(diag, config->path);
    return err;
}

static wy_err load_guest(wy_guest *guest, wy_engine *engine, const withy_options *options,
                         const wy_settings_config *config, wy_diag *diag) {
    guest->parts = wy_arena_calloc(&guest->arena, config->provider_count + 1, sizeof *guest->parts);
    if (!guest->parts) return wy_diag_set(diag, WY_NOMEM, "out of memory for a component");
    wy_err err = open_part(guest, engine, config, diag);
    for (size_t i = 0; i < config->provider_count && !err; i++)
        err = open_part(guest, engine, &config->providers[i].config, diag);
    if (err) return err;
    const wy_file *file = &guest->parts[0].file;
    wy_engine_set_source(engine, &file->id, file->bytes, file->len);
    err = compose(guest, engine, config, options->keep_shims, diag);
    if (!err) wy_code_drop_types(guest->code);
    if (!err) err = link_guest(guest, options, diag);
    wy_engine_set_source(engine, NULL, NULL, 0);
    if (!err) unmap_parts(guest); /* not before: the engine reads of them by another thread */
    if (err) wy_host_place(diag, config->path);
    return err;
}

wy_err wy_host_check_kind(const uint8_t *bytes, size_t len, wy_diag *diag) {
    switch (wy_binary_kind_of(bytes, len)) {
    case WY_BINARY_COMPONENT: return WY_OK;
    case WY_BINARY_MODULE:
        return wy_diag_set(diag, WY_UNSUPPORTED,
                           "this is a core module; withy runs components: make one of it with "
                           "`wasm-tools component new` (with the preview-1 adapter where it was "
                           "built for wasm32-wasip1)");
    case WY_BINARY_OTHER:
        return wy_diag_set_at(diag, WY_MALFORMED, 0,
                              "this is not WebAssembly: a component begins with \\0asm");
    }
    return WY_INVALID;
}

wy_err wy_guest_load(wy_engine *engine, const withy_options *options,
                     const wy_settings_config *config, own wy_guest **guest_out, wy_diag *diag) {
    wy_guest *guest = calloc(1, sizeof *guest);
    if (!guest) return wy_diag_set(diag, WY_NOMEM, "out of memory for a component");
    wy_arena_init(&guest->arena, WY_MAX_SETTINGS_BYTES);
    wy_err err = load_guest(guest, engine, options, config, diag);
    wy_aot_detach_all(engine);
    if (err)
        wy_guest_free(guest);
    else
        *guest_out = guest;
    return err;
}

void wy_guest_free(own wy_guest *guest) {
    if (!guest) return;
    wy_component_free(guest->component);
    wy_code_free(guest->code);
    for (size_t i = 0; i < guest->part_count; i++) {
        wy_settings_deinit(&guest->parts[i].settings);
        wy_file_unmap(&guest->parts[i].file);
    }
    wy_arena_deinit(&guest->arena);
    free(guest);
}

const wy_component *wy_guest_component(const wy_guest *guest) {
    return guest->component;
}
