/*
 * Members of a region: where they run, how often, whose time counts, and what becomes of a launch
 * when one of them dies.
 */
#include "harness/test/deeds.h"

#include <stdio.h>
#include <sys/wait.h>

#include "harness/launch.h"

/* Whether every member made exactly so many calls, on the CPU it was given, none shared. */
static bool deeds_right(const struct deed *done, unsigned members, uint64_t calls)
{
    bool right = true;
    for (unsigned i = 0; i < members; i++) {
        right &= done[i].calls == calls && done[i].entered == 1 && done[i].count == members;
        right &= done[i].cpu == done[i].told_cpu && done[i].cpu == environment.cpu_order[i];
        for (unsigned j = 0; j < i; j++)
            right &= done[i].cpu != done[j].cpu;
    }
    return right;
}

static void run_deeds(enum region_kind kind, unsigned members)
{
    static const uint64_t calls[] = {1, 0, 1000, 7};
    struct cell cell = deed_cell(WORK, kind, members);
    struct trial trial = {.cell = &cell, .environment = &environment};
    struct region region;
    uint64_t ticks[MEMBERS], total = 0;
    deed_prepare(&trial, &fault);
    if (region_open(&region, &trial, &fault))
        fail_msg("%s", fault.text);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        uint64_t slowest = region_run(&region, calls[i], ticks), greatest = 0;
        total += calls[i];
        assert_true(deeds_right(deeds, members, total));
        for (unsigned j = 0; j < members; j++)
            greatest = ticks[j] > greatest ? ticks[j] : greatest;
        assert_true(slowest == greatest);
    }
    region_close(&region);
    for (unsigned i = 1; i < members; i++)
        assert_int_equal(deeds[i].process != getpid(), kind == REGION_PROCESSES);
    assert_int_equal(deeds[0].process, getpid());
    if (kind == REGION_PROCESSES)
        assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void a_thread_does_its_calls(void **state)
{
    (void)state;
    run_deeds(REGION_THREAD, 1);
}

static void a_team_does_its_calls(void **state)
{
    (void)state;
    need_cpus(MEMBERS);
    run_deeds(REGION_TEAM, 1);
    run_deeds(REGION_TEAM, MEMBERS);
}

static void processes_do_their_calls(void **state)
{
    (void)state;
    need_cpus(MEMBERS);
    run_deeds(REGION_PROCESSES, 1);
    run_deeds(REGION_PROCESSES, MEMBERS);
}

/* The broken specimens for deeds_right(). */
static void wrong_deeds_are_found_out(void **state)
{
    (void)state;
    int cpus[MEMBERS] = {4, 6}, *order = environment.cpu_order;
    environment.cpu_order = cpus;
    static const struct deed right[MEMBERS] = {{8, 4, 4, 1, MEMBERS, 1, 0, true},
                                               {8, 6, 6, 1, MEMBERS, 1, 0, true}};
    bool fine = deeds_right(right, MEMBERS, 8), caught = true;
    struct deed wrong[5][MEMBERS];
    for (size_t i = 0; i < 5; i++)
        memcpy(wrong[i], right, sizeof right);
    wrong[0][1].calls--;
    wrong[1][1].cpu = 4;
    wrong[2][1].cpu = wrong[2][1].told_cpu = 4;
    wrong[3][0].entered = 2;
    wrong[4][0].count = 1;
    for (size_t i = 0; i < 5; i++)
        caught &= !deeds_right(wrong[i], MEMBERS, 8);
    environment.cpu_order = order;
    assert_true(fine && caught);
}

static void the_slowest_member_counts(void **state)
{
    (void)state;
    need_cpus(MEMBERS);
    for (enum region_kind kind = REGION_TEAM; kind <= REGION_PROCESSES; kind++) {
        struct cell cell = deed_cell(WORK, kind, MEMBERS);
        struct trial trial = {.cell = &cell, .environment = &environment};
        struct region region;
        uint64_t ticks[MEMBERS];
        lag_ns = 50e3; /* inherited by processes */
        assert_int_equal(region_open(&region, &trial, &fault), 0);
        uint64_t slowest = region_run(&region, 1, ticks);
        region_close(&region);
        lag_ns = 0;
        /* Spinning ends when that time has passed by the same clock, or later. */
        assert_true(clock_ns(&machine_clock, ticks[MEMBERS - 1]) >= 49e3);
        assert_true(slowest >= ticks[0] && slowest >= ticks[MEMBERS - 1]);
    }
}

static void an_error_on_entering_reaches_the_caller(void **state)
{
    (void)state;
    for (enum region_kind kind = REGION_THREAD; kind <= REGION_PROCESSES; kind++) {
        unsigned members = kind == REGION_THREAD || environment.cpu_count < MEMBERS ? 1 : MEMBERS;
        struct cell cell = deed_cell(REFUSE, kind, members);
        struct trial trial = {.cell = &cell, .environment = &environment};
        struct region region;
        deed_prepare(&trial, &fault);
        assert_int_equal(region_open(&region, &trial, &fault), -EXDEV);
        assert_string_equal(fault.text, "no room for the last one");
        assert_null(region.control);
        assert_int_equal(deeds[members - 1].calls, 0);
    }
}

static void more_members_than_cpus_are_refused(void **state)
{
    (void)state;
    struct cell cell = deed_cell(WORK, REGION_TEAM, (unsigned)environment.cpu_count + 1);
    struct trial trial = {.cell = &cell, .environment = &environment};
    struct region region;
    assert_int_equal(region_open(&region, &trial, &fault), -EINVAL);
    assert_non_null(strstr(fault.text, "as many CPUs"));
}

struct heard { /* of a launch: what became of each cell */
    unsigned visits;
    int status[BEHAVIOURS + 1];
    char text[BEHAVIOURS + 1][512];
};

static int hear(void *context, const struct launch_stop *stop, const struct visit *visit,
                const struct sample *samples, const struct count *counts,
                const struct histogram_bin *bins)
{
    (void)samples;
    (void)counts;
    (void)bins;
    struct heard *heard = context;
    heard->visits++;
    heard->status[stop->cell] = visit->status;
    snprintf(heard->text[stop->cell], sizeof heard->text[0], "%s", visit->fault.text);
    return 0;
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static void a_dead_member_fails_its_cell_only(void **state)
{
    (void)state;
    need_cpus(MEMBERS);
    enum { CELLS = BEHAVIOURS + 1 };
    struct cell cells[CELLS];
    struct launch_stop tour[CELLS];
    for (size_t i = 0; i < CELLS; i++) {
        cells[i] = deed_cell(i % BEHAVIOURS, REGION_PROCESSES, MEMBERS); /* the last one: WORK */
        tour[i] = (struct launch_stop){i, 0};
    }
    struct heard heard = {0};
    struct plan plan = shortest_plan(1, 1);
    static const struct sampling samplings[CELLS];
    struct launch launch = {.cells = cells,
                            .cell_count = CELLS,
                            .tour = tour,
                            .tour_count = CELLS,
                            .samplings = samplings,
                            .environment = &environment,
                            .plan = &plan,
                            .visited = hear,
                            .interrupted = never,
                            .context = &heard};
    if (launch_run(&launch, &fault))
        fail_msg("%s", fault.text);
    assert_int_equal(heard.visits, CELLS);
    assert_int_equal(heard.status[WORK], 0);
    assert_int_equal(heard.status[REFUSE], -EXDEV);
    assert_string_equal(heard.text[REFUSE], "no room for the last one");
    assert_int_equal(heard.status[KILLED], -EFAULT);
    assert_non_null(strstr(heard.text[KILLED], "a member process of this cell died"));
    assert_non_null(strstr(heard.text[KILLED], strsignal(SIGKILL)));
    assert_int_equal(heard.status[EXITS], -EFAULT);
    assert_non_null(strstr(heard.text[EXITS], "it exited"));
    assert_int_equal(heard.status[CELLS - 1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_does_its_calls),
        cmocka_unit_test(a_team_does_its_calls),
        cmocka_unit_test(processes_do_their_calls),
        cmocka_unit_test(wrong_deeds_are_found_out),
        cmocka_unit_test(the_slowest_member_counts),
        cmocka_unit_test(an_error_on_entering_reaches_the_caller),
        cmocka_unit_test(more_members_than_cpus_are_refused),
        cmocka_unit_test(a_dead_member_fails_its_cell_only),
    };
    return cmocka_run_group_tests_name("region", tests, open_deeds, engine_close);
}
