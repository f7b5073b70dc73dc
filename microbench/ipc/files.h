/*
 * Whole chunks through file descriptors, however many calls that takes: short reads and writes are
 * gone on with, so are EINTR and (after poll(2)) EAGAIN.
 */
#ifndef COPYCOST_MICROBENCH_IPC_FILES_H
#define COPYCOST_MICROBENCH_IPC_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* One call of the kernel on some of the bytes: how many it moved, or -1 with errno. */
typedef ssize_t files_call(int fd, void *bytes, size_t count);

ssize_t files_read(int fd, void *bytes, size_t count);
ssize_t files_write(int fd, void *bytes, size_t count);
ssize_t files_receive(int fd, void *bytes, size_t count);
ssize_t files_send(int fd, void *bytes, size_t count); /* without SIGPIPE */

/*
 * Repeats the call until all bytes are moved, at most `most` of them in one (0: any number). 0;
 * -EPIPE: the other end is gone; else -errno.
 */
int files_move(files_call *call, int fd, short direction, void *bytes, size_t count, size_t most);

/*
 * Whether a call that failed is to be repeated: after EINTR, and after EAGAIN once the descriptor
 * is ready in that direction.
 */
bool files_again(int fd, short direction);

/* Closes what is open, and writes -1. */
void files_close(int *fd);

#endif
