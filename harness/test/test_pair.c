/*
 * The proof that a kernel did its work: what it has to find, on buffers made here, and what the
 * engine's own buffers are.
 */
#include "harness/test/engine.h"

#include <errno.h>
#include <stdio.h>

#include "harness/buffers.h"
#include "harness/pair.h"

enum { MOST = 3 * 4096 + 100 };

static unsigned char src[MOST], dst[MOST];

static void *run_nothing(void *restrict to, const void *restrict from, size_t bytes)
{
    (void)from;
    (void)bytes;
    return to;
}

static struct kernel kernel_of(enum kernel_operation operation)
{
    return (struct kernel){.name = "made_up",
                           .operation = operation,
                           .needs = "",
                           .granule = 1,
                           .alignment = 1,
                           .run = run_nothing};
}

/* A pair on which the operation has been done right. */
static struct pair done_pair(enum kernel_operation operation, size_t bytes)
{
    unsigned char all = 0;
    for (size_t i = 0; i < MOST; i++)
        src[i] = buffer_pattern(i);
    for (size_t i = 0; i < bytes; i++) {
        all ^= src[i];
        dst[i] = operation == KERNEL_COPY ? src[i] : operation == KERNEL_FILL ? src[0] : 0;
    }
    if (operation == KERNEL_READ)
        dst[0] = all;
    return (struct pair){.src = src, .dst = dst, .bytes = bytes};
}

static const size_t sizes[] = {0, 1, 2, 63, 255, 256, 257, 4096, 4097, 4607, 4608, 8192, MOST};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void right_work_is_believed(void **state)
{
    (void)state;
    for (enum kernel_operation operation = KERNEL_COPY; operation <= KERNEL_READ; operation++)
        for (size_t i = 0; i < SIZES; i++) {
            const struct kernel kernel = kernel_of(operation);
            const struct pair pair = done_pair(operation, sizes[i]);
            if (pair_verify(&pair, &kernel, &fault))
                fail_msg("%s: %s", kernel_operation_name(operation), fault.text);
        }
}

static void what_is_spoilt_is_found(void **state)
{
    (void)state;
    for (enum kernel_operation operation = KERNEL_COPY; operation <= KERNEL_READ; operation++)
        for (size_t i = 1; i < SIZES; i++) {
            const struct kernel kernel = kernel_of(operation);
            const struct pair pair = done_pair(operation, sizes[i]);
            pair_spoil(&pair, &kernel);
            assert_int_equal(pair_verify(&pair, &kernel, &fault), -EILSEQ);
            assert_non_null(strstr(fault.text, "made_up left a wrong byte at 0 of "));
        }
}

/* Spoilt, then all done but one byte: at the ends that is always found, up to 4 KiB anywhere. */
static void one_wrong_byte_is_found(void **state)
{
    (void)state;
    const struct kernel kernel = kernel_of(KERNEL_COPY);
    for (size_t i = 1; i < SIZES; i++)
        for (size_t at = 0; at < sizes[i]; at++) {
            if (sizes[i] > 4096 && at >= 255 && at + 256 < sizes[i])
                continue;
            const struct pair pair = done_pair(KERNEL_COPY, sizes[i]);
            dst[at] = (unsigned char)~src[at];
            assert_int_equal(pair_verify(&pair, &kernel, &fault), -EILSEQ);
            char place[64];
            snprintf(place, sizeof place, "at %zu of %zu", at, sizes[i]);
            assert_non_null(strstr(fault.text, place));
        }
}

static void a_page_left_out_is_found(void **state)
{
    (void)state;
    const struct kernel kernel = kernel_of(KERNEL_COPY);
    for (size_t begin = 0; begin + 4097 <= MOST; begin += 31) {
        const struct pair pair = done_pair(KERNEL_COPY, MOST);
        unsigned char right[4097];
        memcpy(right, dst + begin, sizeof right);
        pair_spoil(&pair, &kernel);
        unsigned char left[4097];
        memcpy(left, dst + begin, sizeof left);
        done_pair(KERNEL_COPY, MOST);
        memcpy(dst + begin, left, sizeof left);
        assert_int_equal(pair_verify(&pair, &kernel, &fault), -EILSEQ);
    }
}

static void another_operation_is_found(void **state)
{
    (void)state;
    for (enum kernel_operation asked = KERNEL_COPY; asked <= KERNEL_READ; asked++)
        for (enum kernel_operation did = KERNEL_COPY; did <= KERNEL_READ; did++) {
            const struct kernel kernel = kernel_of(asked);
            /* So many bytes whose XOR is neither 0 nor the first of them. */
            const struct pair pair = done_pair(did, 1001);
            assert_int_equal(pair_verify(&pair, &kernel, &fault), asked == did ? 0 : -EILSEQ);
        }
    const struct kernel read = kernel_of(KERNEL_READ);
    const struct pair pair = done_pair(KERNEL_READ, 1001);
    dst[0] ^= src[1000]; /* the last byte left out */
    assert_int_equal(pair_verify(&pair, &read, &fault), -EILSEQ);
}

static void the_plan_says_what_is_needed(void **state)
{
    (void)state;
    struct kernel kernel = kernel_of(KERNEL_COPY);
    struct cell cell = {.asked = {.src_offset = 16, .dst_offset = 8}};
    pair_plan(&cell, &kernel, 1000, 3000);
    assert_string_equal(cell.skip, "");
    assert_ptr_equal(cell.kernel, &kernel);
    assert_int_equal(cell.payload_bytes, 1000);
    assert_int_equal(cell.memory_bytes, 2 * (3000 + 4096) + 16 + 8);
    kernel.granule = 64;
    pair_plan(&cell, &kernel, 1000, 1000);
    assert_string_equal(cell.skip, "made_up takes multiples of 64 B only");
    cell.skip[0] = '\0';
    kernel.alignment = 16;
    pair_plan(&cell, &kernel, 1024, 1024);
    assert_string_equal(cell.skip, "made_up takes buffers aligned to 16 B only");
    static const uint64_t huge[] = {UINT64_MAX, UINT64_MAX - 4095, UINT64_C(1) << 63,
                                    UINT64_C(1) << 62};
    for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
        pair_plan(&cell, &kernel, huge[i], huge[i]);
        assert_true(cell.memory_bytes == UINT64_MAX);
    }
}

static struct cell cell_of(const struct kernel *kernel, size_t bytes)
{
    struct cell cell = {.asked = environment.asked, .members = 1};
    cell.asked.src_offset = kernel->alignment;
    cell.asked.dst_offset = 2 * kernel->alignment;
    pair_plan(&cell, kernel, bytes, bytes);
    return cell;
}

static void what_was_got_is_told(void **state)
{
    (void)state;
    const struct kernel kernel = kernel_of(KERNEL_COPY);
    struct cell cell = cell_of(&kernel, MOST);
    struct trial trial = {.cell = &cell, .environment = &environment};
    trial.got = (struct placement){.src_node = -9, .dst_node = -9, .huge_share = -9};
    struct pair pair;
    if (pair_take(&pair, &trial, 0, MOST, &fault))
        fail_msg("%s", fault.text);
    assert_true(trial.got.src_node >= NODE_UNKNOWN && trial.got.dst_node >= NODE_UNKNOWN);
    assert_true(trial.got.huge_share >= -1 && trial.got.huge_share <= 1);
    assert_int_equal(trial.got.src_offset, 1);
    assert_int_equal(trial.got.dst_offset, 2);
    assert_int_equal((uintptr_t)pair.src % 4096, 1);
    for (size_t i = 0; i < MOST; i++)
        assert_int_equal(pair.src[i], buffer_pattern(i + 1));
    /* Smaller ones find the same memory; another member has memory of its own. */
    struct pair again, other;
    assert_int_equal(pair_take(&again, &trial, 0, 10, &fault), 0);
    assert_ptr_equal(again.src, pair.src);
    trial.got.src_offset = 77;
    assert_int_equal(pair_take(&other, &trial, 1, 10, &fault), 0);
    assert_ptr_not_equal(other.src, pair.src);
    assert_int_equal(trial.got.src_offset, 77);
}

static void what_an_experiment_writes_itself_is_elsewhere(void **state)
{
    (void)state;
    const struct mapping_request request = {.bytes = MOST, .node = NODE_LOCAL};
    const struct mapping *own, *of_pair;
    assert_int_equal(buffer_take(0, BUFFER_OWN, &request, &machine, &own, &fault), 0);
    memset(own->base, 0, MOST);
    for (enum buffer_side side = BUFFER_SRC; side <= BUFFER_DST; side++) {
        assert_int_equal(buffer_take(0, side, &request, &machine, &of_pair, &fault), 0);
        assert_ptr_not_equal(of_pair, own);
        assert_true(side == BUFFER_DST || of_pair->base[MOST - 1] == buffer_pattern(MOST - 1));
    }
}

/* Cells that share memory and cells that don't come by turns, and neither is mapped anew. */
static void shared_memory_is_kept_beside(void **state)
{
    (void)state;
    struct mapping_request request = {.bytes = MOST, .node = NODE_LOCAL};
    const struct mapping *own, *shared, *again;
    assert_int_equal(buffer_take(2, BUFFER_DST, &request, &machine, &own, &fault), 0);
    unsigned char *base = own->base;
    base[0] = 0x77;
    request.shared = true;
    assert_int_equal(buffer_take(2, BUFFER_DST, &request, &machine, &shared, &fault), 0);
    assert_ptr_not_equal(shared->base, base);
    assert_int_equal(shared->base[0], (unsigned char)~buffer_pattern(0));
    request.shared = false;
    assert_int_equal(buffer_take(2, BUFFER_DST, &request, &machine, &again, &fault), 0);
    assert_ptr_equal(again->base, base);
    assert_int_equal(again->base[0], 0x77);
}

/* Cells of several page kinds come by turns, too. */
static void each_page_kind_has_buffers_of_its_own(void **state)
{
    (void)state;
    struct mapping_request request = {.bytes = MOST, .node = NODE_LOCAL};
    const struct mapping *base, *huge, *again;
    assert_int_equal(buffer_take(4, BUFFER_DST, &request, &machine, &base, &fault), 0);
    unsigned char *start = base->base;
    start[0] = 0x77;
    request.page = PAGE_THP;
    if (buffer_take(4, BUFFER_DST, &request, &machine, &huge, &fault) == 0)
        assert_ptr_not_equal(huge->base, start);
    request.page = PAGE_BASE;
    assert_int_equal(buffer_take(4, BUFFER_DST, &request, &machine, &again, &fault), 0);
    assert_ptr_equal(again->base, start);
    assert_int_equal(again->base[0], 0x77);
}

/* The CPU that touched it is made out to have been on another node. */
static void local_memory_is_the_callers(void **state)
{
    (void)state;
    struct mapping_request request = {.bytes = MOST, .node = NODE_LOCAL};
    const struct mapping *mapping;
    for (unsigned moves = 0; moves < 2; moves++) {
        assert_int_equal(buffer_take(3, BUFFER_SRC, &request, &machine, &mapping, &fault), 0);
        mapping->base[5] = 0x77;
        for (size_t i = 0; moves && i < machine.cpu_count; i++)
            machine.cpus[i].node++;
        assert_int_equal(buffer_take(3, BUFFER_SRC, &request, &machine, &mapping, &fault), 0);
        assert_int_equal(mapping->base[5], moves ? buffer_pattern(5) : 0x77);
    }
    for (size_t i = 0; i < machine.cpu_count; i++)
        machine.cpus[i].node--;
}

static void every_kernel_passes_its_proof(void **state)
{
    (void)state;
    for (size_t i = 0; i < kernel_count(); i++) {
        const struct kernel *kernel = kernel_at(i);
        if (kernel_missing(kernel))
            continue;
        for (size_t bytes = 0; bytes <= MOST; bytes += 1024) {
            struct cell cell = cell_of(kernel, bytes);
            if (cell.skip[0])
                continue;
            struct trial trial = {.cell = &cell, .environment = &environment};
            struct pair pair;
            assert_int_equal(pair_take(&pair, &trial, 0, bytes, &fault), 0);
            pair_spoil(&pair, kernel);
            assert_int_equal(pair_verify(&pair, kernel, &fault), bytes ? -EILSEQ : 0);
            kernel->run(pair.dst, pair.src, bytes);
            if (pair_verify(&pair, kernel, &fault))
                fail_msg("%s", fault.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_work_is_believed),
        cmocka_unit_test(what_is_spoilt_is_found),
        cmocka_unit_test(one_wrong_byte_is_found),
        cmocka_unit_test(a_page_left_out_is_found),
        cmocka_unit_test(another_operation_is_found),
        cmocka_unit_test(the_plan_says_what_is_needed),
        cmocka_unit_test(what_was_got_is_told),
        cmocka_unit_test(what_an_experiment_writes_itself_is_elsewhere),
        cmocka_unit_test(shared_memory_is_kept_beside),
        cmocka_unit_test(each_page_kind_has_buffers_of_its_own),
        cmocka_unit_test(local_memory_is_the_callers),
        cmocka_unit_test(every_kernel_passes_its_proof),
    };
    return cmocka_run_group_tests_name("pair", tests, engine_open, engine_close);
}
