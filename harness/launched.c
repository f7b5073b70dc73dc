/* The process of a launch: visits the cells of its tour and tells the run what it found. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/channel.h"
#include "harness/launch_variable.h"
#include "harness/random.h"

struct launched {
    struct channel_order order;
    const struct cell *cells;
    const struct environment *environment;
    struct channel channel;
    char *batch; /* what has not been sent yet */
    size_t batch_bytes, batch_room;
    struct launch_stop *tour;
    struct sampling *samplings;
    struct sample *samples;
    struct count *counts;
    struct histogram histogram;
    struct counters counters;
    struct channel_message message;
};

/* Kept between launch_receive() and launch_serve(). */
static struct launched self;

static void visit_stop(size_t index)
{
    size_t cell = self.tour[index].cell;
    struct visit *visit = &self.message.visit;
    struct random random = {self.order.seed + (uint64_t)self.order.number * 1000003 + index};
    uint64_t seed = random_next(&random);
    if (self.order.counters.passes)
        measure_count(&self.cells[cell], self.environment, &self.order.plan, &self.counters, seed,
                      self.samplings[cell], visit, self.counts);
    else
        measure_visit(&self.cells[cell], self.environment, &self.order.plan, seed,
                      self.samplings[cell], visit, self.samples, &self.histogram);
    if (!visit->status)
        self.samplings[cell] = visit->sampling;
}

static size_t samples_room(void)
{
    size_t room = 1;
    for (size_t i = 0; i < self.order.tour_count; i++) {
        size_t needs = measure_samples_max(&self.cells[self.tour[i].cell], &self.order.plan);
        room = needs > room ? needs : room;
    }
    return room;
}

/* Short enough to lose little with the process, long enough that waking the run costs nothing. */
static const double batch_ns = 50e6;

static bool batch_append(const void *data, size_t bytes)
{
    if (bytes == 0) /* data may be NULL then */
        return true;
    if (self.batch_bytes + bytes > self.batch_room) {
        size_t room = 2 * (self.batch_bytes + bytes);
        char *grown = realloc(self.batch, room);
        if (!grown)
            return false;
        self.batch = grown;
        self.batch_room = room;
    }
    memcpy(self.batch + self.batch_bytes, data, bytes);
    self.batch_bytes += bytes;
    return true;
}

static bool batch_send(void)
{
    char go;
    bool sent = channel_write(self.channel.talk, self.batch, self.batch_bytes) &&
                channel_read(self.channel.talk, &go, 1);
    self.batch_bytes = 0;
    return sent;
}

static int visit_all(void)
{
    const struct clock *clock = self.environment->clock;
    if (self.environment->throttle)
        throttle_begin(self.environment->throttle);
    uint64_t begun = clock_ticks(clock);
    for (size_t i = self.order.first; i < self.order.tour_count; i++) {
        uint32_t number = (uint32_t)i;
        if (write(self.channel.trace, &number, sizeof number) != sizeof number)
            return 1;
        memset(&self.message, 0, sizeof self.message);
        self.message.stop = i;
        visit_stop(i);
        self.message.waits = i + 1 == self.order.tour_count ||
                             clock_ns(clock, clock_ticks(clock) - begun) > batch_ns;
        if (!batch_append(&self.message, sizeof self.message) ||
            !batch_append(self.samples,
                          channel_entries(&self.message.visit) * sizeof *self.samples) ||
            !batch_append(self.counts, self.message.visit.counts * sizeof *self.counts) ||
            !batch_append(self.histogram.bins,
                          self.message.visit.bins * sizeof *self.histogram.bins))
            return 1;
        if (!self.message.waits)
            continue;
        if (!batch_send())
            return 1;
        begun = clock_ticks(clock);
    }
    return 0;
}

static int serve(int error, const struct fault *fault)
{
    struct channel_answer answer = {.status = error};
    if (error)
        answer.fault = *fault;
    self.samples = error ? NULL : calloc(samples_room(), sizeof *self.samples);
    self.counts = error ? NULL : calloc(measure_counts_max(&self.order.plan), sizeof *self.counts);
    if (!answer.status && (!self.samples || !self.counts))
        answer.status = fail(&answer.fault, ENOMEM, "no memory for a launch's samples");
    if (!answer.status && self.order.counters.passes)
        answer.status = counters_adopt(&self.counters, &self.order.counters, &answer.fault);
    if (!channel_write(self.channel.talk, &answer, sizeof answer) || answer.status)
        return 1;
    return visit_all();
}

bool launch_is_served(void)
{
    return getenv(LAUNCH_VARIABLE) != NULL;
}

int launch_receive(struct launch_circumstances *circumstances, struct fault *fault)
{
    const char *numbers = getenv(LAUNCH_VARIABLE);
    struct channel *channel = &self.channel;
    if (!numbers || sscanf(numbers, CHANNEL_FORMAT, &channel->talk, &channel->trace) != 2 ||
        !channel_read(self.channel.talk, &self.order, sizeof self.order))
        return fail(fault, EIO, "%s is set, but no run is there to serve", LAUNCH_VARIABLE);
    self.tour = calloc(self.order.tour_count + 1, sizeof *self.tour);
    self.samplings = calloc(self.order.cell_count + 1, sizeof *self.samplings);
    if (!self.tour || !self.samplings)
        return fail(fault, ENOMEM, "no memory for a launch's tour");
    if (!channel_read(self.channel.talk, self.tour, self.order.tour_count * sizeof *self.tour) ||
        !channel_read(self.channel.talk, self.samplings,
                      self.order.cell_count * sizeof *self.samplings))
        return fail(fault, EIO, "the run ended before this launch began");
    *circumstances = self.order.circumstances;
    circumstances->clock.name = circumstances->clock_name;
    return 0;
}

int launch_serve(int error, const struct fault *fault, const struct cell *cells, size_t count,
                 const struct environment *environment)
{
    struct fault differs;
    self.cells = cells;
    self.environment = environment;
    if (!error && (count != self.order.cell_count ||
                   channel_cells_hash(cells, count) != self.order.cells_hash)) {
        error =
            fail(&differs, EAGAIN,
                 "a launch planned other cells than the run: the machine, a cgroup's limit or a "
                 "loaded object has changed meanwhile");
        fault = &differs;
    }
    return serve(error, fault);
}

int launch_serve_forked(const struct launch *launch, size_t first, const struct channel *channel)
{
    size_t samplings = launch->cell_count * sizeof *self.samplings;
    self = (struct launched){
        .order = {.number = launch->number,
                  .seed = launch->seed,
                  .plan = *launch->plan,
                  .first = first,
                  .tour_count = launch->tour_count},
        .cells = launch->cells,
        .environment = launch->environment,
        .channel = *channel,
        .tour = (struct launch_stop *)launch->tour,
        .samplings = malloc(samplings + 1),
    };
    if (!self.samplings)
        return 1;
    if (launch->counters)
        self.order.counters = *launch->counters;
    memcpy(self.samplings, launch->samplings, samplings);
    return serve(0, NULL);
}
