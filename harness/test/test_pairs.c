/*
 * A visit of a pair: what it calls in which order; and the tour of a launch.
 */
#include "harness/test/made_up_pairs.h"

enum { CALLS = 16, WARM_UP = CALLS / 8 + 1, PAIR = 2 * (WARM_UP + CALLS), SEEDS = 200 };

static const struct plan one_pair = {.launches = 1, .sweeps = 1, .samples = 2, .budget_ns = 1e9};
static struct visit visit;
static struct sample samples[2 * PAIRS_SERIES + 1];

static void visit_with(const struct cell *cell, uint64_t seed)
{
    measure_visit(cell, &virtual_environment, &one_pair, seed,
                  (struct sampling){CALLS, METHOD_BATCH}, &visit, samples, NULL);
    if (visit.status)
        fail_msg("%s", visit.fault.text);
    assert_int_equal(visit.samples, 2);
}

/* Nothing comes between the two, and both have been warmed up before the first of them. */
static void the_two_of_a_pair_are_adjacent(void **state)
{
    (void)state;
    plan_pairs("64", "change", run_new, NULL);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        char wanted[PAIR + 1] = "";
        call_count = 0;
        visit_with(made_up_cells.cells, seed);
        bool new_first = pairs_new_first(&visit, 0);
        char first = new_first ? 'n' : 'o', second = new_first ? 'o' : 'n';
        memset(wanted, first, WARM_UP);
        memset(wanted + WARM_UP, second, WARM_UP);
        memset(wanted + 2 * WARM_UP, first, CALLS);
        memset(wanted + 2 * WARM_UP + CALLS, second, CALLS);
        assert_int_equal(call_count, PAIR);
        assert_memory_equal(call_log, wanted, PAIR);
        assert_int_equal(samples[new_first].ticks, CALLS * OLD_NS);
        assert_int_equal(samples[!new_first].ticks, CALLS * NEW_NS);
    }
}

static void the_order_is_drawn_and_repeats_with_the_seed(void **state)
{
    (void)state;
    bool drawn[SEEDS];
    unsigned new_first = 0;
    plan_pairs("64", "change", run_new, NULL);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        visit_with(made_up_cells.cells, seed);
        new_first += drawn[seed] = pairs_new_first(&visit, 0);
    }
    assert_in_range(new_first, SEEDS / 3, SEEDS * 2 / 3);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        visit_with(made_up_cells.cells, seed);
        assert_int_equal(pairs_new_first(&visit, 0), drawn[seed]);
    }
}

/* Where one call is a sample: the last ones find the caches as full as they get. */
static void a_series_of_pairs_has_one_warm_up(void **state)
{
    (void)state;
    unsigned alike = 0;
    plan_pairs("64", "change", run_new, NULL);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        call_count = 0;
        measure_visit(made_up_cells.cells, &virtual_environment, &one_pair, seed,
                      (struct sampling){1, METHOD_SINGLE}, &visit, samples, NULL);
        assert_int_equal(visit.samples, 2 * PAIRS_SERIES);
        assert_int_equal(call_count, 2 + 2 * PAIRS_SERIES);
        assert_memory_equal(call_log, call_log + 2, 2);
        for (unsigned pair = 0; pair < PAIRS_SERIES; pair++) {
            bool new_first = pairs_new_first(&visit, pair);
            assert_memory_equal(call_log + 2 + 2 * pair, new_first ? "no" : "on", 2);
            assert_int_equal(samples[2 * pair + new_first].ticks, OLD_NS);
            assert_int_equal(samples[2 * pair + !new_first].ticks, NEW_NS);
            alike += new_first == pairs_new_first(&visit, 0);
        }
    }
    assert_in_range(alike - SEEDS, SEEDS, 2 * SEEDS); /* each order is drawn by itself */
}

/* What is in more than one comparison would run more often than what it is compared with. */
static void the_control_has_copies_of_its_own(void **state)
{
    (void)state;
    plan_pairs("64", "control", run_new, NULL);
    visit_with(made_up_cells.cells, 1);
    assert_null(memchr(call_log, 'o', PAIR));
    assert_null(memchr(call_log, 'n', PAIR));
    bool new_first = pairs_new_first(&visit, 0);
    assert_int_equal(samples[new_first].ticks, CALLS * COPY_NS);
    assert_int_equal(samples[!new_first].ticks, CALLS * OTHER_NS);
}

static void placement_is_of_small_cells_and_says_why_not(void **state)
{
    (void)state;
    plan_pairs("16,16Ki,16385", "placement", run_new, NULL);
    bool differ = image_entry(run_old) != image_entry(run_new);
    assert_int_equal(made_up_cells.count, differ ? 2 : 0);
    for (size_t i = 0; i < made_up_cells.count; i++)
        assert_string_equal(made_up_cells.cells[i].skip, "it stays");
    plan_pairs("16", "placement", run_old, NULL);
    assert_int_equal(made_up_cells.count, 0);
    size_t old_entry, new_entry;
    plan_pairs("16", "change", run_new, NULL);
    pairs_entries(made_up_cells.cells, &old_entry, &new_entry);
    assert_int_equal(old_entry, image_entry(run_old));
    assert_int_equal(new_entry, image_entry(run_new));
}

static void offsets_stay_within_a_page(void **state)
{
    (void)state;
    const struct axis_choice choices[] = {{"size", "64"},          {"src_offset", "4096"},
                                          {"dst_offset", "4095"},  {"page", "base"},
                                          {"temperature", "warm"}, {"comparison", "change"}};
    struct cells cells = {.count = 0};
    plan_pairs("64", "change", run_new, NULL);
    assert_int_equal(cells_add(&cells, &made_up_pairs.benchmark, PROFILE_QUICK, choices, 6,
                               &virtual_environment, &fault),
                     0);
    assert_string_equal(cells.cells->skip, "offsets are counted in 0 to 4095 past a page");
    cells_free(&cells);
}

enum { SIZES = 5, SWEEPS = 15, FEW = 4, TOUR_MAX = 2 * SIZES * SWEEPS };

/* Two sizes are large; the last size's pairs are few. */
static size_t draw_tour(struct random *random, struct launch_stop tour[TOUR_MAX])
{
    struct pairs_result results[2 * SIZES];
    size_t order[2 * SIZES];
    const struct pairs_plan plan = {.pairs = SWEEPS, .launches = 1};
    const struct pairs_run run = {
        .cells = made_up_cells.cells, .count = made_up_cells.count, .plan = &plan};
    assert_int_equal(made_up_cells.count, 2 * SIZES);
    for (size_t i = 0; i < 2 * SIZES; i++) {
        size_t size = i / 2;
        results[i] = (struct pairs_result){.calls = size < SIZES - 2 ? 100 : 1,
                                           .visits = size < SIZES - 1 ? SWEEPS : FEW};
    }
    return pairs_tour(&run, results, random, tour, order);
}

static bool is_control(size_t cell)
{
    return pairs_comparison(&made_up_cells.cells[cell]) == COMPARISON_CONTROL;
}

static void every_cell_is_in_every_sweep_once(void **state)
{
    (void)state;
    struct launch_stop tour[TOUR_MAX];
    unsigned visited[2 * SIZES][SWEEPS] = {{0}};
    struct random random = {7};
    plan_pairs("16,32,64,128,256", "change,control", run_new, NULL);
    size_t stops = draw_tour(&random, tour), last_sweep = 0;
    bool large = false;
    for (size_t i = 0; i < stops; i++) {
        bool is_large = tour[i].cell / 2 >= SIZES - 2;
        if (is_large && !large) /* small ones all come before */
            last_sweep = 0;
        assert_true(is_large || !large);
        assert_true(tour[i].sweep >= last_sweep);
        last_sweep = tour[i].sweep;
        large = is_large;
        visited[tour[i].cell][tour[i].sweep]++;
    }
    for (size_t cell = 0; cell < 2 * SIZES; cell++)
        for (unsigned sweep = 0; sweep < SWEEPS; sweep++) {
            bool few = cell / 2 == SIZES - 1 && sweep >= FEW;
            assert_int_equal(visited[cell][sweep], !few && (!is_control(cell) || sweep % 3 == 0));
        }
}

/* How the cells of the first sweep lie, as a number. */
static uint64_t order_of(const struct launch_stop *tour)
{
    uint64_t order = 0;
    for (size_t i = 0; i < 2 * (SIZES - 2); i++)
        order = order * (2 * SIZES) + tour[i].cell;
    return order;
}

static void tours_are_shuffled_and_repeat_with_the_seed(void **state)
{
    (void)state;
    struct launch_stop first[TOUR_MAX], second[TOUR_MAX], again[TOUR_MAX];
    struct random random = {7}, same = {7};
    plan_pairs("16,32,64,128,256", "change,control", run_new, NULL);
    size_t stops = draw_tour(&random, first);
    assert_int_equal(draw_tour(&random, second), stops);
    assert_int_equal(draw_tour(&same, again), stops);
    assert_true(order_of(first) != order_of(second));
    for (size_t i = 0; i < stops; i++)
        assert_true(first[i].cell == again[i].cell && first[i].sweep == again[i].sweep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_two_of_a_pair_are_adjacent),
        cmocka_unit_test(the_order_is_drawn_and_repeats_with_the_seed),
        cmocka_unit_test(a_series_of_pairs_has_one_warm_up),
        cmocka_unit_test(the_control_has_copies_of_its_own),
        cmocka_unit_test(placement_is_of_small_cells_and_says_why_not),
        cmocka_unit_test(offsets_stay_within_a_page),
        cmocka_unit_test(every_cell_is_in_every_sweep_once),
        cmocka_unit_test(tours_are_shuffled_and_repeat_with_the_seed),
    };
    return cmocka_run_group_tests_name("pairs", tests, engine_open, engine_close);
}
