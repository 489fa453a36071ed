/* Refusals: the line for the manifest, on the log. */
#include "interface/refusal.h"

#include "base/log.h"

#define LABEL_BYTES_MAX 128

/* Letters, digits, and what stands between words. */
static bool may_be_label(wy_str s) {
    if (s.len == 0 || s.len > LABEL_BYTES_MAX) return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && !strchr("-_./:", c)) return false;
    }
    return true;
}

void wy_refusal_tell(wy_str component, const char *act, wy_str label, const char *key) {
    if (component.len == 0 || !may_be_label(label)) return;
    wy_log(WY_LOG_WARN,
           "component \"" WY_STR_FMT "\" may not %s '" WY_STR_FMT
           "'; to allow it, add to its table in the manifest:\n    %s = [\"" WY_STR_FMT "\"]",
           WY_STR_ARG(component), act, WY_STR_ARG(label), key, WY_STR_ARG(label));
}

void wy_refusal_make_plain(char *text) {
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f) *at = '?';
}
