/*
 * The doctor's checks: each looks at one thing that spoils measurements and adds a finding, or
 * adds none. They read /proc and /sys and change nothing. Called by machine_doctor().
 */
#ifndef COPYCOST_HARNESS_DOCTOR_H
#define COPYCOST_HARNESS_DOCTOR_H

#include <jansson.h>

#include "harness/machine.h"

struct doctor {
    const struct machine_sources *sources;
    int cpu; /* that is measured on unless told otherwise */
    size_t allowed_cpus;
    json_t *list;
};

typedef void doctor_check(const struct doctor *doctor);

/* The checks of doctor_cpu.c and doctor_memory.c, NULL-terminated. */
extern doctor_check *const doctor_cpu_checks[];
extern doctor_check *const doctor_memory_checks[];

/* Adds a finding, whose text `format` makes, with its effect and its remedy. */
__attribute__((format(printf, 4, 5))) void doctor_find(const struct doctor *doctor,
                                                       const char *effect, const char *remedy,
                                                       const char *format, ...);

#endif
