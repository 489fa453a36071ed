/* Reads suites.txt. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_contested(suite *s, char *place) {
    char *colon = strrchr(place, ':');
    if (!colon || s->contested_count == CONTESTED_MAX) return false;
    *colon = '\0';
    struct contested *c = &s->contested[s->contested_count++];
    snprintf(c->file, sizeof c->file, "%s", place);
    c->line = (unsigned)strtoul(colon + 1, NULL, 10); /* "*" gives 0 */
    return true;
}

bool suite_read(suite *out, const char *list, const char *name) {
    *out = (suite){0};
    FILE *file = fopen(list, "r");
    if (!file) return false;
    char line[1024], who[256], first[512], second[64];
    bool good = true;
    while (fgets(line, sizeof line, file)) {
        int words = sscanf(line, "%255s %511s %63s", who, first, second);
        if (words < 2 || who[0] == '#' || strcmp(who, name) != 0) continue;
        if (strcmp(first, "strict-indices") == 0)
            out->strict_indices = true;
        else if (strcmp(first, "validate-only") == 0)
            out->validate_only = true;
        else if (strcmp(first, "words") == 0)
            out->words = true;
        else
            good &= words == 3 && strcmp(second, "contested") == 0 && add_contested(out, first);
    }
    fclose(file);
    return good;
}

bool suite_contests(const suite *s, const char *file, unsigned line) {
    for (unsigned i = 0; i < s->contested_count; i++) {
        const struct contested *c = &s->contested[i];
        if (strcmp(c->file, file) == 0 && (c->line == 0 || c->line == line)) return true;
    }
    return false;
}
