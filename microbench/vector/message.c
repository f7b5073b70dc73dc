#include "microbench/vector/message.h"

#include <stdbool.h>
#include <string.h>

enum { LINE = 64 };

size_t message_room(size_t bytes, size_t fragments)
{
    /* Each begins at any byte of a line, and the next one begins in a new line. */
    return (bytes + fragments * 2 * LINE) / LINE * LINE;
}

/* Puts it into the ascending list unless it is there. */
static bool insert(size_t *cuts, size_t count, size_t cut)
{
    size_t place = count;
    while (place > 0 && cuts[place - 1] >= cut)
        place--;
    if (place < count && cuts[place] == cut)
        return false;
    memmove(cuts + place + 1, cuts + place, (count - place) * sizeof *cuts);
    cuts[place] = cut;
    return true;
}

/* Robert Floyd's sample without replacement (Bentley, "Programming Pearls", CACM 30(9), 1987). */
static void draw_cuts(size_t *cuts, size_t wanted, size_t bytes, struct random *random)
{
    for (size_t count = 0; count < wanted; count++) {
        size_t last = bytes - wanted + count;
        if (!insert(cuts, count, 1 + (size_t)random_below(random, last)))
            insert(cuts, count, last);
    }
}

void message_lay(struct iovec *vector, size_t fragments, const char *text, size_t bytes,
                 unsigned char *start, struct random *random)
{
    size_t ends[FRAGMENTS_MAX] = {0}, order[FRAGMENTS_MAX] = {0};
    draw_cuts(ends, fragments - 1, bytes, random);
    ends[fragments - 1] = bytes;
    for (size_t i = 0; i < fragments; i++)
        order[i] = i;
    random_shuffle(random, order, fragments);
    for (size_t i = 0; i < fragments; i++) {
        size_t begin = order[i] ? ends[order[i] - 1] : 0, count = ends[order[i]] - begin;
        size_t offset = (size_t)random_below(random, LINE);
        vector[order[i]] = (struct iovec){start + offset, count};
        memcpy(start + offset, text + begin, count);
        start += (offset + count + LINE - 1) / LINE * LINE;
    }
}
