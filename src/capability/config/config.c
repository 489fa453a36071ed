/* config: the chain of providers, and templates over it. */
#include "capability/config/config.h"

#include "base/limits.h"
#include "base/map.h"
#include "capability/config/provider.h"
#include "capability/config/template.h"

#define WY_CONFIG_PROVIDER(name) extern const wy_config_provider wy_config_provider_##name;
#include "capability/config/providers.def"
#undef WY_CONFIG_PROVIDER

static const wy_config_provider *const types[] = {
#define WY_CONFIG_PROVIDER(name) &wy_config_provider_##name,
#include "capability/config/providers.def"
#undef WY_CONFIG_PROVIDER
};

#define TYPE_COUNT (sizeof types / sizeof *types)

typedef struct link {
    const wy_config_provider *type;
    void *state;
} link;

struct wy_config {
    const wy_config_variable *variables;
    uint32_t variable_count;
    link *links; /* in order of precedence */
    uint32_t link_count;
    wy_config_ways ways;
};

bool wy_config_env_name(wy_str prefix, wy_str name, char *out, size_t size) {
    if (prefix.len >= size || name.len >= size - prefix.len) return false;
    if (prefix.len) memcpy(out, prefix.ptr, prefix.len);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        out[prefix.len + i] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
    out[prefix.len + name.len] = '\0';
    return true;
}

static wy_err make_link(wy_arena *arena, const wy_config_provider_options *options, link *out,
                        wy_diag *diag) {
    wy_str names[TYPE_COUNT];
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        names[i] = wy_str_of(types[i]->name);
        if (wy_str_eq(names[i], options->type)) out->type = types[i];
    }
    if (out->type) return out->type->make(arena, options, &out->state, diag);
    wy_str nearest = wy_str_nearest(options->type, names, TYPE_COUNT);
    return wy_diag_set(diag, WY_NOT_FOUND,
                       "there is no provider of variables '" WY_STR_FMT "'" WY_NEAREST_FMT,
                       WY_STR_ARG(options->type), WY_NEAREST_ARG(nearest));
}

wy_err wy_config_new(wy_arena *arena, const wy_config_variable *variables, uint32_t variable_count,
                     const wy_config_provider_options *providers, uint32_t provider_count,
                     wy_config_ways ways, const wy_config **config_out, wy_diag *diag) {
    wy_config *config = wy_arena_calloc(arena, 1, sizeof *config);
    link *links = wy_arena_calloc(arena, provider_count, sizeof *links);
    *config_out = NULL;
    if (!config || !links) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    *config = (wy_config){variables, variable_count, links, provider_count, ways};
    for (uint32_t i = 0; i < provider_count; i++) {
        wy_err err = make_link(arena, &providers[i], &links[i], diag);
        if (err != WY_OK) return err;
    }
    *config_out = config;
    return WY_OK;
}

static wy_err find_value(const wy_config *config, const wy_config_variable *variable,
                         wy_arena *arena, wy_str *value_out, wy_diag *diag) {
    wy_config_question question = {.name = variable->name, .arena = arena};
    if (config->ways.scheduler) question.task = wy_scheduler_current(config->ways.scheduler);
    if (question.task) question.client = config->ways.client;
    for (uint32_t i = 0; i < config->link_count; i++) {
        const link *at = &config->links[i];
        wy_err err = at->type->get(at->state, &question, value_out, diag);
        if (err == WY_OK && !wy_utf8_valid(value_out->ptr, value_out->len))
            return wy_diag_set(diag, WY_IO,
                               "the value of the variable '" WY_STR_FMT "' is not valid UTF-8",
                               WY_STR_ARG(variable->name));
        if (err != WY_NOT_FOUND) return err;
    }
    *value_out = variable->fallback;
    return variable->has_fallback ? WY_OK : WY_NOT_FOUND;
}

wy_err wy_config_check(const wy_config *config, wy_diag *diag) {
    wy_buf names;
    wy_arena arena;
    wy_buf_init(&names, WY_DIAG_TEXT_MAX);
    wy_arena_init(&arena, WY_MAX_CONFIG_BYTES);
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < config->variable_count && err == WY_OK; i++) {
        wy_str value;
        const wy_config_variable *variable = &config->variables[i];
        if (variable->has_fallback) continue;
        err = find_value(config, variable, &arena, &value, diag);
        if (err != WY_NOT_FOUND) continue;
        err = WY_OK;
        if (names.len) wy_buf_str(&names, WY_STR(", "));
        wy_buf_str(&names, variable->name);
    }
    if (err == WY_OK && names.len)
        err = wy_diag_set(diag, WY_NOT_FOUND, "required variables have no value: " WY_STR_FMT,
                          WY_STR_ARG(wy_buf_view(&names)));
    wy_buf_deinit(&names);
    wy_arena_deinit(&arena);
    return err;
}

static wy_err variable_value(const wy_config *config, wy_str name, wy_arena *arena,
                             wy_str *value_out, wy_diag *diag) {
    wy_err err = WY_NOT_FOUND;
    for (uint32_t i = 0; i < config->variable_count && err == WY_NOT_FOUND; i++)
        if (wy_str_eq(config->variables[i].name, name))
            err = find_value(config, &config->variables[i], arena, value_out, diag);
    if (err != WY_NOT_FOUND) return err;
    return wy_diag_set(diag, err, "the variable '" WY_STR_FMT "' has no value", WY_STR_ARG(name));
}

/* Moves what was put together into the arena. */
static wy_err finish(wy_buf *buf, wy_arena *arena, wy_str *value_out, wy_diag *diag) {
    if (buf->failed)
        return wy_diag_set(diag, WY_LIMIT, "the value would have more than %zu bytes",
                           WY_MAX_CONFIG_VALUE_BYTES);
    char *text = wy_arena_strndup(arena, buf->ptr, buf->len);
    if (!text) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    *value_out = (wy_str){text, buf->len};
    return WY_OK;
}

wy_err wy_config_resolve(const wy_config *config, wy_str template, wy_arena *arena,
                         wy_str *value_out, wy_diag *diag) {
    if (!template.len || !memmem(template.ptr, template.len, "{{", 2)) {
        *value_out = template;
        return WY_OK;
    }
    wy_err err = WY_OK;
    wy_buf buf;
    wy_buf_init(&buf, WY_MAX_CONFIG_VALUE_BYTES);
    for (wy_str rest = template; err == WY_OK && rest.len;) {
        wy_template_part part;
        err = wy_template_next(&rest, &part, diag);
        if (err == WY_OK && part.is_variable)
            err = variable_value(config, part.text, arena, &part.text, diag);
        if (err == WY_OK) wy_buf_str(&buf, part.text);
    }
    if (err == WY_OK) err = finish(&buf, arena, value_out, diag);
    wy_buf_deinit(&buf);
    return err;
}

static wy_err keep(wy_str text, wy_arena *arena, wy_str *copy_out, wy_diag *diag) {
    if (text.len > WY_MAX_CONFIG_VALUE_BYTES)
        return wy_diag_set(diag, WY_LIMIT, "the value has more than %zu bytes",
                           WY_MAX_CONFIG_VALUE_BYTES);
    char *copy = wy_arena_strndup(arena, text.ptr, text.len);
    if (!copy) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    *copy_out = (wy_str){copy, text.len};
    return WY_OK;
}

bool wy_config_name(const wy_config_grants *grants, size_t index, wy_arena *arena,
                    wy_str *name_out) {
    if (!grants) return false;
    if (index < grants->count) {
        *name_out = grants->variables[index].name;
        return true;
    }
    const wy_config_source *source = grants->source;
    wy_diag ignored;
    wy_diag_init(&ignored);
    wy_str name;
    return source && source->name && source->name(source->data, index - grants->count, &name) &&
           keep(name, arena, name_out, &ignored) == WY_OK;
}

wy_err wy_config_get(const wy_config_grants *grants, wy_str name, wy_arena *arena,
                     wy_str *value_out, wy_diag *diag) {
    for (uint32_t i = 0; grants && i < grants->count; i++) {
        if (!wy_str_eq(grants->variables[i].name, name)) continue;
        if (!grants->config) {
            *value_out = grants->variables[i].value;
            return WY_OK;
        }
        wy_err err =
            wy_config_resolve(grants->config, grants->variables[i].value, arena, value_out, diag);
        return err == WY_NOT_FOUND || err == WY_IO ? WY_CLOSED : err;
    }
    wy_str value;
    if (grants && grants->source && grants->source->get(grants->source->data, name, &value))
        return keep(value, arena, value_out, diag);
    return wy_diag_set(diag, WY_NOT_FOUND, "the component has no variable '" WY_STR_FMT "'",
                       WY_STR_ARG(name));
}
