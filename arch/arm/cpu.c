/*
 * 32-bit ARM on Linux: features by the auxiliary vector. User space has no counter that it may
 * read everywhere (the generic timer came with ARMv7VE and is often kept from user space) and may
 * not maintain the caches.
 */
#include "arch/cpu.h"

#include <string.h>
#include <sys/auxv.h>

const char *const cpu_isa = "arm";
const char *const cpu_ticks_name = NULL;
const uintptr_t cpu_code_mode = 1;
const bool cpu_code_moves = false;

/*
 * The one list: name, bit of HWCAP (Linux: arch/arm/include/uapi/asm/hwcap.h; the constants' names
 * differ between C libraries).
 */
#define FEATURES(feature)                                                                          \
    feature(vfp, 6) feature(edsp, 7) feature(neon, 12) feature(vfpv3, 13) feature(vfpv4, 16)       \
        feature(idiva, 17) feature(idivt, 18) feature(vfpd32, 19) feature(lpae, 20)

#define FEATURE_NAME(name, bit) #name,
#define FEATURE_ROW(name, bit) {#name, bit},

const char *const cpu_features[] = {FEATURES(FEATURE_NAME) NULL};

static const struct feature {
    const char *name;
    unsigned bit;
} features[] = {FEATURES(FEATURE_ROW)};

bool cpu_has(const char *name)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (strcmp(features[i].name, name) == 0) {
            return getauxval(AT_HWCAP) >> features[i].bit & 1;
        }
    }
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
    __asm__ volatile("yield" ::: "memory");
}
