#include "microbench/ipc/files.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

ssize_t files_read(int fd, void *bytes, size_t count)
{
    return read(fd, bytes, count);
}

ssize_t files_write(int fd, void *bytes, size_t count)
{
    return write(fd, bytes, count);
}

ssize_t files_receive(int fd, void *bytes, size_t count)
{
    return recv(fd, bytes, count, 0);
}

ssize_t files_send(int fd, void *bytes, size_t count)
{
    return send(fd, bytes, count, MSG_NOSIGNAL);
}

bool files_again(int fd, short direction)
{
    if (errno != EAGAIN)
        return errno == EINTR;
    struct pollfd ready = {.fd = fd, .events = direction};
    poll(&ready, 1, -1);
    return true;
}

int files_move(files_call *call, int fd, short direction, void *bytes, size_t count, size_t most)
{
    unsigned char *at = bytes;
    while (count) {
        ssize_t moved = call(fd, at, most && count > most ? most : count);
        if (moved > 0) {
            at += moved;
            count -= (size_t)moved;
        } else if (moved == 0) {
            return -EPIPE;
        } else if (!files_again(fd, direction)) {
            return -errno;
        }
    }
    return 0;
}

void files_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
