#include "arch/guard.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

int guard_open(struct guard *guard, size_t bytes)
{
    size_t page = page_bytes();
    guard->area = NULL;
    guard->bytes = (bytes + page - 1) & ~(page - 1);
    unsigned char *start =
        mmap(NULL, guard->bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
        return -ENOMEM;
    }
    guard->area = start + page;
    if (mprotect(guard->area, guard->bytes, PROT_READ | PROT_WRITE) != 0) {
        guard_close(guard);
        return -ENOMEM;
    }
    return 0;
}

void guard_close(struct guard *guard)
{
    if (guard->area) {
        size_t page = page_bytes();
        munmap(guard->area - page, guard->bytes + 2 * page);
        guard->area = NULL;
    }
}

size_t guard_place(const struct guard *guard, size_t bytes, size_t offset, size_t modulus,
                   bool high)
{
    if (!high) {
        return offset;
    }
    return ((guard->bytes - bytes - offset) & ~(modulus - 1)) + offset;
}

bool guard_contains(const struct guard *guard, const void *address)
{
    size_t page = page_bytes();
    uintptr_t start = (uintptr_t)guard->area - page;
    return (uintptr_t)address - start < guard->bytes + 2 * page;
}
