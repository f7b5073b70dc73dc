#include "microbench/command/run_description.h"

static json_t *left_out_kernels(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < kernel_count(); i++) {
        const char *missing = kernel_missing(kernel_at(i));
        if (missing)
            json_array_append_new(list, json_pack("{s:s, s:s+}", "kernel", kernel_at(i)->name,
                                                  "why", "this CPU lacks ", missing));
    }
    return list;
}

static json_t *given_parameters(const struct environment *environment)
{
    json_t *list = json_array();
    for (size_t i = 0; i < environment->parameter_count; i++) {
        const struct parameter_value *given = &environment->parameters[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "experiment", given->experiment,
                                              "name", given->name, "value", given->value));
    }
    return list;
}

static json_t *grown_pools(const struct hugetlb_pools *pools)
{
    json_t *list = json_array();
    for (size_t i = 0; i < pools->count; i++) {
        const struct hugetlb_pool *pool = &pools->pools[i];
        json_array_append_new(list,
                              json_pack("{s:o, s:I, s:I, s:I, s:s*}", "node",
                                        pool->node < 0 ? json_null() : json_integer(pool->node),
                                        "page_bytes", (json_int_t)pools->page_bytes, "before",
                                        (json_int_t)pool->before, "after", (json_int_t)pool->after,
                                        "reason", pool->reason[0] ? pool->reason : NULL));
    }
    return list;
}

json_t *run_describe(const struct run_facts *facts)
{
    const struct session *session = facts->session;
    const struct run_outcome *outcome = facts->outcome;
    const struct plan *plan = &session->plan;
    json_t *command = json_array(), *experiments = json_array();
    for (int i = 0; i < session->argc; i++)
        json_array_append_new(command, json_string(session->argv[i]));
    for (size_t i = 0; i < session->experiment_count; i++)
        json_array_append_new(experiments, json_string(session->experiments[i]->name));
    return json_pack("{s:o, s:s, s:I, s:s, s:s, s:o, s:o, s:i, s:i, s:i, s:f, s:f, s:f, s:{s:f, "
                     "s:f}, s:f, s:b, s:o, s:o}",
                     "command", command, "profile", profile_names[session->settings.profile],
                     "seed", (json_int_t)plan->seed, "started_utc", facts->started_utc,
                     "finished_utc", facts->finished_utc, "experiments", experiments, "parameters",
                     given_parameters(&session->environment), "launches", (int)plan->launches,
                     "sweeps", (int)plan->sweeps, "samples", (int)plan->samples, "precision",
                     plan->precision, "budget_ns", plan->budget_ns, "time_s", plan->time_s, "noise",
                     "low", outcome->noise.low, "high", outcome->noise.high, "visits_s",
                     outcome->visits_s, "interrupted", (int)outcome->interrupted, "left_out",
                     left_out_kernels(), "hugetlb_pools", grown_pools(facts->pools));
}
