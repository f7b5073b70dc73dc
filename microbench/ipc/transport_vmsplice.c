/*
 * Pages put into a pipe instead of being copied there, and read(2) from it: as they are, of huge
 * pages, and given away.
 *
 * A page that is in the pipe must not be written to. One that is not given away is used again when
 * the pipe, which holds so many pages and no more, must have let it go. Of one that is given away
 * the producer drops its own mapping: the next chunk is written to new pages, which the kernel has
 * to clear. That is what SPLICE_F_GIFT asks for (vmsplice(2): never to be modified again), and what
 * it costs.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "harness/system.h"
#include "microbench/ipc/files.h"
#include "microbench/ipc/pipe.h"

static char reason[160];

static size_t pages_of(size_t chunk_bytes, size_t page_bytes)
{
    return chunk_bytes < page_bytes ? 1 : chunk_bytes / page_bytes;
}

/* Of those before the last one the pages are more than a pipe holds. */
static size_t produced_again(size_t chunk_bytes, size_t page_bytes)
{
    return PIPE_BYTES / page_bytes / pages_of(chunk_bytes, page_bytes) + 2;
}

static const char *missing(size_t chunk_bytes, size_t offset, size_t page_bytes)
{
    (void)chunk_bytes;
    (void)offset;
    (void)page_bytes;
    if (vmsplice(-1, NULL, 0, 0) >= 0 || errno == EBADF)
        return NULL;
    snprintf(reason, sizeof reason, "vmsplice(2) is refused here: %s", strerror(errno));
    return reason;
}

static const char *missing_gift(size_t chunk_bytes, size_t offset, size_t page_bytes)
{
    const char *why = missing(chunk_bytes, offset, page_bytes);
    if (why || (chunk_bytes % page_bytes == 0 && offset == 0))
        return why;
    snprintf(reason, sizeof reason, "only whole pages (of %zu B here) can be given away",
             page_bytes);
    return reason;
}

static const char *missing_huge(size_t chunk_bytes, size_t offset, size_t page_bytes)
{
    char enabled[64];
    if (!system_line(enabled, sizeof enabled, "/sys/kernel/mm/transparent_hugepage/enabled"))
        return "this kernel has no transparent huge pages";
    if (strstr(enabled, "[never]"))
        return "transparent huge pages are off: /sys/kernel/mm/transparent_hugepage/enabled says "
               "never";
    return missing(chunk_bytes, offset, page_bytes);
}

static int open_pipe(struct lane *there, struct lane *back, struct fault *fault)
{
    int error = pipe_open(there, back, fault);
    if (!error && there->capacity_bytes > PIPE_BYTES)
        return fail(fault, ENOTSUP, "a pipe here has %llu B at least, and pages are kept for %d",
                    (unsigned long long)there->capacity_bytes, PIPE_BYTES);
    return error;
}

/* The producer maps its pages after the fork: nobody else has them then. */
static int enter_own(struct lane *lane, enum lane_end end, enum page_kind page, struct fault *fault)
{
    int error = pipe_enter(lane, end, fault);
    if (error || end != LANE_PRODUCER)
        return error;
    struct mapping_request request = {
        .bytes = lane->produced_count * lane->stride, .node = lane->node, .page = page};
    error = mapping_make(&lane->pages, &request, lane->topology, fault);
    if (!error && page == PAGE_THP && lane->pages.huge_share == 0)
        error = fail(fault, ENOTSUP, "no huge page could be had: the kernel gave base pages");
    if (!error)
        lane->produced = lane->pages.base;
    return error;
}

static int enter_gift(struct lane *lane, enum lane_end end, struct fault *fault)
{
    return enter_own(lane, end, PAGE_BASE, fault);
}

static int enter_huge(struct lane *lane, enum lane_end end, struct fault *fault)
{
    return enter_own(lane, end, PAGE_THP, fault);
}

static unsigned char *buffer_now(const struct lane *lane)
{
    return lane->produced + lane->given % lane->produced_count * lane->stride;
}

static int get_space(struct lane *lane, unsigned char **space)
{
    *space = buffer_now(lane);
    return 0;
}

/* Pages that nobody writes to would all be the same one of zeros. */
static int get_new_pages(struct lane *lane, unsigned char **space)
{
    *space = lane->produced;
    for (size_t at = 0; at < lane->chunk_bytes; at += lane->page_bytes)
        *(volatile unsigned char *)(lane->produced + at) = 0;
    return 0;
}

static ssize_t splice_plainly(int fd, void *bytes, size_t count)
{
    struct iovec range = {.iov_base = bytes, .iov_len = count};
    return vmsplice(fd, &range, 1, 0);
}

static ssize_t splice_as_gift(int fd, void *bytes, size_t count)
{
    struct iovec range = {.iov_base = bytes, .iov_len = count};
    return vmsplice(fd, &range, 1, SPLICE_F_GIFT);
}

static int commit(struct lane *lane)
{
    int error = files_move(splice_plainly, lane->producer_fd, POLLOUT, buffer_now(lane),
                           lane->chunk_bytes, 0);
    lane->given++;
    return error;
}

static int commit_gift(struct lane *lane)
{
    int error = files_move(splice_as_gift, lane->producer_fd, POLLOUT, lane->produced,
                           lane->chunk_bytes, 0);
    if (!error && madvise(lane->produced, lane->chunk_bytes, MADV_DONTNEED) < 0)
        error = -errno;
    return error;
}

static void close_own(struct lane *lane)
{
    lane_close_files(lane);
    mapping_free(&lane->pages);
}

#define SPLICING_PARTS                                                                             \
    .kernel_copies = 1, .open = open_pipe, .get_chunk = pipe_get_chunk, .abandon = pipe_abandon

static const struct transport vmsplice_plain = {
    .name = "vmsplice",
    SPLICING_PARTS,
    .produced = produced_again,
    .missing = missing,
    .enter = pipe_enter,
    .get_space = get_space,
    .commit = commit,
};
TRANSPORT(&vmsplice_plain);

static const struct transport vmsplice_gift = {
    .name = "vmsplice_gift",
    SPLICING_PARTS,
    .maps_pages = true,
    .missing = missing_gift,
    .enter = enter_gift,
    .get_space = get_new_pages,
    .commit = commit_gift,
    .close = close_own,
};
TRANSPORT(&vmsplice_gift);

static const struct transport vmsplice_huge = {
    .name = "vmsplice_huge",
    SPLICING_PARTS,
    .maps_pages = true,
    .produced = produced_again,
    .missing = missing_huge,
    .enter = enter_huge,
    .get_space = get_space,
    .commit = commit,
    .close = close_own,
};
TRANSPORT(&vmsplice_huge);
