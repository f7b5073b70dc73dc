#include "harness/nodes.h"

#include <stdint.h>
#include <string.h>

#include "harness/memory.h"
#include "harness/system.h"

bool nodes_single(void)
{
    char online[64];
    return !system_line(online, sizeof online, "/sys/devices/system/node/online") ||
           !strcmp(online, "0");
}

bool nodes_see(struct nodes_seen *seen, int node)
{
    if (node < 0 || node >= NODES_MAX)
        return false;
    seen->repeated += seen->count > 0 && node == seen->last;
    seen->pages[node]++;
    seen->count++;
    seen->last = node;
    return true;
}

int nodes_verdict(const struct nodes_seen *seen, size_t allowed, size_t unit_pages)
{
    size_t nodes = 0, most = 0, least = SIZE_MAX;
    int node = NODE_UNKNOWN;
    for (int i = 0; i < NODES_MAX; i++) {
        if (!seen->pages[i])
            continue;
        node = i;
        nodes++;
        most = seen->pages[i] > most ? seen->pages[i] : most;
        least = seen->pages[i] < least ? seen->pages[i] : least;
    }
    if (nodes < allowed)
        least = 0;
    bool one_unit = seen->count > 0 && seen->count <= unit_pages;
    bool even = nodes > 1 && most - least <= unit_pages && (unit_pages > 1 || !seen->repeated);
    if (unit_pages && (one_unit || even))
        return NODE_INTERLEAVED;
    return nodes > 1 ? NODE_MIXED : node;
}
