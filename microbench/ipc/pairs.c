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

int pair_third_cpu(const struct environment *environment, int cpu, enum nearness nearness)
{
    int second = pair_cpu(environment, cpu, nearness), third = -1;
    for (size_t i = 0; i < environment->cpu_count; i++) {
        int each = environment->cpu_order[i];
        if (each == cpu || each == second)
            continue;
        if (nearness_of(environment->topology, cpu, each) == nearness)
            return each;
        third = third < 0 ? each : third;
    }
    return third < 0 ? second : third;
}

int pair_node(const struct environment *environment, int cpu, int asked)
{
    const struct topology *topology = environment->topology;
    const struct topology_cpu *found = topology_cpu(topology, cpu);
    return asked == NODE_LOCAL && topology->node_count > 1 && found ? found->node : asked;
}
