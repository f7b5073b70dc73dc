#include "microbench/cores_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/cpu.h"

enum { POLLS = 4096, LINE_BYTES = 64 };

int shared_line_make(struct shared_line **line, uint64_t seed, struct fault *fault)
{
    struct shared_line *made = aligned_alloc(_Alignof(struct shared_line), sizeof *made);
    *line = made;
    if (!made)
        return fail(fault, ENOMEM, "no memory for a line between two CPUs");
    memset(made, 0, sizeof *made);
    made->random.state = seed;
    made->toucher = (unsigned)random_below(&made->random, LINE_MEMBERS);
    return 0;
}

void shared_line_free(struct shared_line *line)
{
    if (line)
        mapping_free(&line->mapping);
    free(line);
}

int shared_line_enter(struct shared_line *line, unsigned member,
                      const struct mapping_request *request, const struct topology *topology,
                      struct fault *fault)
{
    if (member != line->toucher)
        return 0;
    return mapping_make(&line->mapping, request, topology, fault);
}

void shared_line_draw(struct shared_line *line)
{
    size_t at = (size_t)random_below(&line->random, line->mapping.bytes / LINE_BYTES) * LINE_BYTES;
    line->word = (_Atomic uint32_t *)(void *)(line->mapping.base + at);
    atomic_store(line->word, line->sides[0].last);
}

/* Polls until the number is another one. */
static inline uint32_t await_other(_Atomic uint32_t *word, uint32_t known)
{
    uint32_t seen;
    for (unsigned polls = 0; (seen = atomic_load_explicit(word, memory_order_acquire)) == known;) {
        if (polls < POLLS)
            polls++;
        else
            cpu_relax();
    }
    return seen;
}

void shared_line_run(struct shared_line *line, unsigned member, uint64_t handovers)
{
    struct shared_line_side *side = &line->sides[member];
    _Atomic uint32_t *word = line->word;
    uint32_t last = side->last, wrong = 0;
    bool begins = member == 0;
    for (uint64_t i = 0; i < handovers; i += LINE_MEMBERS) {
        if (begins)
            atomic_store_explicit(word, ++last, memory_order_release);
        uint32_t seen = await_other(word, last);
        wrong |= seen ^ (last + 1);
        last = seen;
        if (!begins)
            atomic_store_explicit(word, ++last, memory_order_release);
    }
    side->last = last;
    side->wrong |= wrong;
    side->handed += handovers;
}

int shared_line_verify(const struct shared_line *line, struct fault *fault)
{
    for (unsigned i = 0; i < LINE_MEMBERS; i++)
        if (line->sides[i].wrong)
            return fail(fault, EILSEQ, "member %u took a number that was not the next one", i);
    uint32_t arrived = atomic_load(line->word);
    for (unsigned i = 0; i < LINE_MEMBERS; i++)
        if (line->sides[i].handed == 0 || arrived != (uint32_t)line->sides[i].handed)
            return fail(fault, EILSEQ,
                        "the line holds %" PRIu32 " after %" PRIu64 " handovers of member %u",
                        arrived, line->sides[i].handed, i);
    return 0;
}
