/* An ISA of which this suite knows nothing: no feature, no user-space counter, no eviction. */
#include "arch/cpu.h"

#if defined __loongarch__
const char *const cpu_isa = "loongarch64";
#elif defined __powerpc64__
const char *const cpu_isa = "powerpc64";
#elif defined __s390x__
const char *const cpu_isa = "s390x";
#elif defined __i386__
const char *const cpu_isa = "i386";
#else
const char *const cpu_isa = "generic";
#endif

const char *const cpu_features[] = {NULL};
const char *const cpu_ticks_name = NULL;
const uintptr_t cpu_code_mode = 0;
const bool cpu_code_moves = false;

bool cpu_has(const char *feature)
{
    (void)feature;
    return false;
}

uint64_t cpu_ticks(void)
{
    return 0;
}

bool cpu_evict(const void *start, size_t bytes)
{
    (void)start;
    (void)bytes;
    return false;
}

bool cpu_store_around(void *dst, const void *src, size_t bytes)
{
    (void)dst;
    (void)src;
    (void)bytes;
    return false;
}

void cpu_relax(void)
{
    __asm__ volatile("" ::: "memory");
}
