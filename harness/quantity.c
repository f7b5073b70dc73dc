#include "harness/quantity.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 100000 };

struct parser {
    const char *text; /* whole, for messages */
    const char *at;
    const struct quantities *known;
    struct fault *fault;
};

static int parser_wrong(const struct parser *parser, const char *expected)
{
    return fail(parser->fault, EINVAL,
                "'%s': expected %s at '%s'; write for instance 64..64Mi, 1,2,3, 0..63+1, L1/2 or "
                "LLC*2",
                parser->text, expected, parser->at);
}

static int parse_integer(struct parser *parser, uint64_t *value)
{
    if (!isdigit((unsigned char)*parser->at))
        return parser_wrong(parser, "a number");
    char *end;
    errno = 0;
    unsigned long long number = strtoull(parser->at, &end, 10);
    if (errno)
        return fail(parser->fault, ERANGE, "'%s': a number is too large", parser->text);
    parser->at = end;
    *value = number;
    return 0;
}

static int multiply(struct parser *parser, uint64_t *value, uint64_t factor)
{
    if (__builtin_mul_overflow(*value, factor, value))
        return fail(parser->fault, ERANGE, "'%s': a number is too large", parser->text);
    return 0;
}

static bool accept_word(struct parser *parser, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(parser->at, word, length) != 0 || isalnum((unsigned char)parser->at[length]))
        return false;
    parser->at += length;
    return true;
}

static bool accept_amount(struct parser *parser, uint64_t *value)
{
    static const char *const levels[] = {"L1", "L2", "L3", "L4"};
    for (size_t i = 0; i < 4; i++)
        if (accept_word(parser, levels[i])) {
            *value = parser->known->level_bytes[i];
            return true;
        }
    if (accept_word(parser, "LLC")) {
        *value = parser->known->last_level_bytes;
        return true;
    }
    if (accept_word(parser, "memory")) {
        *value = parser->known->memory_bytes;
        return true;
    }
    if (accept_word(parser, "cpus")) {
        *value = parser->known->cpus;
        return true;
    }
    return false;
}

/* Of names, only `others` may stand for 0 and be known all the same. */
static bool accept_name(struct parser *parser, uint64_t *value, bool *known)
{
    if (accept_word(parser, "others")) {
        *known = parser->known->cpus > 0;
        *value = *known ? parser->known->cpus - 1 : 0;
        return true;
    }
    if (!accept_amount(parser, value))
        return false;
    *known = *value > 0;
    return true;
}

static int parse_suffix(struct parser *parser, uint64_t *value)
{
    static const char *const suffixes[] = {"Ki", "Mi", "Gi"};
    for (unsigned i = 0; i < 3; i++)
        if (accept_word(parser, suffixes[i]))
            return multiply(parser, value, UINT64_C(1) << (10 * (i + 1)));
    if (isalpha((unsigned char)*parser->at))
        return parser_wrong(parser, "a suffix Ki, Mi or Gi");
    return 0;
}

/* `known` says whether the machine knows the term. */
static int parse_term(struct parser *parser, uint64_t *value, bool *known)
{
    *known = true;
    int error;
    if (!accept_name(parser, value, known)) {
        error = parse_integer(parser, value);
        return error ? error : parse_suffix(parser, value);
    }
    char sign = *parser->at;
    if (sign != '/' && sign != '*')
        return 0;
    parser->at++;
    uint64_t by = 0;
    if ((error = parse_integer(parser, &by)))
        return error;
    if (sign == '*')
        return multiply(parser, value, by);
    if (by == 0)
        return parser_wrong(parser, "a divisor other than 0");
    *value /= by;
    return 0;
}

static int parse_quantity(struct parser *parser, uint64_t *value, bool *known)
{
    *known = false;
    for (;;) {
        uint64_t term;
        bool term_known;
        int error = parse_term(parser, &term, &term_known);
        if (error)
            return error;
        if (term_known && !*known) {
            *value = term;
            *known = true;
        }
        if (*parser->at != '|')
            return 0;
        parser->at++;
    }
}

static int list_add(struct parser *parser, struct quantity_list *list, uint64_t value)
{
    if (list->count == ITEMS_MAX)
        return fail(parser->fault, ERANGE, "'%s' has more than %d items", parser->text, ITEMS_MAX);
    if ((list->count & (list->count - 1)) == 0) {
        size_t room = list->count ? list->count * 2 : 1;
        uint64_t *items = realloc(list->items, room * sizeof *items);
        if (!items)
            return fail(parser->fault, ENOMEM, "no memory for the list '%s'", parser->text);
        list->items = items;
    }
    list->items[list->count++] = value;
    return 0;
}

static int add_range(struct parser *parser, struct quantity_list *list, uint64_t first,
                     uint64_t last, char step_kind, uint64_t step)
{
    int error;
    uint64_t value = first;
    while (value < last) {
        if ((error = list_add(parser, list, value)))
            return error;
        bool overflow = step_kind == '+' ? __builtin_add_overflow(value, step, &value)
                                         : __builtin_mul_overflow(value, step, &value);
        if (overflow)
            break;
    }
    return list_add(parser, list, last);
}

static int parse_item(struct parser *parser, struct quantity_list *list)
{
    uint64_t first, last;
    bool first_known, last_known;
    int error = parse_quantity(parser, &first, &first_known);
    if (error)
        return error;
    if (strncmp(parser->at, "..", 2) != 0) {
        if (first_known)
            return list_add(parser, list, first);
        list->unknown++;
        return 0;
    }
    parser->at += 2;
    if ((error = parse_quantity(parser, &last, &last_known)))
        return error;
    char step_kind = '*';
    uint64_t step = 2;
    if (*parser->at == '+' || *parser->at == '*') {
        step_kind = *parser->at++;
        if ((error = parse_integer(parser, &step)))
            return error;
        if (step < (step_kind == '+' ? 1 : 2))
            return parser_wrong(parser, "a step that gets on");
    }
    if (!first_known || !last_known) {
        list->unknown++;
        return 0;
    }
    if (first > last)
        return fail(parser->fault, EINVAL,
                    "'%s': the range %" PRIu64 "..%" PRIu64 " runs backwards", parser->text, first,
                    last);
    if (step_kind == '*' && first == 0)
        return fail(parser->fault, EINVAL,
                    "'%s': a range that doubles can't begin at 0; write 0,1..%" PRIu64,
                    parser->text, last);
    return add_range(parser, list, first, last, step_kind, step);
}

static int compare_items(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

int quantity_list_parse(const char *text, const struct quantities *known,
                        struct quantity_list *list, struct fault *fault)
{
    struct parser parser = {.text = text, .at = text, .known = known, .fault = fault};
    *list = (struct quantity_list){0};
    for (;;) {
        int error = parse_item(&parser, list);
        if (!error && *parser.at != ',' && *parser.at != '\0')
            error = parser_wrong(&parser, "',' or the end");
        if (error) {
            quantity_list_free(list);
            return error;
        }
        if (*parser.at == '\0')
            break;
        parser.at++;
    }
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, compare_items);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || list->items[i] != list->items[kept - 1])
            list->items[kept++] = list->items[i];
    list->count = kept;
    return 0;
}

void quantity_list_free(struct quantity_list *list)
{
    free(list->items);
    *list = (struct quantity_list){0};
}

void quantity_bytes_text(uint64_t bytes, char *text, size_t text_bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024 || bytes % 64) {
        snprintf(text, text_bytes, "%" PRIu64 " B", bytes);
        return;
    }
    double value = (double)bytes / 1024;
    size_t unit = 0;
    while (value >= 1024 && unit < 3) {
        value /= 1024;
        unit++;
    }
    snprintf(text, text_bytes, "%.4g %s", value, units[unit]);
}
