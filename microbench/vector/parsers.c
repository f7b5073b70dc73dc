#include "microbench/vector/parsers.h"

#include <string.h>

#include "harness/checksum.h"

const char *const parser_names[] = {"http", "checksum", "search", NULL};

static uint64_t parse_http(const struct iovec *vector, size_t count, struct heads *heads)
{
    size_t parsed = heads_parse(vector, count, heads);
    return parsed + ((uint64_t)heads->part_bytes << 20) + ((uint64_t)heads->part_count << 40);
}

static uint64_t parse_checksum(const struct iovec *vector, size_t count, struct heads *heads)
{
    (void)heads;
    uint32_t sum = 0;
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        sum = checksum_add(sum, vector[i].iov_base, vector[i].iov_len, done % 2);
        done += vector[i].iov_len;
    }
    return checksum_finish(sum);
}

static uint64_t parse_search(const struct iovec *vector, size_t count, struct heads *heads)
{
    (void)heads;
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        const char *start = vector[i].iov_base, *found = memchr(start, '\0', vector[i].iov_len);
        if (found)
            return done + (size_t)(found - start);
        done += vector[i].iov_len;
    }
    return done;
}

parser_function *const parser_functions[] = {parse_http, parse_checksum, parse_search};

void parser_finish(enum parser parser, char *text, size_t bytes)
{
    if (parser == PARSER_SEARCH)
        text[bytes - 1] = '\0';
}

/* RFC 1071, section 4.1, a byte at a time. */
static uint16_t checksum_by_bytes(const char *text, size_t bytes)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes; i++) {
        unsigned char pair[2] = {0};
        uint16_t word;
        pair[i % 2] = (unsigned char)text[i];
        memcpy(&word, pair, sizeof word);
        sum += word;
        sum = (sum & UINT16_MAX) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

uint64_t parser_expected(enum parser parser, char *text, size_t bytes, struct heads *heads)
{
    struct iovec whole = {text, bytes};
    switch (parser) {
    case PARSER_CHECKSUM:
        return checksum_by_bytes(text, bytes);
    case PARSER_SEARCH:
        return bytes - 1;
    case PARSER_HTTP:
        break;
    }
    return parse_http(&whole, 1, heads);
}

/* 64-bit FNV-1a over the bytes of all parts, each after its kind. */
static uint64_t parts_hash(const struct heads *heads)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < heads->piece_count; i++) {
        const struct head_piece *piece = &heads->pieces[i];
        if (i == 0 || piece[-1].part != piece->part)
            hash = (hash ^ piece->part) * UINT64_C(0x100000001b3);
        for (size_t at = 0; at < piece->bytes; at++)
            hash = (hash ^ (unsigned char)piece->text[at]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

bool parser_same_parts(const struct heads *one, const struct heads *other)
{
    return one->head_count == other->head_count && one->part_count == other->part_count &&
           parts_hash(one) == parts_hash(other);
}
