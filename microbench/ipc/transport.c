#include "microbench/ipc/transport.h"

#include <stdio.h>
#include <string.h>

#include "microbench/ipc/files.h"

REGISTRY_DECLARE(transport, transport);

enum { LINE_BYTES = 64, LIST_BYTES = 512 };

const char *transport_names[TRANSPORTS_MAX + 1];
char transport_list[LIST_BYTES];

size_t transport_count(void)
{
    size_t count = REGISTRY_COUNT(transport);
    return count < TRANSPORTS_MAX ? count : TRANSPORTS_MAX;
}

const struct transport *transport_at(size_t index)
{
    return REGISTRY_BEGIN(transport)[index];
}

const struct transport *transport_find(const char *name)
{
    for (size_t i = 0; i < transport_count(); i++)
        if (strcmp(transport_at(i)->name, name) == 0)
            return transport_at(i);
    return NULL;
}

/* An axis is described by constants, the registry is known to the linker: before main() is both. */
__attribute__((constructor)) static void list_transports(void)
{
    size_t used = 0;
    for (size_t i = 0; i < transport_count() && used < sizeof transport_list; i++) {
        transport_names[i] = transport_at(i)->name;
        used += (size_t)snprintf(transport_list + used, sizeof transport_list - used, "%s%s",
                                 i ? "," : "", transport_names[i]);
    }
}

size_t lane_stride(size_t chunk_bytes, size_t page_bytes)
{
    size_t unit = chunk_bytes < page_bytes ? LINE_BYTES : page_bytes;
    return (chunk_bytes + unit - 1) / unit * unit;
}

void lane_count_buffers(struct lane *lane)
{
    const struct transport *transport = lane->transport;
    lane->stride = lane_stride(lane->chunk_bytes, lane->page_bytes);
    lane->produced_count =
        transport->produced ? transport->produced(lane->chunk_bytes, lane->page_bytes) : 1;
    lane->consumed_count =
        transport->consumed ? transport->consumed(lane->chunk_bytes, lane->page_bytes) : 1;
}

void lane_clear(struct lane *lane)
{
    lane->borrows = false;
    lane->producer_fd = lane->consumer_fd = -1;
    lane->given = lane->taken = 0;
    lane->pages = (struct mapping){.node = NODE_UNKNOWN, .huge_share = -1};
    lane->peer = 0;
    lane->capacity_bytes = 0;
}

void lane_close_files(struct lane *lane)
{
    if (lane->borrows)
        return;
    files_close(&lane->producer_fd);
    files_close(&lane->consumer_fd);
}

void lane_close(struct lane *lane)
{
    if (lane->transport->close)
        lane->transport->close(lane);
    else
        lane_close_files(lane);
}
