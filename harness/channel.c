#include "harness/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool channel_write(int fd, const void *data, size_t bytes)
{
    for (const char *at = data; bytes;) {
        ssize_t written = send(fd, at, bytes, MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        bytes -= (size_t)written;
    }
    return true;
}

bool channel_read(int fd, void *data, size_t bytes)
{
    for (char *at = data; bytes;) {
        ssize_t got = read(fd, at, bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        bytes -= (size_t)got;
    }
    return true;
}

size_t channel_entries(const struct visit *visit)
{
    return (size_t)visit->samples * visit->members;
}

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t bytes)
{
    for (const unsigned char *at = data; bytes; at++, bytes--)
        hash = (hash ^ *at) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t channel_cells_hash(const struct cell *cells, size_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++) {
        const struct cell *cell = &cells[i];
        const char *kernel = cell->kernel ? cell->kernel->name : "";
        const uint64_t numbers[] = {cell->number, cell->payload_bytes, cell->calls_max,
                                    cell->members};
        hash = hash_bytes(hash, cell->benchmark->name, strlen(cell->benchmark->name));
        hash = hash_bytes(hash, kernel, strlen(kernel));
        hash = hash_bytes(hash, numbers, sizeof numbers);
    }
    return hash;
}
