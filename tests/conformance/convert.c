/* Calls wast2json once for each content of a script: results lie in the cache folder under a key of
 * the script, the tool and the option. */
#include "convert.h"

#include "base/map.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRIPT_BYTES_MAX ((size_t)64 << 20)

bool convert_tool(path *tool_out) {
    const char *given = getenv("WAST2JSON");
    if (given) {
        snprintf(tool_out->text, sizeof tool_out->text, "%s", given);
        return true;
    }
    FILE *build = popen(WITHY_SOURCE_DIR "/tests/conformance/wast2json/build", "r");
    if (!build) return false;
    bool read = fgets(tool_out->text, sizeof tool_out->text, build) != NULL;
    if (pclose(build) != 0 || !read) {
        fprintf(stderr, "conformance: wast2json is not at hand and could not be built\n");
        return false;
    }
    tool_out->text[strcspn(tool_out->text, "\n")] = '\0';
    return true;
}

/* mkdir -p */
static bool make_folders(const char *folder) {
    path part;
    snprintf(part.text, sizeof part.text, "%s", folder);
    for (char *at = part.text + 1;; at++) {
        if (*at != '/' && *at != '\0') continue;
        char end = *at;
        *at = '\0';
        if (mkdir(part.text, 0777) != 0 && errno != EEXIST) return false;
        if (end == '\0') return true;
        *at = end;
    }
}

static bool cache_folder(path *out) {
    const char *own_cache = getenv("WITHY_CACHE_DIR"), *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int n = own_cache ? snprintf(out->text, sizeof out->text, "%s", own_cache)
            : xdg     ? snprintf(out->text, sizeof out->text, "%s/withy", xdg)
                      : snprintf(out->text, sizeof out->text, "%s/.cache/withy", home ? home : "");
    return n > 0 && (size_t)n < sizeof out->text;
}

static bool hash_file(const char *name, uint64_t *hash_out) {
    FILE *file = fopen(name, "rb");
    if (!file) return false;
    wy_buf buf;
    wy_buf_init(&buf, SCRIPT_BYTES_MAX);
    char chunk[65536];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        wy_buf_append(&buf, chunk, n);
    fclose(file);
    *hash_out = wy_hash(buf.ptr, buf.len);
    wy_buf_deinit(&buf);
    return true;
}

static bool run_tool(const path *tool, const char *script, bool strict_indices,
                     const path *folder) {
    pid_t child = fork();
    if (child == 0) {
        if (strict_indices)
            setenv("WAST_STRICT_COMPONENT_INDICES", "1", 1);
        else
            unsetenv("WAST_STRICT_COMPONENT_INDICES");
        execl(tool->text, tool->text, script, folder->text, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

json_t *convert_script(const path *tool, const char *script, bool strict_indices,
                       path *folder_out) {
    path cache, part, file;
    uint64_t hash;
    if (!cache_folder(&cache) || !hash_file(script, &hash)) {
        fprintf(stderr, "conformance: %s cannot be read\n", script);
        return NULL;
    }
    hash ^= wy_hash(tool->text, strlen(tool->text));
    const char *slash = strrchr(script, '/'), *name = slash ? slash + 1 : script;
    size_t stem = strlen(name) > 5 ? strlen(name) - 5 : 0; /* ".wast" */
    int n = snprintf(folder_out->text, sizeof folder_out->text, "%s/conformance/%.*s-%016llx%s",
                     cache.text, (int)stem, name, (unsigned long long)hash,
                     strict_indices ? "-strict" : "");
    if (n < 0 || (size_t)n >= sizeof folder_out->text - 300) return NULL;
    snprintf(file.text, sizeof file.text, "%.3700s/%.*s.json", folder_out->text, (int)stem, name);
    json_error_t error;
    json_t *json = json_load_file(file.text, JSON_ALLOW_NUL, &error);
    if (json) return json;

    /* Made beside and moved into place, so that a run that is cut off leaves nothing half done. */
    snprintf(part.text, sizeof part.text, "%.3700s.%ld", folder_out->text, (long)getpid());
    if (!make_folders(part.text) || !run_tool(tool, script, strict_indices, &part)) {
        fprintf(stderr, "conformance: %s could not be converted\n", script);
        return NULL;
    }
    if (rename(part.text, folder_out->text) != 0 && errno != ENOTEMPTY && errno != EEXIST)
        fprintf(stderr, "conformance: %s: %s\n", folder_out->text, strerror(errno));
    return json_load_file(file.text, JSON_ALLOW_NUL, &error);
}
