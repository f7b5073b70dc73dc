#include "harness/channel.h"

#include <errno.h>
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

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
    for (unsigned shift = 0; shift < 64; shift += 8)
        hash = (hash ^ (number >> shift & 0xff)) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t channel_cells_hash(const struct cell *cells, size_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < count; i++) {
        const struct cell *cell = &cells[i];
        hash = hash_text(hash, cell->benchmark->name);
        hash = hash_text(hash, cell->kernel ? cell->kernel->name : "");
        hash = hash_number(hash, cell->number);
        hash = hash_number(hash, cell->payload_bytes);
        hash = hash_number(hash, cell->calls_max);
        hash = hash_number(hash, cell->calls_step);
        hash = hash_number(hash, cell->members);
    }
    return hash;
}
