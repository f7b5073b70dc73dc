#include "microbench/shootdown_regions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/nodes.h"
#include "harness/system.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; older kernels answer EINVAL */
#endif

const char *const operation_names[OPERATIONS + 1] = {"munmap", "mprotect", "mremap", "madvise",
                                                     NULL};

static size_t region_bytes(const struct regions *regions)
{
    return regions->pages * regions->page_bytes;
}

unsigned char *region_start(const struct regions *regions, size_t index)
{
    return regions->arena + (index * (regions->pages + 1) + 1) * regions->page_bytes;
}

static unsigned char *moved_start(const struct regions *regions, size_t index)
{
    return region_start(regions, index) + regions->moved_offset;
}

static int operate_munmap(const struct regions *regions, size_t index)
{
    return munmap(region_start(regions, index), region_bytes(regions));
}

static int operate_mprotect(const struct regions *regions, size_t index)
{
    return mprotect(region_start(regions, index), region_bytes(regions), PROT_READ);
}

static int operate_mremap(const struct regions *regions, size_t index)
{
    size_t bytes = region_bytes(regions);
    void *moved = mremap(region_start(regions, index), bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
                         moved_start(regions, index));
    return moved == MAP_FAILED ? -1 : 0;
}

static int operate_madvise(const struct regions *regions, size_t index)
{
    return madvise(region_start(regions, index), region_bytes(regions), MADV_DONTNEED);
}

static region_operation *const operations[OPERATIONS] = {
    [OPERATION_MUNMAP] = operate_munmap,
    [OPERATION_MPROTECT] = operate_mprotect,
    [OPERATION_MREMAP] = operate_mremap,
    [OPERATION_MADVISE] = operate_madvise,
};

/* From a region to where it is moved: no multiple of what a page table spans. */
static uint64_t moved_pages(uint64_t pages, uint64_t room, size_t page_bytes)
{
    uint64_t table_pages = page_bytes / sizeof(uint64_t), distance = (pages + 1) * room + 1;
    return distance + (distance % table_pages == 0);
}

size_t regions_bytes(enum operation operation, size_t pages, size_t room, size_t page_bytes)
{
    uint64_t most = SIZE_MAX / page_bytes / 4;
    if (pages >= most || room > most / (pages + 1))
        return SIZE_MAX;
    uint64_t all = (uint64_t)(pages + 1) * room + 1;
    if (operation == OPERATION_MREMAP)
        all += moved_pages(pages, room, page_bytes);
    return (size_t)all * page_bytes;
}

int regions_open(struct regions *regions, enum operation operation, size_t pages, size_t room,
                 int node, const struct topology *topology, struct fault *fault)
{
    size_t page_bytes = topology->page_bytes;
    *regions = (struct regions){
        .operation = operation,
        .operate = operations[operation],
        .page_bytes = page_bytes,
        .pages = pages,
        .room = room,
        .arena_bytes = regions_bytes(operation, pages, room, page_bytes),
        .node = node,
    };
    if (operation == OPERATION_MREMAP)
        regions->moved_offset = (size_t)moved_pages(pages, room, page_bytes) * page_bytes;
    void *arena = mmap(NULL, regions->arena_bytes, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (arena == MAP_FAILED)
        return fail(fault, ENOMEM, "no address space for %zu regions of %zu pages", room, pages);
    regions->arena = arena;
    return 0;
}

void regions_close(struct regions *regions)
{
    if (regions->arena)
        munmap(regions->arena, regions->arena_bytes);
    regions->arena = NULL;
}

static int fail_mapping(const struct regions *regions, const char *step, struct fault *fault)
{
    return fail(fault, ENOMEM, "mapping %zu regions of %zu pages failed at %s: %s", regions->count,
                regions->pages, step, strerror(errno));
}

/* What a page says of itself: never 0, which is what a fresh one says. */
static uint32_t page_number(const struct regions *regions, size_t index, size_t page)
{
    return (uint32_t)(index * regions->pages + page) | UINT32_C(1) << 31;
}

static int region_map(const struct regions *regions, size_t index, struct fault *fault)
{
    unsigned char *start = region_start(regions, index);
    size_t bytes = region_bytes(regions);
    if (mprotect(start, bytes, PROT_READ | PROT_WRITE))
        return fail_mapping(regions, "mprotect", fault);
    /* Where writing would end in SIGBUS, this is an error. */
    if (madvise(start, bytes, MADV_POPULATE_WRITE) && errno != EINVAL)
        return fail_mapping(regions, "touching them", fault);
    for (size_t page = 0; page < regions->pages; page++)
        *(volatile uint32_t *)(start + page * regions->page_bytes) =
            page_number(regions, index, page);
    return 0;
}

/* The whole arena without access again, whatever has become of it. */
static int arena_clear(const struct regions *regions, struct fault *fault)
{
    if (mmap(regions->arena, regions->arena_bytes, PROT_NONE,
             MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
        return fail_mapping(regions, "mmap", fault);
    /* A kernel without transparent huge pages answers EINVAL: base pages are certain then. */
    if (madvise(regions->arena, regions->arena_bytes, MADV_NOHUGEPAGE) && errno != EINVAL)
        return fail_mapping(regions, "madvise(MADV_NOHUGEPAGE)", fault);
    return regions->node == NODE_LOCAL
               ? 0
               : nodes_bind(regions->arena, regions->arena_bytes, regions->node, fault);
}

int regions_map(struct regions *regions, size_t count, struct fault *fault)
{
    bool stays =
        regions->operation == OPERATION_MPROTECT || regions->operation == OPERATION_MADVISE;
    int error = stays && regions->count ? 0 : arena_clear(regions, fault);
    regions->count = count < regions->room ? count : regions->room;
    for (size_t index = 0; !error && index < regions->count; index++)
        error = region_map(regions, index, fault);
    return error;
}

size_t regions_touch(const struct regions *regions)
{
    size_t right = 0;
    for (size_t index = 0; index < regions->count; index++)
        for (size_t page = 0; page < regions->pages; page++) {
            const unsigned char *start = region_start(regions, index) + page * regions->page_bytes;
            right += *(const volatile uint32_t *)start == page_number(regions, index, page);
        }
    return right;
}

void regions_operate(struct regions *regions, uint64_t calls)
{
    for (size_t index = 0; index < calls; index++)
        if (regions->operate(regions, index)) {
            regions->failed++;
            regions->error = errno;
        }
}

struct extent { /* of one region, in bytes */
    size_t mapped, fit;
};

/* Adds what of each region lies in [from, to), where all regions are that far off. */
static void add_extents(struct extent *extents, const struct regions *regions, size_t offset,
                        uint64_t from, uint64_t to, bool fit)
{
    uint64_t base = (uintptr_t)region_start(regions, 0) + offset, bytes = region_bytes(regions);
    uint64_t stride = bytes + regions->page_bytes;
    for (size_t index = from > base ? (size_t)((from - base) / stride) : 0;
         index < regions->count && base + index * stride < to; index++) {
        uint64_t start = base + index * stride, end = start + bytes;
        uint64_t low = from > start ? from : start, high = to < end ? to : end;
        if (low >= high)
            continue;
        extents[index].mapped += (size_t)(high - low);
        extents[index].fit += fit ? (size_t)(high - low) : 0;
    }
}

/* What of the regions, that far off, may be read, and has the wanted access. */
static int read_extents(struct extent *extents, const struct regions *regions, size_t offset,
                        const char *access, struct fault *fault)
{
    FILE *file = system_open("/proc/self/maps");
    if (!file)
        return fail(fault, ENOTSUP, "what was mapped can't be verified without /proc/self/maps");
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) > 0) {
        unsigned long long from, to;
        char has[4];
        if (sscanf(line, "%llx-%llx %3s", &from, &to, has) == 3 && has[0] == 'r')
            add_extents(extents, regions, offset, from, to, strcmp(has, access) == 0);
    }
    free(line);
    fclose(file);
    return 0;
}

/* Whether every page says what it should: its number, or nothing. */
static int verify_pages(const struct regions *regions, size_t offset, struct fault *fault)
{
    bool emptied = regions->operation == OPERATION_MADVISE;
    for (size_t index = 0; index < regions->count; index++)
        for (size_t page = 0; page < regions->pages; page++) {
            const unsigned char *start = region_start(regions, index) + offset;
            uint32_t number = emptied ? 0 : page_number(regions, index, page);
            if (*(const volatile uint32_t *)(start + page * regions->page_bytes) != number)
                return fail(fault, EILSEQ, "page %zu of region %zu holds something else after %s",
                            page, index, operation_names[regions->operation]);
        }
    return 0;
}

/* Whether the regions, that far off, are all there with that access, or not at all (NULL). */
static int verify_extents(const struct regions *regions, size_t offset, const char *access,
                          struct fault *fault)
{
    struct extent *extents = calloc(regions->count + 1, sizeof *extents);
    if (!extents)
        return fail(fault, ENOMEM, "no memory for what %zu regions are", regions->count);
    int error = read_extents(extents, regions, offset, access ? access : "", fault);
    size_t expected = access ? region_bytes(regions) : 0;
    for (size_t index = 0; !error && index < regions->count; index++)
        if (extents[index].mapped != expected || extents[index].fit != expected)
            error =
                fail(fault, EILSEQ, "after %s %zu B of region %zu are mapped, %zu of %zu B as %s",
                     operation_names[regions->operation], extents[index].mapped, index,
                     extents[index].fit, expected, access ? access : "nothing");
    free(extents);
    return error;
}

int regions_verify(const struct regions *regions, struct fault *fault)
{
    if (regions->failed)
        return fail(fault, EILSEQ, "%s failed %llu times: %s", operation_names[regions->operation],
                    (unsigned long long)regions->failed, strerror(regions->error));
    bool leaves = regions->operation == OPERATION_MUNMAP || regions->operation == OPERATION_MREMAP;
    bool moves = regions->operation == OPERATION_MREMAP;
    const char *access = regions->operation == OPERATION_MPROTECT ? "r--" : "rw-";
    int error = verify_extents(regions, 0, leaves ? NULL : access, fault);
    if (!error && moves)
        error = verify_extents(regions, regions->moved_offset, access, fault);
    if (!error && (moves || !leaves))
        error = verify_pages(regions, regions->moved_offset, fault);
    return error;
}
