/*
 * What is done in a course of the experiment migrate: block after block is copied, either from a
 * buffer that nobody writes or from a ring that a peer fills.
 */
#ifndef COPYCOST_MICROBENCH_MIGRATE_JOB_H
#define COPYCOST_MICROBENCH_MIGRATE_JOB_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "arch/kernel.h"
#include "microbench/migrate_mover.h"
#include "microbench/migrate_timeline.h"

enum { JOB_LINE_MAX = 256 };

struct job {
    unsigned char *src, *dst; /* of the peer's making: src is a ring of blocks */
    size_t block, blocks;     /* bytes of a copy; how many each buffer holds */
    bool has_peer, peer_moves;
    struct mover mover;
    /* Of the last course: */
    struct timeline timeline; /* of the thread that copies; it counts copies */
    uint64_t copied;          /* blocks */
    uint64_t wrong;           /* blocks of a peer's that did not arrive as they were written */
    alignas(JOB_LINE_MAX) struct timeline peer_timeline;
    /* Blocks handed over since the course began, and taken. Each side writes its own line. */
    alignas(JOB_LINE_MAX) _Atomic uint64_t written;
    alignas(JOB_LINE_MAX) _Atomic uint64_t taken;
};

/* The byte that the peer fills its block of that number with; neighbours in the ring differ. */
unsigned char job_byte(uint64_t number);

/* Makes it ready for a course: nothing is copied, handed over or taken yet. */
void job_reset(struct job *job);

/* A course of the thread that copies; and of its peer, at the same time. */
void job_copy(struct job *job, kernel_function *copy);
void job_fill(struct job *job);

/*
 * A step of either: copies the next block, or writes and hands over another one. False where there
 * is none to be copied, or no room for one more.
 */
bool job_copy_block(struct job *job, kernel_function *copy);
bool job_fill_block(struct job *job);

/*
 * Whether all blocks of the last course that were copied arrived right (those of a peer looked at
 * when they did). The kernel is the one that copied. Error: EILSEQ.
 */
int job_verify(const struct job *job, const struct kernel *kernel, struct fault *fault);

#endif
