/*
 * The check can fail: deliberately broken kernels, each of which kernel_check() must catch and
 * describe; and sound ones that it must pass. The broken ones are described here, not registered.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "arch/check.h"

#include <cmocka.h> /* last: its macro fail() is not ours */

enum { SEED = 20261122 };

static void *one_byte_short(void *restrict dst, const void *restrict src, size_t bytes)
{
    memcpy(dst, src, bytes ? bytes - 1 : 0);
    return dst;
}

static bool at_page(const void *address)
{
    return (uintptr_t)address % (size_t)sysconf(_SC_PAGESIZE) == 0;
}

/* Spares the guard page, so that the canary has to tell. */
static void *one_byte_long(void *restrict dst, const void *restrict src, size_t bytes)
{
    memcpy(dst, src, bytes);
    volatile unsigned char *end = (unsigned char *)dst + bytes;
    if (!at_page((const void *)end)) {
        *end = (unsigned char)~*end;
    }
    return dst;
}

static void *one_byte_early(void *restrict dst, const void *restrict src, size_t bytes)
{
    memcpy(dst, src, bytes);
    if (!at_page(dst)) {
        volatile unsigned char *before = (unsigned char *)dst - 1;
        *before = (unsigned char)~*before;
    }
    return dst;
}

/* Looks like no harm to a canary: writes what is there already. */
static void *touches_past_end(void *restrict dst, const void *restrict src, size_t bytes)
{
    memcpy(dst, src, bytes);
    volatile unsigned char *end = (unsigned char *)dst + bytes;
    unsigned char byte = *end;
    *end = byte;
    return dst;
}

static void *skips_a_line(void *restrict dst, const void *restrict src, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (i / 64 != 5) {
            ((volatile unsigned char *)dst)[i] = ((const unsigned char *)src)[i];
        }
    }
    return dst;
}

/* A tail of 16 bytes that is right only where nothing is left over. */
static void *wrong_tail(void *restrict dst, const void *restrict src, size_t bytes)
{
    size_t whole = bytes / 16 * 16;
    memcpy(dst, src, whole);
    memset((unsigned char *)dst + whole, 0, bytes - whole);
    return dst;
}

/* Wrong only from 32 KiB on, as a counter that is too narrow would be. */
static void *wrong_when_large(void *restrict dst, const void *restrict src, size_t bytes)
{
    memcpy(dst, src, bytes & 0x7fff);
    return dst;
}

/* Wrong only where both are at odd places in a line. */
static void *wrong_when_misaligned(void *restrict dst, const void *restrict src, size_t bytes)
{
    bool wrong = (uintptr_t)dst % 64 == 63 && (uintptr_t)src % 64 == 1;
    memcpy(dst, src, wrong ? bytes / 2 : bytes);
    return dst;
}

static void *writes_source(void *restrict dst, const void *restrict src, size_t bytes)
{
    memcpy(dst, src, bytes);
    if (bytes) {
        *(unsigned char *)(uintptr_t)src ^= 1;
    }
    return dst;
}

static void *wrong_return(void *restrict dst, const void *restrict src, size_t bytes)
{
    memcpy(dst, src, bytes);
    return (unsigned char *)dst + bytes;
}

static void *reads_past_end(void *restrict dst, const void *restrict src, size_t bytes)
{
    (void)((const volatile unsigned char *)src)[bytes];
    memcpy(dst, src, bytes);
    return dst;
}

static void *reads_before_start(void *restrict dst, const void *restrict src, size_t bytes)
{
    (void)((const volatile unsigned char *)src)[-1];
    memcpy(dst, src, bytes);
    return dst;
}

static void *illegal_instruction(void *restrict dst, const void *restrict src, size_t bytes)
{
    if (bytes == 64) {
#if defined __x86_64__ || defined __i386__
        __asm__ volatile("ud2");
#elif defined __aarch64__
        __asm__ volatile(".inst 0x00000000");
#else
        raise(SIGILL);
#endif
    }
    return memmove(dst, src, bytes); /* also where they overlap */
}

static void *trap_instruction(void *restrict dst, const void *restrict src, size_t bytes)
{
    (void)src;
    raise(bytes == 64 ? SIGTRAP : 0);
    return memcpy(dst, src, bytes);
}

static void *wrong_fill(void *restrict dst, const void *restrict src, size_t bytes)
{
    memset(dst, *(const unsigned char *)src & 0x7f, bytes);
    return dst;
}

static void *wrong_zero(void *restrict dst, const void *restrict src, size_t bytes)
{
    return memset(dst, *(const unsigned char *)src, bytes);
}

static void *wrong_read(void *restrict dst, const void *restrict src, size_t bytes)
{
    unsigned char sum = 0;
    for (size_t i = 0; i + 1 < bytes; i++) {
        sum ^= ((const unsigned char *)src)[i];
    }
    *(unsigned char *)dst = sum;
    return dst;
}

static void *sound_copy(void *restrict dst, const void *restrict src, size_t bytes)
{
    return memcpy(dst, src, bytes);
}

/* Relies on what it declares: granule and alignment of 16. */
static void *sound_blocks(void *restrict dst, const void *restrict src, size_t bytes)
{
    bool kept = bytes % 16 == 0 && (uintptr_t)dst % 16 == 0 && (uintptr_t)src % 16 == 0;
    return memcpy(dst, src, kept ? bytes : 0);
}

static void *sound_zero(void *restrict dst, const void *restrict src, size_t bytes)
{
    (void)src;
    return memset(dst, 0, bytes);
}

static struct kernel specimen(const char *name, enum kernel_operation operation,
                              kernel_function *run)
{
    return (struct kernel){
        .name = name,
        .summary = "specimen",
        .operation = operation,
        .needs = "",
        .granule = 1,
        .alignment = 1,
        .run = run,
    };
}

/* The specimen must fail so, its name, seed and `what` in the text. */
static void assert_caught(const char *name, enum kernel_operation operation, kernel_function *run,
                          int error, const char *what)
{
    struct kernel kernel = specimen(name, operation, run);
    struct fault fault = {""};
    assert_int_equal(kernel_check(&kernel, SEED, &fault), -error);
    if (strncmp(fault.text, name, strlen(name)) != 0 || !strstr(fault.text, what) ||
        !strstr(fault.text, "seed 20261122")) {
        fail_msg("'%s' is not about '%s' and '%s'", fault.text, name, what);
    }
}

#define CAUGHT(specimen_name, operation, error, what)                                              \
    static void test_##specimen_name(void **state)                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        assert_caught(#specimen_name, operation, specimen_name, error, what);                      \
    }

CAUGHT(one_byte_short, KERNEL_COPY, EILSEQ, "1 bytes, ")
CAUGHT(one_byte_long, KERNEL_COPY, EILSEQ, "wrote past the end: byte 0 of dst")
CAUGHT(one_byte_early, KERNEL_COPY, EILSEQ, "wrote 1 bytes before dst")
CAUGHT(touches_past_end, KERNEL_COPY, EFAULT, "SIGSEGV at byte 0 of dst")
CAUGHT(skips_a_line, KERNEL_COPY, EILSEQ, "byte 320 of dst is ")
CAUGHT(wrong_tail, KERNEL_COPY, EILSEQ, "byte 0 of dst is 0x00 instead of ")
CAUGHT(wrong_when_large, KERNEL_COPY, EILSEQ, "byte 0 of dst is ")
CAUGHT(wrong_when_misaligned, KERNEL_COPY, EILSEQ, "src at 64k+1, dst at 64k+63")
CAUGHT(writes_source, KERNEL_COPY, EILSEQ, "changed src")
CAUGHT(wrong_return, KERNEL_COPY, EILSEQ, "did not return dst")
CAUGHT(reads_past_end, KERNEL_COPY, EFAULT, "SIGSEGV at byte 0 of src")
CAUGHT(reads_before_start, KERNEL_COPY, EFAULT, "SIGSEGV at byte -1 of src")
CAUGHT(illegal_instruction, KERNEL_COPY, EFAULT, "64 bytes, ")
CAUGHT(trap_instruction, KERNEL_COPY, EFAULT, "SIGTRAP")
CAUGHT(wrong_fill, KERNEL_FILL, EILSEQ, "of dst is ")
CAUGHT(wrong_zero, KERNEL_ZERO, EFAULT, "SIGSEGV at byte 0 of src")
CAUGHT(wrong_read, KERNEL_READ, EILSEQ, "byte 0 of dst is ")

static void test_illegal_instruction_is_named(void **state)
{
    (void)state;
    assert_caught("illegal_instruction", KERNEL_COPY, illegal_instruction, EFAULT, ": SIGILL");
}

static void test_sound_kernels_pass(void **state)
{
    (void)state;
    struct fault fault;
    struct kernel copy = specimen("sound_copy", KERNEL_COPY, sound_copy);
    assert_int_equal(kernel_check(&copy, SEED, &fault), 0);
    struct kernel zero = specimen("sound_zero", KERNEL_ZERO, sound_zero);
    assert_int_equal(kernel_check(&zero, SEED, &fault), 0);
}

static void test_granule_and_alignment_are_kept(void **state)
{
    (void)state;
    struct fault fault;
    struct kernel kernel = specimen("sound_blocks", KERNEL_COPY, sound_blocks);
    assert_int_equal(kernel_check(&kernel, SEED, &fault), -EILSEQ);
    kernel.granule = 16;
    kernel.alignment = 16;
    assert_int_equal(kernel_check(&kernel, SEED, &fault), 0);
    kernel.alignment = 128;
    assert_int_equal(kernel_check(&kernel, SEED, &fault), 0);
}

static void test_text_repeats_with_the_seed(void **state)
{
    (void)state;
    struct fault first, second;
    struct kernel kernel = specimen("wrong_tail", KERNEL_COPY, wrong_tail);
    kernel_check(&kernel, SEED, &first);
    kernel_check(&kernel, SEED, &second);
    assert_string_equal(first.text, second.text);
}

static void test_signal_handlers_are_restored(void **state)
{
    (void)state;
    struct sigaction before, after;
    stack_t stack_before, stack_after;
    struct fault fault;
    struct kernel kernel = specimen("illegal_instruction", KERNEL_COPY, illegal_instruction);
    sigaction(SIGILL, NULL, &before);
    sigaltstack(NULL, &stack_before);
    kernel_check(&kernel, SEED, &fault);
    sigaction(SIGILL, NULL, &after);
    sigaltstack(NULL, &stack_after);
    assert_true(before.sa_handler == after.sa_handler);
    assert_ptr_equal(stack_before.ss_sp, stack_after.ss_sp);
}

static void *moves_forward(void *restrict dst, const void *restrict src, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        ((volatile char *)dst)[i] = ((const volatile char *)src)[i];
    }
    return dst;
}

static void *moves_backward(void *restrict dst, const void *restrict src, size_t bytes)
{
    for (size_t i = bytes; i > 0; i--) {
        ((volatile char *)dst)[i - 1] = ((const volatile char *)src)[i - 1];
    }
    return dst;
}

/* Both copy, and one way of overlapping is wrong in each. */
static void test_overlap(void **state)
{
    (void)state;
    struct fault fault;
    struct kernel kernel = specimen("memmove", KERNEL_COPY, memmove);
    assert_int_equal(kernel_check_overlap(&kernel, SEED, &fault), 0);
    kernel = specimen("forward", KERNEL_COPY, moves_forward);
    assert_int_equal(kernel_check(&kernel, SEED, &fault), 0);
    assert_int_equal(kernel_check_overlap(&kernel, SEED, &fault), -EILSEQ);
    assert_non_null(strstr(fault.text, "overlapping, dst 1 B past src"));
    kernel = specimen("backward", KERNEL_COPY, moves_backward);
    assert_int_equal(kernel_check_overlap(&kernel, SEED, &fault), -EILSEQ);
    assert_non_null(strstr(fault.text, "overlapping, dst -1 B past src"));
    kernel = specimen("one_byte_early", KERNEL_COPY, one_byte_early);
    assert_true(kernel_check_overlap(&kernel, SEED, &fault) < 0);
    kernel = specimen("illegal_instruction", KERNEL_COPY, illegal_instruction);
    assert_int_equal(kernel_check_overlap(&kernel, SEED, &fault), -EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_byte_short),
        cmocka_unit_test(test_one_byte_long),
        cmocka_unit_test(test_one_byte_early),
        cmocka_unit_test(test_touches_past_end),
        cmocka_unit_test(test_skips_a_line),
        cmocka_unit_test(test_wrong_tail),
        cmocka_unit_test(test_wrong_when_large),
        cmocka_unit_test(test_wrong_when_misaligned),
        cmocka_unit_test(test_writes_source),
        cmocka_unit_test(test_wrong_return),
        cmocka_unit_test(test_reads_past_end),
        cmocka_unit_test(test_reads_before_start),
        cmocka_unit_test(test_illegal_instruction),
        cmocka_unit_test(test_illegal_instruction_is_named),
        cmocka_unit_test(test_trap_instruction),
        cmocka_unit_test(test_wrong_fill),
        cmocka_unit_test(test_wrong_zero),
        cmocka_unit_test(test_wrong_read),
        cmocka_unit_test(test_sound_kernels_pass),
        cmocka_unit_test(test_granule_and_alignment_are_kept),
        cmocka_unit_test(test_text_repeats_with_the_seed),
        cmocka_unit_test(test_signal_handlers_are_restored),
        cmocka_unit_test(test_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
