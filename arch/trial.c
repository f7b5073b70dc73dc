#include "arch/trial.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/trap.h"

enum {
    LINE = 64,    /* bytes: what offsets are counted modulo */
    CANARY = 256, /* bytes looked at before and after dst and src, as far as the area goes */
};

/* splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014) */
uint64_t trial_random(struct trial_bed *bed)
{
    uint64_t value = bed->random += 0x9e3779b97f4a7c15U;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9U;
    value = (value ^ value >> 27) * 0x94d049bb133111ebU;
    return value ^ value >> 31;
}

int trial_bed_open(struct trial_bed *bed, const struct kernel *kernel, uint64_t seed,
                   struct fault *fault)
{
    *bed = (struct trial_bed){
        .kernel = kernel,
        .seed = seed,
        .random = seed,
        .modulus = kernel->alignment > LINE ? kernel->alignment : LINE,
        .fault = fault,
    };
    size_t area = TRIAL_LARGEST + kernel->granule + 2 * bed->modulus;
    if (guard_open(&bed->src, area) != 0 || guard_open(&bed->dst, area) != 0) {
        return fail(fault, ENOMEM, "no memory to check %s in", kernel->name);
    }
    area = bed->src.bytes;
    size_t bytes = area + 2 * CANARY;
    bed->original = malloc(4 * bytes);
    if (!bed->original) {
        return fail(fault, ENOMEM, "no memory to check %s in", kernel->name);
    }
    bed->inverted = bed->original + bytes;
    bed->wanted = bed->inverted + bytes;
    bed->unwanted = bed->wanted + bytes;
    for (size_t i = 0; i < bytes; i++) {
        bed->original[i] = (unsigned char)(trial_random(bed) >> 56);
        bed->inverted[i] = (unsigned char)~bed->original[i];
    }
    memcpy(bed->src.area, bed->original + CANARY, area);
    return 0;
}

void trial_bed_close(struct trial_bed *bed)
{
    guard_close(&bed->src);
    guard_close(&bed->dst);
    free(bed->original);
}

/* Says what was wrong with the latest trial. */
static void report(struct trial_bed *bed, int error, const char *what)
{
    const struct trial *trial = &bed->trial;
    char where[64];
    if (bed->apart)
        snprintf(where, sizeof where, "overlapping, dst %td B past src", bed->apart);
    else
        snprintf(where, sizeof where, "flush with the page %s", trial->high ? "after" : "before");
    bed->result = fail(bed->fault, error,
                       "%s: %zu bytes, src at %zuk+%zu, dst at %zuk+%zu, %s, seed %llu: %s",
                       bed->kernel->name, trial->bytes, bed->modulus, trial->src_offset,
                       bed->modulus, trial->dst_offset, where, (unsigned long long)bed->seed, what);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Compares dst with what it must be. The arrays start `before` bytes before the buffer; outside
 * of the buffer dst must still be what it was.
 */
static void compare(struct trial_bed *bed, const unsigned char *dst, size_t before, size_t bytes,
                    size_t after, const unsigned char *wanted, const unsigned char *unwanted)
{
    if (memcmp(dst + before, wanted + before, bytes) == 0 && memcmp(dst, unwanted, before) == 0 &&
        memcmp(dst + before + bytes, unwanted + before + bytes, after) == 0) {
        return;
    }
    char what[96] = "";
    for (size_t i = 0; i < before + bytes + after && !what[0]; i++) {
        bool inside = i >= before && i < before + bytes;
        if (dst[i] == (inside ? wanted : unwanted)[i]) {
            continue;
        }
        if (inside) {
            snprintf(what, sizeof what, "byte %zu of dst is 0x%02x instead of 0x%02x", i - before,
                     dst[i], wanted[i]);
        } else if (i < before) {
            snprintf(what, sizeof what, "wrote %zu bytes before dst", before - i);
        } else {
            snprintf(what, sizeof what, "wrote past the end: byte %zu of dst", i - before);
        }
    }
    report(bed, EILSEQ, what);
}

static void compare_source(struct trial_bed *bed, size_t start, size_t bytes)
{
    size_t first = start - smaller(start, CANARY);
    size_t end = smaller(start + bytes + CANARY, bed->src.bytes);
    const unsigned char *original = bed->original + CANARY;
    if (memcmp(bed->src.area + first, original + first, end - first) != 0) {
        report(bed, EILSEQ, "changed src");
    }
}

size_t trial_src_bytes(enum kernel_operation operation, size_t bytes)
{
    return operation == KERNEL_FILL ? 1 : operation == KERNEL_ZERO ? 0 : bytes;
}

size_t trial_dst_bytes(enum kernel_operation operation, size_t bytes)
{
    return operation == KERNEL_READ ? 1 : bytes;
}

/*
 * Runs the kernel once; `wanted` and `unwanted` are what dst must and must not be,
 * with CANARY bytes before and after.
 */
static void run_and_compare(struct trial_bed *bed, const unsigned char *src, size_t dst_start,
                            size_t dst_size, const unsigned char *wanted,
                            const unsigned char *unwanted)
{
    size_t before = smaller(dst_start, CANARY);
    size_t after = smaller(bed->dst.bytes - dst_start - dst_size, CANARY);
    unsigned char *dst = bed->dst.area + dst_start;
    memcpy(dst - before, unwanted - before, before + dst_size + after);
    bed->latest_src = src;
    bed->latest_dst = dst;
    void *returned = bed->kernel->run(dst, src, bed->trial.bytes);
    compare(bed, dst - before, before, dst_size, after, wanted - before, unwanted - before);
    if (bed->result == 0 && returned != dst) {
        report(bed, EILSEQ, "did not return dst");
    }
}

void trial_run(struct trial_bed *bed, struct trial trial)
{
    if (bed->result != 0) {
        return;
    }
    bed->trial = trial;
    enum kernel_operation operation = bed->kernel->operation;
    size_t src_size = trial_src_bytes(operation, trial.bytes);
    size_t dst_size = trial_dst_bytes(operation, trial.bytes);
    size_t from = guard_place(&bed->src, src_size, trial.src_offset, bed->modulus, trial.high);
    size_t to = guard_place(&bed->dst, dst_size, trial.dst_offset, bed->modulus, trial.high);
    const unsigned char *src = bed->src.area + from;
    if (operation == KERNEL_COPY) {
        run_and_compare(bed, src, to, dst_size, bed->original + CANARY + from,
                        bed->inverted + CANARY + from);
    } else {
        int byte = operation == KERNEL_FILL ? *src : 0;
        for (size_t i = 0; operation == KERNEL_READ && i < trial.bytes; i++) {
            byte ^= src[i];
        }
        if (operation == KERNEL_ZERO) {
            src = bed->src.area + bed->src.bytes; /* a kernel that looks at it crashes */
        }
        memset(bed->wanted, byte, dst_size + 2 * CANARY);
        memset(bed->unwanted, ~byte, dst_size + 2 * CANARY);
        run_and_compare(bed, src, to, dst_size, bed->wanted + CANARY, bed->unwanted + CANARY);
    }
    if (bed->result == 0) {
        compare_source(bed, from, src_size);
    }
}

void trial_run_overlapping(struct trial_bed *bed, size_t bytes, size_t apart, bool dst_after)
{
    if (bed->result != 0) {
        return;
    }
    size_t near = (size_t)(trial_random(bed) % bed->modulus), far = near + apart;
    size_t from = dst_after ? near : far, to = dst_after ? far : near;
    size_t span = far + bytes, after = smaller(bed->dst.bytes - span, CANARY);
    bed->trial = (struct trial){
        .bytes = bytes, .src_offset = from % bed->modulus, .dst_offset = to % bed->modulus};
    bed->apart = (ptrdiff_t)(to - from);
    unsigned char *area = bed->dst.area;
    memcpy(area, bed->original, span + after);
    memcpy(bed->wanted, bed->original, span + after);
    memcpy(bed->wanted + to, bed->original + from, bytes);
    bed->latest_src = area + from;
    bed->latest_dst = area + to;
    void *returned = bed->kernel->run(area + to, area + from, bytes);
    compare(bed, area, to, bytes, span + after - to - bytes, bed->wanted, bed->wanted);
    if (bed->result == 0 && returned != area + to) {
        report(bed, EILSEQ, "did not return dst");
    }
}

void trial_report_signal(struct trial_bed *bed, int signal, const void *address)
{
    char what[96];
    const char *name = trap_name(signal);
    const unsigned char *byte = address;
    if (signal != SIGSEGV && signal != SIGBUS) {
        snprintf(what, sizeof what, "%s", name);
    } else if (guard_contains(&bed->src, address)) {
        snprintf(what, sizeof what, "%s at byte %td of src", name, byte - bed->latest_src);
    } else if (guard_contains(&bed->dst, address)) {
        snprintf(what, sizeof what, "%s at byte %td of dst", name, byte - bed->latest_dst);
    } else {
        snprintf(what, sizeof what, "%s at address %p", name, address);
    }
    report(bed, EFAULT, what);
}
