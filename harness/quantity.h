/*
 * Quantities as users write them: integers with IEC suffixes, sizes in terms of the machine's own
 * caches and memory, and lists and ranges of them.
 *
 *   list     = item { "," item }
 *   item     = quantity [ ".." quantity [ "+" integer | "*" integer ] ]     default step: *2
 *   quantity = term { "|" term }               the first term that this machine knows
 *   term     = integer [ "Ki" | "Mi" | "Gi" ]
 *            | ( "L1" | "L2" | "L3" | "L4" | "LLC" | "memory" | "cpus" | "others" )
 *              [ "/" integer | "*" integer ]
 *
 * A range includes both ends. Only a name takes a factor: "1..64*4" has steps of four. LLC is the
 * last cache level that is known; memory the machine's (or the cgroup's) memory; cpus the CPUs that
 * may be used; others all of those but one, which is 0 where there is one.
 */
#ifndef COPYCOST_HARNESS_QUANTITY_H
#define COPYCOST_HARNESS_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

#include "arch/fault.h"

struct quantities { /* what the names stand for; 0 unknown */
    uint64_t level_bytes[4];
    uint64_t last_level_bytes;
    uint64_t memory_bytes;
    uint64_t cpus;
};

struct quantity_list {
    uint64_t *items;
    size_t count;
    size_t unknown; /* items left out because this machine does not know their terms */
};

/*
 * Parses a list, ascending and without repetitions. The caller frees it with quantity_list_free().
 * Errors: EINVAL (what was written, where it is wrong), ERANGE (does not fit, or more than 100000
 * items), ENOMEM.
 */
int quantity_list_parse(const char *text, const struct quantities *known,
                        struct quantity_list *list, struct fault *fault);
void quantity_list_free(struct quantity_list *list);

/* "64 KiB", "1500 B", "1.5 MiB". */
void quantity_bytes_text(uint64_t bytes, char *text, size_t text_bytes);

#endif
