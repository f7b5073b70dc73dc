#include "harness/counters.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/counter_columns.h"

REGISTRY_DECLARE(counter_source, counter_source);

struct pass {
    const struct counter_source *source;
    intptr_t set;
    size_t count;
    size_t counter[COUNTERS_MAX]; /* which ones, in the order of the set's values */
};

struct state {
    struct counter_field field;
    struct counter_choice choice[COUNTERS_MAX];
    struct pass pass[COUNTERS_MAX];
};

static struct counter_sources sources_built_in(void)
{
    return (struct counter_sources){REGISTRY_BEGIN(counter_source), REGISTRY_COUNT(counter_source)};
}

/* Opens the pass's counters as a set, and sees whether they do run at the same time. */
static int pass_open(struct pass *pass, const struct state *state, struct fault *fault)
{
    long long values[COUNTERS_MAX];
    int result = pass->source->set_open(&pass->set, fault);
    if (result != 0)
        return result;
    for (size_t i = 0; result == 0 && i < pass->count; i++)
        result = pass->source->set_add(pass->set, state->choice[pass->counter[i]].code, fault);
    if (result == 0)
        result = pass->source->set_start(pass->set, fault);
    if (result == 0)
        result = pass->source->set_stop(pass->set, values, fault);
    if (result != 0)
        pass->source->set_close(pass->set);
    return result;
}

/* Puts a counter into the first pass that takes it, else into one of its own. */
static int pack_counter(struct counters *counters, struct state *state, size_t index,
                        struct fault *fault)
{
    const struct counter_source *source = state->choice[index].source;
    for (unsigned at = 0; at <= counters->passes; at++) {
        struct pass *pass = &state->pass[at], grown = *pass;
        bool added = at == counters->passes;
        if (added)
            grown = (struct pass){.source = source};
        if (grown.source != source)
            continue;
        grown.counter[grown.count++] = index;
        int result = pass_open(&grown, state, fault);
        if (result != 0 && added)
            return result;
        if (result != 0)
            continue;
        if (!added)
            pass->source->set_close(pass->set);
        *pass = grown;
        counters->passes += added;
        counters->counter[index].pass = at;
        break;
    }
    return 0;
}

static void pack(struct counters *counters, struct state *state)
{
    for (size_t i = 0; i < counters->count; i++) {
        struct counter *counter = &counters->counter[i];
        struct fault fault;
        if (counter->reason[0] == '\0' && pack_counter(counters, state, i, &fault) != 0)
            counter_set_reason(counter, &fault);
    }
}

static struct state *state_open(struct counters *counters, const struct counter_sources *sources,
                                struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    counters->handle = state;
    if (state != NULL)
        counter_field_open(&state->field, sources);
    else
        fail(fault, ENOMEM, "no memory for counters");
    return state;
}

int counters_open_from(const struct counter_sources *sources, struct counters *counters,
                       const char *events, struct fault *fault)
{
    *counters = (struct counters){.count = 0};
    struct state *state = state_open(counters, sources, fault);
    if (state == NULL)
        return -ENOMEM;
    int result = counter_columns_choose(events, &state->field, state->choice, counters, fault);
    if (result == 0)
        pack(counters, state);
    else
        counters_close(counters);
    return result;
}

int counters_adopt_from(const struct counter_sources *sources, struct counters *counters,
                        const struct counters *found, struct fault *fault)
{
    *counters = *found;
    counters->passes = 0;
    struct state *state = state_open(counters, sources, fault);
    if (state == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < counters->count; i++) {
        struct counter *counter = &counters->counter[i];
        struct fault why;
        if (counter->reason[0] == '\0' &&
            counter_rechoose(&state->field, counter, &state->choice[i], &why) != 0)
            counter_set_reason(counter, &why);
    }
    pack(counters, state);
    return 0;
}

int counters_open(struct counters *counters, const char *events, struct fault *fault)
{
    struct counter_sources sources = sources_built_in();
    return counters_open_from(&sources, counters, events, fault);
}

int counters_adopt(struct counters *counters, const struct counters *found, struct fault *fault)
{
    struct counter_sources sources = sources_built_in();
    return counters_adopt_from(&sources, counters, found, fault);
}

void counters_close(struct counters *counters)
{
    struct state *state = counters->handle;
    for (unsigned i = 0; i < counters->passes; i++)
        state->pass[i].source->set_close(state->pass[i].set);
    free(state);
    counters->handle = NULL;
    counters->passes = 0;
}

int counters_start(struct counters *counters, unsigned pass, struct fault *fault)
{
    const struct pass *started = &((struct state *)counters->handle)->pass[pass];
    return started->source->set_start(started->set, fault);
}

int counters_stop(struct counters *counters, unsigned pass, long long *values, struct fault *fault)
{
    const struct pass *stopped = &((struct state *)counters->handle)->pass[pass];
    long long counts[COUNTERS_MAX];
    int result = stopped->source->set_stop(stopped->set, counts, fault);
    if (result != 0)
        return result;
    for (size_t i = 0; i < stopped->count; i++)
        values[stopped->counter[i]] = counts[i];
    return 0;
}

void counters_backends(char *text, size_t text_bytes)
{
    struct counter_sources sources = sources_built_in();
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sources.count && length < text_bytes; i++)
        length += (size_t)snprintf(text + length, text_bytes - length, "%s%s", i > 0 ? ", " : "",
                                   sources.source[i]->name);
}
