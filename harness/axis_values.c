#include "harness/axis_values.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int values_add(struct axis_values *values, struct value value, struct fault *fault)
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

/* Among the first so many. */
static bool values_hold(const struct axis_values *values, size_t count, const struct value *value)
{
    for (size_t i = 0; i < count; i++)
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

static void remove_kernels(struct axis_values *values, const char *pattern)
{
    size_t kept = 0;
    for (size_t i = 0; i < values->count; i++)
        if (fnmatch(pattern, values->items[i].kernel->name, 0) != 0)
            values->items[kept++] = values->items[i];
    values->count = kept;
}

static int add_kernels(struct axis_values *values, const struct axis *axis, const char *pattern,
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
        if ((!exact && kernel_missing(kernel)) || values_hold(values, values->count, &value))
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

static int add_word(struct axis_values *values, const struct axis *axis, const char *word,
                    struct fault *fault)
{
    char words[256] = "";
    size_t used = 0;
    for (uint64_t i = 0; axis->words[i]; i++) {
        struct value value = {.number = i};
        if (strcmp(axis->words[i], word) == 0)
            return values_hold(values, values->count, &value) ? 0
                                                              : values_add(values, value, fault);
        if (used < sizeof words)
            used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", i ? ", " : "",
                                     axis->words[i]);
    }
    char option[AXIS_OPTION_BYTES];
    axis_option(axis, option);
    return fail(fault, EINVAL, "--%s takes %s, not '%s'", option, words, word);
}

/* Calls add() for each comma-separated word. */
static int each_word(struct axis_values *values, const struct axis *axis, const char *text,
                     int (*add)(struct axis_values *, const struct axis *, const char *,
                                struct fault *),
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

static int add_numbers(struct axis_values *values, const struct axis *axis, const char *text,
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
    size_t before = values->count; /* the list itself has no repetitions */
    for (size_t i = 0; !error && i < list.count; i++) {
        struct value value = {.number = list.items[i]};
        if (!values_hold(values, before, &value))
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

static int add_counts(struct axis_values *values, const struct axis *axis, const char *text,
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

/* Steps over a number below 100000. */
static bool read_id(const char **at, unsigned long *id)
{
    char *end;
    if (!isdigit((unsigned char)**at))
        return false;
    *id = strtoul(*at, &end, 10);
    bool fits = end - *at <= 5;
    *at = end;
    return fits;
}

/* "7" or "4-7"; what is not there is for the experiment to judge. */
static int add_id_range(struct axis_values *values, const struct axis *axis, const char *word,
                        struct fault *fault)
{
    const char *at = word;
    unsigned long first = 0, last = 0;
    bool right = read_id(&at, &first);
    last = first;
    if (right && *at == '-') {
        at++;
        right = read_id(&at, &last) && last >= first;
    }
    if (!right || *at) {
        char option[AXIS_OPTION_BYTES];
        axis_option(axis, option);
        return fail(fault, EINVAL, "--%s takes numbers such as 0,4-7, or all, not '%s'", option,
                    word);
    }
    int error = 0;
    for (unsigned long id = first; !error && id <= last; id++) {
        struct value value = {.number = id};
        if (!values_hold(values, values->count, &value))
            error = values_add(values, value, fault);
    }
    return error;
}

static bool has_cpus(const struct topology *topology, int node)
{
    for (size_t i = 0; i < topology->cpu_count; i++)
        if (topology->cpus[i].allowed && topology->cpus[i].node == node)
            return true;
    return false;
}

static int add_id(struct axis_values *values, int id, struct fault *fault)
{
    return values_add(values, (struct value){.number = (uint64_t)id}, fault);
}

/* All that this process may use. */
static int add_all_ids(struct axis_values *values, const struct axis *axis,
                       const struct topology *topology, struct fault *fault)
{
    int error = 0;
    for (size_t i = 0; !error && axis->kind == AXIS_CPU && i < topology->cpu_count; i++)
        if (topology->cpus[i].allowed)
            error = add_id(values, topology->cpus[i].cpu, fault);
    for (size_t i = 0; !error && axis->kind != AXIS_CPU && i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        if (axis->kind == AXIS_NODE ? node->allowed : has_cpus(topology, node->node))
            error = add_id(values, node->node, fault);
    }
    return error;
}

static int add_values(struct axis_values *values, const struct axis *axis, const char *text,
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
    case AXIS_CPU:
    case AXIS_NODE:
    case AXIS_CPU_NODE:
        return strcmp(text, "all") == 0 ? add_all_ids(values, axis, environment->topology, fault)
                                        : each_word(values, axis, text, add_id_range, fault);
    }
    return each_word(values, axis, text, add_kernels, fault);
}

int axis_values_parse(struct axis_values *values, const struct axis *axis, const char *text,
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
