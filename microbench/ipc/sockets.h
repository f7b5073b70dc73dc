/*
 * Connected pairs of sockets as lanes: what UNIX sockets and TCP have in common. Both directions
 * are the same pair, as between a client and its server.
 */
#ifndef COPYCOST_MICROBENCH_IPC_SOCKETS_H
#define COPYCOST_MICROBENCH_IPC_SOCKETS_H

#include "microbench/ipc/transport.h"

/* The first socket is the end of who produces `there`; -1 for one that is not open. */
void sockets_use(const int sockets[2], struct lane *there, struct lane *back);

int sockets_commit(struct lane *lane);
int sockets_get_chunk(struct lane *lane, const unsigned char **chunk);

/* For both processes. */
void sockets_abandon(struct lane *lane, enum lane_end end);

#endif
