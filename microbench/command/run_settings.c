#include "microbench/command/run_settings.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "harness/random.h"
#include "microbench/command/option_values.h"

/*
 * What a profile asks of each cell. quick: a picture within five minutes, and within three on one
 * CPU, where half of the experiments have little to measure, also on boards whose clock wants
 * samples of 10 ms; full: overnight.
 */
enum { QUICK_TIME_S = 270, QUICK_TIME_ONE_CPU_S = 170 };

static const struct plan profile_plans[PROFILES] = {
    [PROFILE_QUICK] = {.launches = 34,
                       .launches_min = 16,
                       .sweeps = 1,
                       .samples = 10,
                       .precision = 0.03,
                       .budget_ns = 100e6},
    [PROFILE_FULL] = {.launches = 40,
                      .launches_min = 20,
                      .sweeps = 2,
                      .samples = 16,
                      .precision = 0.01,
                      .budget_ns = 2e9},
};

void run_settings_default(struct run_settings *settings)
{
    *settings = (struct run_settings){
        .profile = PROFILE_QUICK,
        .cpu = -1,
        .asked = {.src_node = NODE_LOCAL,
                  .dst_node = NODE_LOCAL,
                  .page = PAGE_BASE,
                  .huge_share = -1},
        .format = "table",
    };
    if (getrandom(&settings->seed, sizeof settings->seed, GRND_NONBLOCK) < 0) {
        /* A board that has just started has no randomness yet, but a time. */
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        struct random random = {(uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec};
        settings->seed = random_next(&random);
    }
    settings->seed >>= 16; /* short enough to be typed again, and exact in JSON */
}

/* Who says how much is to be done for a cell does not mean less. */
static bool asks_for_effort(const struct run_settings *settings)
{
    return settings->launches || settings->sweeps || settings->samples || settings->precision > 0 ||
           settings->budget_ms > 0;
}

struct plan run_settings_plan(const struct run_settings *settings, size_t cpus)
{
    struct plan plan = profile_plans[settings->profile];
    plan.seed = settings->seed;
    if (settings->time_s > 0)
        plan.time_s = settings->time_s;
    else if (settings->profile == PROFILE_QUICK && !asks_for_effort(settings))
        plan.time_s = cpus > 1 ? QUICK_TIME_S : QUICK_TIME_ONE_CPU_S;
    if (settings->launches) {
        plan.launches = (unsigned)settings->launches;
        if (plan.launches_min > plan.launches)
            plan.launches_min = plan.launches;
    }
    if (settings->sweeps)
        plan.sweeps = (unsigned)settings->sweeps;
    if (settings->samples)
        plan.samples = (unsigned)settings->samples;
    if (settings->precision > 0)
        plan.precision = settings->precision;
    if (settings->budget_ms > 0)
        plan.budget_ns = settings->budget_ms * 1e6;
    return plan;
}

static int check_parameters(const struct run_settings *settings,
                            const struct benchmark *const *experiments, size_t count,
                            struct fault *fault)
{
    for (size_t i = 0; i < settings->parameter_count; i++) {
        bool used = false;
        for (size_t j = 0; j < count; j++)
            used |= benchmark_has_parameter(experiments[j], settings->parameters[i].name);
        if (!used)
            return fail(fault, EINVAL,
                        "--%s is an option of none of these experiments; 'copycost list' shows "
                        "which have it",
                        settings->parameters[i].name);
    }
    return 0;
}

static int take_page(struct run_settings *settings, const struct axis_choice *choice,
                     struct fault *fault)
{
    unsigned word = 0;
    int error = option_word(choice->axis, choice->text, page_kind_names, &word, fault);
    settings->asked.page = (enum page_kind)word;
    return error;
}

static int take_node(const struct axis_choice *choice, int *node, struct fault *fault)
{
    uint64_t number = 0;
    int error = option_number(choice->axis, choice->text, 0, 65535, &number, fault);
    *node = (int)number;
    return error;
}

static int take_src_node(struct run_settings *settings, const struct axis_choice *choice,
                         struct fault *fault)
{
    return take_node(choice, &settings->asked.src_node, fault);
}

static int take_dst_node(struct run_settings *settings, const struct axis_choice *choice,
                         struct fault *fault)
{
    return take_node(choice, &settings->asked.dst_node, fault);
}

/* Placements, which are an axis of some experiments, and one for all cells of the others. */
static const struct {
    const char *name;
    int (*take)(struct run_settings *settings, const struct axis_choice *choice,
                struct fault *fault);
} placements[] = {{"page", take_page}, {"src-node", take_src_node}, {"dst-node", take_dst_node}};

/* Takes the choice if it is a placement, for an experiment that has no such axis. */
static int take_placement(struct run_settings *settings, const struct axis_choice *choice,
                          const struct benchmark *experiment, bool *taken, struct fault *fault)
{
    struct fault detail;
    for (size_t i = 0; i < sizeof placements / sizeof *placements; i++) {
        if (strcmp(placements[i].name, choice->axis) != 0)
            continue;
        *taken = true;
        int error = placements[i].take(settings, choice, &detail);
        return error ? fail(fault, -error, "%s (which is no axis of %s)", detail.text,
                            experiment->name)
                     : 0;
    }
    return 0;
}

int run_settings_check(struct run_settings *settings, const struct benchmark *const *experiments,
                       size_t count, struct fault *fault)
{
    for (size_t i = 0; i < settings->choice_count; i++) {
        const struct axis_choice *choice = &settings->choices[i];
        bool used = false;
        for (size_t j = 0; j < count; j++) {
            bool axis = benchmark_axis(experiments[j], choice->axis) >= 0;
            int error = axis ? 0 : take_placement(settings, choice, experiments[j], &used, fault);
            if (error)
                return error;
            used |= axis;
        }
        if (!used)
            return fail(fault, EINVAL,
                        "--%s is an axis of none of these experiments; 'copycost list' shows "
                        "which have it",
                        choice->axis);
    }
    return check_parameters(settings, experiments, count, fault);
}

size_t run_settings_parameters(const struct run_settings *settings,
                               const struct benchmark *experiment, struct parameter_value *values)
{
    size_t count = 0;
    for (size_t i = 0; i < settings->parameter_count; i++)
        if (benchmark_has_parameter(experiment, settings->parameters[i].name))
            values[count++] = (struct parameter_value){
                experiment->name, settings->parameters[i].name, settings->parameters[i].value};
    return count;
}
