#include "microbench/ipc/pairs.h"

const char *const pair_words[PAIR_WORDS + 1] = {
    "cpu", "core", "l2", "cluster", "l3", "node", "package", "machine", "near", "far", NULL};
_Static_assert(NEARNESSES == 8, "the words are those of enum nearness, and two more");

int pair_cpu(const struct environment *environment, int cpu, enum nearness nearness)
{
    for (size_t i = 0; i < environment->cpu_count; i++)
        if (nearness_of(environment->topology, cpu, environment->cpu_order[i]) == nearness)
            return environment->cpu_order[i];
    return -1;
}

unsigned pair_class(const struct environment *environment, int cpu, unsigned word)
{
    if (word < NEARNESSES)
        return word;
    unsigned found = NEARNESSES;
    for (unsigned class = NEAR_CORE; class < NEARNESSES; class ++)
        if (pair_cpu(environment, cpu, (enum nearness) class) >= 0) {
            found = class;
            if (word == PAIR_NEAR && class > NEAR_CORE)
                break;
        }
    return found;
}
