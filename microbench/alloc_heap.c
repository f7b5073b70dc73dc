#include "microbench/alloc_heap.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void *do_nothing(void *nothing)
{
    return nothing;
}

static int have_had_threads(struct fault *fault)
{
    static bool had;
    pthread_t thread;
    if (had)
        return 0;
    int error = pthread_create(&thread, NULL, do_nothing, NULL);
    if (error)
        return fail(fault, error, "no thread could be started, with which malloc has to reckon");
    pthread_join(thread, NULL);
    had = true;
    return 0;
}

int heap_settle(size_t bytes, size_t count, void **guard, struct fault *fault)
{
    int error = have_had_threads(fault);
    void **blocks = error ? NULL : calloc(count, sizeof *blocks);
    if (error)
        return error;
    size_t got = 0;
    while (blocks && got < count && (blocks[got] = malloc(bytes)))
        memset(blocks[got++], 0, bytes);
    /* Of the same size, so that it lies above the others wherever those are at the heap's top. */
    *guard = blocks && got == count ? malloc(bytes) : NULL;
    for (size_t i = 0; i < got; i++)
        free(blocks[i]);
    free(blocks);
    return *guard ? 0 : fail(fault, ENOMEM, "malloc has no %zu blocks of %zu B", count + 1, bytes);
}
