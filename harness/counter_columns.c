#include "harness/counter_columns.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { CANDIDATES = 5 };

/*
 * The default set: columns, and the events that may give them, the best first. Some PMUs can't tell
 * user mode from the others (those of Cortex-A8 and A9), hence :ukh in the end.
 */
static const struct column {
    const char *name;
    enum counter_check check;
    const char *events[CANDIDATES + 1];
} columns[] = {
    {"cycles", COUNTER_CHECK_CYCLES, {"PAPI_TOT_CYC", "perf::CYCLES", "cycles:u", "cycles:ukh"}},
    {"instructions",
     COUNTER_CHECK_INSTRUCTIONS,
     {"PAPI_TOT_INS", "perf::INSTRUCTIONS", "instructions:u", "instructions:ukh"}},
    {"l1_misses",
     COUNTER_CHECK_MISSES,
     {"PAPI_L1_DCM", "perf::L1-DCACHE-LOAD-MISSES", "L1-dcache-load-misses:u",
      "L1-dcache-load-misses:ukh"}},
    {"l2_misses", COUNTER_CHECK_MISSES, {"PAPI_L2_DCM", "PAPI_L2_TCM"}},
    {"l3_misses",
     COUNTER_CHECK_MISSES,
     {"PAPI_L3_TCM", "PAPI_L3_DCM", "perf::LLC-LOAD-MISSES", "LLC-load-misses:u",
      "LLC-load-misses:ukh"}},
    {"tlb_misses",
     COUNTER_CHECK_MISSES,
     {"PAPI_TLB_DM", "perf::DTLB-LOAD-MISSES", "dTLB-load-misses:u", "dTLB-load-misses:ukh"}},
    {"branch_misses",
     COUNTER_CHECK_MISSES,
     {"PAPI_BR_MSP", "perf::BRANCH-MISSES", "branch-misses:u", "branch-misses:ukh"}},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static size_t column_events(const struct column *column)
{
    size_t count = 0;
    while (column->events[count] != NULL)
        count++;
    return count;
}

/*
 * "perf::PAGE-FAULTS" becomes "perf_page_faults", and so does "page-faults", lest it be taken for
 * another column. False if nothing is left of it.
 */
static bool name_column(struct counter *counter)
{
    const char *event = counter->event;
    bool plain = strstr(event, "::") == NULL && strncmp(event, "PAPI_", 5) != 0;
    size_t prefix = (size_t)snprintf(counter->name, sizeof counter->name, plain ? "perf_" : "");
    size_t length = prefix;
    for (; *event != '\0' && length + 1 < sizeof counter->name; event++) {
        if (isalnum((unsigned char)*event))
            counter->name[length++] = (char)tolower((unsigned char)*event);
        else if (length > prefix && counter->name[length - 1] != '_')
            counter->name[length++] = '_';
    }
    counter->name[length] = '\0';
    return length > prefix;
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
        if (!name_column(counter))
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
    size_t length = strlen(event);
    for (size_t i = 0; i < COLUMNS; i++) {
        for (size_t j = 0; columns[i].events[j] != NULL; j++) {
            const char *known = columns[i].events[j];
            if (strncmp(known, event, length) == 0 &&
                (known[length] == '\0' || strcmp(known + length, ":u") == 0))
                return columns[i].check;
        }
    }
    return COUNTER_CHECK_NONE;
}

/* Settles which events can be believed; the others get their reasons. */
static void choose_default(struct counters *counters, const struct counter_field *field,
                           struct counter_choice *choices)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        struct counter *counter = &counters->counter[counters->count++];
        struct fault fault;
        snprintf(counter->name, sizeof counter->name, "%s", columns[i].name);
        int result = counter_choose(field, columns[i].events, column_events(&columns[i]),
                                    columns[i].check, &choices[i], counter, &fault);
        if (result == -EINVAL)
            fail(&fault, ENOTSUP, "no back end that is built in has an event for it");
        if (result != 0)
            counter_set_reason(counter, &fault);
    }
}

static int choose_given(struct counters *counters, const struct counter_field *field,
                        struct counter_choice *choices, struct fault *fault)
{
    for (size_t i = 0; i < counters->count; i++) {
        struct counter *counter = &counters->counter[i];
        const char *event = counter->event;
        struct fault said;
        int result = counter_choose(field, &event, 1, check_of(event), &choices[i], counter, &said);
        if (result == -EINVAL)
            return fail(fault, EINVAL, "unknown counter event '%s'; %s", event, said.text);
        if (result != 0)
            counter_set_reason(counter, &said);
    }
    return 0;
}

int counter_columns_choose(const char *events, const struct counter_field *field,
                           struct counter_choice *choices, struct counters *counters,
                           struct fault *fault)
{
    if (events == NULL) {
        choose_default(counters, field, choices);
        return 0;
    }
    int result = name_given(counters, events, fault);
    return result != 0 ? result : choose_given(counters, field, choices, fault);
}
