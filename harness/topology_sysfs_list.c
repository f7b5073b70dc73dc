#include <ctype.h>
#include <stdlib.h>

#include "harness/topology_sysfs_parts.h"

/* No Linux has numbers as high: what is above is no number of a CPU or a node. */
enum { HIGHEST_NUMBER = 65535 };

static bool read_number(const char **list, int *number)
{
    if (!isdigit((unsigned char)**list))
        return false;
    char *end;
    unsigned long value = strtoul(*list, &end, 10);
    *list = end;
    *number = (int)value;
    return value <= HIGHEST_NUMBER;
}

bool number_list_next(const char **list, struct number_range *range)
{
    struct number_range next;
    if (range->first >= 0) {
        if (**list != ',')
            return false;
        ++*list;
    }
    if (!read_number(list, &next.first) || next.first <= range->last)
        return false;
    next.last = next.first;
    if (**list == '-') {
        ++*list;
        if (!read_number(list, &next.last) || next.last < next.first)
            return false;
    }
    *range = next;
    return true;
}

size_t number_list_count(const char *list)
{
    size_t count = 0;
    for (struct number_range range = {-1, -1}; number_list_next(&list, &range);)
        count += (size_t)(range.last - range.first) + 1;
    return count;
}

bool number_list_has(const char *list, int number)
{
    for (struct number_range range = {-1, -1}; number_list_next(&list, &range);)
        if (number >= range.first && number <= range.last)
            return true;
    return false;
}
