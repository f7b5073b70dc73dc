#include "microbench/vector/corpus.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 16 << 20 };

/* .incbin, so that a file on a board has them in it; the path is from where make runs. */
__asm__(".pushsection .rodata\n"
        ".globl corpus_heads, corpus_heads_end\n"
        "corpus_heads:\n"
        ".incbin \"microbench/corpus/http-heads.txt\"\n"
        "corpus_heads_end:\n"
        ".byte 0\n"
        ".popsection\n");
extern const char corpus_heads[] __attribute__((visibility("hidden")));
extern const char corpus_heads_end[] __attribute__((visibility("hidden")));

/* The caller frees what is returned; NULL with errno. */
static char *read_file(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "re");
    char *text = calloc(FILE_MAX + 1, 1);
    if (file && text) {
        *bytes = fread(text, 1, FILE_MAX + 1, file);
        errno = ferror(file) ? errno : *bytes > FILE_MAX ? EFBIG : 0;
    }
    int error = errno;
    if (file)
        fclose(file);
    errno = error;
    if (!error)
        return text;
    free(text);
    return NULL;
}

/* Fills text and starts, for which there is room, with lines that end in CR LF. */
static void set_heads(struct corpus *corpus, const char *text, size_t bytes)
{
    size_t line = 0; /* length of the line so far */
    bool within = false;
    for (size_t i = 0; i < bytes; i++) {
        bool end = text[i] == '\n' || (text[i] == '\r' && i + 1 < bytes && text[i + 1] == '\n');
        if (!end) {
            if (!within)
                corpus->starts[corpus->count++] = corpus->bytes;
            within = true;
            line++;
            corpus->text[corpus->bytes++] = text[i];
            continue;
        }
        i += text[i] == '\r';
        if (within) {
            corpus->text[corpus->bytes++] = '\r';
            corpus->text[corpus->bytes++] = '\n';
        }
        within = within && line > 0;
        line = 0;
    }
    if (within)
        corpus->count = 0;
}

int corpus_open(struct corpus *corpus, const char *path, struct fault *fault)
{
    const char *name = path ? path : "the built-in corpus";
    size_t bytes = (size_t)(corpus_heads_end - corpus_heads);
    char *read = path ? read_file(path, &bytes) : NULL;
    if (path && !read)
        return fail(fault, errno, "%s: %s", path, strerror(errno));
    const char *text = read ? read : corpus_heads;
    *corpus = (struct corpus){
        .text = malloc(2 * bytes + 1),
        .starts = calloc(bytes + 1, sizeof *corpus->starts),
    };
    int error = 0;
    if (!corpus->text || !corpus->starts)
        error = fail(fault, ENOMEM, "%s: no memory for its %zu bytes", name, bytes);
    else if (memchr(text, '\0', bytes))
        error = fail(fault, EINVAL, "%s: has a NUL byte; request heads are text", name);
    else
        set_heads(corpus, text, bytes);
    if (!error && !corpus->count)
        error =
            fail(fault, EINVAL,
                 "%s: no request head, or the last one is cut off; a blank line ends each", name);
    free(read);
    if (error)
        corpus_close(corpus);
    return error;
}

void corpus_close(struct corpus *corpus)
{
    free(corpus->text);
    free(corpus->starts);
    *corpus = (struct corpus){0};
}

void corpus_copy(const struct corpus *corpus, size_t head, char *text, size_t bytes)
{
    size_t at = corpus->starts[head];
    for (size_t done = 0; done < bytes;) {
        size_t run = corpus->bytes - at < bytes - done ? corpus->bytes - at : bytes - done;
        memcpy(text + done, corpus->text + at, run);
        done += run;
        at = 0;
    }
}
