#include "harness/throttle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/system.h"

enum { NEAR_MILLIDEGREES = 5000, LOOKS_APART = 20 };

static bool read_source(const struct throttle_source *source, uint64_t *now)
{
    char text[32], *end;
    if (source->kind != THROTTLE_FIRMWARE)
        return system_number(now, "%s", source->path);
    if (!system_line(text, sizeof text, "%s", source->path))
        return false;
    *now = strtoull(text, &end, 16);
    return end != text && !*end;
}

/* Bits 0 to 3 in words. */
static void name_bits(uint64_t bits, char *text, size_t text_bytes)
{
    static const char *const names[] = {"under-voltage", "clock capped", "throttled",
                                        "soft temperature limit"};
    text[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t used = strlen(text);
        if (bits >> i & 1)
            snprintf(text + used, text_bytes - used, "%s%s", used ? ", " : "", names[i]);
    }
}

static bool ask_firmware(const struct throttle_source *source, enum throttle_question question,
                         uint64_t now, char *text)
{
    enum { PAST = 16, BITS = 15 };
    char names[64];
    uint64_t past = now >> PAST & BITS;
    if (question == THROTTLE_SINCE_LOOK)
        past &= ~(source->last >> PAST);
    uint64_t bits = (now & BITS) | past;
    if (!bits || question == THROTTLE_NEAR)
        return false;
    name_bits(bits, names, sizeof names);
    snprintf(text, THROTTLE_TEXT_BYTES, "%s: %s (0x%" PRIx64 ")", source->name, names, now);
    return true;
}

static bool ask_voltage(const struct throttle_source *source, enum throttle_question question,
                        uint64_t now, char *text)
{
    snprintf(text, THROTTLE_TEXT_BYTES, "%s", source->name);
    return question == THROTTLE_SINCE_LOOK && now;
}

static bool ask_count(const struct throttle_source *source, enum throttle_question question,
                      uint64_t now, char *text)
{
    uint64_t before = question == THROTTLE_SINCE_LOOK ? source->last : 0;
    if (question == THROTTLE_NEAR || now <= before)
        return false;
    snprintf(text, THROTTLE_TEXT_BYTES, "%s %" PRIu64 " times", source->name, now - before);
    return true;
}

static bool ask_zone(const struct throttle_source *source, enum throttle_question question,
                     uint64_t now, char *text)
{
    bool reached = now >= source->trip;
    snprintf(text, THROTTLE_TEXT_BYTES, "%s: it is at %.0f C", source->name, (double)now / 1000);
    return question == THROTTLE_NEAR ? !reached && now + NEAR_MILLIDEGREES >= source->trip
                                     : question == THROTTLE_SINCE_LOOK && reached;
}

static bool ask_cooling(const struct throttle_source *source, enum throttle_question question,
                        uint64_t now, char *text)
{
    snprintf(text, THROTTLE_TEXT_BYTES, "%s at step %" PRIu64, source->name, now);
    return question == THROTTLE_SINCE_LOOK && now;
}

static bool ask_limit(const struct throttle_source *source, enum throttle_question question,
                      uint64_t now, char *text)
{
    snprintf(text, THROTTLE_TEXT_BYTES, "%s is %.0f MHz and was %.0f MHz", source->name,
             (double)now / 1000, (double)source->first / 1000);
    return question == THROTTLE_SINCE_LOOK && now < source->first;
}

static bool ask_source(const struct throttle_source *source, enum throttle_question question,
                       uint64_t now, char *text)
{
    static bool (*const ask[THROTTLE_KINDS])(const struct throttle_source *source,
                                             enum throttle_question question, uint64_t now,
                                             char *text) = {
        [THROTTLE_FIRMWARE] = ask_firmware, [THROTTLE_VOLTAGE] = ask_voltage,
        [THROTTLE_COUNT] = ask_count,       [THROTTLE_ZONE] = ask_zone,
        [THROTTLE_COOLING] = ask_cooling,   [THROTTLE_LIMIT] = ask_limit,
    };
    bool yes = ask[source->kind](source, question, now, text);
    if (!yes)
        text[0] = '\0';
    return yes;
}

bool throttle_ask(const struct throttle *throttle, enum throttle_question question, char *text)
{
    uint64_t now;
    text[0] = '\0';
    for (size_t i = 0; i < throttle->count; i++)
        if (read_source(&throttle->sources[i], &now) &&
            ask_source(&throttle->sources[i], question, now, text))
            return true;
    return false;
}

void throttle_begin(struct throttle *throttle)
{
    for (size_t i = 0; i < throttle->count; i++)
        read_source(&throttle->sources[i], &throttle->sources[i].last);
    throttle->looked_ns = 0;
}

/* All sources are read, lest the others' news count for the next look. */
static void look(struct throttle *throttle)
{
    throttle->said[0] = '\0';
    for (size_t i = 0; i < throttle->count; i++) {
        struct throttle_source *source = &throttle->sources[i];
        uint64_t now;
        if (!read_source(source, &now))
            continue;
        if (!throttle->said[0])
            ask_source(source, THROTTLE_SINCE_LOOK, now, throttle->said);
        source->last = now;
    }
}

int throttle_look(struct throttle *throttle, uint64_t now_ns, char *text)
{
    text[0] = '\0';
    if (!throttle || !throttle->count)
        return -1;
    if (now_ns - throttle->looked_ns >= throttle->cost_ns * LOOKS_APART) {
        look(throttle);
        throttle->looked_ns = now_ns;
    }
    memcpy(text, throttle->said, sizeof throttle->said);
    return text[0] != '\0';
}
