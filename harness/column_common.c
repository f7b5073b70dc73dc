#include "harness/column_common.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/cells.h"

static const char *const cycles_sources[] = {"counter", "estimate", NULL};

static void put_node(struct field *field, int node)
{
    if (node == NODE_LOCAL || node == NODE_MIXED || node == NODE_UNKNOWN ||
        node == NODE_INTERLEAVED) {
        field_put_text(field, node == NODE_LOCAL     ? "local"
                              : node == NODE_MIXED   ? "mixed"
                              : node == NODE_UNKNOWN ? "unknown"
                                                     : "interleaved");
        return;
    }
    snprintf(field->own, sizeof field->own, "%d", node);
    field_put_text(field, field->own);
}

static void put_seen(struct field *field, int64_t count)
{
    if (count >= 0)
        field_put_integer(field, (uint64_t)count);
}

/* A column whose value stands in the cell, whatever the verdict. */
#define PLANNED(name, put, expression)                                                             \
    static void get_##name(const struct record *record, size_t index, struct field *field)         \
    {                                                                                              \
        (void)index;                                                                               \
        put(field, expression);                                                                    \
    }
/* A column that only a measured record has. */
#define MEASURED(name, put, expression)                                                            \
    static void get_##name(const struct record *record, size_t index, struct field *field)         \
    {                                                                                              \
        (void)index;                                                                               \
        if (record_has_figures(record))                                                            \
            put(field, expression);                                                                \
    }

static uint64_t code_offset(const struct kernel *kernel)
{
    /* A pointer to a Thumb function carries a bit that is no address. */
    return (kernel->code ? (uintptr_t)kernel->code : (uintptr_t)kernel->run) % 64;
}

static double counted_cycles(const struct record *record)
{
    for (size_t i = 0; i < record->counters->count; i++)
        if (strcmp(record->counters->counter[i].name, "cycles") == 0)
            return record->counted[i];
    return NAN;
}

static double cycles_per_byte(const struct record *record)
{
    double cycles = counted_cycles(record);
    if (!isfinite(cycles))
        cycles = record->summary.median * 1e-9 * record->environment->core_clock_hz;
    return record->cell->payload_bytes && cycles > 0 ? cycles / (double)record->cell->payload_bytes
                                                     : NAN;
}

static const char *cycles_source(const struct record *record)
{
    if (!isfinite(cycles_per_byte(record)))
        return NULL;
    return cycles_sources[isfinite(counted_cycles(record)) ? 0 : 1];
}

static double rate(const struct record *record)
{
    if (!record->cell->payload_bytes || record->summary.median <= 0)
        return NAN;
    return (double)record->cell->payload_bytes / record->summary.median;
}

static void get_code_mod_64(const struct record *record, size_t index, struct field *field)
{
    (void)index;
    if (record->cell->kernel)
        field_put_integer(field, code_offset(record->cell->kernel));
}

static void get_code_hash(const struct record *record, size_t index, struct field *field)
{
    (void)index;
    uint64_t hash = record->cell->kernel ? kernel_code_hash(record->cell->kernel) : 0;
    if (!hash)
        return;
    snprintf(field->own, sizeof field->own, "%016" PRIx64, hash);
    field_put_text(field, field->own);
}

static void get_counters_reason(const struct record *record, size_t index, struct field *field)
{
    (void)index;
    const struct counters *counters = record->counters;
    for (size_t i = 0; i < counters->count; i++)
        if (counters->counter[i].reason[0]) {
            field_put_text(field, counters->counter[i].reason);
            return;
        }
    for (size_t i = 0; record_has_figures(record) && i < counters->count; i++)
        if (!isfinite(record->counted[i]))
            field_put_text(
                field,
                "others had the PMU in the launch that counted, or it could not be opened there");
}

static void get_huge_share_got(const struct record *record, size_t index, struct field *field)
{
    (void)index;
    if (record_has_figures(record) && record->got.huge_share >= 0)
        field_put_number(field, record->got.huge_share);
}

/* The CPU of each member in order, runs of neighbours joined: "0-3 8"; what does not fit as "...".
 */
static void get_cpus(const struct record *record, size_t index, struct field *field)
{
    const struct cell *cell = record->cell;
    size_t used = 0;
    (void)index;
    if (cell->skip[0])
        return;
    for (unsigned i = 0, next; i < cell->members; i = next) {
        int first = cell_cpu(cell, record->environment, i), last = first;
        for (next = i + 1;
             next < cell->members && cell_cpu(cell, record->environment, next) == last + 1; next++)
            last++;
        char run[32];
        int length =
            snprintf(run, sizeof run, last > first ? "%s%d-%d" : "%s%d", i ? " " : "", first, last);
        if (used + (size_t)length + sizeof " ..." > sizeof field->own) {
            snprintf(field->own + used, sizeof field->own - used, " ...");
            break;
        }
        memcpy(field->own + used, run, (size_t)length + 1);
        used += (size_t)length;
    }
    field_put_text(field, field->own);
}

PLANNED(payload_bytes, field_put_integer, record->cell->payload_bytes)
PLANNED(region, field_put_text, region_kind_names[record->cell->region])
PLANNED(members, field_put_integer, record->cell->members)
PLANNED(cpu_asked, field_put_integer, (uint64_t)record->cell->asked.cpu)
MEASURED(cpu_got, field_put_integer, (uint64_t)record->got.cpu)
PLANNED(src_node_asked, put_node, record->cell->asked.src_node)
MEASURED(src_node_got, put_node, record->got.src_node)
PLANNED(dst_node_asked, put_node, record->cell->asked.dst_node)
MEASURED(dst_node_got, put_node, record->got.dst_node)
PLANNED(page_asked, field_put_text, page_kind_names[record->cell->asked.page])
PLANNED(src_offset_asked, field_put_integer, record->cell->asked.src_offset)
MEASURED(src_offset_got, field_put_integer, record->got.src_offset)
PLANNED(dst_offset_asked, field_put_integer, record->cell->asked.dst_offset)
MEASURED(dst_offset_got, field_put_integer, record->got.dst_offset)
MEASURED(method, field_put_text, method_names[record->sampling.method])
MEASURED(calls, field_put_integer, record->sampling.calls)
MEASURED(launches, field_put_integer, record->summary.launches)
MEASURED(samples, field_put_integer, record->summary.samples)
MEASURED(fixed_ns, field_put_number, record->fixed_ns)
MEASURED(median_ns, field_put_number, record->summary.median)
MEASURED(low_ns, field_put_number, record->summary.low)
MEASURED(high_ns, field_put_number, record->summary.high)
MEASURED(min_ns, field_put_number, record->summary.minimum)
MEASURED(q1_ns, field_put_number, record->summary.q1)
MEASURED(q3_ns, field_put_number, record->summary.q3)
MEASURED(p95_ns, field_put_number, record->summary.p95)
MEASURED(p99_ns, field_put_number, record->summary.p99)
MEASURED(mdape_percent, field_put_number, record->summary.mdape_percent)
MEASURED(loop_ns, field_put_number, record->loop_ns)
MEASURED(gb_per_s, field_put_number, rate(record))
MEASURED(cycles_per_byte, field_put_number, cycles_per_byte(record))
MEASURED(cycles_source, field_put_text, cycles_source(record))
MEASURED(context_switches, field_put_integer, record->disturbance.context_switches)
MEASURED(page_faults, field_put_integer, record->disturbance.page_faults)
MEASURED(migrations, field_put_integer, record->disturbance.migrations)
MEASURED(steal_ns, field_put_integer, record->disturbance.steal_ns)
MEASURED(throttled, put_seen, record->disturbance.throttled)
MEASURED(stop, field_put_text, stop_names[record->stop])
PLANNED(verdict, field_put_text, verdict_names[record->verdict])
PLANNED(reason, field_put_text, record->reason)

#define TEXT "string", ""
#define BYTES "integer", "bytes"
#define NUMBER_OF "integer", "1"
#define NS "number", "ns"

const struct column columns_before_counters[] = {
    {"payload_bytes", BYTES, "setup", "bytes that one call moves, counted once", NULL, NULL,
     get_payload_bytes, 0},
    {"region", TEXT, "setup", "what is timed: one thread, a team of threads, several processes",
     region_kind_names, NULL, get_region, 0},
    {"members", NUMBER_OF, "setup", "threads or processes of the region, each on its own CPU", NULL,
     NULL, get_members, 0},
    {"cpu_asked", NUMBER_OF, "asked_got", "CPU of the first member, as asked", NULL, NULL,
     get_cpu_asked, 0},
    {"cpus", TEXT, "asked_got",
     "CPU of each member in order, as asked and read back: \"0-3 8\"; empty where it is skipped",
     NULL, NULL, get_cpus, 0},
    {"cpu_got", NUMBER_OF, "asked_got", "CPU of the first member, as read back", NULL, NULL,
     get_cpu_got, 0},
    {"src_node_asked", TEXT, "asked_got",
     "NUMA node of the source: a number, local (to the CPU that uses it), interleaved over all, or "
     "mixed (each member's own)",
     NULL, NULL, get_src_node_asked, 0},
    {"src_node_got", TEXT, "asked_got",
     "node of all its pages: a number, interleaved, mixed or unknown", NULL, NULL, get_src_node_got,
     0},
    {"dst_node_asked", TEXT, "asked_got", "NUMA node of the destination, as for the source", NULL,
     NULL, get_dst_node_asked, 0},
    {"dst_node_got", TEXT, "asked_got",
     "node of all its pages: a number, interleaved, mixed or unknown", NULL, NULL, get_dst_node_got,
     0},
    {"page_asked", TEXT, "asked_got", "page kind: base, thp (transparent huge) or hugetlb",
     page_kind_names, NULL, get_page_asked, 0},
    {"huge_share_got", "number", "1", "asked_got",
     "share of the memory that is on huge pages, 0 to 1", NULL, NULL, get_huge_share_got, 0},
    {"src_offset_asked", BYTES, "asked_got", "source, past a 4 KiB boundary", NULL, NULL,
     get_src_offset_asked, 0},
    {"src_offset_got", BYTES, "asked_got", "source, past a 4 KiB boundary", NULL, NULL,
     get_src_offset_got, 0},
    {"dst_offset_asked", BYTES, "asked_got", "destination, past a 4 KiB boundary", NULL, NULL,
     get_dst_offset_asked, 0},
    {"dst_offset_got", BYTES, "asked_got", "destination, past a 4 KiB boundary", NULL, NULL,
     get_dst_offset_got, 0},
    {"code_mod_64", NUMBER_OF, "code", "the kernel's entry point, past a 64-byte boundary", NULL,
     NULL, get_code_mod_64, 0},
    {"code_hash", TEXT, "code", "FNV-1a of the kernel's machine code; empty where it is unknown",
     NULL, NULL, get_code_hash, 0},
    {"method", TEXT, "sampling",
     "batch: a sample is many calls; difference: samples of N and 2 N calls give fixed_ns; single: "
     "one call",
     method_names, NULL, get_method, 0},
    {"calls", NUMBER_OF, "sampling",
     "calls in a sample (N; every second sample of a difference has 2 N)", NULL, NULL, get_calls,
     0},
    {"launches", NUMBER_OF, "sampling", "fresh processes that measured this cell", NULL, NULL,
     get_launches, 0},
    {"samples", NUMBER_OF, "sampling", "regions timed, over all launches", NULL, NULL, get_samples,
     0},
    {"fixed_ns", NS, "sampling",
     "what a sample costs beyond its calls, taken off every sample; 0 but for differences", NULL,
     NULL, get_fixed_ns, 0},
    {"median_ns", NS, "figure", "time of one call: median over launches of each launch's median",
     NULL, "ns", get_median_ns, 0},
    {"low_ns", NS, "figure", "lower end of the interval that holds a like run's median in 95 %",
     NULL, "low", get_low_ns, 0},
    {"high_ns", NS, "figure", "upper end of that interval", NULL, "high", get_high_ns, 0},
    {"min_ns", NS, "figure", "fastest sample", NULL, NULL, get_min_ns, 0},
    {"q1_ns", NS, "figure", "first quartile of all samples", NULL, NULL, get_q1_ns, 0},
    {"q3_ns", NS, "figure", "third quartile of all samples", NULL, NULL, get_q3_ns, 0},
    {"p95_ns", NS, "figure", "95th percentile of all samples", NULL, NULL, get_p95_ns, 0},
    {"p99_ns", NS, "figure", "99th percentile of all samples", NULL, NULL, get_p99_ns, 0},
    {"mdape_percent", "number", "%", "figure",
     "median absolute percentage error of the samples around the median", NULL, NULL,
     get_mdape_percent, 0},
    {"loop_ns", NS, "figure", "what an empty kernel costs in the same loop; not subtracted", NULL,
     NULL, get_loop_ns, 0},
    {"gb_per_s", "number", "GB/s", "figure", "payload_bytes / median_ns", NULL, "GB/s",
     get_gb_per_s, 0},
    {"cycles_per_byte", "number", "cycles/B", "figure", "core clock cycles per payload byte", NULL,
     "cycles/B", get_cycles_per_byte, 0},
    {"cycles_source", TEXT, "figure",
     "counter: cycles were counted; estimate: time x estimated core clock", cycles_sources, NULL,
     get_cycles_source, 0},
};

const struct column columns_after_counters[] = {
    {"counters_reason", TEXT, "verdict", "why a counter is missing", NULL, NULL,
     get_counters_reason, 0},
};

const struct column columns_last[] = {
    {"context_switches", NUMBER_OF, "disturbance", "involuntary, during the samples", NULL, NULL,
     get_context_switches, 0},
    {"page_faults", NUMBER_OF, "disturbance", "during the samples", NULL, NULL, get_page_faults, 0},
    {"migrations", NUMBER_OF, "disturbance", "samples that ended on another CPU", NULL, NULL,
     get_migrations, 0},
    {"steal_ns", "integer", "ns", "disturbance", "taken by the hypervisor during the samples", NULL,
     NULL, get_steal_ns, 0},
    {"throttled", NUMBER_OF, "disturbance",
     "visits in which heat, power or low voltage slowed the CPU; empty: can't be seen here", NULL,
     NULL, get_throttled, 0},
    {"stop", TEXT, "verdict",
     "precise: the interval was narrow enough; budget: all launches done; "
     "time: the run's was up; interrupted by the user",
     stop_names + 1, NULL, get_stop, 0},
    {"verdict", TEXT, "verdict",
     "ok; noisy: the interval is wider than asked, or the CPU was throttled; skipped: can't be "
     "measured here; failed",
     verdict_names, "verdict", get_verdict, 0},
    {"reason", TEXT, "verdict", "why it is noisy, skipped or failed", NULL, NULL, get_reason, 0},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

const size_t columns_before_counters_count = COUNT(columns_before_counters);
const size_t columns_after_counters_count = COUNT(columns_after_counters);
const size_t columns_last_count = COUNT(columns_last);
