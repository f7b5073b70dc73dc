#include "microbench/command/option_values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int option_number(const char *name, const char *value, uint64_t least, uint64_t most,
                  uint64_t *number, struct fault *fault)
{
    char *end;
    errno = 0;
    unsigned long long parsed = strtoull(value, &end, 10);
    if (errno || end == value || *end || *value == '-' || parsed < least || parsed > most)
        return fail(fault, EINVAL, "--%s takes a whole number from %llu to %llu, not '%s'", name,
                    (unsigned long long)least, (unsigned long long)most, value);
    *number = parsed;
    return 0;
}

int option_real(const char *name, const char *value, double *number, struct fault *fault)
{
    char *end;
    double parsed = strtod(value, &end);
    if (end == value || (*end && strcmp(end, "%") != 0) || !(parsed > 0 && parsed < 1e9))
        return fail(fault, EINVAL, "--%s takes a number above 0, not '%s'", name, value);
    *number = parsed;
    return 0;
}

int option_word(const char *name, const char *value, const char *const *words, unsigned *number,
                struct fault *fault)
{
    char list[128] = "";
    for (unsigned i = 0; words[i]; i++) {
        if (strcmp(words[i], value) == 0) {
            *number = i;
            return 0;
        }
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
    }
    return fail(fault, EINVAL, "--%s takes %s, not '%s'", name, list, value);
}
