/*
 * Experiments: what an experiment says of itself, and the parts that the engine calls.
 *
 * The engine plans cells (points on the experiment's axes), visits each in random order in several
 * fresh processes, and times a region in it. A region always has members, each pinned to a CPU of
 * its own; that is all the difference between the three kinds:
 *   thread     one member: the launch's own thread
 *   team       members are threads of the launch process
 *   processes  members are processes forked from it
 * The members start together and stop together; the slowest member's time is the sample.
 */
#ifndef COPYCOST_HARNESS_BENCHMARK_H
#define COPYCOST_HARNESS_BENCHMARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/kernel.h"
#include "harness/environment.h"
#include "harness/histogram.h"
#include "harness/memory.h"

enum profile { PROFILE_QUICK, PROFILE_FULL, PROFILES };
extern const char *const profile_names[PROFILES + 1]; /* NULL-terminated */

enum axis_kind {
    AXIS_KERNEL, /* names or patterns (fnmatch) of kernels, comma-separated; one that begins with !
                    leaves out what it matches of those before it */
    AXIS_BYTES,  /* a quantity list, shown in IEC units */
    AXIS_COUNT,  /* a quantity list, before which "none" may stand for the axis being absent, if
                    its default range has it, too */
    AXIS_WORD,   /* some of `words`, comma-separated */
    AXIS_CPU,    /* numbers of CPUs or nodes: "0,4-7", or "all" that this process may use; those */
    AXIS_NODE,   /* that are not there are for plan() to skip, which says so in a row */
    AXIS_CPU_NODE, /* likewise; all: nodes with CPUs that this process may use */
};

/* An axis is an option of `copycost run`, a column of the dataset and a line of help at once. */
struct axis {
    const char *name;
    const char *unit; /* of the column: "bytes", "1", "" */
    const char *help; /* one line, also the column's description */
    enum axis_kind kind;
    const char *const *words;    /* AXIS_WORD: NULL-terminated */
    unsigned operations;         /* AXIS_KERNEL: bit set of 1 << kernel_operation */
    const char *range[PROFILES]; /* default, in the option's own syntax; see harness/cells.h */
};

/* The axis of the kernel that copies, with its ranges for the quick and the full profile. */
#define COPY_KERNELS_AXIS(quick, full)                                                             \
    {                                                                                              \
        "kernel", "", "copy kernels, by name or pattern", AXIS_KERNEL, NULL, 1u << KERNEL_COPY,    \
        {                                                                                          \
            quick, full                                                                            \
        }                                                                                          \
    }

/*
 * An option of `copycost run` that is no axis: the same for all cells, recorded in machine.json.
 * Its value is environment_parameter()'s.
 */
struct parameter {
    const char *name;    /* as the option, without the dashes */
    const char *metavar; /* FILE: a path, or any other word for what it takes; NULL: a switch, whose
                            value is "yes" */
    const char *help;    /* one line */
};

enum { AXES_MAX = 8, REPORTS_MAX = 16 };

struct value {
    bool absent;
    uint64_t number;             /* AXIS_BYTES, AXIS_COUNT; AXIS_WORD: index into words */
    const struct kernel *kernel; /* AXIS_KERNEL */
};

/* A figure of the experiment's own, beside the time: one more column. Or a histogram's keys. */
struct report {
    const char *name, *unit, *description;
};

enum region_kind { REGION_THREAD, REGION_TEAM, REGION_PROCESSES, REGION_KINDS };
extern const char *const region_kind_names[REGION_KINDS + 1]; /* NULL-terminated */

struct cell {
    const struct benchmark *benchmark;
    size_t number; /* in its experiment: the column `cell` */
    struct value point[AXES_MAX];
    unsigned given; /* bit set of 1 << axis: its values are the user's, not the profile's */
    /* Filled by plan(): */
    const struct kernel *kernel; /* whose code the region runs; NULL none */
    struct placement asked;      /* preset from the options */
    enum region_kind region;     /* preset: REGION_THREAD */
    unsigned members;            /* preset: 1 */
    bool cpus_shared;            /* members may have the same CPU, and are timed from when the first
                                    of them began; preset: false */
    uint64_t payload_bytes;      /* that one call moves, counted once */
    uint64_t memory_bytes;       /* that prepare() will map, all in all */
    uint64_t calls_max;          /* calls that one prepared trial can give; 0: any number */
    uint64_t calls_step;         /* calls of a region are a multiple of this; 0: any number */
    double sample_ns;            /* that a sample lasts at least, where to begin and end one takes
                                    more than the clock; 0: as long as the clock needs */
    double lasts_ns;             /* that a call lasts by the clock, whatever it gets done: it is a
                                    sample by itself, and nothing warms up; 0: until its work is done */
    bool outside;                /* the experiment has no such point: no cell, no row */
    char skip[200];              /* why it can't be measured here; "" if it can */
};

/* One visit of a cell in a launch. Lives in the launch process. */
struct trial {
    const struct cell *cell;
    const struct environment *environment;
    kernel_function *function;   /* what run() must call: the kernel's, or the engine's empty one */
    struct placement got;        /* filled by prepare() */
    uint64_t seed;               /* for what prepare() draws */
    void *state;                 /* the experiment's, from prepare() to release() */
    double reports[REPORTS_MAX]; /* filled by verify(); NAN where there is none */
    uint64_t timed_calls;        /* of all samples of the visit, for verify() */
    const uint64_t *cpu_ns;      /* CPU time of each member in them; see wants_cpu_time */
    struct histogram *histogram; /* of the experiment's kind; empty, filled by verify() */
};

enum { REGION_MEMBERS_MAX = 1024 };

struct sample; /* harness/measure.h */

struct member {
    unsigned index, count;
    int cpu;
};

struct benchmark {
    const char *name;
    const char *summary; /* the question, one line */
    const char *claim;   /* the sentence that somebody believes and this tests */
    const struct axis *axes;
    size_t axis_count;
    const struct report *reports;
    size_t report_count;
    const struct report *histogram; /* what its keys are; NULL: the experiment has none */
    /* Whether each visit's is kept by itself, instead of one of all: a time series, whose keys are
       times, say. */
    bool histogram_by_visit;
    const struct parameter *parameters;
    size_t parameter_count;
    bool wants_cpu_time; /* of each member, user and kernel (CLOCK_THREAD_CPUTIME_ID), read before
                            and after a region, so that its time has a part of one reading more */
    /*
     * Once in every process before plan(), to read what parameters name; NULL if nothing is to be
     * read. What it keeps is the experiment's own and stays until the process ends. Errors: EINVAL
     * (what is wrong with which option's file, which ends the run), ENOMEM.
     */
    int (*open)(const struct environment *environment, struct fault *fault);
    /*
     * Judges a point and fills the cell. May set skip, outside, and the values of axes that follow
     * from others; of points that are equal then, the first becomes a cell. Must be cheap and the
     * same every time: there are thousands of points.
     */
    void (*plan)(struct cell *cell, const struct environment *environment);
    /*
     * On which CPU that member of the cell runs, of members after the first, which is on asked.cpu
     * (so plan() may set that). NULL: each on the next one of the environment's order (from
     * its start again, if they are shared). A cell
     * of which two share one unless cpus_shared, or one is not to be had, is skipped. The same
     * every time.
     */
    int (*member_cpu)(const struct cell *cell, const struct environment *environment,
                      unsigned member);
    /* Maps and fills memory, sets trial->state and trial->got. On an error nothing is left. */
    int (*prepare)(struct trial *trial, struct fault *fault);
    /*
     * In each member once it is pinned, before the first region, all members at the same time: to
     * map and touch what shall be near it. NULL if nothing is to be done.
     */
    int (*enter)(struct trial *trial, const struct member *member, struct fault *fault);
    /* Before each sample, untimed; NULL if nothing is to be done. */
    int (*restore)(struct trial *trial, uint64_t calls, struct fault *fault);
    /*
     * In each member before each sample, after restore(), untimed, all members at the same time: to
     * bring memory into the state that is asked for. The region begins when all are done. NULL if
     * nothing is to be done.
     */
    int (*arrange)(struct trial *trial, const struct member *member, uint64_t calls,
                   struct fault *fault);
    /*
     * The timed region of one member: `calls` calls. Must not fail or print, nor allocate, unless
     * that is what is measured.
     */
    void (*run)(struct trial *trial, const struct member *member, uint64_t calls);
    /*
     * Takes the timed samples of a visit by itself, in place of run(), where samples belong
     * together (pairs of two functions): of `calls` calls each, which the engine has found by
     * run(). The caller has one member. Writes as many as the plan has samples at most, and *count.
     * NULL: the engine times run().
     */
    int (*sample)(struct trial *trial, uint64_t calls, struct sample *samples, unsigned *count,
                  struct fault *fault);
    /* After the samples, untimed: whether the work was done. An error fails the cell. */
    int (*verify)(struct trial *trial, struct fault *fault);
    void (*release)(struct trial *trial);
};

#define BENCHMARK(entry) REGISTRY_ADD(benchmark, benchmark, entry)

size_t benchmark_count(void);
const struct benchmark *benchmark_at(size_t index);
const struct benchmark *benchmark_find(const char *name);

enum { AXIS_OPTION_BYTES = 32 };

/* The axis's name as an option, without the dashes: with hyphens where the column has underscores.
 */
void axis_option(const struct axis *axis, char option[AXIS_OPTION_BYTES]);

/* The index of the axis of that name, in which hyphens may stand for underscores, or -1. */
int benchmark_axis(const struct benchmark *benchmark, const char *name);

bool benchmark_has_parameter(const struct benchmark *benchmark, const char *name);

#endif
