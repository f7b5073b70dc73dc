#include "harness/random.h"

uint64_t random_next(struct random *random)
{
    random->state += 0x9e3779b97f4a7c15U;
    uint64_t mixed = random->state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    /* 2^64 mod bound values too many: without them every remainder is equally frequent. */
    uint64_t surplus = (0 - bound) % bound;
    uint64_t drawn;
    do {
        drawn = random_next(random);
    } while (drawn < surplus);
    return drawn % bound;
}

void random_shuffle(struct random *random, size_t *items, size_t count)
{
    for (size_t left = count; left > 1; left--) {
        size_t other = (size_t)random_below(random, left);
        size_t item = items[left - 1];
        items[left - 1] = items[other];
        items[other] = item;
    }
}
