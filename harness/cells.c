#include "harness/cells.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct values {
    const char *text; /* all of what was written for the axis */
    struct value *items;
    size_t count;
    size_t usual; /* of them, the first: those before a semicolon, or all */
    size_t unknown;
};

static int values_add(struct values *values, struct value value, struct fault *fault)
{
    if ((values->count & (values->count - 1)) == 0) {
        size_t room = values->count ? values->count * 2 : 1;
        struct value *items = realloc(values->items, room * sizeof *items);
        if (!items)
            return fail(fault, ENOMEM, "no memory for the values of an axis");
        values->items = items;
    }
    values->items[values->count++] = value;
    return 0;
}

static bool values_hold(const struct values *values, const struct value *value)
{
    for (size_t i = 0; i < values->count; i++)
        if (values->items[i].kernel == value->kernel && values->items[i].number == value->number &&
            values->items[i].absent == value->absent)
            return true;
    return false;
}

/* "copy_byte_forward, copy_word_forward, ..." of what the axis could take, as many as fit. */
static void kernel_names(unsigned operations, char *text, size_t text_bytes)
{
    static const char more[] = ", ...";
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < kernel_count(); i++) {
        const char *name = kernel_at(i)->name;
        if (!(operations & 1u << kernel_at(i)->operation))
            continue;
        bool fits = used + strlen(name) + 2 + sizeof more < text_bytes;
        used += (size_t)snprintf(text + used, text_bytes - used, "%s%s", used && fits ? ", " : "",
                                 fits ? name : more);
        if (!fits)
            return;
    }
}

static void remove_kernels(struct values *values, const char *pattern)
{
    size_t kept = 0;
    for (size_t i = 0; i < values->count; i++)
        if (fnmatch(pattern, values->items[i].kernel->name, 0) != 0)
            values->items[kept++] = values->items[i];
    values->count = kept;
}

static int add_kernels(struct values *values, const struct axis *axis, const char *pattern,
                       struct fault *fault)
{
    bool exact = !pattern[strcspn(pattern, "*?[")], matched = false;
    if (pattern[0] == '!') {
        remove_kernels(values, pattern + 1);
        return 0;
    }
    for (size_t i = 0; i < kernel_count(); i++) {
        const struct kernel *kernel = kernel_at(i);
        if (!(axis->operations & 1u << kernel->operation) || fnmatch(pattern, kernel->name, 0) != 0)
            continue;
        matched = true;
        struct value value = {.kernel = kernel};
        if ((!exact && kernel_missing(kernel)) || values_hold(values, &value))
            continue;
        int error = values_add(values, value, fault);
        if (error)
            return error;
    }
    /* A default range names families of all ISAs; a user means what he writes. */
    if (matched || strcmp(axis->range[PROFILE_QUICK], values->text) == 0 ||
        strcmp(axis->range[PROFILE_FULL], values->text) == 0)
        return 0;
    char names[256];
    kernel_names(axis->operations, names, sizeof names);
    return fail(fault, EINVAL, "no kernel here is called '%s'; there are: %s ('copycost list')",
                pattern, names);
}

static int add_word(struct values *values, const struct axis *axis, const char *word,
                    struct fault *fault)
{
    char words[256] = "";
    size_t used = 0;
    for (uint64_t i = 0; axis->words[i]; i++) {
        struct value value = {.number = i};
        if (strcmp(axis->words[i], word) == 0)
            return values_hold(values, &value) ? 0 : values_add(values, value, fault);
        if (used < sizeof words)
            used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", i ? ", " : "",
                                     axis->words[i]);
    }
    char option[AXIS_OPTION_BYTES];
    axis_option(axis, option);
    return fail(fault, EINVAL, "--%s takes %s, not '%s'", option, words, word);
}

/* Calls add() for each comma-separated word. */
static int each_word(struct values *values, const struct axis *axis, const char *text,
                     int (*add)(struct values *, const struct axis *, const char *, struct fault *),
                     struct fault *fault)
{
    char *copy = strdup(text), *rest = copy, *word;
    if (!copy)
        return fail(fault, ENOMEM, "no memory for --%s=%s", axis->name, text);
    int error = 0;
    while (!error && (word = strsep(&rest, ",")))
        error = add(values, axis, word, fault);
    free(copy);
    return error;
}

static int add_numbers(struct values *values, const struct axis *axis, const char *text,
                       const struct environment *environment, struct fault *fault)
{
    struct quantity_list list;
    struct fault detail;
    int error = quantity_list_parse(text, &environment->known, &list, &detail);
    if (error) {
        char option[AXIS_OPTION_BYTES];
        axis_option(axis, option);
        return fail(fault, -error, "--%s=%s", option, detail.text);
    }
    values->unknown += list.unknown;
    for (size_t i = 0; !error && i < list.count; i++) {
        struct value value = {.number = list.items[i]};
        if (!values_hold(values, &value))
            error = values_add(values, value, fault);
    }
    quantity_list_free(&list);
    return error;
}

static bool may_be_absent(const struct axis *axis)
{
    for (size_t profile = 0; profile < PROFILES; profile++)
        if (strncmp(axis->range[profile], "none", 4) == 0)
            return true;
    return false;
}

static int add_counts(struct values *values, const struct axis *axis, const char *text,
                      const struct environment *environment, struct fault *fault)
{
    if (may_be_absent(axis) && strncmp(text, "none", 4) == 0 && (text[4] == ',' || !text[4])) {
        int error = values_add(values, (struct value){.absent = true}, fault);
        if (error || !text[4])
            return error;
        text += 5;
    }
    return add_numbers(values, axis, text, environment, fault);
}

static int add_values(struct values *values, const struct axis *axis, const char *text,
                      const struct environment *environment, struct fault *fault)
{
    switch (axis->kind) {
    case AXIS_KERNEL:
        break;
    case AXIS_WORD:
        return each_word(values, axis, text, add_word, fault);
    case AXIS_BYTES:
        return add_numbers(values, axis, text, environment, fault);
    case AXIS_COUNT:
        return add_counts(values, axis, text, environment, fault);
    }
    return each_word(values, axis, text, add_kernels, fault);
}

static int values_parse(struct values *values, const struct axis *axis, const char *text,
                        const struct environment *environment, struct fault *fault)
{
    values->text = text;
    char *usual = strdup(text);
    if (!usual)
        return fail(fault, ENOMEM, "no memory for --%s=%s", axis->name, text);
    char *others = strchr(usual, ';');
    if (others)
        *others++ = '\0';
    int error = add_values(values, axis, usual, environment, fault);
    values->usual = values->count;
    if (!error && others)
        error = add_values(values, axis, others, environment, fault);
    free(usual);
    return error;
}

static void plan_cell(struct cell *cell, const struct environment *environment)
{
    cell->asked = environment->asked;
    cell->region = REGION_THREAD;
    cell->members = 1;
    cell->benchmark->plan(cell, environment);
    const char *missing = cell->kernel ? kernel_missing(cell->kernel) : NULL;
    if (missing)
        snprintf(cell->skip, sizeof cell->skip, "this CPU lacks %s, which %s needs", missing,
                 cell->kernel->name);
    else if (!cell->skip[0] && cell->members > environment->cpu_count)
        snprintf(cell->skip, sizeof cell->skip, "needs %u CPUs, and %zu may be used", cell->members,
                 environment->cpu_count);
    else if (!cell->skip[0] && environment->known.memory_bytes &&
             cell->memory_bytes > environment->known.memory_bytes / 4) {
        char needs[32], has[32];
        quantity_bytes_text(cell->memory_bytes, needs, sizeof needs);
        quantity_bytes_text(environment->known.memory_bytes, has, sizeof has);
        snprintf(cell->skip, sizeof cell->skip, "needs %s, more than a quarter of the memory (%s)",
                 needs, has);
    }
}

static bool same_point(const struct cell *one, const struct cell *other)
{
    for (size_t axis = 0; axis < one->benchmark->axis_count; axis++) {
        const struct value *a = &one->point[axis], *b = &other->point[axis];
        if (a->absent != b->absent || a->number != b->number || a->kernel != b->kernel)
            return false;
    }
    return true;
}

/* Whether plan() set values of the point `drawn` so that it equals one of the cells before it. */
static bool is_repeated(const struct cell *cell, const struct cell *drawn)
{
    if (same_point(cell, drawn))
        return false;
    for (size_t i = 1; i <= cell->number; i++)
        if (same_point(cell - i, cell))
            return true;
    return false;
}

static int add_points(struct cells *cells, const struct benchmark *benchmark,
                      const struct values *values, const struct environment *environment,
                      struct fault *fault)
{
    size_t points = 1, before = cells->count;
    for (size_t axis = 0; axis < benchmark->axis_count; axis++) {
        if (values[axis].count == 0)
            return 0;
        /* Above this bound the array's size in bytes does not fit a size_t. */
        if (points > (SIZE_MAX / sizeof(struct cell) - before) / values[axis].count)
            return fail(fault, ENOMEM, "no memory for so many cells of %s; give shorter ranges",
                        benchmark->name);
        points *= values[axis].count;
    }
    struct cell *grown = realloc(cells->cells, (cells->count + points) * sizeof *grown);
    if (!grown)
        return fail(fault, ENOMEM, "no memory for %zu cells of %s; give shorter ranges", points,
                    benchmark->name);
    cells->cells = grown;
    for (size_t point = 0; point < points; point++) {
        struct cell *cell = &cells->cells[cells->count];
        *cell = (struct cell){.benchmark = benchmark, .number = cells->count - before};
        size_t rest = point, unusual = 0;
        for (size_t axis = benchmark->axis_count; axis-- > 0;) {
            size_t item = rest % values[axis].count;
            cell->point[axis] = values[axis].items[item];
            unusual += item >= values[axis].usual;
            rest /= values[axis].count;
        }
        if (unusual > 1)
            continue;
        const struct cell drawn = *cell;
        plan_cell(cell, environment);
        cells->count += !cell->outside && !is_repeated(cell, &drawn);
    }
    return 0;
}

static const char *chosen_text(const struct benchmark *benchmark, size_t axis, enum profile profile,
                               const struct axis_choice *choices, size_t choice_count)
{
    for (size_t i = choice_count; i-- > 0;)
        if (benchmark_axis(benchmark, choices[i].axis) == (int)axis)
            return choices[i].text;
    return benchmark->axes[axis].range[profile];
}

int cells_add(struct cells *cells, const struct benchmark *benchmark, enum profile profile,
              const struct axis_choice *choices, size_t choice_count,
              const struct environment *environment, struct fault *fault)
{
    struct values values[AXES_MAX] = {{.text = NULL}};
    int error = 0;
    for (size_t axis = 0; !error && axis < benchmark->axis_count; axis++) {
        const char *text = chosen_text(benchmark, axis, profile, choices, choice_count);
        error = values_parse(&values[axis], &benchmark->axes[axis], text, environment, fault);
        cells->unknown += values[axis].unknown;
    }
    if (!error)
        error = add_points(cells, benchmark, values, environment, fault);
    for (size_t axis = 0; axis < benchmark->axis_count; axis++)
        free(values[axis].items);
    return error;
}

void cell_value_text(const struct cell *cell, size_t axis, char *text, size_t text_bytes)
{
    const struct value *value = &cell->point[axis];
    const struct axis *described = &cell->benchmark->axes[axis];
    if (value->absent)
        snprintf(text, text_bytes, "-");
    else if (described->kind == AXIS_BYTES)
        quantity_bytes_text(value->number, text, text_bytes);
    else if (described->kind == AXIS_COUNT)
        snprintf(text, text_bytes, "%" PRIu64, value->number);
    else
        snprintf(text, text_bytes, "%s",
                 value->kernel ? value->kernel->name : described->words[value->number]);
}

void cells_free(struct cells *cells)
{
    free(cells->cells);
    *cells = (struct cells){0};
}
