#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "harness/counters.h"

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
