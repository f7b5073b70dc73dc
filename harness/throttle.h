/*
 * Whether the CPU under measurement is slowed down by heat, power or low voltage.
 *
 * Sources, of those that are there, in the order in which they are asked:
 * - Raspberry Pi's firmware, .../soc/soc:firmware/get_throttled: bits 0 to 3 say under-voltage,
 *   clock capped, throttled, soft temperature limit now; bits 16 to 19 the same of the past. The
 *   kernel asks the firmware every 2 s and clears the past then (drivers/firmware/raspberrypi.c,
 *   drivers/hwmon/raspberrypi-hwmon.c; raspberrypi.com/documentation, get_throttled). Some kernels
 *   log at the first reading that the file is deprecated. Where there is none, hwmon's rpi_volt:
 *   in0_lcrit_alarm, under-voltage within the last 2 s.
 * - x86: cpuN/thermal_throttle/{core,package}_{throttle,power_limit}_count. They count beginnings:
 *   a spell that began earlier and goes on is not seen (Documentation/admin-guide/thermal/
 *   intel_thermal_throttle.rst).
 * - Thermal zones that slow this CPU: at or above the passive or hot trip point to which a cooling
 *   device of this CPU is bound (Documentation/ABI/testing/sysfs-class-thermal). What has no such
 *   device (a GPU's zone, one that only reports) slows no CPU.
 * - Those cooling devices themselves: cpufreq, idle injection, ACPI's processor; a state above 0.
 * - cpufreq: scaling_max_freq below what it was at throttle_open(), by whomever.
 * scaling_cur_freq is none: it follows the governor and does not tell why. What slows only other
 * CPUs than that one is not seen. At most THROTTLE_SOURCES_MAX are watched.
 */
#ifndef COPYCOST_HARNESS_THROTTLE_H
#define COPYCOST_HARNESS_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { THROTTLE_SOURCES_MAX = 16, THROTTLE_TEXT_BYTES = 160 };

enum throttle_kind {
    THROTTLE_FIRMWARE,
    THROTTLE_VOLTAGE,
    THROTTLE_COUNT,
    THROTTLE_ZONE,
    THROTTLE_COOLING,
    THROTTLE_LIMIT,
    THROTTLE_KINDS
};

struct throttle_source {
    enum throttle_kind kind;
    char path[128];
    char name[64];  /* "thermal zone cpu-thermal, passive trip 80 C" */
    uint64_t trip;  /* of a zone, in millidegrees Celsius */
    uint64_t last;  /* what the file said at the last look */
    uint64_t first; /* what it said when it was opened */
};

/* Holds no pointers: a run hands its own to its launches. */
struct throttle {
    struct throttle_source sources[THROTTLE_SOURCES_MAX];
    size_t count;                   /* 0: throttling can't be seen here */
    uint64_t cost_ns;               /* of a look, as measured when it was opened */
    uint64_t looked_ns;             /* CLOCK_MONOTONIC */
    char said[THROTTLE_TEXT_BYTES]; /* at the last look */
};

/* Finds the sources for that CPU, and begins. Opens nothing that has to be closed. */
void throttle_open(struct throttle *throttle, int cpu);

/* What has been until now is no news at the next look, which is taken whenever it is asked for. */
void throttle_begin(struct throttle *throttle);

/*
 * 1 if the CPU is slowed now or has been since the last look (for the clock limit: is lower than
 * when it was opened), with the text of what says so; 0 if not; -1 if it can't be seen (no source,
 * or `throttle` is NULL). A source that can't be read at the moment says nothing. The text has
 * THROTTLE_TEXT_BYTES, and is "" unless 1 is returned.
 *
 * Some sensors are slow (ACPI asks an embedded controller): less than 20 times the cost of a look
 * after the last one its answer stands, so that looking takes 5 % of the time at most.
 * `now_ns` is CLOCK_MONOTONIC.
 */
int throttle_look(struct throttle *throttle, uint64_t now_ns, char *text);

enum throttle_question {
    THROTTLE_SINCE_LOOK, /* what throttle_look() asks */
    THROTTLE_SINCE_BOOT, /* as far as a source keeps count; the firmware's past is in it */
    THROTTLE_NEAR        /* a zone within 5 degrees of its trip point, and not at it */
};

/* The first source that says yes, without it counting as a look; false (text "") if none does. */
bool throttle_ask(const struct throttle *throttle, enum throttle_question question, char *text);

#endif
