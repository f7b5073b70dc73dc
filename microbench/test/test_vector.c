/*
 * The parts of the experiment vector: the corpus, how messages are cut and laid out, and parsers
 * that return the same wherever a message is cut, and something else when it is another one.
 */
#include "microbench/vector/corpus.h"
#include "microbench/vector/message.h"
#include "microbench/vector/parsers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct corpus corpus;
static struct fault fault;

static int forget(void **state)
{
    (void)state;
    corpus_close(&corpus);
    return 0;
}

/* Opens a file of that content. */
static int open_text(const char *text, size_t bytes)
{
    char path[] = "/tmp/copycost-corpus-XXXXXX";
    int file = mkstemp(path);
    assert_int_equal(write(file, text, bytes), bytes);
    close(file);
    int error = corpus_open(&corpus, path, &fault);
    unlink(path);
    return error;
}

static void the_built_in_heads_are_parsed(void **state)
{
    (void)state;
    assert_int_equal(corpus_open(&corpus, NULL, &fault), 0);
    assert_in_range(corpus.count, 8, 100);
    for (size_t i = 0; i < corpus.count; i++) {
        const char *head = corpus.text + corpus.starts[i];
        assert_true(head[0] >= 'A' && head[0] <= 'Z');
        assert_true(i == 0 || memcmp(head - 4, "\r\n\r\n", 4) == 0);
    }
    assert_memory_equal(corpus.text + corpus.bytes - 4, "\r\n\r\n", 4);
    if (heads_available() && heads_check(corpus.text, corpus.bytes, &fault))
        fail_msg("%s", fault.text);
}

static void lines_end_in_cr_lf(void **state)
{
    (void)state;
    static const char mixed[] = "\nGET /a\nb:\rc\r\n\r\n\n\nGET /b\r\n\n";
    static const char wanted[] = "GET /a\r\nb:\rc\r\n\r\nGET /b\r\n\r\n";
    assert_int_equal(open_text(mixed, sizeof mixed - 1), 0);
    assert_int_equal(corpus.bytes, sizeof wanted - 1);
    assert_memory_equal(corpus.text, wanted, corpus.bytes);
    assert_int_equal(corpus.count, 2);
    assert_int_equal(corpus.starts[1], strstr(wanted, "GET /b") - wanted);
}

static void what_is_no_corpus_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_text("", 0), -EINVAL);
    assert_int_equal(open_text("\n\n\n", 3), -EINVAL);
    assert_int_equal(open_text("a\n\nb\n", 5), -EINVAL);
    assert_non_null(strstr(fault.text, "cut off"));
    assert_int_equal(open_text("a\0b\n\n", 5), -EINVAL);
    assert_non_null(strstr(fault.text, "NUL"));
    assert_int_equal(corpus_open(&corpus, "/nonexistent/heads", &fault), -ENOENT);
    assert_non_null(strstr(fault.text, "/nonexistent/heads"));
    assert_int_equal(corpus_open(&corpus, "/", &fault), -EISDIR);
}

static void heads_follow_one_another_again_and_again(void **state)
{
    (void)state;
    char text[21];
    assert_int_equal(open_text("a\n\nbc\n\n", 7), 0);
    corpus_copy(&corpus, 1, text, sizeof text);
    assert_memory_equal(text, "bc\r\n\r\na\r\n\r\nbc\r\n\r\na\r\n\r", sizeof text);
}

enum { TEXT = 300 };

static char *text_of(enum parser parser, char *text)
{
    assert_int_equal(corpus_open(&corpus, NULL, &fault), 0);
    corpus_copy(&corpus, 0, text, TEXT);
    parser_finish(parser, text, TEXT);
    return text;
}

/* The fragments are the text's, each inside the room and apart from the others. */
static void check_message(const struct iovec *vector, size_t fragments, const char *text,
                          const unsigned char *start)
{
    size_t done = 0, room = message_room(TEXT, fragments);
    char *owners = calloc(room, 1);
    for (size_t i = 0; i < fragments; i++) {
        const unsigned char *fragment = vector[i].iov_base;
        assert_true(vector[i].iov_len > 0);
        assert_true(fragment >= start && fragment + vector[i].iov_len <= start + room);
        assert_memory_equal(fragment, text + done, vector[i].iov_len);
        assert_null(memchr(owners + (fragment - start), 1, vector[i].iov_len));
        memset(owners + (fragment - start), 1, vector[i].iov_len);
        done += vector[i].iov_len;
    }
    assert_int_equal(done, TEXT);
    free(owners);
}

static void messages_are_cut_anywhere(void **state)
{
    (void)state;
    static struct iovec vector[TEXT];
    static unsigned char start[TEXT * 129];
    char text[TEXT];
    size_t cuts[TEXT] = {0}, ascending = 0;
    struct random random = {7};
    text_of(PARSER_CHECKSUM, text);
    for (size_t fragments = 1; fragments <= TEXT; fragments++) {
        message_lay(vector, fragments, text, TEXT, start, &random);
        check_message(vector, fragments, text, start);
    }
    for (unsigned i = 0; i < 3000; i++) {
        message_lay(vector, 4, text, TEXT, start, &random);
        size_t at = 0;
        for (size_t j = 0; j < 3; j++)
            cuts[at += vector[j].iov_len]++;
        ascending += vector[0].iov_base < vector[1].iov_base;
    }
    /* 30 cuts a place are expected; 4.5 standard deviations of 5.5 reach to 5 and 55. */
    assert_int_equal(cuts[0], 0);
    for (size_t place = 1; place < TEXT; place++)
        assert_in_range(cuts[place], 5, 55);
    assert_in_range(ascending, 1300, 1700);
}

static void parsers_agree_wherever_a_message_is_cut(void **state)
{
    (void)state;
    static struct iovec vector[TEXT];
    static unsigned char start[TEXT * 129];
    static struct head_piece pieces[2 * TEXT], others[2 * TEXT];
    struct heads heads = {.pieces = pieces, .room = 2 * TEXT};
    struct heads cut = {.pieces = others, .room = 2 * TEXT};
    char text[TEXT];
    struct random random = {9};
    for (enum parser parser = PARSER_HTTP; parser <= PARSER_SEARCH; parser++) {
        text_of(parser, text);
        uint64_t expected = parser_expected(parser, text, TEXT, &heads);
        for (size_t fragments = 1; fragments <= TEXT; fragments += 1 + fragments / 4) {
            message_lay(vector, fragments, text, TEXT, start, &random);
            assert_int_equal(parser_functions[parser](vector, fragments, &cut), expected);
            assert_true(parser != PARSER_HTTP || parser_same_parts(&heads, &cut));
        }
        corpus_close(&corpus);
    }
}

static void another_message_is_seen(void **state)
{
    (void)state;
    static struct head_piece pieces[2 * TEXT], others[2 * TEXT];
    struct heads heads = {.pieces = pieces, .room = 2 * TEXT};
    struct heads other = {.pieces = others, .room = 2 * TEXT};
    char text[TEXT];
    struct iovec whole = {text, TEXT};
    text_of(PARSER_CHECKSUM, text);
    uint64_t expected = parser_expected(PARSER_CHECKSUM, text, TEXT, &heads);
    text[TEXT / 2] ^= 1;
    assert_true(parser_functions[PARSER_CHECKSUM](&whole, 1, &other) != expected);
    parser_finish(PARSER_SEARCH, text, TEXT / 2);
    assert_true(parser_functions[PARSER_SEARCH](&whole, 1, &other) !=
                parser_expected(PARSER_SEARCH, text, TEXT, &heads));
    if (!heads_available())
        return;
    corpus_copy(&corpus, 0, text, TEXT);
    expected = parser_expected(PARSER_HTTP, text, TEXT, &heads);
    assert_true(parser_same_parts(&heads, &heads));
    /* A value of the same length shows in the parts, one of another length in what is returned. */
    char *host = strstr(text, "shop"), kept = *host;
    *host = 'S';
    assert_int_equal(parser_functions[PARSER_HTTP](&whole, 1, &other), expected);
    *host = kept;
    parser_expected(PARSER_HTTP, text, TEXT, &heads);
    *host = 'S';
    char copy[TEXT];
    memcpy(copy, text, TEXT);
    struct iovec copied = {copy, TEXT};
    *host = kept;
    parser_functions[PARSER_HTTP](&copied, 1, &other);
    assert_false(parser_same_parts(&heads, &other));
    memcpy(host, " \r\n", 3);
    assert_true(parser_functions[PARSER_HTTP](&whole, 1, &other) != expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_built_in_heads_are_parsed, forget),
        cmocka_unit_test_teardown(lines_end_in_cr_lf, forget),
        cmocka_unit_test_teardown(what_is_no_corpus_is_refused, forget),
        cmocka_unit_test_teardown(heads_follow_one_another_again_and_again, forget),
        cmocka_unit_test_teardown(messages_are_cut_anywhere, forget),
        cmocka_unit_test_teardown(parsers_agree_wherever_a_message_is_cut, forget),
        cmocka_unit_test_teardown(another_message_is_seen, forget),
    };
    return cmocka_run_group_tests_name("vector", tests, NULL, NULL);
}
