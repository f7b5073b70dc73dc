#include "microbench/remap_passage.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* Linux 4.17; older kernels take it for a hint */
#endif

enum { PROVEN_WHOLE = 64 << 10, PROVEN_STEP = 509 };

bool passage_fail(struct passage *passage, const char *call)
{
    passage->error = errno;
    passage->failed = call;
    return false;
}

int passage_status(const struct passage *passage, struct fault *fault)
{
    if (!passage->error)
        return 0;
    return fail(fault, passage->error, "%s: %s of %zu B failed: %s", passage->mechanism->name,
                passage->failed, passage->bytes, strerror(passage->error));
}

static void write_stamps(struct passage *passage)
{
    uint64_t stamp = ++passage->stamp;
    unsigned char *page = passage->producer.base;
    for (size_t at = 0; at < passage->bytes; at += passage->page_bytes)
        *(volatile uint64_t *)(page + at) = stamp;
}

bool passage_pass(struct passage *passage, enum touch touch)
{
    const struct mechanism *mechanism = passage->mechanism;
    if (passage->error)
        return false; /* the producer's pages may be gone */
    write_stamps(passage);
    if (!mechanism->hand_over(passage))
        return false;
    passage->touched = touch_payload(touch, passage->consumer.base, passage->bytes);
    return !mechanism->give_back || mechanism->give_back(passage);
}

int passage_reserve(struct passage *passage, struct fault *fault)
{
    const struct mapping *consumer = &passage->consumer;
    if (!passage->vacant)
        return 0;
    void *got = mmap(consumer->base, consumer->bytes, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    passage->vacant = got != consumer->base;
    if (!passage->vacant)
        return 0;
    if (got != MAP_FAILED)
        munmap(got, consumer->bytes);
    return fail(fault, EBUSY, "something else was mapped where %s moves pages to",
                passage->mechanism->name);
}

static int map_both(struct passage *passage, const struct mapping_request *request,
                    int consumer_node, const struct topology *topology, struct fault *fault)
{
    struct mapping_request there = *request;
    int error = mapping_make(&passage->producer, request, topology, fault);
    if (error)
        return error;
    there.node = passage->mechanism->copies ? consumer_node : request->node;
    there.untouched = !passage->mechanism->copies;
    return mapping_make(&passage->consumer, &there, topology, fault);
}

/* What was refused at the first pass is not to be had here at all. */
static int try_once(struct passage *passage, struct fault *fault)
{
    if (passage_pass(passage, TOUCH_NONE))
        return 0;
    int error = passage_status(passage, fault);
    return error == -ENOMEM ? error : -ENOTSUP;
}

int passage_open(struct passage *passage, const struct mechanism *mechanism,
                 const struct mapping_request *request, int consumer_node, kernel_function *copy,
                 const struct topology *topology, struct fault *fault)
{
    *passage = (struct passage){
        .mechanism = mechanism,
        .bytes = request->bytes,
        .page_bytes = topology->page_bytes,
        .copy = copy,
        .fds = {-1, -1},
    };
    int error = map_both(passage, request, consumer_node, topology, fault);
    if (!error && mechanism->open)
        error = mechanism->open(passage, request, fault);
    if (!error)
        error = try_once(passage, fault);
    if (!error)
        error = passage_reserve(passage, fault);
    if (error)
        passage_close(passage);
    return error;
}

void passage_close(struct passage *passage)
{
    struct fault nobody;
    for (size_t i = 0; i < 2; i++)
        if (passage->fds[i] >= 0)
            close(passage->fds[i]);
    /* Whatever else is there by now is not to be unmapped. */
    if (!passage_reserve(passage, &nobody))
        mapping_free(&passage->consumer);
    mapping_free(&passage->producer);
}

static int fail_proof(const struct passage *passage, size_t at, const char *what,
                      struct fault *fault)
{
    return fail(fault, EILSEQ, "%s: %s at %zu of %zu", passage->mechanism->name, what, at,
                passage->bytes);
}

/* Those of the last pass, where its pages are now. */
static int verify_stamps(const struct passage *passage, struct fault *fault)
{
    const struct mapping *where =
        passage->mechanism->returns ? &passage->producer : &passage->consumer;
    for (size_t at = 0; at < passage->bytes; at += passage->page_bytes)
        if (*(const volatile uint64_t *)(where->base + at) != passage->stamp)
            return fail_proof(passage, at, "the last pass left a wrong word", fault);
    return 0;
}

/* Another byte at neighbouring places, pages and proofs; never 0, as fresh pages are. */
static unsigned char proof(const struct passage *passage, size_t at)
{
    return (unsigned char)((at * 7 + at / passage->page_bytes + passage->stamp) % 255 + 1);
}

static size_t next_place(const struct passage *passage, size_t at)
{
    size_t last = passage->bytes - 1;
    size_t next = at + (passage->bytes > PROVEN_WHOLE ? PROVEN_STEP : 1);
    return next < last || at == last ? next : last;
}

static int verify_payload(struct passage *passage, struct fault *fault)
{
    passage->stamp++;
    for (size_t at = 0; at < passage->bytes; at = next_place(passage, at))
        passage->producer.base[at] = proof(passage, at);
    if (!passage->mechanism->hand_over(passage))
        return passage_status(passage, fault);
    for (size_t at = 0; at < passage->bytes; at = next_place(passage, at))
        if (passage->consumer.base[at] != proof(passage, at))
            return fail_proof(passage, at, "a wrong byte was handed over", fault);
    if (passage->mechanism->give_back && !passage->mechanism->give_back(passage))
        return passage_status(passage, fault);
    return 0;
}

int passage_verify(struct passage *passage, struct fault *fault)
{
    int error = passage_status(passage, fault);
    if (!error)
        error = passage_reserve(passage, fault);
    if (!error)
        error = verify_stamps(passage, fault);
    return error ? error : verify_payload(passage, fault);
}
