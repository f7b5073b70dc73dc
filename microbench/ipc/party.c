#include "microbench/ipc/party.h"

#include <errno.h>
#include <string.h>

#include "harness/random.h"

/* Writes what the touch will read. */
static void make_chunk(enum touch touch, unsigned char *chunk, size_t bytes, uint64_t number)
{
    unsigned char stamp = (unsigned char)(number % PARTY_STAMPS + 1);
    switch (touch) {
    case TOUCH_HEADER:
        memset(chunk, stamp, bytes < TOUCH_HEADER_BYTES ? bytes : TOUCH_HEADER_BYTES);
        break;
    case TOUCH_LINES:
        for (size_t i = 0; i < bytes; i += TOUCH_LINE_BYTES)
            *(volatile unsigned char *)(chunk + i) = stamp;
        chunk[bytes - 1] = stamp;
        break;
    case TOUCH_ALL:
        memset(chunk, stamp, bytes);
        break;
    case TOUCH_NONE:
    case TOUCHES:
        break;
    }
}

/* Where the next chunk is to be made. */
static int begin_chunk(struct party *party, unsigned char **space, unsigned char **made)
{
    int error = lane_get_space(party->out, space);
    *made = party->copies_in ? party->made : *space;
    return error;
}

static int end_chunk(struct party *party, unsigned char *space)
{
    if (party->copies_in)
        memcpy(space, party->made, party->out->chunk_bytes);
    return party->out->transport->commit(party->out);
}

static int give(struct party *party)
{
    unsigned char *space, *made;
    int error = begin_chunk(party, &space, &made);
    if (error)
        return error;
    make_chunk(party->touch, made, party->out->chunk_bytes, party->seat->given++);
    return end_chunk(party, space);
}

/* Where the next chunk is to be read. */
static int get_chunk(struct party *party, const unsigned char **chunk)
{
    int error = party->in->transport->get_chunk(party->in, chunk);
    if (!error && party->copies_out)
        *chunk = memcpy(party->kept, *chunk, party->in->chunk_bytes);
    return error;
}

static int take(struct party *party)
{
    const unsigned char *chunk;
    int error = get_chunk(party, &chunk);
    if (error)
        return error;
    party->seat->touched += touch_payload(party->touch, chunk, party->in->chunk_bytes);
    party->seat->taken++;
    return lane_release(party->in);
}

static int turn(struct party *party, int (*first)(struct party *), int (*second)(struct party *))
{
    int error = first ? first(party) : 0;
    return error || !second ? error : second(party);
}

int party_turn(struct party *party)
{
    int (*gives)(struct party *) = party->out ? give : NULL;
    int (*takes)(struct party *) = party->in ? take : NULL;
    return party->begins ? turn(party, gives, takes) : turn(party, takes, gives);
}

int party_flush(struct party *party)
{
    return party->out && party->out->transport->flush ? party->out->transport->flush(party->out)
                                                      : 0;
}

void party_play(struct party *party, uint64_t turns, struct trips *trips, const struct clock *clock)
{
    uint64_t last = trips ? clock_ticks(clock) : 0;
    int error = party->seat->error;
    for (uint64_t i = 0; !error && i < turns; i++) {
        error = party_turn(party);
        if (trips) {
            uint64_t now = clock_ticks(clock);
            trips_add(trips, i == 0 && turns > 1 ? TRIP_FIRST : now - last);
            last = now;
        }
    }
    if (!error && !(party->in && party->out))
        error = party_flush(party);
    if (error)
        party_abandon(party, error);
}

static void abandon_lane(struct lane *lane, enum lane_end end)
{
    if (lane)
        lane->transport->abandon(lane, end);
}

void party_abandon(struct party *party, int error)
{
    if (!party->seat->error)
        party->seat->error = error;
    abandon_lane(party->out, LANE_PRODUCER);
    abandon_lane(party->in, LANE_CONSUMER);
}

static void fill_random(struct random *random, unsigned char *chunk, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t word = random_next(random);
        memcpy(chunk + i, &word, bytes - i < sizeof word ? bytes - i : sizeof word);
    }
}

static int prove_give(struct party *party, struct random *random)
{
    unsigned char *space, *made;
    size_t bytes = party->out->chunk_bytes;
    int error = begin_chunk(party, &space, &made);
    if (error)
        return error;
    fill_random(random, made, bytes);
    return end_chunk(party, space);
}

static int prove_take(struct party *party, struct random *random, struct fault *fault)
{
    const unsigned char *chunk;
    size_t bytes = party->in->chunk_bytes;
    int error = get_chunk(party, &chunk);
    for (size_t i = 0; !error && i < bytes; i += sizeof(uint64_t)) {
        uint64_t word = random_next(random);
        if (memcmp(chunk + i, &word, bytes - i < sizeof word ? bytes - i : sizeof word) != 0)
            error = fail(fault, EILSEQ, "%s handed over a wrong byte, at %zu to %zu of %zu",
                         party->in->transport->name, i, i + sizeof word - 1, bytes);
    }
    return error ? error : lane_release(party->in);
}

static int prove(struct party *party, uint64_t seed, struct fault *fault)
{
    struct random out = {seed + party->begins}, in = {seed + !party->begins};
    int error = 0;
    for (unsigned i = 0; !error && i < PARTY_PROOFS; i++) {
        if (party->out && party->begins)
            error = prove_give(party, &out);
        if (!error && party->in)
            error = prove_take(party, &in, fault);
        if (!error && party->out && !party->begins)
            error = prove_give(party, &out);
    }
    return error ? error : party_flush(party);
}

static int enter_lane(struct lane *lane, enum lane_end end, struct fault *fault)
{
    return lane && lane->transport->enter ? lane->transport->enter(lane, end, fault) : 0;
}

static int enter_lanes(struct party *party, struct fault *fault)
{
    /* Both enter the lanes in the same order, in which they may wait for each other. */
    int error = party->begins ? enter_lane(party->out, LANE_PRODUCER, fault) : 0;
    if (!error)
        error = enter_lane(party->in, LANE_CONSUMER, fault);
    if (!error && !party->begins)
        error = enter_lane(party->out, LANE_PRODUCER, fault);
    return error;
}

int party_enter(struct party *party, uint64_t seed, struct fault *fault)
{
    fault->text[0] = '\0';
    int error = enter_lanes(party, fault);
    if (!error)
        error = prove(party, seed, fault);
    if (!error)
        return 0;
    party_abandon(party, error);
    if (error != -EPIPE && !fault->text[0])
        fail(fault, -error, "%s fails: %s", (party->out ? party->out : party->in)->transport->name,
             strerror(-error));
    return error;
}

uint64_t party_touched(enum touch made, enum touch touch, unsigned char *scratch, size_t bytes,
                       uint64_t count)
{
    uint64_t sum = 0;
    memset(scratch, 0, bytes);
    for (uint64_t stamp = 0; stamp < PARTY_STAMPS && stamp < count; stamp++) {
        make_chunk(made, scratch, bytes, stamp);
        sum += touch_payload(touch, scratch, bytes) * ((count - 1 - stamp) / PARTY_STAMPS + 1);
    }
    return sum;
}

uint64_t party_proven(enum touch touch, unsigned char *scratch, size_t bytes, uint64_t seed,
                      bool begins)
{
    struct random random = {seed + begins};
    uint64_t sum = 0;
    for (unsigned i = 0; i < PARTY_PROOFS; i++) {
        fill_random(&random, scratch, bytes);
        sum += touch_payload(touch, scratch, bytes);
    }
    return sum;
}
