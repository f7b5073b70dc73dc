#include <errno.h>
#include <http_parser.h>
#include <stdio.h>

#include "harness/heads.h"

bool heads_available(void)
{
    return true;
}

const char *heads_backend(void)
{
    static char text[48];
    unsigned long version = http_parser_version();
    snprintf(text, sizeof text, "http-parser %lu.%lu.%lu", version >> 16 & 255, version >> 8 & 255,
             version & 255);
    return text;
}

static int note(http_parser *parser, enum head_part part, const char *text, size_t bytes)
{
    struct heads *heads = parser->data;
    if (heads->piece_count == heads->room)
        return -1;
    struct head_piece *piece = &heads->pieces[heads->piece_count++];
    heads->part_count += heads->piece_count == 1 || piece[-1].part != part;
    heads->part_bytes += bytes;
    *piece = (struct head_piece){text, bytes, part};
    return 0;
}

static int note_url(http_parser *parser, const char *text, size_t bytes)
{
    return note(parser, HEAD_URL, text, bytes);
}

static int note_field(http_parser *parser, const char *text, size_t bytes)
{
    return note(parser, HEAD_FIELD, text, bytes);
}

static int note_value(http_parser *parser, const char *text, size_t bytes)
{
    return note(parser, HEAD_VALUE, text, bytes);
}

static int end_head(http_parser *parser)
{
    struct heads *heads = parser->data;
    heads->head_count++;
    return 1; /* no body follows, whatever the head says */
}

static const http_parser_settings settings = {
    .on_url = note_url,
    .on_header_field = note_field,
    .on_header_value = note_value,
    .on_headers_complete = end_head,
};

size_t heads_parse(const struct iovec *fragments, size_t count, struct heads *heads)
{
    http_parser parser;
    *heads = (struct heads){.pieces = heads->pieces, .room = heads->room};
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = heads;
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        size_t parsed =
            http_parser_execute(&parser, &settings, fragments[i].iov_base, fragments[i].iov_len);
        done += parsed;
        if (parsed != fragments[i].iov_len)
            break;
    }
    return done;
}

/* What must not follow on a head is parsed all the same by some builds of the library. */
static int end_head_followed(http_parser *parser)
{
    return parser->upgrade || !http_should_keep_alive(parser) ? -1 : end_head(parser);
}

int heads_check(const char *text, size_t bytes, struct fault *fault)
{
    static const http_parser_settings counting = {.on_headers_complete = end_head_followed};
    http_parser parser;
    struct heads heads = {0};
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &heads;
    if (http_parser_execute(&parser, &counting, text, bytes) == bytes)
        return 0;
    enum http_errno error = HTTP_PARSER_ERRNO(&parser);
    return fail(fault, EINVAL, "request head %zu: %s", heads.head_count + 1,
                error == HPE_CB_headers_complete
                    ? "nothing may follow it, but the next head does: it has to be HTTP/1.1 "
                      "without Connection: close or Upgrade"
                    : http_errno_description(error));
}
