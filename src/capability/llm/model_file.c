/* Where a model lies. */
#include "capability/llm/model_file.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

/* No part of it leads out of the folder. */
static bool is_inside(wy_str name) {
    while (name.len) {
        size_t slash = wy_str_find(name, '/');
        wy_str part = wy_str_sub(name, 0, slash);
        if (part.len == 0 || part.ptr[0] == '.' || memchr(part.ptr, 0, part.len)) return false;
        if (slash + 1 == name.len) return false;
        name = wy_str_sub(name, slash < name.len ? slash + 1 : slash, name.len);
    }
    return true;
}

static bool is_kind(const char *path, mode_t kind) {
    struct stat info;
    return stat(path, &info) == 0 && (info.st_mode & S_IFMT) == kind;
}

/* The first name of that ending, in the order of bytes: of a model in several files the first. */
static char *first_of(wy_arena *arena, const char *folder, const char *ending) {
    DIR *dir = opendir(folder);
    char *found = NULL;
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!wy_str_ends(wy_str_of(entry->d_name), wy_str_of(ending))) continue;
        if (entry->d_name[0] == '.' || (found && strcmp(entry->d_name, found) >= 0)) continue;
        found = wy_arena_strndup(arena, entry->d_name, strlen(entry->d_name));
    }
    if (dir) closedir(dir);
    return found;
}

/* In one folder. */
static wy_llm_status look(const char *folder, wy_llm_request *r, const char **path_out) {
    wy_str name = r->model;
    char *path = wy_arena_printf(r->arena, "%s/" WY_STR_FMT, folder, WY_STR_ARG(name));
    char *with_ending =
        wy_arena_printf(r->arena, "%s/" WY_STR_FMT ".gguf", folder, WY_STR_ARG(name));
    if (!path || !with_ending) return wy_llm_nomem(r);
    *path_out = is_kind(path, S_IFREG) ? path : with_ending;
    if (is_kind(*path_out, S_IFREG)) return WY_LLM_OK;
    if (!is_kind(path, S_IFDIR)) return WY_LLM_NO_MODEL;
    const char *file = first_of(r->arena, path, ".gguf");
    if (file) {
        *path_out = wy_arena_printf(r->arena, "%s/%s", path, file);
        return *path_out ? WY_LLM_OK : wy_llm_nomem(r);
    }
    if (first_of(r->arena, path, ".safetensors"))
        return wy_llm_fail(r,
                           "the model '" WY_STR_FMT
                           "' is there as safetensors alone; withy runs "
                           "GGUF files",
                           WY_STR_ARG(name));
    return WY_LLM_NO_MODEL;
}

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

wy_llm_status wy_llm_model_file(const char *folder, wy_llm_request *r, const char **path_out) {
    if (!folder || !is_inside(r->model)) return WY_LLM_NO_MODEL;
    wy_llm_status status = look(folder, r, path_out);
    DIR *dir = status == WY_LLM_NO_MODEL ? opendir(folder) : NULL;
    char **families = NULL;
    uint32_t count = 0, cap = 0;
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') continue;
        families = wy_arena_grow(r->arena, families, count, &cap, count + 1, sizeof *families);
        char *path = wy_arena_printf(r->arena, "%s/%s", folder, entry->d_name);
        if (!families || !path) {
            closedir(dir);
            return wy_llm_nomem(r);
        }
        families[count++] = path;
    }
    if (dir) closedir(dir);
    if (count) qsort(families, count, sizeof *families, compare);
    for (uint32_t i = 0; i < count && status == WY_LLM_NO_MODEL; i++)
        if (is_kind(families[i], S_IFDIR)) status = look(families[i], r, path_out);
    return status;
}
