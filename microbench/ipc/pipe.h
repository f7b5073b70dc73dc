/*
 * Pipes as lanes: what pipe and the vmsplice transports have in common.
 */
#ifndef COPYCOST_MICROBENCH_IPC_PIPE_H
#define COPYCOST_MICROBENCH_IPC_PIPE_H

#include "microbench/ipc/transport.h"

/*
 * A pipe for each lane, of PIPE_BYTES, or of as much less (halved) as this user may have. Errors:
 * those of pipe2(2).
 */
int pipe_open(struct lane *there, struct lane *back, struct fault *fault);

/* Leaves this process only its own end, so that a peer that ends is noticed. */
int pipe_enter(struct lane *lane, enum lane_end end, struct fault *fault);

/* Reads the next chunk into the consumer's buffer. */
int pipe_get_chunk(struct lane *lane, const unsigned char **chunk);
void pipe_abandon(struct lane *lane, enum lane_end end);

#endif
