#include <pthread.h>

#include "arch/cpu.h"
#include "harness/memory.h"

enum { UNKNOWN_CACHE_BYTES = 8 << 20, SMALLEST_LINE_BYTES = 32, PASSES = 2 };

/* Made once and kept: many members may evict at the same time, and all only read it. */
static pthread_mutex_t buffer_lock = PTHREAD_MUTEX_INITIALIZER;
static struct mapping buffer;

/* Measuring may have missed a level. */
static size_t largest_cache_bytes(const struct topology *topology)
{
    bool told = topology->cache_source == CACHE_TOPOLOGY || topology->cache_source == CACHE_GIVEN;
    size_t largest = told ? 0 : UNKNOWN_CACHE_BYTES;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        size_t bytes = topology_last_level_bytes(topology, topology->cpus[i].cpu);
        if (bytes > largest)
            largest = bytes;
    }
    return largest;
}

static int make_buffer(const struct topology *topology, struct fault *fault)
{
    pthread_mutex_lock(&buffer_lock);
    struct mapping_request request = {
        .bytes = 2 * largest_cache_bytes(topology), .node = NODE_LOCAL, .page = PAGE_BASE};
    int status = buffer.base ? 0 : mapping_make(&buffer, &request, topology, fault);
    pthread_mutex_unlock(&buffer_lock);
    return status;
}

int memory_evict(const void *start, size_t bytes, const struct topology *topology,
                 struct fault *fault)
{
    if (cpu_evict(start, bytes))
        return 0;
    int status = make_buffer(topology, fault);
    if (status)
        return status;
    /* Caches that replace at random keep an eighth of their lines over one pass. */
    for (int pass = 0; pass < PASSES; pass++)
        for (size_t offset = 0; offset < buffer.bytes; offset += SMALLEST_LINE_BYTES)
            (void)*(volatile unsigned char *)(buffer.base + offset);
    return 0;
}
