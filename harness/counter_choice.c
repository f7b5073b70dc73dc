#include "harness/counter_choice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How far a back end came with a counter: the further, the more its words tell. */
enum advance { ADVANCE_NONE, ADVANCE_UNKNOWN, ADVANCE_ABSENT, ADVANCE_UNBELIEVED, ADVANCES };

struct said {
    enum advance advance;
    struct fault fault;
};

void counter_field_open(struct counter_field *field, const struct counter_sources *sources)
{
    *field = (struct counter_field){.sources = *sources};
    for (size_t i = 0; i < sources->count; i++)
        if (sources->source[i]->open(&field->closed[i]) == 0)
            field->closed[i].text[0] = '\0';
}

void counter_set_reason(struct counter *counter, const struct fault *fault)
{
    snprintf(counter->reason, sizeof counter->reason, "%.*s", (int)sizeof counter->reason - 1,
             fault->text);
}

static enum advance try_event(const struct counter_source *source, const char *event,
                              enum counter_check check, uint64_t *code, struct fault *fault)
{
    int result = source->find(event, code, fault);
    if (result != 0)
        return result == -EINVAL ? ADVANCE_UNKNOWN : ADVANCE_ABSENT;
    result = counter_check_event(source, *code, check, fault);
    if (result != 0)
        return result == -ENOTSUP ? ADVANCE_ABSENT : ADVANCE_UNBELIEVED;
    return ADVANCES;
}

/* What back ends said that came at least that far, in one line. */
static void join_said(const struct counter_field *field, const struct said *said,
                      enum advance least, struct fault *fault)
{
    size_t length = 0;
    fault->text[0] = '\0';
    for (int advance = ADVANCES - 1; advance >= (int)least; advance--) {
        for (size_t i = 0; i < field->sources.count && length < sizeof fault->text; i++) {
            if ((int)said[i].advance == advance)
                length += (size_t)snprintf(fault->text + length, sizeof fault->text - length,
                                           "%s%s: %s", length > 0 ? "; " : "",
                                           field->sources.source[i]->name, said[i].fault.text);
        }
    }
}

static int take(struct counter *counter, struct counter_choice *choice, const char *event,
                const struct counter_source *source, uint64_t code)
{
    *choice = (struct counter_choice){source, code};
    memmove(counter->event, event, strlen(event) + 1);
    snprintf(counter->backend, sizeof counter->backend, "%s", source->name);
    return 0;
}

int counter_choose(const struct counter_field *field, const char *const *events, size_t count,
                   enum counter_check check, struct counter_choice *choice, struct counter *counter,
                   struct fault *fault)
{
    struct said said[COUNTER_SOURCES_MAX] = {{ADVANCE_NONE, {""}}};
    enum advance furthest = ADVANCE_UNKNOWN;
    for (size_t i = 0; i < field->sources.count; i++) {
        if (field->closed[i].text[0] != '\0') {
            said[i] = (struct said){ADVANCE_ABSENT, field->closed[i]};
            furthest = ADVANCE_ABSENT;
        }
    }
    for (size_t event = 0; event < count; event++) {
        for (size_t i = 0; i < field->sources.count; i++) {
            struct said more;
            uint64_t code;
            if (field->closed[i].text[0] != '\0')
                continue;
            const struct counter_source *source = field->sources.source[i];
            more.advance = try_event(source, events[event], check, &code, &more.fault);
            if (more.advance == ADVANCES)
                return take(counter, choice, events[event], source, code);
            if (more.advance > said[i].advance)
                said[i] = more;
            if (more.advance > furthest)
                furthest = more.advance;
        }
    }
    /* Who does not know the name says nothing of the machine. */
    join_said(field, said, furthest == ADVANCE_UNKNOWN ? ADVANCE_UNKNOWN : ADVANCE_ABSENT, fault);
    return furthest == ADVANCE_UNKNOWN ? -EINVAL : -ENOTSUP;
}

int counter_rechoose(const struct counter_field *field, const struct counter *counter,
                     struct counter_choice *choice, struct fault *fault)
{
    for (size_t i = 0; i < field->sources.count; i++) {
        choice->source = field->sources.source[i];
        if (field->closed[i].text[0] == '\0' && strcmp(choice->source->name, counter->backend) == 0)
            return choice->source->find(counter->event, &choice->code, fault) != 0 ? -ENOTSUP : 0;
    }
    return fail(fault, ENOTSUP, "%s, which counted it before, does not open", counter->backend);
}
