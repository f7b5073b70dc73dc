/* Features by CPUID (Intel SDM volume 2, AMD APM volume 3), state enabled by the system by XCR0. */
#include "arch/cpu.h"

#include <cpuid.h>
#include <string.h>

#include "arch/x86_64/short.h"

const char *const cpu_isa = "x86_64";
const char *const cpu_ticks_name = "tsc";
const uintptr_t cpu_code_mode = 0;
const bool cpu_code_moves = true;

enum { EAX, EBX, ECX, EDX };

/* Bits of XCR0: the system saves these registers. */
enum { STATE_NONE = 0, STATE_YMM = 0x06, STATE_ZMM = 0xe6 };

/* The one list: name, leaf, subleaf, register, bit, state. */
#define FEATURES(feature)                                                                          \
    feature(sse2, 0x1, 0, EDX, 26, STATE_NONE) feature(clflush, 0x1, 0, EDX, 19, STATE_NONE)       \
        feature(ssse3, 0x1, 0, ECX, 9, STATE_NONE) feature(sse4_1, 0x1, 0, ECX, 19, STATE_NONE)    \
            feature(avx, 0x1, 0, ECX, 28, STATE_YMM) feature(hypervisor, 0x1, 0, ECX, 31,          \
                                                             STATE_NONE)                           \
                feature(avx2, 0x7, 0, EBX, 5, STATE_YMM) feature(erms, 0x7, 0, EBX, 9, STATE_NONE) \
                    feature(avx512f, 0x7, 0, EBX, 16, STATE_ZMM)                                   \
                        feature(clflushopt, 0x7, 0, EBX, 23, STATE_NONE)                           \
                            feature(clwb, 0x7, 0, EBX, 24, STATE_NONE)                             \
                                feature(avx512bw, 0x7, 0, EBX, 30, STATE_ZMM)                      \
                                    feature(avx512vl, 0x7, 0, EBX, 31, STATE_ZMM)                  \
                                        feature(movdiri, 0x7, 0, ECX, 27, STATE_NONE)              \
                                            feature(movdir64b, 0x7, 0, ECX, 28, STATE_NONE)        \
                                                feature(fsrm, 0x7, 0, EDX, 4, STATE_NONE) feature( \
                                                    rdtscp, 0x80000001, 0, EDX, 27, STATE_NONE)    \
                                                    feature(nonstop_tsc, 0x80000007, 0, EDX, 8,    \
                                                            STATE_NONE)

#define FEATURE_NAME(name, leaf, subleaf, output, bit, state) #name,
#define FEATURE_ROW(name, leaf, subleaf, output, bit, state)                                       \
    {#name, leaf, subleaf, output, bit, state},

const char *const cpu_features[] = {FEATURES(FEATURE_NAME) NULL};

static const struct feature {
    const char *name;
    unsigned leaf, subleaf, output, bit, state;
} features[] = {FEATURES(FEATURE_ROW)};

static bool state_enabled(unsigned state)
{
    if (state == STATE_NONE) {
        return true;
    }
    unsigned eax, ebx, ecx, edx;
    __cpuid(1, eax, ebx, ecx, edx);
    if (!(ecx & bit_OSXSAVE)) {
        return false;
    }
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & state) == state;
}

bool cpu_has(const char *name)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        const struct feature *feature = &features[i];
        if (strcmp(feature->name, name) != 0) {
            continue;
        }
        unsigned output[4] = {0};
        /* 0 if the CPU has no such leaf. */
        int known = __get_cpuid_count(feature->leaf, feature->subleaf, &output[EAX], &output[EBX],
                                      &output[ECX], &output[EDX]);
        return known && (output[feature->output] >> feature->bit & 1) &&
               state_enabled(feature->state);
    }
    return false;
}

uint64_t cpu_ticks(void)
{
    /* The first fence waits for earlier loads and arithmetic, the second holds later ones back. */
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static size_t line_bytes(void)
{
    unsigned eax, ebx, ecx, edx;
    __cpuid(1, eax, ebx, ecx, edx);
    size_t bytes = (ebx >> 8 & 0xff) * 8;
    return bytes ? bytes : 64;
}

bool cpu_evict(const void *start, size_t bytes)
{
    /* CPUID traps into a hypervisor: ask once. Threads that race here find the same. */
    static size_t step;
    static bool optimised;
    if (!step) {
        optimised = cpu_has("clflushopt");
        step = line_bytes();
    }
    const char *end = (const char *)start + bytes;
    const char *line = (const char *)start - ((uintptr_t)start & (step - 1));
    __asm__ volatile("mfence" ::: "memory");
    if (optimised) {
        for (; line < end; line += step) {
            __asm__ volatile("clflushopt %0" : : "m"(*line) : "memory");
        }
    } else {
        for (; line < end; line += step) {
            __asm__ volatile("clflush %0" : : "m"(*line) : "memory");
        }
    }
    __asm__ volatile("mfence" ::: "memory");
    return true;
}

bool cpu_store_around(void *dst, const void *src, size_t bytes)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    for (; bytes >= 8; bytes -= 8, to += 8, from += 8) {
        __asm__ volatile("movnti %1, %0"
                         : "=m"(*(struct unaligned_64 *)to)
                         : "r"(((const struct unaligned_64 *)from)->value));
    }
    if (bytes >= 4) {
        __asm__ volatile("movnti %1, %0"
                         : "=m"(*(struct unaligned_32 *)to)
                         : "r"(((const struct unaligned_32 *)from)->value));
        bytes -= 4, to += 4, from += 4;
    }
    copy_short(to, from, bytes);
    __asm__ volatile("sfence" ::: "memory");
    return true;
}

void cpu_relax(void)
{
    __asm__ volatile("pause" ::: "memory");
}
