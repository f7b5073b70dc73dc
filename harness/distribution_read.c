/* A distribution as a CSV file gives it. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/distribution.h"

struct reading {
    struct distribution_item *items;
    size_t count, room;
};

/* "bytes,weight" as numbers; false if it is something else. */
static bool parse_row(const char *line, struct distribution_item *item)
{
    char *end;
    if (*line < '0' || *line > '9')
        return false;
    unsigned long long bytes = strtoull(line, &end, 10);
    if (*end != ',' || bytes < 1 || bytes > DISTRIBUTION_BYTES_MAX)
        return false;
    const char *weight = end + 1;
    item->bytes = (size_t)bytes;
    item->weight = strtod(weight, &end);
    return end != weight && *end == '\0' && isfinite(item->weight) && item->weight > 0;
}

static int add_item(struct reading *reading, struct distribution_item item, struct fault *fault)
{
    if (reading->count == reading->room) {
        size_t room = reading->room ? reading->room * 2 : 64;
        struct distribution_item *grown = realloc(reading->items, room * sizeof *grown);
        if (!grown)
            return fail(fault, ENOMEM, "no memory for a distribution of %zu sizes", room);
        reading->items = grown;
        reading->room = room;
    }
    reading->items[reading->count++] = item;
    return 0;
}

static int read_rows(struct reading *reading, FILE *file, const char *path, struct fault *fault)
{
    char line[128];
    int error = 0;
    for (size_t number = 1; !error && fgets(line, sizeof line, file); number++) {
        struct distribution_item item = {0};
        line[strcspn(line, "\r\n")] = '\0';
        if (number == 1 && strcmp(line, "bytes,weight") != 0)
            error = fail(fault, EINVAL, "'%s': its first line has to be 'bytes,weight'", path);
        else if (number > 1 && !parse_row(line, &item))
            error = fail(fault, EINVAL,
                         "'%s', line %zu: '%.40s' is no size from 1 to %d and a weight above 0, "
                         "such as 64,0.58",
                         path, number, line, DISTRIBUTION_BYTES_MAX);
        else if (number > 1)
            error = add_item(reading, item, fault);
    }
    if (!error && ferror(file))
        error = fail(fault, EINVAL, "'%s' can't be read: %s", path, strerror(errno));
    if (!error && reading->count == 0)
        error = fail(fault, EINVAL, "'%s' has no sizes", path);
    return error;
}

int distribution_read(struct distribution *distribution, const char *path, struct fault *fault)
{
    struct reading reading = {.items = NULL};
    struct fault detail;
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(fault, EINVAL, "'%s' can't be read: %s", path, strerror(errno));
    int error = read_rows(&reading, file, path, fault);
    fclose(file);
    if (error) {
        free(reading.items);
        return error;
    }
    error = distribution_make(distribution, reading.items, reading.count, &detail);
    return error ? fail(fault, -error, "'%s': %s", path, detail.text) : 0;
}
