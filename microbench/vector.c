/*
 * Parse in place or flatten first?
 *
 * A message lies in fragments, as a network stack hands it over: cut at random, each fragment in a
 * buffer of its own (vector/message.h). It is parsed where it lies, fragment by fragment, or its
 * fragments are copied into one buffer first, by the kernel, and that is parsed: by the same code,
 * as a vector of one fragment. The buffer is the same for all messages, as a library would have it.
 *
 * http      HTTP/1.1 request heads by libhttp-parser, whose state outlives a fragment and whose
 *           callbacks get a part in pieces; each piece is noted (harness/heads.h)
 * checksum  RFC 1071, a machine word at a time (harness/checksum.h)
 * search    the C library's memchr for a byte that occurs at the very end
 *
 * All parse the same text: heads of the corpus one after another (pipelined), cut off where the
 * size ends, as in the segments of a TCP stream; for the search the last byte is a NUL. Several
 * messages take turns, each with other heads and cut elsewhere; as many as fit half of L1 (of 32
 * KiB where that is not known), 16 at most and one at least. Small messages are warm in L1 then,
 * large ones where they fit. So few cuts come again and again, and a branch predictor learns them,
 * as it learns the segments of a steady stream; what lengths cost that it can't learn is the
 * question of `mix`.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/benchmark.h"
#include "harness/buffers.h"
#include "harness/heads.h"
#include "microbench/vector/corpus.h"
#include "microbench/vector/message.h"
#include "microbench/vector/parsers.h"

enum { AXIS_PARSER, AXIS_APPROACH, AXIS_SIZE, AXIS_FRAGMENTS, AXIS_KERNEL_NAME };
enum { IN_PLACE, FLATTEN };
enum { MESSAGES_MAX = 16, PAGE = 4096, L1_USUAL = 32 << 10 };

static const char *const approaches[] = {"in_place", "flatten", NULL};

static const struct axis axes[] = {
    {"parser",
     "",
     "http: request heads by libhttp-parser; checksum: RFC 1071; search: memchr",
     AXIS_WORD,
     parser_names,
     0,
     {"http,checksum,search", "http,checksum,search"}},
    {"approach",
     "",
     "in_place: parsed fragment by fragment; flatten: copied into one buffer first",
     AXIS_WORD,
     approaches,
     0,
     {"in_place,flatten", "in_place,flatten"}},
    {"size",
     "bytes",
     "bytes of a message",
     AXIS_BYTES,
     NULL,
     0,
     {"64,256,1500,8Ki,64Ki", "64..64Ki,1500,9000"}},
    {"fragments",
     "1",
     "fragments of a message",
     AXIS_COUNT,
     NULL,
     0,
     {"1,4,16,64", "1,2,4,8,16,32,64"}},
    {"kernel",
     "",
     "copy kernels that flatten, by name or pattern",
     AXIS_KERNEL,
     NULL,
     1u << KERNEL_COPY,
     {"copy_libc_memcpy", "copy_libc_memcpy"}},
};

struct state {
    parser_function *parse;
    struct iovec *vectors; /* of the messages, one after another */
    size_t messages, fragments, bytes;
    unsigned char *flat; /* NULL: parsed in place */
    struct heads heads;
    uint64_t sums[MESSAGES_MAX + 1]; /* of what parsing the messages before that one returns */
    bool wrong;                      /* some region did not return what it had to */
};

static struct corpus corpus; /* of the process */

static int vector_open(const struct environment *environment, struct fault *fault)
{
    const char *path = environment_parameter(environment, "vector", "corpus");
    struct fault detail;
    int error = corpus_open(&corpus, path, &detail);
    if (!error && heads_available())
        error = heads_check(corpus.text, corpus.bytes, &detail);
    if (!error)
        return 0;
    corpus_close(&corpus);
    return fail(fault, error == -ENOMEM ? ENOMEM : EINVAL, "%s: %.400s",
                path ? "--corpus" : "the built-in corpus", detail.text);
}

static uint64_t room_of(const struct cell *cell)
{
    return message_room((size_t)cell->point[AXIS_SIZE].number,
                        (size_t)cell->point[AXIS_FRAGMENTS].number);
}

static uint64_t messages_of(const struct cell *cell, const struct environment *environment)
{
    uint64_t level = environment->known.level_bytes[0];
    uint64_t fit = (level ? level : L1_USUAL) / 2 / room_of(cell);
    return fit > MESSAGES_MAX ? MESSAGES_MAX : fit ? fit : 1;
}

static void judge(struct cell *cell, uint64_t bytes, uint64_t fragments)
{
    const struct kernel *kernel = cell->kernel;
    if (fragments < 1 || fragments > FRAGMENTS_MAX)
        snprintf(cell->skip, sizeof cell->skip, "a message has 1 to %d fragments", FRAGMENTS_MAX);
    else if (fragments > bytes)
        snprintf(cell->skip, sizeof cell->skip, "more fragments than bytes");
    else if (cell->point[AXIS_PARSER].number == PARSER_HTTP && !heads_available())
        snprintf(cell->skip, sizeof cell->skip, "no parser of request heads: %s", heads_backend());
    else if (kernel && (kernel->granule > 1 || kernel->alignment > 1))
        snprintf(cell->skip, sizeof cell->skip,
                 "%s does not take any length at any place, as fragments have them", kernel->name);
}

static void vector_plan(struct cell *cell, const struct environment *environment)
{
    uint64_t bytes = cell->point[AXIS_SIZE].number;
    cell->payload_bytes = bytes;
    cell->memory_bytes = bytes;
    if (cell->point[AXIS_APPROACH].number == FLATTEN)
        cell->kernel = cell->point[AXIS_KERNEL_NAME].kernel;
    else
        cell->point[AXIS_KERNEL_NAME] = (struct value){.absent = true};
    judge(cell, bytes, cell->point[AXIS_FRAGMENTS].number);
    if (cell->skip[0] || bytes > environment->known.memory_bytes)
        return;
    cell->memory_bytes += room_of(cell) * messages_of(cell, environment) + 2 * PAGE +
                          cell->asked.src_offset + cell->asked.dst_offset;
}

static int take(const struct trial *trial, enum buffer_side side, size_t bytes,
                const struct mapping **mapping, struct fault *fault)
{
    const struct placement *asked = &trial->cell->asked;
    bool is_dst = side == BUFFER_DST;
    struct mapping_request request = {
        .bytes = bytes + (is_dst ? asked->dst_offset : asked->src_offset),
        .node = is_dst ? asked->dst_node : asked->src_node,
        .page = asked->page,
    };
    return buffer_take(0, side, &request, trial->environment->topology, mapping, fault);
}

/* The buffers, where they were asked for. */
static int take_both(struct trial *trial, unsigned char **start, struct fault *fault)
{
    struct state *state = trial->state;
    const struct placement *asked = &trial->cell->asked;
    const struct mapping *src, *dst;
    int error =
        take(trial, BUFFER_OWN, (size_t)room_of(trial->cell) * state->messages, &src, fault);
    if (error)
        return error;
    *start = src->base + asked->src_offset;
    trial->got.src_node = src->node;
    trial->got.src_offset = (uintptr_t)*start % PAGE;
    trial->got.huge_share = src->huge_share;
    if (!trial->cell->kernel)
        return 0;
    if ((error = take(trial, BUFFER_DST, state->bytes, &dst, fault)))
        return error;
    state->flat = dst->base + asked->dst_offset;
    trial->got.dst_node = dst->node;
    trial->got.dst_offset = (uintptr_t)state->flat % PAGE;
    if (dst->huge_share < src->huge_share)
        trial->got.huge_share = dst->huge_share;
    return 0;
}

static enum parser parser_of(const struct trial *trial)
{
    return (enum parser)trial->cell->point[AXIS_PARSER].number;
}

/* The text of that message. The same in all cells of a size and parser. */
static void write_text(const struct trial *trial, size_t message, char *text)
{
    const struct state *state = trial->state;
    corpus_copy(&corpus, message % corpus.count, text, state->bytes);
    parser_finish(parser_of(trial), text, state->bytes);
}

static int lay_messages(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    struct random random = {trial->seed};
    unsigned char *start;
    char *text = malloc(state->bytes);
    if (!text)
        return fail(fault, ENOMEM, "no memory for the text of a message of %zu B", state->bytes);
    int error = take_both(trial, &start, fault);
    state->sums[0] = 0;
    for (size_t i = 0; !error && i < state->messages; i++) {
        write_text(trial, i, text);
        message_lay(state->vectors + i * state->fragments, state->fragments, text, state->bytes,
                    start + i * room_of(trial->cell), &random);
        state->sums[i + 1] =
            state->sums[i] + parser_expected(parser_of(trial), text, state->bytes, &state->heads);
    }
    free(text);
    return error;
}

static void vector_release(struct trial *trial)
{
    struct state *state = trial->state;
    free(state->vectors);
    free(state->heads.pieces);
    free(state);
}

static int vector_prepare(struct trial *trial, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of vector");
    trial->state = state;
    state->parse = parser_functions[parser_of(trial)];
    state->bytes = (size_t)cell->payload_bytes;
    state->fragments = (size_t)cell->point[AXIS_FRAGMENTS].number;
    state->messages = (size_t)messages_of(cell, trial->environment);
    state->vectors = calloc(state->messages * state->fragments, sizeof *state->vectors);
    /* A piece has a byte, or is empty before the end of its line; each cut adds one. */
    state->heads.room = state->bytes + state->fragments;
    state->heads.pieces = calloc(state->heads.room, sizeof *state->heads.pieces);
    int error =
        state->vectors && state->heads.pieces
            ? lay_messages(trial, fault)
            : fail(fault, ENOMEM, "no memory for messages in %zu fragments", state->fragments);
    if (error)
        vector_release(trial);
    return error;
}

static inline uint64_t parse_message(struct state *state, kernel_function *function,
                                     const struct iovec *vector)
{
    if (!state->flat)
        return state->parse(vector, state->fragments, &state->heads);
    unsigned char *end = state->flat;
    for (size_t i = 0; i < state->fragments; i++) {
        function(end, vector[i].iov_base, vector[i].iov_len);
        end += vector[i].iov_len;
    }
    struct iovec whole = {state->flat, state->bytes};
    return state->parse(&whole, 1, &state->heads);
}

static void vector_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    struct state *state = trial->state;
    const struct kernel *kernel = trial->cell->kernel;
    kernel_function *function = trial->function;
    size_t message = 0;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < calls; i++) {
        sum += parse_message(state, function, state->vectors + message * state->fragments);
        message = message + 1 < state->messages ? message + 1 : 0;
    }
    uint64_t right = calls / state->messages * state->sums[state->messages] + state->sums[message];
    /* With the engine's empty kernel the buffer holds what was there. */
    if (sum != right && (!kernel || function == kernel->run))
        state->wrong = true;
}

/* Once more, and all that comes of it. */
static int prove(const struct trial *trial, size_t message, char *text, struct heads *heads,
                 struct fault *fault)
{
    struct state *state = trial->state;
    const char *parser = parser_names[parser_of(trial)];
    unsigned char *flat = state->flat;
    write_text(trial, message, text);
    uint64_t expected = parser_expected(parser_of(trial), text, state->bytes, heads);
    if (flat)
        memset(flat, 0xff, state->bytes);
    uint64_t found =
        parse_message(state, trial->function, state->vectors + message * state->fragments);
    if (flat && memcmp(flat, text, state->bytes) != 0)
        return fail(fault, EILSEQ, "%s did not flatten the message", trial->cell->kernel->name);
    if (found != expected)
        return fail(fault, EILSEQ, "%s of message %zu came out as %#llx, not %#llx", parser,
                    message, (unsigned long long)found, (unsigned long long)expected);
    if (parser_of(trial) == PARSER_HTTP && !parser_same_parts(&state->heads, heads))
        return fail(fault, EILSEQ, "http found other parts of the heads in fragments");
    return 0;
}

static int vector_verify(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    if (state->wrong)
        return fail(fault, EILSEQ, "%s: some timed messages were not parsed right",
                    parser_names[parser_of(trial)]);
    struct heads heads = {.room = state->heads.room};
    heads.pieces = calloc(heads.room, sizeof *heads.pieces);
    char *text = malloc(state->bytes);
    int error = 0;
    if (!heads.pieces || !text)
        error = fail(fault, ENOMEM, "no memory for the proof of vector");
    else
        for (size_t i = 0; !error && i < state->messages; i++)
            error = prove(trial, i, text, &heads, fault);
    free(heads.pieces);
    free(text);
    return error;
}

static const struct parameter parameters[] = {
    {"corpus", "FILE",
     "request heads to parse instead of those built in, each ended by its blank line"},
};

static const struct benchmark vector = {
    .name = "vector",
    .summary = "Parse in place or flatten first?",
    .claim = "Libraries that want a flat string force a copy; parsing in place avoids it.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof *parameters,
    .open = vector_open,
    .plan = vector_plan,
    .prepare = vector_prepare,
    .run = vector_run,
    .verify = vector_verify,
    .release = vector_release,
};
BENCHMARK(&vector);
