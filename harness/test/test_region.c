/*
 * Members of a region: where they run, how often, whose time counts, and what becomes of a launch
 * when one of them dies.
 */
#include "harness/test/engine.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/launch.h"
#include "harness/region.h"

enum { MEMBERS = 2 };
enum behaviour { WORK, REFUSE, KILLED, EXITS, UNARRANGED, BEHAVIOURS };

/* What a member did, visible to the process that looks. */
struct deed {
    uint64_t calls;
    int cpu, told_cpu;
    unsigned entered, count;
    pid_t process;
    uint64_t arranged; /* calls for which it arranged, all in all */
    bool in_order;     /* every member had arranged before it ran */
};
static struct deed *deeds; /* MEMBERS */

static double lag_ns; /* what the last member takes longer */

static int deed_prepare(struct trial *trial, struct fault *told)
{
    (void)trial;
    (void)told;
    memset(deeds, 0, MEMBERS * sizeof *deeds);
    return 0;
}

static enum behaviour behaviour_of(const struct trial *trial, const struct member *member)
{
    bool last = member->index == member->count - 1;
    return last ? (enum behaviour)trial->cell->point[0].number : WORK;
}

static int deed_enter(struct trial *trial, const struct member *member, struct fault *told)
{
    deeds[member->index].entered++;
    deeds[member->index].count = member->count;
    return behaviour_of(trial, member) == REFUSE ? refuse(told, EXDEV, "no room for the last one")
                                                 : 0;
}

static int deed_arrange(struct trial *trial, const struct member *member, uint64_t calls,
                        struct fault *told)
{
    deeds[member->index].arranged += calls;
    return behaviour_of(trial, member) == UNARRANGED
               ? refuse(told, EXDEV, "the last one can't arrange")
               : 0;
}

static void deed_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    struct deed *deed = &deeds[member->index];
    deed->calls += calls;
    deed->in_order = true;
    for (unsigned i = 0; i < member->count; i++)
        deed->in_order &= deeds[i].arranged == deed->calls;
    deed->cpu = sched_getcpu();
    deed->told_cpu = member->cpu;
    deed->process = getpid();
    if (behaviour_of(trial, member) == KILLED)
        kill(getpid(), SIGKILL);
    if (behaviour_of(trial, member) == EXITS)
        _exit(3);
    if (member->index != member->count - 1)
        return;
    const struct clock *clock = trial->environment->clock;
    uint64_t begun = clock_ticks(clock);
    while (clock_ns(clock, clock_ticks(clock) - begun) < lag_ns) {
    }
}

static void deed_release(struct trial *trial)
{
    (void)trial;
}

/* Backwards from the end of the order. */
static int deed_cpu(const struct cell *cell, const struct environment *given, unsigned member)
{
    (void)cell;
    return given->cpu_order[given->cpu_count - member];
}

static const struct benchmark deed = {
    .name = "deed",
    .prepare = deed_prepare,
    .enter = deed_enter,
    .run = deed_run,
    .release = deed_release,
};

static struct cell deed_cell(enum behaviour behaviour, enum region_kind kind, unsigned members)
{
    struct cell cell = made_up_cell(&deed, behaviour);
    cell.region = kind;
    cell.members = members;
    return cell;
}

static void need_cpus(unsigned count)
{
    if (environment.cpu_count < count)
        skip();
}

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

/* A deed with the optional parts. */
static struct benchmark arranged_deed(void)
{
    struct benchmark arranged = deed;
    arranged.arrange = deed_arrange;
    arranged.member_cpu = deed_cpu;
    return arranged;
}

static void all_arrange_before_any_runs(void **state)
{
    (void)state;
    const struct benchmark arranged = arranged_deed();
    unsigned members = environment.cpu_count < MEMBERS ? 1 : MEMBERS;
    for (enum region_kind kind = REGION_TEAM; kind <= REGION_PROCESSES; kind++) {
        struct cell cell = deed_cell(WORK, kind, members);
        cell.benchmark = &arranged;
        struct trial trial = {.cell = &cell, .environment = &environment};
        struct region region;
        uint64_t ticks[MEMBERS];
        deed_prepare(&trial, &fault);
        assert_int_equal(region_open(&region, &trial, &fault), 0);
        for (uint64_t calls = 1; calls < 100; calls++) {
            assert_int_equal(region_arrange(&region, calls, &fault), 0);
            region_run(&region, calls, ticks);
            for (unsigned i = 0; i < members; i++)
                assert_true(deeds[i].in_order);
        }
        region_close(&region);
        assert_int_equal(deeds[0].cpu, cell.asked.cpu);
        if (members > 1)
            assert_int_equal(deeds[1].cpu, environment.cpu_order[environment.cpu_count - 1]);
    }
}

/* The asked CPU, whatever the member. */
static int only_cpu(const struct cell *cell, const struct environment *given, unsigned member)
{
    (void)given;
    (void)member;
    return cell->asked.cpu;
}

static void members_may_share_a_cpu(void **state)
{
    (void)state;
    struct benchmark crowded = arranged_deed();
    crowded.member_cpu = only_cpu;
    crowded.wants_cpu_time = true;
    for (enum region_kind kind = REGION_TEAM; kind <= REGION_PROCESSES; kind++) {
        struct cell cell = deed_cell(WORK, kind, MEMBERS);
        cell.benchmark = &crowded;
        cell.cpus_shared = true;
        struct trial trial = {.cell = &cell, .environment = &environment};
        struct region region;
        uint64_t ticks[MEMBERS];
        deed_prepare(&trial, &fault);
        assert_int_equal(region_open(&region, &trial, &fault), 0);
        for (uint64_t calls = 1; calls < 100; calls++) {
            assert_int_equal(region_arrange(&region, calls, &fault), 0);
            region_run(&region, calls, ticks);
            for (unsigned i = 0; i < MEMBERS; i++) {
                assert_true(deeds[i].in_order && deeds[i].calls == calls * (calls + 1) / 2);
                assert_int_equal(deeds[i].cpu, cell.asked.cpu);
                assert_true(region_cpu_ns(&region, i) > 0);
            }
        }
        region_close(&region);
    }
}

static void an_error_on_arranging_reaches_the_caller(void **state)
{
    (void)state;
    const struct benchmark arranged = arranged_deed();
    struct cell cell =
        deed_cell(UNARRANGED, REGION_TEAM, environment.cpu_count < MEMBERS ? 1 : MEMBERS);
    cell.benchmark = &arranged;
    struct trial trial = {.cell = &cell, .environment = &environment};
    struct region region;
    deed_prepare(&trial, &fault);
    assert_int_equal(region_open(&region, &trial, &fault), 0);
    assert_int_equal(region_arrange(&region, 3, &fault), -EXDEV);
    assert_string_equal(fault.text, "the last one can't arrange");
    assert_int_equal(deeds[0].calls, 0);
    region_close(&region);
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

static int open_deeds(void **state)
{
    deeds = mmap(NULL, MEMBERS * sizeof *deeds, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
    return deeds == MAP_FAILED ? -1 : engine_open(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_does_its_calls),
        cmocka_unit_test(a_team_does_its_calls),
        cmocka_unit_test(processes_do_their_calls),
        cmocka_unit_test(wrong_deeds_are_found_out),
        cmocka_unit_test(the_slowest_member_counts),
        cmocka_unit_test(all_arrange_before_any_runs),
        cmocka_unit_test(members_may_share_a_cpu),
        cmocka_unit_test(an_error_on_arranging_reaches_the_caller),
        cmocka_unit_test(an_error_on_entering_reaches_the_caller),
        cmocka_unit_test(more_members_than_cpus_are_refused),
        cmocka_unit_test(a_dead_member_fails_its_cell_only),
    };
    return cmocka_run_group_tests_name("region", tests, open_deeds, engine_close);
}
