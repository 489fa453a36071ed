/* References: the grammar of the distribution project, section by section. */
#include "registry/reference.h"

#define TEXT_MAX 4096
#define REPOSITORY_MAX 255 /* what registries take */
#define TAG_MAX 128
#define OFFICIAL "library/"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c) {
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

/* Labels of letters, digits and inner hyphens, joined by dots; or an IPv6 address in brackets. */
static bool host_valid(wy_str host) {
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        for (size_t i = 1; i + 1 < host.len; i++) {
            char c = (char)(host.ptr[i] | 0x20);
            if (!is_digit(c) && !(c >= 'a' && c <= 'f') && host.ptr[i] != ':' && c != '.')
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool edge = i == 0 || i + 1 == host.len || host.ptr[i - 1] == '.' || host.ptr[i + 1] == '.';
        if (!is_alnum(c) && ((c != '-' && c != '.') || edge)) return false;
    }
    return host.len > 0;
}

bool wy_registry_name_valid(wy_str text) {
    size_t bracket = wy_str_rfind(text, ']'), colon = wy_str_rfind(text, ':');
    if (colon == text.len || (bracket < text.len && colon < bracket)) return host_valid(text);
    uint64_t port;
    return wy_str_to_u64(wy_str_sub(text, colon + 1, text.len), UINT16_MAX, &port) && port &&
           host_valid(wy_str_sub(text, 0, colon));
}

/* Letters and digits, in groups joined by '.', one or two '_', or any number of '-'. */
static bool component_valid(wy_str part) {
    for (size_t i = 0; i < part.len;) {
        size_t begin = i;
        while (i < part.len && (is_digit(part.ptr[i]) || is_lower(part.ptr[i])))
            i++;
        if (i == begin) return false;
        if (i == part.len) return true;
        char joint = part.ptr[i];
        size_t joints = 0, joints_max = joint == '.' ? 1 : joint == '_' ? 2 : SIZE_MAX;
        if (joint != '.' && joint != '_' && joint != '-') return false;
        while (i < part.len && part.ptr[i] == joint && joints < joints_max) {
            i++;
            joints++;
        }
    }
    return false; /* empty, or ends with a joint */
}

static bool repository_valid(wy_str repository) {
    for (wy_str rest = repository;;) {
        size_t slash = wy_str_find(rest, '/');
        if (!component_valid(wy_str_sub(rest, 0, slash))) return false;
        if (slash == rest.len) return true;
        rest = wy_str_sub(rest, slash + 1, rest.len);
    }
}

static bool tag_valid(wy_str tag) {
    if (tag.len == 0 || tag.len > TAG_MAX) return false;
    for (size_t i = 0; i < tag.len; i++) {
        char c = tag.ptr[i];
        if (!is_alnum(c) && c != '_' && (i == 0 || (c != '.' && c != '-'))) return false;
    }
    return true;
}

bool wy_digest_parse(wy_str text, wy_str *hex_out) {
    if (!wy_str_starts(text, WY_STR("sha256:")) || text.len != 7 + 64) return false;
    *hex_out = wy_str_sub(text, 7, text.len);
    for (size_t i = 0; i < hex_out->len; i++) {
        char c = hex_out->ptr[i];
        if (!is_digit(c) && !(c >= 'a' && c <= 'f')) return false;
    }
    return true;
}

/* The first part of a name is a registry if it cannot be a part of a repository. */
static bool is_registry(wy_str part) {
    return wy_str_find(part, '.') < part.len || wy_str_find(part, ':') < part.len ||
           wy_str_eqz(part, "localhost");
}

/* What a text consists of, before it is checked. `has` bits say what was written. */
typedef struct pieces {
    wy_str registry, repository, tag, digest;
    bool has_registry, has_tag, has_digest;
} pieces;

static pieces take_apart(wy_str text) {
    pieces p = {0};
    if (wy_str_starts(text, WY_STR("oci://"))) text = wy_str_sub(text, 6, text.len);
    size_t at = wy_str_find(text, '@');
    p.has_digest = at < text.len;
    if (p.has_digest) p.digest = wy_str_sub(text, at + 1, text.len);
    text = wy_str_sub(text, 0, at);
    size_t slash = wy_str_find(text, '/');
    p.has_registry = slash < text.len && is_registry(wy_str_sub(text, 0, slash));
    if (p.has_registry) {
        p.registry = wy_str_sub(text, 0, slash);
        text = wy_str_sub(text, slash + 1, text.len);
    }
    size_t colon = wy_str_find(text, ':');
    p.has_tag = colon < text.len;
    if (p.has_tag) p.tag = wy_str_sub(text, colon + 1, text.len);
    p.repository = wy_str_sub(text, 0, colon);
    return p;
}

/* Docker Hub's own images have a folder that need not be written. */
static bool is_official(const pieces *p) {
    return (!p->has_registry || wy_str_eqz(p->registry, "docker.io") ||
            wy_str_eqz(p->registry, "index.docker.io")) &&
           wy_str_find(p->repository, '/') == p->repository.len;
}

static const char *check(const pieces *p) {
    wy_str ignored;
    if (p->repository.len + (is_official(p) ? strlen(OFFICIAL) : 0) > REPOSITORY_MAX)
        return "a repository's name has at most 255 characters";
    if (p->has_registry && !wy_registry_name_valid(p->registry)) return "no host with its port";
    if (!repository_valid(p->repository))
        return "a repository is made of lower-case letters and digits, joined by '.', '_' or '-', "
               "in parts split by '/'";
    if (p->has_tag && !tag_valid(p->tag))
        return "a tag is made of at most 128 letters, digits, '_', '.' and '-'";
    if (p->has_digest && !wy_digest_parse(p->digest, &ignored))
        return "a digest is \"sha256:\" and 64 lower-case hexadecimal digits";
    return NULL;
}

wy_err wy_reference_parse(wy_arena *arena, wy_str text, wy_reference *out, wy_diag *diag) {
    *out = (wy_reference){0};
    if (text.len > TEXT_MAX) return wy_diag_set(diag, WY_INVALID, "the reference is too long");
    pieces p = take_apart(text);
    if (wy_str_starts(p.digest, WY_STR("sha512:")))
        return wy_diag_set(diag, WY_UNSUPPORTED,
                           "\"" WY_STR_FMT
                           "\": only digests by SHA-256 are "
                           "supported",
                           WY_STR_ARG(text));
    const char *wrong = check(&p);
    if (wrong)
        return wy_diag_set(diag, WY_INVALID, "\"" WY_STR_FMT "\" is no reference to a registry: %s",
                           WY_STR_ARG(text), wrong);
    *out = (wy_reference){.registry = p.has_registry ? p.registry : WY_STR("docker.io"),
                          .repository = p.repository,
                          .tag = p.has_tag || p.has_digest ? p.tag : WY_STR("latest")};
    if (p.has_digest) (void)wy_digest_parse(p.digest, &out->sha256);
    if (wy_str_eqz(out->registry, "index.docker.io")) out->registry = WY_STR("docker.io");
    if (!is_official(&p)) return WY_OK;
    const char *official = wy_arena_printf(arena, OFFICIAL WY_STR_FMT, WY_STR_ARG(out->repository));
    if (!official) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    out->repository = wy_str_of(official);
    return WY_OK;
}

bool wy_reference_is_likely(wy_str text) {
    if (text.len > TEXT_MAX) return false;
    pieces p = take_apart(text);
    if (check(&p)) return false;
    if (p.has_tag || p.has_digest || wy_str_starts(text, WY_STR("oci://"))) return true;
    bool is_file = wy_str_ends(text, WY_STR(".wasm")) || wy_str_ends(text, WY_STR(".toml"));
    return p.has_registry && !is_file;
}

const char *wy_reference_text(wy_arena *arena, const wy_reference *r) {
    return wy_arena_printf(arena, WY_STR_FMT "/" WY_STR_FMT "%s" WY_STR_FMT "%s" WY_STR_FMT,
                           WY_STR_ARG(r->registry), WY_STR_ARG(r->repository),
                           r->tag.len ? ":" : "", WY_STR_ARG(r->tag),
                           r->sha256.len ? "@sha256:" : "", WY_STR_ARG(r->sha256));
}

wy_str wy_reference_host(const wy_reference *r) {
    return wy_str_eqz(r->registry, "docker.io") ? WY_STR("registry-1.docker.io") : r->registry;
}
