#include "harness/counters.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/counter_check.h"
#include "harness/counter_source.h"

enum { CANDIDATES = 3 };

/* The default set: columns, and the events that may give them, the best first. */
static const struct column {
    const char *name;
    enum counter_check check;
    const char *events[CANDIDATES];
} columns[] = {
    {"cycles", COUNTER_CHECK_CYCLES, {"PAPI_TOT_CYC", "perf::CYCLES"}},
    {"instructions", COUNTER_CHECK_INSTRUCTIONS, {"PAPI_TOT_INS", "perf::INSTRUCTIONS"}},
    {"l1_misses", COUNTER_CHECK_MISSES, {"PAPI_L1_DCM", "perf::L1-DCACHE-LOAD-MISSES"}},
    {"l2_misses", COUNTER_CHECK_MISSES, {"PAPI_L2_DCM", "PAPI_L2_TCM"}},
    {"l3_misses", COUNTER_CHECK_MISSES, {"PAPI_L3_TCM", "PAPI_L3_DCM", "perf::LLC-LOAD-MISSES"}},
    {"tlb_misses", COUNTER_CHECK_MISSES, {"PAPI_TLB_DM", "perf::DTLB-LOAD-MISSES"}},
    {"branch_misses", COUNTER_CHECK_MISSES, {"PAPI_BR_MSP", "perf::BRANCH-MISSES"}},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

struct pass {
    int set;
    size_t count;
    size_t counter[COUNTERS_MAX]; /* which ones, in the order of the set's values */
};

struct state {
    const struct counter_source *source;
    int code[COUNTERS_MAX];
    struct pass pass[COUNTERS_MAX];
};

static void reason_set(struct counter *counter, const struct fault *fault)
{
    snprintf(counter->reason, sizeof counter->reason, "%.*s", (int)sizeof counter->reason - 1,
             fault->text);
}

static void name_default(struct counters *counters)
{
    counters->count = COLUMNS;
    for (size_t i = 0; i < COLUMNS; i++) {
        snprintf(counters->counter[i].name, COUNTER_NAME_BYTES, "%s", columns[i].name);
        snprintf(counters->counter[i].event, COUNTER_NAME_BYTES, "%s", columns[i].events[0]);
    }
}

/* "perf::PAGE-FAULTS" becomes "perf_page_faults". */
static void name_column(struct counter *counter)
{
    size_t length = 0;
    for (const char *from = counter->event; *from != '\0'; from++) {
        if (isalnum((unsigned char)*from))
            counter->name[length++] = (char)tolower((unsigned char)*from);
        else if (length > 0 && counter->name[length - 1] != '_')
            counter->name[length++] = '_';
    }
    counter->name[length] = '\0';
}

static int name_given(struct counters *counters, const char *events, struct fault *fault)
{
    for (const char *event = events; event != NULL;) {
        const char *comma = strchr(event, ',');
        size_t length = comma != NULL ? (size_t)(comma - event) : strlen(event);
        if (length == 0 || length >= COUNTER_NAME_BYTES)
            return fail(fault, EINVAL, "'%s' is no list of counter events: an item is %s", events,
                        length == 0 ? "empty" : "too long");
        if (counters->count == COUNTERS_MAX)
            return fail(fault, EINVAL, "'%s' are more than %d counter events", events,
                        COUNTERS_MAX);
        struct counter *counter = &counters->counter[counters->count];
        memcpy(counter->event, event, length);
        name_column(counter);
        if (counter->name[0] == '\0')
            return fail(fault, EINVAL, "'%s' is no name of a counter event", counter->event);
        for (size_t i = 0; i < counters->count; i++)
            if (strcmp(counters->counter[i].name, counter->name) == 0)
                return fail(fault, EINVAL, "'%s' names the counter event %s twice", events,
                            counter->event);
        counters->count++;
        event = comma != NULL ? comma + 1 : NULL;
    }
    return 0;
}

/* An event of the user's own choice can be checked if it is one of the default set's. */
static enum counter_check check_of(const char *event)
{
    for (size_t i = 0; i < COLUMNS; i++)
        for (size_t j = 0; j < CANDIDATES && columns[i].events[j] != NULL; j++)
            if (strcmp(columns[i].events[j], event) == 0)
                return columns[i].check;
    return COUNTER_CHECK_NONE;
}

static int try_event(const struct counter_source *source, const char *event, int *code,
                     struct fault *fault)
{
    int result = source->find(event, code, fault);
    return result == 0 ? counter_check_event(source, *code, check_of(event), fault) : result;
}

/* Settles which events can be believed; the others get their reasons. */
static void choose_default(struct counters *counters, struct state *state)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        struct counter *counter = &counters->counter[i];
        for (size_t j = 0; j < CANDIDATES && columns[i].events[j] != NULL; j++) {
            struct fault fault;
            if (try_event(state->source, columns[i].events[j], &state->code[i], &fault) == 0) {
                snprintf(counter->event, sizeof counter->event, "%s", columns[i].events[j]);
                counter->reason[0] = '\0';
                break;
            }
            /* The first one tells most: the others only stand in for it. */
            if (j == 0)
                reason_set(counter, &fault);
        }
    }
}

static int choose_given(struct counters *counters, struct state *state, struct fault *fault)
{
    for (size_t i = 0; i < counters->count; i++) {
        struct counter *counter = &counters->counter[i];
        int result = try_event(state->source, counter->event, &state->code[i], fault);
        if (result == -EINVAL)
            return result;
        if (result != 0)
            reason_set(counter, fault);
    }
    return 0;
}

/* Puts a counter into the first pass that takes it, else into one of its own. */
static int pack_counter(struct counters *counters, struct state *state, size_t index,
                        struct fault *fault)
{
    unsigned at = 0;
    while (at < counters->passes &&
           state->source->set_add(state->pass[at].set, state->code[index], fault) != 0)
        at++;
    if (at == counters->passes) {
        struct pass *added = &state->pass[at];
        int result = state->source->set_open(&added->set, fault);
        if (result != 0)
            return result;
        result = state->source->set_add(added->set, state->code[index], fault);
        if (result != 0) {
            state->source->set_close(added->set);
            return result;
        }
        counters->passes++;
    }
    struct pass *pass = &state->pass[at];
    pass->counter[pass->count++] = index;
    counters->counter[index].pass = at;
    return 0;
}

int counters_open_from(const struct counter_source *source, struct counters *counters,
                       const char *events, struct fault *fault)
{
    *counters = (struct counters){.count = 0};
    if (events == NULL)
        name_default(counters);
    else if (name_given(counters, events, fault) != 0)
        return -EINVAL;
    if (source->open(fault) != 0) {
        for (size_t i = 0; i < counters->count; i++)
            reason_set(&counters->counter[i], fault);
        return 0;
    }
    struct state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return fail(fault, ENOMEM, "no memory for counters");
    state->source = source;
    counters->handle = state;
    if (events == NULL) {
        choose_default(counters, state);
    } else if (choose_given(counters, state, fault) != 0) {
        counters_close(counters);
        return -EINVAL;
    }
    for (size_t i = 0; i < counters->count; i++) {
        struct counter *counter = &counters->counter[i];
        if (counter->reason[0] == '\0' && pack_counter(counters, state, i, fault) != 0)
            reason_set(counter, fault);
    }
    return 0;
}

int counters_open(struct counters *counters, const char *events, struct fault *fault)
{
    return counters_open_from(&counter_source, counters, events, fault);
}

void counters_close(struct counters *counters)
{
    struct state *state = counters->handle;
    for (unsigned i = 0; i < counters->passes; i++)
        state->source->set_close(state->pass[i].set);
    free(state);
    counters->handle = NULL;
    counters->passes = 0;
}

int counters_start(struct counters *counters, unsigned pass, struct fault *fault)
{
    struct state *state = counters->handle;
    return state->source->set_start(state->pass[pass].set, fault);
}

int counters_stop(struct counters *counters, unsigned pass, double *values, struct fault *fault)
{
    struct state *state = counters->handle;
    const struct pass *stopped = &state->pass[pass];
    long long counts[COUNTERS_MAX];
    int result = state->source->set_stop(stopped->set, counts, fault);
    if (result != 0)
        return result;
    for (size_t i = 0; i < stopped->count; i++)
        values[stopped->counter[i]] = (double)counts[i];
    return 0;
}

static void append(char *text, size_t text_bytes, const char *more)
{
    size_t length = strlen(text);
    snprintf(text + length, text_bytes - length, "%s", more);
}

/* Appends the names of all counters that have this reason. */
static void append_names(const struct counters *counters, const char *reason, char *text,
                         size_t text_bytes)
{
    const char *separator = "";
    for (size_t i = 0; i < counters->count; i++) {
        if (strcmp(counters->counter[i].reason, reason) != 0)
            continue;
        append(text, text_bytes, separator);
        append(text, text_bytes, counters->counter[i].name);
        separator = ", ";
    }
    append(text, text_bytes, ": ");
}

static bool is_first_with_reason(const struct counters *counters, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(counters->counter[i].reason, counters->counter[index].reason) == 0)
            return false;
    return true;
}

static bool is_only_reason(const struct counters *counters)
{
    for (size_t i = 1; i < counters->count; i++)
        if (strcmp(counters->counter[i].reason, counters->counter[0].reason) != 0)
            return false;
    return true;
}

void counters_reason(const struct counters *counters, char *text, size_t text_bytes)
{
    const char *separator = "";
    text[0] = '\0';
    for (size_t i = 0; i < counters->count; i++) {
        const char *reason = counters->counter[i].reason;
        if (reason[0] == '\0' || !is_first_with_reason(counters, i))
            continue;
        append(text, text_bytes, separator);
        if (!is_only_reason(counters))
            append_names(counters, reason, text, text_bytes);
        append(text, text_bytes, reason);
        separator = "; ";
    }
}
