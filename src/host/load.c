/* Loading files: mapping, telling kinds of file apart, and building the settings of interfaces. */
#include "host/load.h"

#include "base/limits.h"
#include "component/decode.h"
#include "engine/aot.h"
#include "interface/registry.h"
#include "interface/wasi/cli.h"
#include "interface/wasi/filesystem.h"
#include "interface/wasi/logging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct wy_guest {
    wy_arena arena;
    wy_file file;
    wy_component *component;
    wy_wasi_cli_settings cli;
    wy_wasi_filesystem_settings filesystem;
    wy_logging_settings logging;
    wy_wasi_preopen *preopens;
    size_t preopen_count; /* opened so far */
};

int wy_host_fail(const wy_diag *diag, withy_error *error) {
    wy_err err = diag->err == WY_OK ? WY_IO : diag->err;
    int code = wy_err_exit_code(err);
    if (error) {
        error->code = code;
        snprintf(error->text, sizeof error->text, "%s",
                 diag->text[0] ? diag->text : wy_err_text(err));
    }
    return code;
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
            *file_out = (wy_file){at, (size_t)st.st_size, wy_file_id_of(&st)};
    }
    close(fd);
    return err;
}

void wy_file_unmap(wy_file *file) {
    if (file->bytes) munmap((void *)file->bytes, file->len);
    *file = (wy_file){0};
}

/* Puts memory with the same content in the place of a mapping; `from` is the start of a page. */
static bool own_pages(uint8_t *from, size_t len) {
    void *copy = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED) return false;
    memcpy(copy, from, len);
    if (mprotect(copy, len, PROT_READ) == 0 &&
        mremap(copy, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, from) != MAP_FAILED)
        return true;
    munmap(copy, len);
    return false;
}

static bool drop_pages(uint8_t *from, size_t len) {
    return mmap(from, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
                0) != MAP_FAILED;
}

wy_err wy_file_keep(wy_file *file, const wy_str *dropped, size_t dropped_count, wy_diag *diag) {
    uint8_t *base = (uint8_t *)file->bytes;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), at = 0;
    bool ok = true;
    /* In the file's order, as they usually come; one that goes back is kept. */
    for (size_t i = 0; i <= dropped_count && ok; i++) {
        size_t begin = file->len, end = file->len;
        if (i < dropped_count) {
            size_t start = (size_t)((const uint8_t *)dropped[i].ptr - base);
            begin = (start + page - 1) / page * page;
            end = (start + dropped[i].len) / page * page;
            if (begin < at || end <= begin) continue;
        }
        if (begin > at) ok = own_pages(base + at, begin - at);
        if (end > begin && ok) ok = drop_pages(base + begin, end - begin);
        at = end;
    }
    return ok ? WY_OK : wy_diag_set(diag, WY_NOMEM, "out of memory for the component's names");
}

wy_err wy_host_engine(const withy_options *options, own wy_engine **engine_out, wy_diag *diag) {
    wy_engine_config config;
    wy_engine_config_init(&config);
    config.pooling = !options->no_pooling;
    config.no_cache = options->no_cache;
    config.cache_dir = options->cache_dir;
    if (options->instances_max) config.max_instances = options->instances_max;
    return wy_engine_new(&config, engine_out, diag);
}

void wy_guest_config_init(wy_guest_config *config) {
    *config = (wy_guest_config){
        .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .follow_out_fd = -1, .follow_err_fd = -1};
}

/* --- settings --- */

static bool copy_str(wy_guest *guest, wy_str text, wy_str *out) {
    char *copy = wy_arena_strndup(&guest->arena, text.ptr, text.len);
    if (copy) *out = (wy_str){copy, text.len};
    return copy != NULL;
}

static wy_err no_memory(wy_diag *diag, const char *what) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for %s (at most %zu bytes of settings)", what,
                       WY_MAX_SETTINGS_BYTES);
}

static wy_err make_cli(wy_guest *guest, const wy_guest_config *config, wy_diag *diag) {
    wy_wasi_cli_settings *cli = &guest->cli;
    wy_wasi_cli_settings_init(cli);
    wy_str *arguments = wy_arena_calloc(&guest->arena, config->argument_count, sizeof *arguments);
    wy_wasi_variable *env = wy_arena_calloc(&guest->arena, config->env_count, sizeof *env);
    if (!arguments || !env) return no_memory(diag, "arguments and environment");
    for (size_t i = 0; i < config->argument_count; i++)
        if (!copy_str(guest, config->arguments[i], &arguments[i]))
            return no_memory(diag, "arguments");
    for (size_t i = 0; i < config->env_count; i++)
        if (!copy_str(guest, wy_str_of(config->env[i].name), &env[i].name) ||
            !copy_str(guest, wy_str_of(config->env[i].value), &env[i].value))
            return no_memory(diag, "the environment");
    cli->arguments = arguments;
    cli->argument_count = config->argument_count;
    cli->environment = env;
    cli->environment_count = config->env_count;
    cli->stdin_fd = config->stdin_fd;
    cli->out.fd = config->stdout_fd;
    cli->err.fd = config->stderr_fd;
    cli->out.follow_fd = config->follow_out_fd;
    cli->err.follow_fd = config->follow_err_fd;
    if (config->follow_out_fd >= 0 || config->follow_err_fd >= 0) {
        char *prefix =
            wy_arena_printf(&guest->arena, "[" WY_STR_FMT "] ", WY_STR_ARG(config->name));
        if (!prefix) return no_memory(diag, "the name in front of lines");
        cli->out.prefix = cli->err.prefix = wy_str_of(prefix);
    }
    return WY_OK;
}

static wy_err make_filesystem(wy_guest *guest, const wy_guest_config *config, wy_diag *diag) {
    guest->preopens = wy_arena_calloc(&guest->arena, config->dir_count, sizeof *guest->preopens);
    if (!guest->preopens) return no_memory(diag, "folders");
    for (size_t i = 0; i < config->dir_count; i++) {
        wy_str guest_path;
        if (!copy_str(guest, wy_str_of(config->dirs[i].guest_path), &guest_path))
            return no_memory(diag, "folders");
        wy_err err = wy_wasi_preopen_open(config->dirs[i].host_path, guest_path,
                                          config->dirs[i].read_only, &guest->preopens[i], diag);
        if (err) {
            wy_diag_prefix(diag, "folder %s", config->dirs[i].host_path);
            return err;
        }
        guest->preopen_count++;
    }
    guest->filesystem.preopens = guest->preopens;
    guest->filesystem.preopen_count = guest->preopen_count;
    return WY_OK;
}

/* --- kinds of file --- */

/* Of the file, what is read for as long as the component lives: all of the component but its core
 * modules, which are compiled by now. */
static wy_err keep_file(wy_guest *guest, wy_str component, wy_diag *diag) {
    const wy_plan *plan = wy_component_plan(guest->component);
    const char *begin = (const char *)guest->file.bytes, *end = begin + guest->file.len;
    const char *after = component.ptr + component.len;
    wy_str *dropped = wy_arena_calloc(&guest->arena, plan->module_count + 2, sizeof *dropped);
    if (!dropped) return wy_diag_set(diag, WY_NOMEM, "out of memory for a component");
    size_t count = 0;
    dropped[count++] = (wy_str){begin, (size_t)(component.ptr - begin)};
    for (uint32_t i = 0; i < plan->module_count; i++)
        dropped[count++] = (wy_str){(const char *)plan->modules[i]->bytes, plan->modules[i]->len};
    dropped[count++] = (wy_str){after, (size_t)(end - after)};
    return wy_file_keep(&guest->file, dropped, count, diag);
}

static wy_err load_file(wy_guest *guest, wy_engine *engine, wy_component_config *config,
                        wy_diag *diag) {
    wy_str component = {(const char *)guest->file.bytes, guest->file.len};
    wy_err err = WY_OK;
    if (wy_aot_is(guest->file.bytes, guest->file.len))
        err = wy_aot_attach(engine, guest->file.bytes, guest->file.len, &component, diag);
    const uint8_t *bytes = (const uint8_t *)component.ptr;
    if (!err) err = wy_host_check_kind(bytes, component.len, diag);
    if (!err)
        err = wy_component_load(engine, bytes, component.len, config, &guest->component, diag);
    wy_aot_detach_all(engine);
    return err ? err : keep_file(guest, component, diag);
}

static wy_err load_component(wy_guest *guest, wy_engine *engine, wy_component_config *config,
                             wy_diag *diag) {
    wy_engine_set_source(engine, &guest->file.id, guest->file.bytes, guest->file.len);
    wy_err err = load_file(guest, engine, config, diag);
    wy_engine_set_source(engine, NULL, NULL, 0);
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

wy_err wy_guest_load(wy_engine *engine, const withy_options *options, const wy_guest_config *config,
                     own wy_guest **guest_out, wy_diag *diag) {
    wy_guest *guest = calloc(1, sizeof *guest);
    if (!guest) return wy_diag_set(diag, WY_NOMEM, "out of memory for a component");
    wy_arena_init(&guest->arena, WY_MAX_SETTINGS_BYTES);
    wy_err err = wy_file_map(config->path, &guest->file, diag);
    if (!err) {
        err = make_cli(guest, config, diag);
        if (!err) err = make_filesystem(guest, config, diag);
        wy_component_config component = {.unmet_trap = options->unmet_trap,
                                         .keep_shims = options->keep_shims,
                                         .memory_bytes_max = options->memory_max};
        if (!err && !copy_str(guest, config->name, &component.name))
            err = no_memory(diag, "the component's name");
        component.interfaces = wy_interfaces(&component.interface_count);
        component.settings[WY_SLOT_WASI_CLI] = &guest->cli;
        component.settings[WY_SLOT_WASI_FILESYSTEM] = &guest->filesystem;
        component.settings[WY_SLOT_WASI_HTTP] = config->http;
        component.settings[WY_SLOT_KV] = config->kv;
        component.settings[WY_SLOT_CONFIG] = config->config;
        guest->logging =
            (wy_logging_settings){.fd = config->stderr_fd >= 0 ? config->stderr_fd : STDERR_FILENO,
                                  .component = component.name};
        component.settings[WY_SLOT_LOGGING] = &guest->logging;
        if (!err) err = load_component(guest, engine, &component, diag);
        if (err) wy_host_place(diag, config->path);
    }
    if (err) {
        wy_guest_free(guest);
        return err;
    }
    *guest_out = guest;
    return WY_OK;
}

void wy_guest_free(own wy_guest *guest) {
    if (!guest) return;
    wy_component_free(guest->component);
    for (size_t i = 0; i < guest->preopen_count; i++)
        wy_wasi_preopen_close(&guest->preopens[i]);
    wy_file_unmap(&guest->file);
    wy_arena_deinit(&guest->arena);
    free(guest);
}

const wy_component *wy_guest_component(const wy_guest *guest) {
    return guest->component;
}
