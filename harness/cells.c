#include "harness/cells.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/axis_values.h"

/* More than anybody waits for; in memory, some 100 MiB. */
enum { CELLS_MAX = 1 << 18, POINTS_MAX = 1 << 28 };

int cell_cpu(const struct cell *cell, const struct environment *environment, unsigned member)
{
    if (member == 0)
        return cell->asked.cpu;
    return cell->benchmark->member_cpu ? cell->benchmark->member_cpu(cell, environment, member)
                                       : environment->cpu_order[member % environment->cpu_count];
}

/* Whether every member has a CPU of its own. */
static void judge_cpus(struct cell *cell, const struct environment *environment)
{
    if (!cell->cpus_shared && cell->members > environment->cpu_count) {
        snprintf(cell->skip, sizeof cell->skip, "needs %u CPUs, and %zu may be used", cell->members,
                 environment->cpu_count);
        return;
    }
    for (unsigned i = 0; i < cell->members; i++) {
        int cpu = cell_cpu(cell, environment, i);
        const struct topology_cpu *found = topology_cpu(environment->topology, cpu);
        if (!found || !found->allowed) {
            char allowed[96];
            topology_allowed_text(environment->topology, allowed, sizeof allowed);
            snprintf(cell->skip, sizeof cell->skip, "CPU %d %s; %s may be used", cpu,
                     found ? "may not be used by this process" : "is offline or does not exist",
                     allowed);
            return;
        }
        for (unsigned other = 0; !cell->cpus_shared && other < i; other++)
            if (cell_cpu(cell, environment, other) == cpu) {
                snprintf(cell->skip, sizeof cell->skip,
                         "two members would share CPU %d, which would measure the scheduler", cpu);
                return;
            }
    }
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
    else if (!cell->skip[0])
        judge_cpus(cell, environment);
    char needs[32], has[32];
    quantity_bytes_text(cell->memory_bytes, needs, sizeof needs);
    if (!cell->skip[0] && environment->known.memory_bytes &&
        cell->memory_bytes > environment->known.memory_bytes / 4) {
        quantity_bytes_text(environment->known.memory_bytes, has, sizeof has);
        snprintf(cell->skip, sizeof cell->skip, "needs %s, more than a quarter of the memory (%s)",
                 needs, has);
    }
    if (!cell->skip[0] && cell->memory_bytes > SIZE_MAX / 2)
        snprintf(cell->skip, sizeof cell->skip, "needs %s, more than %zu-bit addresses can have",
                 needs, 8 * sizeof(size_t));
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

/* Whether one of the cells before it is equal: no two points are drawn alike, so plan() has moved
   one of both. `moved` are those that it has, of the experiment's so far. */
static bool is_repeated(const struct cell *cell, bool cell_moved, size_t moved)
{
    if (!cell_moved && !moved)
        return false; /* as in most experiments, which have many cells */
    for (size_t i = 1; i <= cell->number; i++)
        if (same_point(cell - i, cell))
            return true;
    return false;
}

/* Room for one more cell: most points may be outside, or repeated. NULL: none. */
static struct cell *next_cell(struct cells *cells)
{
    if (cells->count == cells->room && cells->room < CELLS_MAX) {
        size_t room = cells->room ? cells->room * 2 : 64;
        struct cell *grown = realloc(cells->cells, room * sizeof *grown);
        if (!grown)
            return NULL;
        cells->cells = grown;
        cells->room = room;
    }
    return cells->count < cells->room ? &cells->cells[cells->count] : NULL;
}

static int add_points(struct cells *cells, const struct benchmark *benchmark,
                      const struct axis_values *values, const struct environment *environment,
                      struct fault *fault)
{
    size_t points = 1, before = cells->count, moved = 0;
    for (size_t axis = 0; axis < benchmark->axis_count; axis++) {
        if (values[axis].count == 0)
            return 0;
        if (points > POINTS_MAX / values[axis].count)
            return fail(fault, EINVAL, "%s has more than %d points; give shorter ranges",
                        benchmark->name, POINTS_MAX);
        points *= values[axis].count;
    }
    for (size_t point = 0; point < points; point++) {
        struct cell *cell = next_cell(cells);
        if (!cell)
            return fail(fault, ENOMEM,
                        "no memory for more than %zu cells; give shorter ranges for %s",
                        cells->count, benchmark->name);
        *cell = (struct cell){.benchmark = benchmark, .number = cells->count - before};
        size_t rest = point, unusual = 0;
        for (size_t axis = benchmark->axis_count; axis-- > 0;) {
            size_t item = rest % values[axis].count;
            cell->point[axis] = values[axis].items[item];
            cell->given |= (unsigned)values[axis].given << axis;
            unusual += item >= values[axis].usual;
            rest /= values[axis].count;
        }
        if (unusual > 1)
            continue;
        const struct cell drawn = *cell;
        plan_cell(cell, environment);
        bool cell_moved = !same_point(cell, &drawn);
        if (cell->outside || is_repeated(cell, cell_moved, moved))
            continue;
        moved += cell_moved;
        cells->count++;
    }
    return 0;
}

/* What the user gave for the axis; NULL: nothing. */
static const char *given_text(const struct benchmark *benchmark, size_t axis,
                              const struct axis_choice *choices, size_t choice_count)
{
    for (size_t i = choice_count; i-- > 0;)
        if (benchmark_axis(benchmark, choices[i].axis) == (int)axis)
            return choices[i].text;
    return NULL;
}

int cells_add(struct cells *cells, const struct benchmark *benchmark, enum profile profile,
              const struct axis_choice *choices, size_t choice_count,
              const struct environment *environment, struct fault *fault)
{
    struct axis_values values[AXES_MAX] = {{.text = NULL}};
    int error = 0;
    for (size_t axis = 0; !error && axis < benchmark->axis_count; axis++) {
        const char *text = given_text(benchmark, axis, choices, choice_count);
        values[axis].given = text;
        if (!text)
            text = benchmark->axes[axis].range[profile];
        error = axis_values_parse(&values[axis], &benchmark->axes[axis], text, environment, fault);
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
    else if (described->kind == AXIS_KERNEL)
        snprintf(text, text_bytes, "%s", value->kernel->name);
    else if (described->kind == AXIS_WORD)
        snprintf(text, text_bytes, "%s", described->words[value->number]);
    else
        snprintf(text, text_bytes, "%" PRIu64, value->number);
}

void cells_free(struct cells *cells)
{
    free(cells->cells);
    *cells = (struct cells){0};
}
