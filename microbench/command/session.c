#include "microbench/command/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct machine_sources session_sources(const struct session *session)
{
    return (struct machine_sources){.topology = &session->topology,
                                    .clock = &session->clock,
                                    .counters = &session->counters,
                                    .core_clock_hz = session->environment.core_clock_hz,
                                    .name = session->settings.machine,
                                    .throttle = &session->throttle,
                                    .cache_edges = &session->cache_edges};
}

static int choose_experiments(struct session *session, int operands, struct fault *fault)
{
    char names[256] = "";
    for (size_t i = 0; i < benchmark_count(); i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", benchmark_at(i)->name);
        if (operands == 0 && i < EXPERIMENTS_MAX)
            session->experiments[session->experiment_count++] = benchmark_at(i);
    }
    for (int i = 1; i <= operands; i++) {
        const struct benchmark *experiment = benchmark_find(session->words[i]);
        if (!experiment)
            return fail(fault, EINVAL, "no experiment '%s'; there are: %s", session->words[i],
                        names);
        bool known = false;
        for (size_t j = 0; j < session->experiment_count; j++)
            known |= session->experiments[j] == experiment;
        if (!known && session->experiment_count < EXPERIMENTS_MAX)
            session->experiments[session->experiment_count++] = experiment;
    }
    return run_settings_check(&session->settings, session->experiments, session->experiment_count,
                              fault);
}

static int choose_cpu(struct session *session, char *why, size_t why_bytes, struct fault *fault)
{
    struct placement *asked = &session->settings.asked;
    asked->cpu = session->settings.cpu;
    if (asked->cpu < 0) {
        asked->cpu = topology_default_cpu(&session->topology, why, why_bytes);
        return 0;
    }
    snprintf(why, why_bytes, "CPU %d, as asked", asked->cpu);
    struct fault detail;
    int error = topology_bind(&session->topology, asked->cpu, &detail);
    return error ? fail(fault, -error, "--cpu=%d: %s", asked->cpu, detail.text) : 0;
}

static int check_nodes(const struct session *session, struct fault *fault)
{
    const int asked[] = {session->settings.asked.src_node, session->settings.asked.dst_node};
    for (size_t i = 0; i < 2; i++)
        if (asked[i] != NODE_LOCAL && !topology_node(&session->topology, asked[i]))
            return fail(fault, EINVAL, "no NUMA node %d: this machine has %zu, the first is %d",
                        asked[i], session->topology.node_count, session->topology.nodes[0].node);
    return 0;
}

static int check_cells(const struct session *session, struct fault *fault)
{
    const char *reason = session->cache_edges.reason;
    if (session->cells.count)
        return 0;
    if (session->cells.unknown)
        return fail(fault, EINVAL,
                    "nothing to measure: this machine does not tell the caches that all sizes are "
                    "given by%s%s%s; give them by --cache=L1:32Ki,L2:256Ki",
                    reason[0] ? " (" : "", reason, reason[0] ? ")" : "");
    return fail(fault, EINVAL,
                "nothing to measure: no kernel of that pattern runs here, or the experiment has no "
                "such point; 'copycost list' shows kernels and axes");
}

static int take_parameters(struct session *session, struct fault *fault)
{
    struct environment *environment = &session->environment;
    session->parameters =
        calloc(session->experiment_count * PARAMETERS_MAX + 1, sizeof *session->parameters);
    if (!session->parameters)
        return fail(fault, ENOMEM, "no memory for the options of %zu experiments",
                    session->experiment_count);
    environment->parameters = session->parameters;
    for (size_t i = 0; i < session->experiment_count; i++)
        environment->parameter_count +=
            run_settings_parameters(&session->settings, session->experiments[i],
                                    session->parameters + environment->parameter_count);
    return 0;
}

static int plan_cells(struct session *session, struct fault *fault)
{
    const struct run_settings *settings = &session->settings;
    int error = 0;
    for (size_t i = 0; !error && i < session->experiment_count; i++) {
        const struct benchmark *experiment = session->experiments[i];
        error = experiment->open ? experiment->open(&session->environment, fault) : 0;
        if (!error)
            error = cells_add(&session->cells, experiment, settings->profile, settings->choices,
                              settings->choice_count, &session->environment, fault);
    }
    return error ? error : check_cells(session, fault);
}

/* In a launch, those that its run has found. */
static void find_caches(struct session *session, const struct launch_circumstances *found)
{
    int cpu = session->settings.asked.cpu;
    if (!found)
        cache_edges_supply(&session->cache_edges, &session->topology, cpu, &session->clock);
    else if (found->cache_bytes[0])
        topology_take_measured(&session->topology, cpu, found->cache_bytes);
}

int session_open_machine(struct session *session, const struct launch_circumstances *found,
                         struct fault *fault)
{
    char why[200], caches[200];
    struct run_settings *settings = &session->settings;
    if (found)
        settings->cpu = found->cpu;
    int error = topology_open(&session->topology, fault);
    if (!error && settings->caches)
        error = topology_give_caches(&session->topology, settings->caches, fault);
    if (error || (error = take_parameters(session, fault)) ||
        (error = choose_cpu(session, why, sizeof why, fault)) ||
        (error = check_nodes(session, fault)) ||
        (error = found ? clock_adopt(&session->clock, &found->clock, fault)
                       : clock_open(&session->clock, fault)))
        return error;
    if (found)
        session->throttle = found->throttle;
    else
        throttle_open(&session->throttle, settings->asked.cpu);
    session->environment.throttle = &session->throttle;
    find_caches(session, found);
    session->environment.asked = settings->asked;
    session->environment.core_clock_hz = found ? found->core_clock_hz : 0;
    error = environment_open(&session->environment, &session->topology, &session->clock, fault);
    if (!error)
        error = plan_cells(session, fault);
    if (error || found || (error = counters_open(&session->counters, settings->counters, fault)))
        return error;
    /* The run works beside its launches, and they shall find the CPUs that it found. */
    if ((error = topology_unbind(&session->topology, fault)))
        return error;
    session->plan = run_settings_plan(settings, session->environment.cpu_count);
    struct machine_sources sources = session_sources(session);
    machine_name(&sources, session->name, sizeof session->name);
    if (!settings->quiet)
        fprintf(stderr, "measuring on %s\n", why);
    cache_edges_text(&session->cache_edges, caches, sizeof caches);
    if (caches[0] && !settings->quiet)
        fprintf(stderr, "caches by measurement: %s\n", caches);
    if (session->cells.unknown && !settings->quiet)
        fprintf(stderr,
                "%zu sizes are left out: this machine does not tell its caches; give them "
                "by --cache=L1:32Ki,L2:256Ki\n",
                session->cells.unknown);
    return 0;
}

void session_close(struct session *session)
{
    cells_free(&session->cells);
    counters_close(&session->counters);
    environment_close(&session->environment);
    topology_close(&session->topology);
    free(session->parameters);
    free(session->words);
}

int session_open(struct session *session, int argc, char **argv,
                 const struct launch_circumstances *found, struct fault *fault)
{
    *session = (struct session){.argc = argc, .argv = argv};
    run_settings_default(&session->settings);
    session->words = calloc((size_t)argc + 1, sizeof *session->words);
    if (!session->words)
        return fail(fault, ENOMEM, "no memory for the command line");
    memcpy(session->words, argv, (size_t)argc * sizeof *argv);
    int operands, error = options_parse(run_options(), argc, session->words, &session->settings,
                                        &operands, fault);
    if (!error)
        error = choose_experiments(session, operands, fault);
    return error ? error : session_open_machine(session, found, fault);
}
