/*
 * Which event of which back end gives a counter: the first that validates.
 */
#ifndef COPYCOST_HARNESS_COUNTER_CHOICE_H
#define COPYCOST_HARNESS_COUNTER_CHOICE_H

#include "harness/counter_check.h"
#include "harness/counter_source.h"

/* Back ends in use, and why the others can't be. */
struct counter_field {
    struct counter_sources sources;
    struct fault closed[COUNTER_SOURCES_MAX]; /* why it does not open; "" if it did */
};
void counter_field_open(struct counter_field *field, const struct counter_sources *sources);

struct counter_choice {
    const struct counter_source *source;
    uint64_t code;
};

void counter_set_reason(struct counter *counter, const struct fault *fault);

/*
 * Tries the events in their order, each with all back ends in theirs. Writes event and backend of
 * the counter. Errors, the text being what each back end said, the one that came furthest first:
 * EINVAL (no back end has events of these names; says how to list them), ENOTSUP (none can count
 * them, or is to be believed).
 */
int counter_choose(const struct counter_field *field, const char *const *events, size_t count,
                   enum counter_check check, struct counter_choice *choice, struct counter *counter,
                   struct fault *fault);

/* The event of the back end that the counter has already. Errors: ENOTSUP. */
int counter_rechoose(const struct counter_field *field, const struct counter *counter,
                     struct counter_choice *choice, struct fault *fault);

#endif
