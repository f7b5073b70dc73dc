#include "harness/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/memory_limits.h"
#include "harness/nodes.h"
#include "harness/quantity.h"
#include "harness/system.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; older kernels answer EINVAL */
#endif

const char *const page_kind_names[PAGE_KINDS + 1] = {"base", "thp", "hugetlb", NULL};

size_t mapping_page_bytes(enum page_kind page, const struct topology *topology)
{
    uint64_t transparent;
    if (page == PAGE_HUGETLB && topology->huge_page_bytes)
        return topology->huge_page_bytes;
    if (page == PAGE_THP &&
        system_number(&transparent, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"))
        return (size_t)transparent;
    return topology->page_bytes;
}

static int fail_mapping(const struct mapping_request *request, int error, const char *step,
                        struct fault *fault)
{
    char asked[32];
    quantity_bytes_text(request->bytes, asked, sizeof asked);
    return fail(fault, error, "%s on %s pages asked for, but %s failed: %s", asked,
                page_kind_names[request->page], step, strerror(error));
}

/*
 * Takes address space for the mapping, for its alignment and for a page without access on either
 * side: neighbours would share a VMA otherwise, and smaps could not tell their huge pages apart.
 */
static int reserve(struct mapping *mapping, const struct mapping_request *request, size_t alignment,
                   size_t page_bytes, struct fault *fault)
{
    size_t extra = alignment + 2 * page_bytes;
    if (mapping->bytes > SIZE_MAX - extra)
        return fail_mapping(request, ENOMEM, "the address space", fault);
    mapping->whole_bytes = mapping->bytes + extra;
    mapping->whole = mmap(NULL, mapping->whole_bytes, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping->whole == MAP_FAILED)
        return fail_mapping(request, errno, "reserving address space", fault);
    uintptr_t first = (uintptr_t)mapping->whole + page_bytes;
    mapping->base = (unsigned char *)((first + alignment - 1) / alignment * alignment);
    return 0;
}

static int map_pages(const struct mapping *mapping, const struct mapping_request *request,
                     struct fault *fault)
{
    int flags = MAP_FIXED | MAP_ANONYMOUS | (request->shared ? MAP_SHARED : MAP_PRIVATE) |
                (request->page == PAGE_HUGETLB ? MAP_HUGETLB : 0);
    if (mmap(mapping->base, mapping->bytes, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED)
        return fail_mapping(request, errno, "mmap", fault);
    /* A kernel without transparent huge pages answers EINVAL: base pages are certain then. */
    if (request->page == PAGE_BASE && madvise(mapping->base, mapping->bytes, MADV_NOHUGEPAGE) &&
        errno != EINVAL)
        return fail_mapping(request, errno, "madvise(MADV_NOHUGEPAGE)", fault);
    if (request->page == PAGE_THP && madvise(mapping->base, mapping->bytes, MADV_HUGEPAGE))
        return fail_mapping(request, errno == EINVAL ? ENOTSUP : errno, "madvise(MADV_HUGEPAGE)",
                            fault);
    /* Pages that a fork shares would fault when they are written next, in the midst of a sample. */
    if (!request->shared && madvise(mapping->base, mapping->bytes, MADV_DONTFORK))
        return fail_mapping(request, errno, "madvise(MADV_DONTFORK)", fault);
    return 0;
}

static int place_pages(struct mapping *mapping, const struct mapping_request *request,
                       size_t page_bytes, struct fault *fault)
{
    if (request->node == NODE_LOCAL)
        return 0;
    if (request->node != NODE_INTERLEAVED)
        return nodes_bind(mapping->base, mapping->bytes, request->node, fault);
    mapping->interleaved_bytes = page_bytes;
    return nodes_interleave(mapping->base, mapping->bytes, fault);
}

static int touch(const struct mapping *mapping, const struct mapping_request *request,
                 size_t page_bytes, struct fault *fault)
{
    /* Where touching would end in SIGBUS, this is an error. */
    if (madvise(mapping->base, mapping->bytes, MADV_POPULATE_WRITE) && errno != EINVAL)
        return fail_mapping(request, errno == EFAULT ? ENOMEM : errno, "touching it", fault);
    for (size_t offset = 0; offset < mapping->bytes; offset += page_bytes)
        *(volatile unsigned char *)(mapping->base + offset) = 0;
    return 0;
}

int mapping_make(struct mapping *mapping, const struct mapping_request *request,
                 const struct topology *topology, struct fault *fault)
{
    *mapping = (struct mapping){.node = NODE_UNKNOWN, .huge_share = -1};
    size_t page_bytes = mapping_page_bytes(request->page, topology);
    size_t alignment =
        topology->huge_page_bytes > page_bytes ? topology->huge_page_bytes : page_bytes;
    if (!request->bytes || request->bytes > SIZE_MAX - page_bytes)
        return fail_mapping(request, ENOMEM, "rounding it to pages", fault);
    size_t bytes = (request->bytes + page_bytes - 1) / page_bytes * page_bytes;
    int status = memory_check(request, topology, bytes, fault);
    if (status)
        return status;
    mapping->bytes = bytes;
    status = reserve(mapping, request, alignment, topology->page_bytes, fault);
    if (status) {
        *mapping = (struct mapping){.node = NODE_UNKNOWN, .huge_share = -1};
        return status;
    }
    status = map_pages(mapping, request, fault);
    if (!status)
        status = place_pages(mapping, request, page_bytes, fault);
    if (!status && !request->untouched)
        status = touch(mapping, request, topology->page_bytes, fault);
    if (!status && !request->untouched) {
        mapping_read_back(mapping);
        status = mapping_check(mapping, request->node, fault);
    }
    if (status)
        mapping_free(mapping);
    return status;
}

int mapping_check(const struct mapping *mapping, int node, struct fault *fault)
{
    if (node == NODE_LOCAL || mapping->node == node || mapping->node == NODE_UNKNOWN)
        return 0;
    char asked[32], got[32];
    snprintf(asked, sizeof asked,
             node == NODE_INTERLEAVED ? "pages interleaved over nodes" : "node %d", node);
    snprintf(got, sizeof got, mapping->node < 0 ? "several nodes, unevenly" : "node %d",
             mapping->node);
    return fail(fault, EIO, "%s asked for, but pages are on %s", asked, got);
}

void mapping_free(struct mapping *mapping)
{
    if (mapping->whole)
        munmap(mapping->whole, mapping->whole_bytes);
    *mapping = (struct mapping){.node = NODE_UNKNOWN, .huge_share = -1};
}

int mapping_again(struct mapping *again, const struct mapping *shared,
                  const struct topology *topology, struct fault *fault)
{
    size_t page_bytes = topology->page_bytes;
    size_t alignment =
        topology->huge_page_bytes > page_bytes ? topology->huge_page_bytes : page_bytes;
    *again = *shared;
    again->whole_bytes = shared->bytes + alignment;
    again->whole = mmap(NULL, again->whole_bytes, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (again->whole == MAP_FAILED) {
        *again = (struct mapping){.node = NODE_UNKNOWN, .huge_share = -1};
        return fail(fault, ENOMEM, "no room to map %zu B a second time", shared->bytes);
    }
    again->base = (unsigned char *)again->whole + -(uintptr_t)again->whole % alignment;
    /* An old size of 0 means another mapping of shared pages (mremap(2)). */
    if (mremap(shared->base, 0, shared->bytes, MREMAP_MAYMOVE | MREMAP_FIXED, again->base) ==
        MAP_FAILED) {
        int error = errno;
        mapping_free(again);
        return fail(fault, ENOTSUP, "the kernel does not map %zu shared bytes a second time: %s",
                    shared->bytes, strerror(error));
    }
    for (size_t offset = 0; offset < again->bytes; offset += page_bytes)
        (void)*(volatile unsigned char *)(again->base + offset);
    return 0;
}

static bool is_huge_field(const char *line)
{
    static const char *const fields[] = {
        "AnonHugePages:", "ShmemPmdMapped:", "Shared_Hugetlb:", "Private_Hugetlb:"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!strncmp(line, fields[i], strlen(fields[i])))
            return true;
    return false;
}

static double read_huge_share(const struct mapping *mapping)
{
    FILE *file = system_open("/proc/self/smaps");
    if (!file)
        return -1;
    uintptr_t start = (uintptr_t)mapping->base;
    char *line = NULL;
    size_t room = 0;
    uint64_t huge = 0;
    bool inside = false, found = false;
    while (getline(&line, &room, file) > 0) {
        unsigned long long from, to;
        if (sscanf(line, "%llx-%llx ", &from, &to) == 2) {
            inside = from >= start && to <= start + mapping->bytes;
            found |= inside;
        } else if (inside && is_huge_field(line)) {
            huge += strtoull(strchr(line, ':') + 1, NULL, 10) * 1024;
        }
    }
    free(line);
    fclose(file);
    return found ? (double)huge / (double)mapping->bytes : -1;
}

void mapping_read_back(struct mapping *mapping)
{
    mapping->huge_share = read_huge_share(mapping);
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    mapping->node =
        nodes_of_interleaved(mapping->base, mapping->bytes, page_bytes, mapping->interleaved_bytes);
}

uint64_t memory_faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}
