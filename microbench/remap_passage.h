/*
 * One payload on its way from a producer's place to a consumer's, both in one address space, by one
 * of seven mechanisms, and the proof that it got there.
 *
 * A pass is: the producer writes a word into every base page, the payload is handed over, the
 * consumer touches it, and the pages are given back, so that the next pass finds what this one
 * found. What that takes of each mechanism:
 *
 * memcpy            both have pages of their own; nothing to give back.
 * mremap            the producer's pages are moved to the consumer's addresses, and back again.
 * mremap_dontunmap  they are moved, but the producer's addresses stay mapped (MREMAP_DONTUNMAP):
 *                   it takes fresh pages by page faults where it writes. The consumer's go back to
 *                   the kernel when the next ones are moved over them.
 * userfaultfd       they are moved (UFFDIO_MOVE), and back again.
 * memfd             a file of memory that both have mapped; all that passes is its number, through
 *                   an atomic variable.
 * process_vm_readv  the kernel copies, from this very process.
 * vmsplice_gift     the producer's pages are given to a pipe (SPLICE_F_GIFT) that holds 1 MiB where
 *                   an ordinary user gets as much, out of which the consumer reads: that copies.
 */
#ifndef COPYCOST_MICROBENCH_REMAP_PASSAGE_H
#define COPYCOST_MICROBENCH_REMAP_PASSAGE_H

#include <stdatomic.h>

#include "arch/kernel.h"
#include "harness/memory.h"
#include "harness/touch.h"

enum passage_mechanism {
    PASSAGE_MEMCPY,
    PASSAGE_MREMAP,
    PASSAGE_MREMAP_DONTUNMAP,
    PASSAGE_USERFAULTFD,
    PASSAGE_MEMFD,
    PASSAGE_PROCESS_VM_READV,
    PASSAGE_VMSPLICE_GIFT,
    PASSAGE_MECHANISMS
};

struct passage {
    const struct mechanism *mechanism;
    struct mapping producer, consumer;
    size_t bytes, page_bytes; /* of the payload: whole base pages */
    kernel_function *copy;    /* memcpy; may be changed between passes */
    int fds[2];               /* of userfaultfd, or the pipe's ends; -1: none */
    size_t pipe_bytes;
    _Atomic uint64_t handed;   /* memfd: the number of the payload */
    uint64_t stamp;            /* the word of the last pass */
    volatile uint32_t touched; /* so that touching is not left out */
    bool vacant;               /* nothing is mapped at the consumer's addresses */
    int error;                 /* errno of the first system call that failed; no pass after it */
    const char *failed;        /* its name */
};

/* How a payload is handed over. The functions but open() are timed; false: passage->error is set.
 */
struct mechanism {
    const char *name;
    bool copies;  /* the consumer has pages of its own beforehand */
    bool returns; /* the pages are the producer's again after a pass */
    /* What the mechanism needs beside the two mappings; NULL: nothing. */
    int (*open)(struct passage *passage, const struct mapping_request *request,
                struct fault *fault);
    bool (*hand_over)(struct passage *passage);
    bool (*give_back)(struct passage *passage); /* NULL: there is nothing to do */
};

extern const struct mechanism passage_mechanisms[PASSAGE_MECHANISMS];

/* Their names; NULL-terminated. */
extern const char *const passage_names[PASSAGE_MECHANISMS + 1];

/*
 * Maps both places and passes the payload once. request: bytes, pages and node of the producer's
 * memory; a mechanism that copies has the consumer's on consumer_node. Errors: those of
 * mapping_make(); ENOTSUP (the kernel, or what confines this process, has no such call: says
 * which), ENOMEM. On an error nothing is left.
 */
int passage_open(struct passage *passage, const struct mechanism *mechanism,
                 const struct mapping_request *request, int consumer_node, kernel_function *copy,
                 const struct topology *topology, struct fault *fault);
void passage_close(struct passage *passage);

/*
 * Before passes, untimed: if nothing is mapped at the consumer's addresses since the last one,
 * nobody else must have taken them, and nobody can from then on. Error: EBUSY.
 */
int passage_reserve(struct passage *passage, struct fault *fault);

/* One pass. false: a system call failed now or before; passage_status() tells. */
bool passage_pass(struct passage *passage, enum touch touch);

/* 0, or the error of the first system call that failed, naming it. */
int passage_status(const struct passage *passage, struct fault *fault);

/*
 * Whether the last pass left its word in every page where it should be, and whether another payload
 * gets to the consumer whole: all of 64 KiB, beyond that every 509th byte and the last. Errors:
 * EILSEQ (which mechanism, which byte), those of passage_status() and passage_reserve().
 */
int passage_verify(struct passage *passage, struct fault *fault);

/* For mechanisms: notes that this call failed. Always false. */
bool passage_fail(struct passage *passage, const char *call);

#endif
