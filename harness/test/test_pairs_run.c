/*
 * A comparison from its proof to its file, in forked launches, with functions made up here.
 */
#include "harness/test/made_up_pairs.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/pairs_file.h"

enum { LAUNCHES = 3, PAIRS = 6, CONTROLS = 2 };

static const struct pairs_plan plan = {.detect = 0.02,
                                       .alpha = 0.01,
                                       .threshold = 0.015,
                                       .launches = LAUNCHES,
                                       .pairs = PAIRS,
                                       .seed = 5};
static struct pairs_outcome outcome;
static struct run_progress told;
static size_t patience; /* launches after which it shall end; 0: never */

static void take_progress(void *context, const struct run_progress *progress)
{
    (void)context;
    told = *progress;
}

static bool is_impatient(void *context)
{
    (void)context;
    return patience && told.launch > patience;
}

static struct pairs_run run_here(void)
{
    told = (struct run_progress){.launch = 0};
    return (struct pairs_run){
        .pairs = &made_up_pairs,
        .proving = &made_up_pairs,
        .cells = made_up_cells.cells,
        .count = made_up_cells.count,
        .environment = &virtual_environment,
        .plan = &plan,
        .progress = take_progress,
        .interrupted = is_impatient,
    };
}

static int compare(const char *sizes, const char *comparisons, kernel_function *new,
                   kernel_function *moved)
{
    plan_pairs(sizes, comparisons, new, moved);
    const struct pairs_run run = run_here();
    return pairs_run(&run, &outcome, &fault);
}

static void all_pairs_are_taken(void **state)
{
    (void)state;
    if (compare("64,512", "change,control", run_new, NULL))
        fail_msg("%s", fault.text);
    assert_int_equal(outcome.launches, LAUNCHES);
    assert_false(outcome.interrupted);
    for (size_t i = 0; i < made_up_cells.count; i++) {
        const struct pairs_result *result = &outcome.results[i];
        bool control = pairs_comparison(&made_up_cells.cells[i]) == COMPARISON_CONTROL;
        assert_int_equal(result->verdict, VERDICT_OK);
        assert_true(result->calls > 1);
        assert_int_equal(result->count, LAUNCHES * (control ? CONTROLS : PAIRS));
        for (size_t j = 0; j < result->count; j++) {
            assert_int_equal(result->taken[j].launch, j / (control ? CONTROLS : PAIRS));
            assert_true(result->taken[j].old_ns == (control ? COPY_NS : OLD_NS));
            assert_true(result->taken[j].new_ns == (control ? OTHER_NS : NEW_NS));
        }
    }
    assert_int_equal(told.visits, told.visits_all);
    pairs_outcome_free(&outcome);
}

static void *run_short(void *restrict to, const void *restrict from, size_t bytes)
{
    return run_new(to, from, bytes > 3 ? bytes - 1 : bytes);
}

static void *run_crashing(void *restrict to, const void *restrict from, size_t bytes)
{
    raise(SIGSEGV);
    return run_new(to, from, bytes);
}

/* Not into cmocka's hands. */
_Noreturn static void die(void)
{
    signal(SIGABRT, SIG_DFL);
    abort();
}

static void *run_aborting(void *restrict to, const void *restrict from, size_t bytes)
{
    (void)to;
    (void)from;
    (void)bytes;
    die();
}

/* Right up to the sizes of the general checks. */
static void *run_wrong_when_large(void *restrict to, const void *restrict from, size_t bytes)
{
    return run_new(to, from, bytes > 100000 ? bytes - 1 : bytes);
}

static void a_wrong_function_is_refused(void **state)
{
    (void)state;
    assert_int_equal(compare("64", "change", run_short, NULL), -EILSEQ);
    assert_non_null(strstr(fault.text, "copy: new: "));
    assert_non_null(strstr(fault.text, " bytes, src at 64k+"));
    pairs_outcome_free(&outcome);
    assert_int_equal(compare("64", "change", run_crashing, NULL), -EFAULT);
    assert_non_null(strstr(fault.text, "SIGSEGV"));
    pairs_outcome_free(&outcome);
    assert_int_equal(compare("64", "change", run_aborting, NULL), -EFAULT);
    assert_non_null(strstr(fault.text, "copy: "));
    pairs_outcome_free(&outcome);
    assert_int_equal(compare("64,128Ki", "change", run_wrong_when_large, NULL), -EILSEQ);
    assert_non_null(strstr(fault.text, "new left a wrong byte at 131071"));
    pairs_outcome_free(&outcome);
}

/* Not restrict, lest the compiler takes memcpy. */
static void *run_moving(void *to, const void *from, size_t bytes)
{
    virtual_ns += OLD_NS;
    return memmove(to, from, bytes);
}

static void *run_forward(void *restrict to, const void *restrict from, size_t bytes)
{
    virtual_ns += NEW_NS;
    return kernel_find("copy_byte_forward")->run(to, from, bytes);
}

static void a_wrong_memmove_is_refused(void **state)
{
    (void)state;
    plan_pairs("64", "change", run_forward, NULL);
    made_up_function.overlaps = true;
    made_up_function.old.run = run_moving;
    const struct pairs_run run = run_here();
    assert_int_equal(pairs_run(&run, &outcome, &fault), -EILSEQ);
    assert_non_null(strstr(fault.text, "overlapping, dst "));
    pairs_outcome_free(&outcome);
}

/* A copy that did not survive being moved is no fault of the function's. */
static void what_can_not_be_moved_is_skipped(void **state)
{
    (void)state;
    int error = compare("64,512", "change,placement", run_new, run_short);
    if (error)
        fail_msg("%s", fault.text);
    for (size_t i = 0; i < made_up_cells.count; i++) {
        bool moved = pairs_comparison(&made_up_cells.cells[i]) == COMPARISON_PLACEMENT;
        assert_int_equal(outcome.results[i].verdict, moved ? VERDICT_SKIPPED : VERDICT_OK);
        assert_true(!moved || strstr(outcome.results[i].reason, "moved: "));
        assert_int_equal(outcome.results[i].count, moved ? 0 : LAUNCHES * PAIRS);
    }
    pairs_outcome_free(&outcome);
}

static void *run_dying_later(void *restrict to, const void *restrict from, size_t bytes)
{
    if (!made_up_pairs.proves && bytes == 512)
        die();
    return run_new(to, from, bytes);
}

static void a_cell_that_fails_later_does_not_end_the_others(void **state)
{
    (void)state;
    if (compare("64,512", "change", run_dying_later, NULL))
        fail_msg("%s", fault.text);
    assert_int_equal(outcome.results[0].verdict, VERDICT_OK);
    assert_int_equal(outcome.results[0].count, LAUNCHES * PAIRS);
    assert_int_equal(outcome.results[1].verdict, VERDICT_FAILED);
    assert_non_null(strstr(outcome.results[1].reason, "Aborted"));
    pairs_outcome_free(&outcome);
}

static void what_was_measured_until_an_interruption_is_kept(void **state)
{
    (void)state;
    patience = 2;
    if (compare("64", "change", run_new, NULL))
        fail_msg("%s", fault.text);
    patience = 0;
    assert_true(outcome.interrupted);
    assert_int_equal(outcome.launches, 2);
    assert_true(outcome.results[0].count >= 2 * PAIRS);
    pairs_outcome_free(&outcome);
}

static json_t *written(const struct pairs_facts *facts)
{
    char path[] = "/tmp/copycost-pairs-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    if (pairs_file_write(path, "--pairs", facts, &fault))
        fail_msg("%s", fault.text);
    json_t *read = json_load_file(path, 0, NULL);
    unlink(path);
    assert_non_null(read);
    return read;
}

static void the_file_holds_everything(void **state)
{
    (void)state;
    if (compare("64", "change,placement", run_new, run_short))
        fail_msg("%s", fault.text);
    made_up_pairs.old.path = made_up_pairs.new.path = "/proc/self/exe";
    const struct pairs_run run = run_here();
    json_t *made_up_machine = json_pack("{s:s}", "name", "made up");
    const struct pairs_facts facts = {&run, &outcome, made_up_machine};
    json_t *file = written(&facts), *cell = json_array_get(json_object_get(file, "cells"), 0);
    assert_string_equal(json_string_value(json_object_get(file, "format")), "copycost-pairs/1");
    assert_string_equal(json_string_value(json_object_get(file, "ended")), "complete");
    json_t *old = json_object_get(file, "old");
    assert_string_equal(json_string_value(json_object_get(old, "file")), "exe");
    assert_int_equal(json_string_length(json_object_get(old, "sha256")), 64);
    assert_string_equal(json_string_value(json_object_get(cell, "comparison")), "change");
    assert_string_equal(json_string_value(json_object_get(cell, "verdict")), "measured");
    assert_int_equal(json_integer_value(json_object_get(cell, "dst_offset")), 2048);
    static const char *const lists[] = {"launch", "new_first", "old_ns", "new_ns"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_int_equal(json_array_size(json_object_get(cell, lists[i])), LAUNCHES * PAIRS);
    json_t *placement = json_array_get(json_object_get(file, "cells"), 1);
    assert_string_equal(json_string_value(json_object_get(placement, "verdict")), "skipped");
    json_decref(file);
    outcome.interrupted = true;
    file = written(&facts);
    assert_string_equal(json_string_value(json_object_get(file, "ended")),
                        "interrupted: after 3 of 3 launches");
    json_decref(file);
    assert_true(pairs_file_write("/nowhere/pairs.json", "--pairs", &facts, &fault) < 0);
    assert_non_null(strstr(fault.text, "/nowhere/pairs.json"));
    json_decref(made_up_machine);
    pairs_outcome_free(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pairs_are_taken),
        cmocka_unit_test(a_wrong_function_is_refused),
        cmocka_unit_test(a_wrong_memmove_is_refused),
        cmocka_unit_test(what_can_not_be_moved_is_skipped),
        cmocka_unit_test(a_cell_that_fails_later_does_not_end_the_others),
        cmocka_unit_test(what_was_measured_until_an_interruption_is_kept),
        cmocka_unit_test(the_file_holds_everything),
    };
    return cmocka_run_group_tests_name("pairs_run", tests, engine_open, engine_close);
}
