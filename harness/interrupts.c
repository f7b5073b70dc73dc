#include "harness/interrupts.h"

#include <stdlib.h>
#include <string.h>

#include "harness/system.h"

bool interrupts_next(struct interrupts_walk *walk, int *cpu, uint64_t *count)
{
    const char *column = strstr(walk->columns, "CPU");
    char *end;
    unsigned long long value = strtoull(walk->counts, &end, 10);
    if (!column || end == walk->counts)
        return false;
    walk->columns = column + strlen("CPU");
    walk->counts = end;
    *cpu = atoi(walk->columns);
    *count = value;
    return true;
}

/* Behind the colon of a row of that name; NULL: it is another one. */
static const char *row_counts(const char *line, const char *row)
{
    size_t length = strlen(row);
    line += strspn(line, " ");
    return strncmp(line, row, length) == 0 && line[length] == ':' ? line + length + 1 : NULL;
}

bool interrupts_taken(const char *row, const struct topology *topology, topology_filter *wanted,
                      const void *argument, uint64_t *taken)
{
    FILE *file = system_open("/proc/interrupts");
    if (!file)
        return false;
    char *header = NULL, *line = NULL;
    size_t header_room = 0, line_room = 0;
    struct interrupts_walk walk = {NULL, NULL};
    if (getline(&header, &header_room, file) > 0)
        while (!walk.counts && getline(&line, &line_room, file) > 0)
            walk = (struct interrupts_walk){header, row_counts(line, row)};
    bool found = walk.counts;
    uint64_t sum = 0, count;
    int number;
    while (found && interrupts_next(&walk, &number, &count)) {
        const struct topology_cpu *cpu = topology_cpu(topology, number);
        if (cpu && wanted(cpu, argument))
            sum += count;
    }
    if (found)
        *taken = sum;
    free(header);
    free(line);
    fclose(file);
    return found;
}
