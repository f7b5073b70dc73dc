#include "arch/check.h"

#include "arch/trap.h"
#include "arch/trial.h"

static size_t random_below(struct trial_bed *bed, size_t limit)
{
    return (size_t)(trial_random(bed) % limit);
}

static size_t random_offset(struct trial_bed *bed)
{
    size_t alignment = bed->kernel->alignment;
    return random_below(bed, bed->modulus / alignment) * alignment;
}

/* The largest offset at which `bytes` end as near to the page after as alignment allows. */
static size_t flush_offset(const struct trial_bed *bed, size_t bytes)
{
    return -bytes & (bed->modulus - 1) & ~(bed->kernel->alignment - 1);
}

/* As near to the guard pages as can be, before and after. */
static void check_flush(struct trial_bed *bed, size_t bytes)
{
    enum kernel_operation operation = bed->kernel->operation;
    size_t src = flush_offset(bed, trial_src_bytes(operation, bytes));
    size_t dst = flush_offset(bed, trial_dst_bytes(operation, bytes));
    trial_run(bed, (struct trial){bytes, 0, 0, false});
    trial_run(bed, (struct trial){bytes, src, dst, true});
}

/* Every src offset with every dst offset. */
static void check_pairs(struct trial_bed *bed, size_t bytes)
{
    size_t alignment = bed->kernel->alignment;
    for (size_t src = 0; src < bed->modulus; src += alignment) {
        for (size_t dst = 0; dst < bed->modulus; dst += alignment) {
            trial_run(bed, (struct trial){bytes, src, dst, random_below(bed, 2)});
        }
    }
    check_flush(bed, bytes);
}

/* Every src offset and every dst offset, each with a drawn one of the other. */
static void check_offsets(struct trial_bed *bed, size_t bytes)
{
    size_t alignment = bed->kernel->alignment;
    for (size_t offset = 0; offset < bed->modulus; offset += alignment) {
        bool high = random_below(bed, 2);
        trial_run(bed, (struct trial){bytes, offset, random_offset(bed), high});
        trial_run(bed, (struct trial){bytes, random_offset(bed), offset, !high});
    }
    check_flush(bed, bytes);
}

static void check_drawn(struct trial_bed *bed, size_t bytes)
{
    for (int i = 0; i < 4; i++) {
        size_t src = random_offset(bed);
        size_t dst = random_offset(bed);
        trial_run(bed, (struct trial){bytes, src, dst, random_below(bed, 2)});
    }
    check_flush(bed, bytes);
}

static void check_size(struct trial_bed *bed, size_t bytes)
{
    if (bytes <= 520) {
        check_pairs(bed, bytes);
    } else if (bytes <= 4200) {
        check_offsets(bed, bytes);
    } else {
        check_drawn(bed, bytes);
    }
}

static void check_all(void *argument)
{
    struct trial_bed *bed = argument;
    size_t granule = bed->kernel->granule;
    for (size_t count = 0; count <= 4; count++) {
        check_size(bed, count * granule);
    }
    for (size_t power = 8; power <= TRIAL_LARGEST; power *= 2) {
        size_t bytes = power / granule * granule;
        if (bytes > 4 * granule) {
            check_size(bed, bytes - granule);
            check_size(bed, bytes);
            check_size(bed, bytes + granule);
        }
    }
    /* Every way to end a block of up to 256 bytes, after up to four blocks. */
    for (size_t bytes = 5 * granule; bytes <= 1280; bytes += granule) {
        check_drawn(bed, bytes);
    }
    for (int i = 0; i < 8; i++) {
        check_drawn(bed, random_below(bed, TRIAL_LARGEST / granule + 1) * granule);
    }
}

static void check_overlaps(void *argument)
{
    struct trial_bed *bed = argument;
    for (size_t power = 2; power <= TRIAL_LARGEST / 2; power *= 2) {
        for (size_t bytes = power - 1; bytes <= power + 1; bytes++) {
            for (size_t apart = 1; apart < bytes; apart = apart < 66 ? apart + 1 : apart * 2) {
                trial_run_overlapping(bed, bytes, apart, false);
                trial_run_overlapping(bed, bytes, apart, true);
            }
            trial_run_overlapping(bed, bytes, bytes - 1, false);
            trial_run_overlapping(bed, bytes, bytes - 1, true);
        }
    }
}

static int check_in_trap(const struct kernel *kernel, uint64_t seed, void (*check)(void *argument),
                         struct fault *fault)
{
    struct trial_bed bed;
    int result = trial_bed_open(&bed, kernel, seed, fault);
    if (result == 0) {
        const void *address;
        int signal = trap_run(check, &bed, &address);
        if (signal) {
            trial_report_signal(&bed, signal, address);
        }
        result = bed.result;
    }
    trial_bed_close(&bed);
    return result;
}

int kernel_check(const struct kernel *kernel, uint64_t seed, struct fault *fault)
{
    return check_in_trap(kernel, seed, check_all, fault);
}

int kernel_check_overlap(const struct kernel *kernel, uint64_t seed, struct fault *fault)
{
    return check_in_trap(kernel, seed, check_overlaps, fault);
}
