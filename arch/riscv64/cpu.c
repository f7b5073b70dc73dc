/*
 * RISC-V on Linux: features by the system call riscv_hwprobe (Linux 6.4:
 * Documentation/arch/riscv/hwprobe.rst), which answers for all online CPUs together.
 *
 * The auxiliary vector is not asked. Its bit V is set by vendors' kernels for cores with V 0.7.1
 * too (T-Head C906, C910), which encodes other instructions than V 1.0; riscv_hwprobe means 1.0.
 * Linux itself runs V since 6.5, so nothing is missed but V under a patched older kernel: a kernel
 * that is not run there is the lesser harm.
 */
#include "arch/cpu.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch/riscv64/zicboz.h"

const char *const cpu_isa = "riscv64";
const char *const cpu_ticks_name = "rdtime";
const uintptr_t cpu_code_mode = 0;
const bool cpu_code_moves = false;

/*
 * Linux: arch/riscv/include/uapi/asm/hwprobe.h, include/uapi/linux/prctl.h; older C libraries lack
 * the constants.
 */
#ifndef SYS_riscv_hwprobe
#define SYS_riscv_hwprobe 258
#endif
#ifndef PR_RISCV_V_GET_CONTROL
#define PR_RISCV_V_GET_CONTROL 70
#define PR_RISCV_V_VSTATE_CTRL_OFF 1
#define PR_RISCV_V_VSTATE_CTRL_CUR_MASK 3
#endif
enum { KEY_EXTENSIONS = 4, KEY_ZICBOZ_BLOCK_BYTES = 6 };

/* 0 where the kernel does not know the key, or has no such call. */
static uint64_t probe(int64_t key)
{
    struct {
        int64_t key;
        uint64_t value;
    } pair = {key, 0};
    long result = syscall(SYS_riscv_hwprobe, &pair, 1UL, 0UL, NULL, 0UL);
    return result == 0 && pair.key == key ? pair.value : 0;
}

/* The system may keep vectors from a process (sysctl abi.riscv_v_default_allow). */
static bool vector_allowed(void)
{
    int control = prctl(PR_RISCV_V_GET_CONTROL);
    return control < 0 || (control & PR_RISCV_V_VSTATE_CTRL_CUR_MASK) != PR_RISCV_V_VSTATE_CTRL_OFF;
}

size_t zicboz_block_bytes(void)
{
    /* Asked once. Threads that race here find the same. */
    static size_t block_bytes;
    if (!block_bytes) {
        uint64_t bytes = probe(KEY_ZICBOZ_BLOCK_BYTES);
        bool power = (bytes & (bytes - 1)) == 0; /* -1: the CPUs differ */
        block_bytes = power ? (size_t)bytes : 0;
    }
    return block_bytes;
}

static bool zicboz_usable(void)
{
    return zicboz_block_bytes() != 0;
}

/* The one list: name, bit of KEY_EXTENSIONS, what else has to hold. */
#define FEATURES(feature) feature(v, 2, vector_allowed) feature(zicboz, 6, zicboz_usable)

#define FEATURE_NAME(name, bit, usable) #name,
#define FEATURE_ROW(name, bit, usable) {#name, bit, usable},

const char *const cpu_features[] = {FEATURES(FEATURE_NAME) NULL};

static const struct feature {
    const char *name;
    unsigned bit;
    bool (*usable)(void);
} features[] = {FEATURES(FEATURE_ROW)};

bool cpu_has(const char *name)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (strcmp(features[i].name, name) == 0) {
            return (probe(KEY_EXTENSIONS) >> features[i].bit & 1) && features[i].usable();
        }
    }
    return false;
}

uint64_t cpu_ticks(void)
{
    /* To a fence a CSR's read is device input. No instruction of user space waits for arithmetic.
     */
    uint64_t ticks;
    __asm__ volatile("fence\n\trdtime %0\n\tfence" : "=r"(ticks) : : "memory");
    return ticks;
}

/* cbo.flush is for the system to allow, and only the newest kernels tell whether they do. */
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
    /* pause (Zihintpause), elsewhere a fence without effect: older assemblers lack its name. */
    __asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" ::: "memory");
}
