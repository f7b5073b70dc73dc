#include "microbench/streams_seats.h"

#include <errno.h>
#include <stdlib.h>

static int node_of(const struct environment *environment, int cpu)
{
    const struct topology_cpu *found = topology_cpu(environment->topology, cpu);
    return found ? found->node : -1;
}

static bool has_cpus(const struct environment *environment, int node)
{
    for (size_t i = 0; i < environment->cpu_count; i++)
        if (node_of(environment, environment->cpu_order[i]) == node)
            return true;
    return false;
}

static int remote_from(const struct environment *environment, int node)
{
    const struct topology *topology = environment->topology;
    size_t own = 0;
    while (own < topology->node_count && topology->nodes[own].node != node)
        own++;
    for (size_t i = 1; i < topology->node_count; i++) {
        const struct topology_node *other = &topology->nodes[(own + i) % topology->node_count];
        if (other->node != node && other->allowed && has_cpus(environment, other->node))
            return other->node;
    }
    return -1;
}

/* The first CPU of the order, other than `worker`, that is free and on that node; -1: none. */
static int free_cpu(const struct environment *environment, const bool *taken, int worker, int node)
{
    for (size_t i = 0; i < environment->cpu_count; i++) {
        int cpu = environment->cpu_order[i];
        if (!taken[i] && cpu != worker && node_of(environment, cpu) == node)
            return cpu;
    }
    return -1;
}

static void take(const struct environment *environment, bool *taken, int cpu)
{
    for (size_t i = 0; i < environment->cpu_count; i++)
        taken[i] |= environment->cpu_order[i] == cpu;
}

int streams_seating_make(struct streams_seating *seating, enum streams_device device,
                         const struct environment *environment, struct fault *fault)
{
    bool *taken = calloc(environment->cpu_count, sizeof *taken);
    *seating = (struct streams_seating){
        .seats = calloc(environment->cpu_count, sizeof *seating->seats),
    };
    if (!taken || !seating->seats) {
        free(taken);
        streams_seating_free(seating);
        return fail(fault, ENOMEM, "no memory for the places of %zu queues",
                    environment->cpu_count);
    }
    for (size_t i = 0; i < environment->cpu_count; i++) {
        int worker = environment->cpu_order[i], node = node_of(environment, worker);
        struct streams_seat seat = {worker, -1, node, remote_from(environment, node)};
        if (device != DEVICE_NONE)
            seat.device =
                free_cpu(environment, taken, worker, device == DEVICE_NEAR ? node : seat.remote);
        if (taken[i] || (device != DEVICE_NONE && seat.device < 0))
            continue;
        take(environment, taken, worker);
        take(environment, taken, seat.device);
        seating->seats[seating->count++] = seat;
    }
    free(taken);
    return 0;
}

void streams_seating_free(struct streams_seating *seating)
{
    free(seating->seats);
    *seating = (struct streams_seating){.count = 0};
}

size_t streams_seating_nodes(const struct streams_seating *seating, size_t queues)
{
    size_t different = 0;
    for (size_t i = 0; i < queues; i++) {
        size_t before = 0;
        while (before < i && seating->seats[before].node != seating->seats[i].node)
            before++;
        different += before == i;
    }
    return different;
}
