#include "microbench/migrate_job.h"

#include <errno.h>
#include <string.h>

#include "arch/cpu.h"
#include "harness/pair.h"

unsigned char job_byte(uint64_t number)
{
    return (unsigned char)(number % 251 + 1);
}

void job_reset(struct job *job)
{
    job->copied = job->wrong = 0;
    atomic_store(&job->written, 0);
    atomic_store(&job->taken, 0);
}

bool job_copy_block(struct job *job, kernel_function *copy)
{
    if (job->has_peer && atomic_load_explicit(&job->written, memory_order_acquire) == job->copied)
        return false;
    size_t at = (size_t)(job->copied % job->blocks) * job->block;
    unsigned char *dst = job->dst + at;
    copy(dst, job->src + at, job->block);
    if (job->has_peer) {
        unsigned char byte = job_byte(job->copied);
        job->wrong += dst[0] != byte || dst[job->block - 1] != byte;
        atomic_store_explicit(&job->taken, job->copied + 1, memory_order_release);
    }
    job->copied++;
    return true;
}

void job_copy(struct job *job, kernel_function *copy)
{
    struct timeline *timeline = &job->timeline;
    timeline_start(timeline);
    for (enum phase phase = PHASE_BEFORE; phase < PHASES; phase++) {
        if (!job->peer_moves)
            mover_enter(&job->mover, timeline, phase);
        uint64_t now = timeline_elapsed(timeline);
        while (now < timeline->ends[phase + 1]) {
            bool copied = job_copy_block(job, copy);
            now = timeline_elapsed(timeline);
            if (copied)
                timeline_count(timeline, now);
            else
                cpu_relax();
        }
    }
}

bool job_fill_block(struct job *job)
{
    uint64_t number = atomic_load_explicit(&job->written, memory_order_relaxed);
    if (number - atomic_load_explicit(&job->taken, memory_order_acquire) >= job->blocks)
        return false;
    unsigned char *block = job->src + (size_t)(number % job->blocks) * job->block;
    memset(block, job_byte(number), job->block);
    atomic_store_explicit(&job->written, number + 1, memory_order_release);
    return true;
}

void job_fill(struct job *job)
{
    struct timeline *timeline = &job->peer_timeline;
    timeline_start(timeline);
    for (enum phase phase = PHASE_BEFORE; phase < PHASES; phase++) {
        if (job->peer_moves)
            mover_enter(&job->mover, timeline, phase);
        while (timeline_elapsed(timeline) < timeline->ends[phase + 1])
            if (!job_fill_block(job))
                cpu_relax();
    }
}

int job_verify(const struct job *job, const struct kernel *kernel, struct fault *fault)
{
    if (job->copied == 0)
        return fail(fault, EILSEQ, "not one copy of %zu B was made", job->block);
    if (job->wrong)
        return fail(fault, EILSEQ, "%llu of %llu blocks did not arrive as the peer wrote them",
                    (unsigned long long)job->wrong, (unsigned long long)job->copied);
    if (job->has_peer)
        return 0;
    uint64_t blocks = job->copied < job->blocks ? job->copied : job->blocks;
    struct pair copied = {.src = job->src, .dst = job->dst, .bytes = (size_t)blocks * job->block};
    return pair_verify(&copied, kernel, fault);
}
