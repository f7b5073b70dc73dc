/*
 * The parts of cores: the line arrives or it is noticed; which pairs are taken of how many CPUs;
 * and what is said of those that can't be measured.
 */
#include "harness/test/engine.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "harness/cells.h"
#include "microbench/cores_line.h"
#include "microbench/cores_pairs.h"

enum { HANDOVERS = 8, CPUS = 160 };

static struct topology_cpu cpus[CPUS];
static struct topology_node node = {.allowed = true};
static int order[CPUS];
static struct topology made_up = {.cpus = cpus, .nodes = &node, .node_count = 1};

/* Cores of two threads, L3s of four cores, packages of two L3s. */
static struct environment made_up_environment(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int cpu = order[i] = (int)i;
        cpus[i] = (struct topology_cpu){.cpu = cpu, .allowed = true, .core = cpu / 2};
        cpus[i].cluster = -1;
        cpus[i].package = cpu / 16;
        cpus[i].cache_id[1] = -1;
        cpus[i].cache_id[2] = cpu / 8;
    }
    made_up.cpu_count = count;
    struct environment made = {.topology = &made_up, .cpu_order = order, .cpu_count = count};
    made.asked = (struct placement){.src_node = NODE_LOCAL, .dst_node = NODE_LOCAL};
    return made;
}

/* The other side of a line: answers as it should, or something else. */
static uint32_t answer_off;

static void *answer(void *argument)
{
    struct shared_line *line = argument;
    if (!answer_off) {
        shared_line_run(line, 1, HANDOVERS);
        return NULL;
    }
    for (uint32_t last = 0, i = 0; i < HANDOVERS / 2; i++) {
        uint32_t seen;
        while ((seen = atomic_load(line->word)) == last)
            ;
        last = seen + 1 + answer_off;
        atomic_store(line->word, last);
    }
    line->sides[1].handed += HANDOVERS;
    return NULL;
}

static struct shared_line *open_line(uint64_t seed)
{
    struct shared_line *line;
    struct mapping_request request = {.bytes = LINE_ROOM_BYTES, .node = NODE_LOCAL};
    assert_int_equal(shared_line_make(&line, seed, &fault), 0);
    for (unsigned i = 0; i < LINE_MEMBERS; i++)
        if (shared_line_enter(line, i, &request, &machine, &fault))
            fail_msg("%s", fault.text);
    shared_line_draw(line);
    return line;
}

static void hand_over(struct shared_line *line)
{
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, answer, line), 0);
    shared_line_run(line, 0, HANDOVERS);
    assert_int_equal(pthread_join(other, NULL), 0);
}

static void every_number_arrives(void **state)
{
    (void)state;
    struct shared_line *line = open_line(1);
    assert_int_equal(shared_line_verify(line, &fault),
                     -EILSEQ); /* nothing has been handed over yet */
    hand_over(line);
    shared_line_draw(line); /* the number goes on */
    hand_over(line);
    assert_int_equal(shared_line_verify(line, &fault), 0);
    assert_int_equal(atomic_load(line->word), 2 * HANDOVERS);
    shared_line_free(line);
}

static void a_wrong_answer_is_found(void **state)
{
    (void)state;
    struct shared_line *line = open_line(1);
    answer_off = 2;
    hand_over(line);
    answer_off = 0;
    assert_int_equal(shared_line_verify(line, &fault), -EILSEQ);
    assert_non_null(strstr(fault.text, "not the next one"));
    shared_line_free(line);
}

static void a_number_too_many_is_found(void **state)
{
    (void)state;
    struct shared_line *line = open_line(1);
    hand_over(line);
    atomic_fetch_add(line->word, 1);
    assert_int_equal(shared_line_verify(line, &fault), -EILSEQ);
    atomic_fetch_sub(line->word, 1);
    line->sides[1].handed -= 2;
    assert_int_equal(shared_line_verify(line, &fault), -EILSEQ);
    shared_line_free(line);
}

static void toucher_and_line_vary(void **state)
{
    (void)state;
    unsigned touchers = 0;
    size_t places = 0, last = SIZE_MAX;
    for (uint64_t seed = 0; seed < 32; seed++) {
        struct shared_line *line = open_line(seed);
        size_t at = (size_t)((unsigned char *)line->word - line->mapping.base);
        assert_int_equal(at % 64, 0);
        assert_in_range(at, 0, LINE_ROOM_BYTES - 64);
        places += at != last;
        last = at;
        touchers |= 1u << line->toucher;
        shared_line_free(line);
    }
    assert_int_equal(touchers, 3);
    assert_in_range(places, 24, 32);
}

static void all_pairs_are_taken_of_few_cpus(void **state)
{
    (void)state;
    struct pairs pairs;
    made_up_environment(64);
    assert_int_equal(pairs_take(&pairs, &made_up, false, &fault), 0);
    assert_true(pairs.all);
    assert_int_equal(pairs.there[NEAR_CORE], 32);
    assert_int_equal(pairs.there[NEAR_L3], 8 * 24);
    assert_int_equal(pairs.there[NEAR_NODE], 4 * 64);
    assert_int_equal(pairs.there[NEAR_MACHINE], 6 * 256);
    assert_int_equal(pairs.there[NEAR_L2], 0);
    pairs_free(&pairs);
}

static void some_of_each_nearness_are_taken_of_many(void **state)
{
    (void)state;
    struct pairs pairs, again;
    made_up_environment(CPUS);
    cpus[8].allowed = false;
    assert_int_equal(pairs_take(&pairs, &made_up, false, &fault), 0);
    assert_int_equal(pairs_take(&again, &made_up, false, &fault), 0);
    assert_false(pairs.all);
    size_t taken[NEARNESSES] = {0};
    for (int from = 0; from < CPUS; from++)
        for (int to = 0; to < from; to++) {
            assert_int_equal(pairs_have(&pairs, from, to), pairs_have(&again, from, to));
            assert_int_equal(pairs_have(&pairs, from, to), pairs_have(&pairs, to, from));
            taken[nearness_of(&made_up, from, to)] += pairs_have(&pairs, from, to);
            assert_false(pairs_have(&pairs, from, to) && (from == 8 || to == 8));
        }
    assert_int_equal(taken[NEAR_CORE], 32);
    assert_int_equal(taken[NEAR_L3], 32);
    assert_int_equal(taken[NEAR_NODE], 32);
    assert_int_equal(taken[NEAR_MACHINE], 32);
    assert_int_equal(pairs.taken_count, PAIRS_TAKEN_MAX);
    pairs_free(&pairs);
    assert_int_equal(pairs_take(&pairs, &made_up, true, &fault), 0);
    assert_true(pairs_have(&pairs, 0, 159));
    pairs_free(&pairs);
    pairs_free(&again);
}

/* Where there are fewer of one nearness, there are more of the others. */
static void a_rare_nearness_leaves_room(void **state)
{
    (void)state;
    struct pairs pairs;
    made_up_environment(80);
    for (int i = 0; i < 80; i++)
        cpus[i].core = i < 10 ? i / 2 : i;
    assert_int_equal(pairs_take(&pairs, &made_up, false, &fault), 0);
    assert_int_equal(pairs.there[NEAR_CORE], 5);
    assert_int_equal(pairs.taken_count, PAIRS_TAKEN_MAX);
    for (int cpu = 0; cpu < 10; cpu += 2)
        assert_true(pairs_have(&pairs, cpu, cpu + 1));
    pairs_free(&pairs);
}

/* The cells of that machine for what the user gave, "" for nothing. */
static struct cells plan_cells(size_t count, const char *from, const char *to, const char *nearness)
{
    struct environment here = made_up_environment(count);
    const struct axis_choice all[] = {{"from", from}, {"to", to}, {"nearness", nearness}};
    struct axis_choice given[3];
    size_t given_count = 0;
    for (size_t i = 0; i < 3; i++)
        if (all[i].text[0])
            given[given_count++] = all[i];
    const struct benchmark *cores = benchmark_find("cores");
    struct cells cells = {.cells = NULL};
    assert_int_equal(cores->open(&here, &fault), 0);
    if (cells_add(&cells, cores, PROFILE_QUICK, given, given_count, &here, &fault))
        fail_msg("%s", fault.text);
    return cells;
}

static void cells_are_pairs_in_both_directions(void **state)
{
    (void)state;
    static const struct {
        size_t cpus;
        const char *from, *to, *nearness;
        size_t cells;
    } expected[] = {
        {2, "", "", "", 2},
        {64, "", "", "", 64 * 63},
        {CPUS, "", "", "", 2 * PAIRS_TAKEN_MAX},
        {CPUS, "0-9", "", "", 10 * (CPUS - 1)},
        {CPUS, "0", "1,2,150", "", 3},
        {CPUS, "0", "", "core,l3", 7},
        {16, "", "", "core", 16},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct cells cells =
            plan_cells(expected[i].cpus, expected[i].from, expected[i].to, expected[i].nearness);
        assert_int_equal(cells.count, expected[i].cells);
        for (size_t j = 0; j < cells.count; j++)
            assert_string_equal(cells.cells[j].skip, "");
        cells_free(&cells);
    }
}

static void what_cannot_be_measured_is_a_row(void **state)
{
    (void)state;
    static const struct {
        size_t cpus;
        const char *from, *to, *nearness;
        const char *reason;
    } expected[] = {
        {1, "", "", "", "a pair needs two CPUs"},
        {2, "0", "7", "", "CPU 7 is offline or does not exist; 0-1 may be used"},
        {2, "9", "0", "", "CPU 9 is offline"},
        {16, "", "", "machine", "no two CPUs that may be used"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct cells cells =
            plan_cells(expected[i].cpus, expected[i].from, expected[i].to, expected[i].nearness);
        assert_int_equal(cells.count, 1);
        assert_non_null(strstr(cells.cells[0].skip, expected[i].reason));
        cells_free(&cells);
    }
}

static void the_line_has_one_node_and_no_offset(void **state)
{
    (void)state;
    struct environment here = made_up_environment(2);
    const struct benchmark *cores = benchmark_find("cores");
    assert_int_equal(cores->open(&here, &fault), 0);
    here.asked.src_node = here.asked.dst_node = 0;
    for (int wrong = 0; wrong < 3; wrong++) {
        struct cells cells = {.cells = NULL};
        here.asked.dst_node = wrong == 1;
        here.asked.src_offset = wrong == 2 ? 64 : 0;
        assert_int_equal(cells_add(&cells, cores, PROFILE_QUICK, NULL, 0, &here, &fault), 0);
        assert_int_equal(cells.count, 2);
        assert_int_equal(cells.cells[0].skip[0] != '\0', wrong > 0);
        cells_free(&cells);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_arrives),
        cmocka_unit_test(a_wrong_answer_is_found),
        cmocka_unit_test(a_number_too_many_is_found),
        cmocka_unit_test(toucher_and_line_vary),
        cmocka_unit_test(all_pairs_are_taken_of_few_cpus),
        cmocka_unit_test(some_of_each_nearness_are_taken_of_many),
        cmocka_unit_test(a_rare_nearness_leaves_room),
        cmocka_unit_test(cells_are_pairs_in_both_directions),
        cmocka_unit_test(what_cannot_be_measured_is_a_row),
        cmocka_unit_test(the_line_has_one_node_and_no_offset),
    };
    return cmocka_run_group_tests_name("cores", tests, engine_open, engine_close);
}
