/* Doctor: the line of a manifest that says which version it has. */
#include "host/doctor.h"

#include "base/text.h"
#include "base/file.h"

#include <string.h>

/* Splits "name = value # comment". False: the line says no version. */
static bool split_version(wy_str line, wy_str *name, wy_str *value) {
    size_t equals = wy_str_find(line, '=');
    *name = wy_str_trim(wy_str_sub(line, 0, equals));
    *value = equals < line.len ? wy_str_sub(line, equals + 1, line.len) : (wy_str){0};
    *value = wy_str_trim(wy_str_sub(*value, 0, wy_str_find(*value, '#')));
    return wy_str_eqz(*name, "spin_manifest_version") || wy_str_eqz(*name, "spin_version");
}

static bool is_right(wy_str name, wy_str value, const char *version) {
    if (strcmp(version, "2") == 0)
        return wy_str_eqz(name, "spin_manifest_version") && wy_str_eqz(value, "2");
    return wy_str_eqz(value, "1") || wy_str_eqz(value, "\"1\"");
}

/* The version whose tables the text has. */
static const char *version_of(wy_str text) {
    const char *version = NULL;
    while (text.len) {
        size_t end = wy_str_find(text, '\n');
        wy_str line = wy_str_trim(wy_str_sub(text, 0, end));
        if (wy_str_eqz(line, "[[component]]")) return "\"1\"";
        if (wy_str_eqz(line, "[application]")) version = "2";
        text = wy_str_sub(text, end < text.len ? end + 1 : end, text.len);
    }
    return version;
}

/* The text with the one right line in place of what stood for it, at the top otherwise. False: the
 * line was right. */
static bool rewrite(wy_str text, const char *version, wy_buf *out) {
    wy_buf body;
    wy_buf_init(&body, out->limit);
    bool found = false, was_right = false;
    while (text.len && !was_right) {
        size_t end = wy_str_find(text, '\n');
        wy_str line = wy_str_sub(text, 0, end), name, value;
        text = wy_str_sub(text, end < text.len ? end + 1 : end, text.len);
        if (!split_version(line, &name, &value)) {
            wy_buf_printf(&body, WY_STR_FMT "\n", WY_STR_ARG(line));
        } else {
            was_right = is_right(name, value, version);
            if (!found) wy_buf_printf(&body, "spin_manifest_version = %s\n", version);
            found = true;
        }
    }
    if (!found) wy_buf_printf(out, "spin_manifest_version = %s\n\n", version);
    wy_buf_str(out, wy_buf_view(&body));
    bool changed = !was_right && !body.failed && !out->failed;
    wy_buf_deinit(&body);
    return changed;
}

bool wy_doctor_version(wy_doctor *d, const char *path, bool *mended_out) {
    wy_str text;
    wy_diag ignored;
    wy_diag_init(&ignored);
    *mended_out = false;
    if (wy_text_read(&d->arena, path, &text, &ignored) != WY_OK) return false;
    const char *version = version_of(text);
    wy_buf right;
    wy_buf_init(&right, (size_t)64 << 20);
    bool wrong = version && rewrite(text, version, &right);
    if (wrong) {
        *mended_out =
            d->options->fix && wy_file_replace(path, wy_buf_view(&right), 0644, &ignored) == WY_OK;
        wy_doctor_report(d, wy_doctor_outcome(d, *mended_out),
                         "%s does not say rightly which version it has: the line for it is "
                         "spin_manifest_version = %s",
                         path, version);
    }
    wy_buf_deinit(&right);
    return wrong;
}
