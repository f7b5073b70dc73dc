/*
 * AArch64 on Linux: features by the auxiliary vector, the generic timer, cache maintenance by
 * address. Register fields: Arm Architecture Reference Manual for A-profile (DDI 0487).
 */
#include "arch/cpu.h"

#include <string.h>
#include <sys/auxv.h>

#include "arch/aarch64/blocks.h"

const char *const cpu_isa = "aarch64";
const char *const cpu_ticks_name = "cntvct";
const uintptr_t cpu_code_mode = 0;
const bool cpu_code_moves = false;

/*
 * The one list of what the auxiliary vector says: name, entry, bit (Linux:
 * arch/arm64/include/uapi/asm/hwcap.h; C libraries older than a feature lack its constant).
 */
#define FEATURES(feature)                                                                          \
    feature(asimd, AT_HWCAP, 1) feature(sve, AT_HWCAP, 22) feature(sve2, AT_HWCAP2, 1)             \
        feature(mops, AT_HWCAP2, 43)

#define FEATURE_NAME(name, entry, bit) #name,
#define FEATURE_ROW(name, entry, bit) {#name, entry, bit},

const char *const cpu_features[] = {FEATURES(FEATURE_NAME) "dczva", NULL};

static const struct feature {
    const char *name;
    unsigned long entry;
    unsigned bit;
} features[] = {FEATURES(FEATURE_ROW)};

/* dc zva has no bit there: DCZID_EL0 itself says whether the system prohibits it. */
static bool dczva_allowed(void)
{
    uint64_t dczid;
    __asm__("mrs %0, dczid_el0" : "=r"(dczid));
    return !(dczid >> 4 & 1);
}

bool cpu_has(const char *name)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (strcmp(features[i].name, name) == 0) {
            return getauxval(features[i].entry) >> features[i].bit & 1;
        }
    }
    return strcmp(name, "dczva") == 0 && dczva_allowed();
}

uint64_t cpu_ticks(void)
{
    /* The first barrier waits for earlier instructions, the second holds later ones back. */
    uint64_t ticks;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(ticks) : : "memory");
    return ticks;
}

bool cpu_evict(const void *start, size_t bytes)
{
    uint64_t cache_type;
    __asm__("mrs %0, ctr_el0" : "=r"(cache_type));
    uintptr_t line_bytes = (uintptr_t)4 << (cache_type >> 16 & 15);
    uintptr_t end = (uintptr_t)start + bytes;
    for (uintptr_t line = (uintptr_t)start & ~(line_bytes - 1); line < end; line += line_bytes) {
        __asm__ volatile("dc civac, %0" : : "r"(line) : "memory");
    }
    __asm__ volatile("dsb ish" : : : "memory");
    return true;
}

bool cpu_store_around(void *dst, const void *src, size_t bytes)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    for (; bytes >= 8; bytes -= 8, to += 8, from += 8) {
        const unaligned32 *words = (const unaligned32 *)from;
        __asm__ volatile("stnp %w0, %w1, [%2]"
                         :
                         : "r"(words[0]), "r"(words[1]), "r"(to)
                         : "memory");
    }
    copy_short(to, from, bytes);
    __asm__ volatile("dmb ishst" ::: "memory");
    return true;
}

void cpu_relax(void)
{
    __asm__ volatile("yield" ::: "memory");
}
