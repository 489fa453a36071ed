/* Inbox: bytes on their way from one stream of a pair to the other. */
#include "loop/internal.h"

#include <stdlib.h>

/* Makes room for `more` bytes behind what is there. */
static bool grow(wy_inbox *inbox, size_t more) {
    if (inbox->start == inbox->stop) inbox->start = inbox->stop = 0;
    if (inbox->stop + more <= inbox->room) return true;
    size_t held = inbox->stop - inbox->start, room = inbox->room ? inbox->room : 4096;
    while (room < held + more)
        room *= 2;
    char *bytes = malloc(room);
    if (!bytes) return false;
    if (held) memcpy(bytes, inbox->bytes + inbox->start, held);
    free(inbox->bytes);
    *inbox = (wy_inbox){.bytes = bytes, .stop = held, .room = room};
    return true;
}

wy_err wy_inbox_put(wy_inbox *inbox, const wy_str *parts, unsigned part_count) {
    size_t total = 0;
    for (unsigned i = 0; i < part_count; i++)
        total += parts[i].len;
    if (!grow(inbox, total)) return WY_NOMEM;
    for (unsigned i = 0; i < part_count; i++) {
        if (parts[i].len) memcpy(inbox->bytes + inbox->stop, parts[i].ptr, parts[i].len);
        inbox->stop += parts[i].len;
    }
    return WY_OK;
}

size_t wy_inbox_take(wy_inbox *inbox, char *to, size_t room) {
    size_t held = inbox->stop - inbox->start, len = held < room ? held : room;
    if (len) memcpy(to, inbox->bytes + inbox->start, len);
    inbox->start += len;
    return len;
}

size_t wy_inbox_held(const wy_inbox *inbox) {
    return inbox->stop - inbox->start;
}

void wy_inbox_free(wy_inbox *inbox) {
    free(inbox->bytes);
    *inbox = (wy_inbox){0};
}
