#include "harness/pairs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_kernel(struct kernel *kernel, const char *name, kernel_function *run)
{
    *kernel = (struct kernel){.name = name,
                              .summary = "",
                              .operation = KERNEL_COPY,
                              .needs = "",
                              .granule = 1,
                              .alignment = 1,
                              .run = run};
}

static int find_kernel(struct kernel *kernel, char label[PAIRS_LABEL_BYTES],
                       const struct object *object, const char *symbol, const char *which,
                       struct fault *fault)
{
    kernel_function *run;
    int error = object_function(object, symbol, &run, fault);
    if (error)
        return error;
    snprintf(label, PAIRS_LABEL_BYTES, "%s of %s (%s)", symbol, object->path, which);
    set_kernel(kernel, label, run);
    return 0;
}

/* Where the entries are equal, nothing is to be moved. */
static void move_new(struct pairs_function *function)
{
    size_t wanted = image_entry(function->old.run);
    kernel_function *moved = NULL;
    if (wanted != image_entry(function->new.run) &&
        image_move(&function->image, function->new.run, wanted, &moved, &function->unmoved) != 0)
        moved = NULL;
    snprintf(function->labels[2], PAIRS_LABEL_BYTES, "%.*s, moved to old's entry",
             PAIRS_LABEL_BYTES - 32, function->labels[1]);
    set_kernel(&function->moved, function->labels[2], moved);
}

static int find_function(struct pairs *pairs, struct pairs_function *function,
                         const struct pairs_symbols *symbols, struct fault *fault)
{
    const char *old = symbols->old, *new = symbols->new;
    char *labels[] = {function->labels[0], function->labels[1]};
    bool same = strcmp(old, new) == 0;
    snprintf(function->name, sizeof function->name, "%s%s%s", old, same ? "" : "/",
             same ? "" : new);
    function->overlaps = strstr(old, "memmove") && strstr(new, "memmove");
    int error = find_kernel(&function->old, labels[0], &pairs->old, old, "old", fault);
    for (size_t i = 0; !error && i < PAIRS_COPIES; i++)
        error = find_kernel(&function->copies[i], labels[0], &pairs->copies[i], old, "old", fault);
    if (!error)
        error = find_kernel(&function->new, labels[1], &pairs->new, new, "new", fault);
    if (!error)
        move_new(function);
    return error;
}

static int name_functions(struct pairs *pairs, struct fault *fault)
{
    size_t bytes = pairs->count * sizeof pairs->functions->name + 1, used = 0;
    pairs->all_names = calloc(1, bytes);
    pairs->names = calloc(pairs->count + 1, sizeof *pairs->names);
    if (!pairs->all_names || !pairs->names)
        return fail(fault, ENOMEM, "no memory for the names of %zu functions", pairs->count);
    for (size_t i = 0; i < pairs->count; i++) {
        pairs->names[i] = pairs->functions[i].name;
        used += (size_t)snprintf(pairs->all_names + used, bytes - used, "%s%s", i ? "," : "",
                                 pairs->names[i]);
    }
    return 0;
}

int pairs_open(struct pairs *pairs, const char *old_path, const char *new_path,
               const struct pairs_symbols *symbols, size_t count, struct fault *fault)
{
    *pairs = (struct pairs){.count = count, .functions = calloc(count, sizeof *pairs->functions)};
    if (!pairs->functions)
        return fail(fault, ENOMEM, "no memory for %zu functions", count);
    int error = object_open(&pairs->old, old_path, fault);
    if (!error)
        error = object_open(&pairs->new, new_path, fault);
    for (size_t i = 0; !error && i < PAIRS_COPIES; i++)
        error = object_open(&pairs->copies[i], old_path, fault);
    for (size_t i = 0; !error && i < count; i++)
        error = find_function(pairs, &pairs->functions[i], &symbols[i], fault);
    if (!error)
        error = name_functions(pairs, fault);
    if (!error)
        pairs_describe(pairs);
    return error;
}

void pairs_close(struct pairs *pairs)
{
    for (size_t i = 0; pairs->functions && i < pairs->count; i++)
        image_free(&pairs->functions[i].image);
    object_close(&pairs->old);
    for (size_t i = 0; i < PAIRS_COPIES; i++)
        object_close(&pairs->copies[i]);
    object_close(&pairs->new);
    free(pairs->functions);
    free(pairs->names);
    free(pairs->all_names);
    *pairs = (struct pairs){.count = 0};
}
