#include "microbench/migrate_mover.h"

#include "harness/nodes.h"

enum { PAGES_AT_A_TIME = 512 };

/* `ends`: ticks since the timeline's start; NULL: however long it takes. */
static int bring(const struct mover *mover, int cpu, const struct timeline *timeline, uint64_t ends,
                 double *share, struct fault *fault)
{
    size_t page_bytes = mover->topology->page_bytes, there = 0, all = 0;
    int node = topology_cpu(mover->topology, cpu)->node, error = 0;
    for (unsigned i = 0; i < MOVER_BUFFERS; i++) {
        const struct mover_pages *buffer = &mover->buffers[i];
        size_t pages = (buffer->bytes + page_bytes - 1) / page_bytes;
        all += pages;
        for (size_t done = 0; !error && done < pages; done += PAGES_AT_A_TIME) {
            size_t count = pages - done < PAGES_AT_A_TIME ? pages - done : PAGES_AT_A_TIME;
            if (timeline && timeline_elapsed(timeline) >= ends)
                break;
            size_t moved = 0;
            error = nodes_move(buffer->start + done * page_bytes, count, page_bytes, node, &moved,
                               fault);
            there += moved;
        }
    }
    *share = all ? (double)there / (double)all : 0;
    return error;
}

int mover_bring(const struct mover *mover, int cpu, double *share, struct fault *fault)
{
    return bring(mover, cpu, NULL, 0, share, fault);
}

void mover_enter(struct mover *mover, const struct timeline *timeline, enum phase phase)
{
    if (phase == PHASE_BEFORE) {
        mover->error = 0;
        return;
    }
    struct fault fault;
    int cpu = phase == PHASE_AWAY ? mover->away : mover->home;
    mover->set_out[phase] = timeline_elapsed(timeline);
    int error = topology_bind(mover->topology, cpu, &fault);
    mover->arrived[phase] = timeline_elapsed(timeline);
    if (!error && mover->follow)
        error = bring(mover, cpu, timeline, timeline->ends[phase + 1],
                      &mover->followed_share[phase], &fault);
    mover->followed[phase] = timeline_elapsed(timeline);
    if (error && !mover->error) {
        mover->error = error;
        mover->fault = fault;
    }
}
