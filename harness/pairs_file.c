#include "harness/pairs_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/compressed.h"
#include "harness/digest.h"

static int describe_object(const struct object *object, json_t **described, struct fault *fault)
{
    char digest[DIGEST_BYTES];
    int error = digest_file(object->path, digest, fault);
    if (error)
        return error;
    const char *slash = strrchr(object->path, '/');
    *described = json_pack("{s:s, s:s, s:s, s:s?}", "file", slash ? slash + 1 : object->path,
                           "sha256", digest, "label", object->path, "shared_code",
                           object->shared.text[0] ? object->shared.text : NULL);
    return *described ? 0 : fail(fault, ENOMEM, "no memory to describe '%s'", object->path);
}

static json_t *describe_plan(const struct pairs_run *run)
{
    const struct pairs_plan *plan = run->plan;
    return json_pack("{s:f, s:f, s:f, s:i, s:i, s:f, s:I, s:i}", "detect", plan->detect, "alpha",
                     plan->alpha, "threshold", plan->threshold, "launches", (int)plan->launches,
                     "pairs", (int)plan->pairs, "batch_ns",
                     clock_sample_ns(run->environment->clock), "seed", (json_int_t)plan->seed,
                     "cpu", run->environment->cpu_order[0]);
}

static const char *word_of(const struct cell *cell, enum pairs_axis axis)
{
    return cell->benchmark->axes[axis].words[cell->point[axis].number];
}

static json_t *describe_cell(const struct cell *cell, const struct pairs_result *result)
{
    static const char *const verdicts[VERDICTS] = {
        [VERDICT_OK] = "measured", [VERDICT_SKIPPED] = "skipped", [VERDICT_FAILED] = "failed"};
    size_t old_entry, new_entry;
    pairs_entries(cell, &old_entry, &new_entry);
    json_t *launch = json_array(), *new_first = json_array();
    json_t *old_ns = json_array(), *new_ns = json_array();
    for (size_t i = 0; i < result->count; i++) {
        const struct pairs_taken *pair = &result->taken[i];
        json_array_append_new(launch, json_integer(pair->launch));
        json_array_append_new(new_first, json_integer(pair->new_first));
        json_array_append_new(old_ns, json_real(pair->old_ns));
        json_array_append_new(new_ns, json_real(pair->new_ns));
    }
    return json_pack(
        "{s:I, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:I, s:o, s:o, s:o, s:o}",
        "cell", (json_int_t)cell->number, "function", word_of(cell, PAIRS_FUNCTION), "size",
        (json_int_t)cell->point[PAIRS_SIZE].number, "src_offset",
        (json_int_t)cell->point[PAIRS_SRC_OFFSET].number, "dst_offset",
        (json_int_t)cell->point[PAIRS_DST_OFFSET].number, "page", word_of(cell, PAIRS_PAGE),
        "temperature", word_of(cell, PAIRS_TEMPERATURE), "comparison",
        word_of(cell, PAIRS_COMPARISON), "old_entry", (int)old_entry, "new_entry", (int)new_entry,
        "verdict", verdicts[result->verdict], "reason", result->reason, "calls",
        (json_int_t)result->calls, "launch", launch, "new_first", new_first, "old_ns", old_ns,
        "new_ns", new_ns);
}

static json_t *describe_end(const struct pairs_facts *facts)
{
    return facts->outcome->interrupted
               ? json_sprintf("interrupted: after %u of %u launches", facts->outcome->launches,
                              facts->run->plan->launches)
               : json_string("complete");
}

static int describe(const struct pairs_facts *facts, json_t **described, struct fault *fault)
{
    const struct pairs_run *run = facts->run;
    json_t *old, *new, *cells = json_array();
    int error = describe_object(&run->pairs->old, &old, fault);
    if (error || (error = describe_object(&run->pairs->new, &new, fault)))
        return error;
    for (size_t i = 0; i < run->count; i++)
        json_array_append_new(cells, describe_cell(&run->cells[i], &facts->outcome->results[i]));
    *described = json_pack("{s:s, s:o, s:o, s:O, s:o, s:o, s:o}", "format", "copycost-pairs/1",
                           "old", old, "new", new, "machine", facts->machine, "plan",
                           describe_plan(run), "cells", cells, "ended", describe_end(facts));
    return *described ? 0 : fail(fault, ENOMEM, "no memory for the pairs of %zu cells", run->count);
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), of_end = strlen(end);
    return length >= of_end && strcmp(text + length - of_end, end) == 0;
}

static int put(const char *text, size_t bytes, void *file)
{
    return compressed_write(file, text, bytes) ? 0 : -1;
}

int pairs_file_write(const char *path, const char *option, const struct pairs_facts *facts,
                     struct fault *fault)
{
    json_t *described;
    struct compressed file;
    int error = describe(facts, &described, fault);
    if (error)
        return error;
    error = compressed_open(&file, path, option, !ends_in(path, ".gz"), fault);
    if (!error) {
        bool written =
            json_dump_callback(described, put, &file, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0 &&
            put("\n", 1, &file) == 0;
        struct fault unfinished;
        error = compressed_check(&file, written, fault);
        if (compressed_close(&file, error ? &unfinished : fault) != 0 && !error)
            error = -EIO;
        struct stat written_to;
        if (error && lstat(path, &written_to) == 0 && S_ISREG(written_to.st_mode))
            remove(path); /* half a file; but no device */
    }
    json_decref(described);
    return error;
}
