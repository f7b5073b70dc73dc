#include "microbench/proxy/relay.h"

#include "harness/checksum.h"
#include "microbench/ipc/files.h"

int relay_open(struct relay *relay, struct fault *fault)
{
    relay->pipe[0] = relay->pipe[1] = -1;
    relay->ring = NULL;
    int error = relay->method->open ? relay->method->open(relay, fault) : 0;
    if (error)
        relay_close(relay);
    return error;
}

void relay_close(struct relay *relay)
{
    files_close(&relay->pipe[0]);
    files_close(&relay->pipe[1]);
    uring_close(relay->ring);
    relay->ring = NULL;
}

size_t relay_unseen(const struct relay *relay, size_t left)
{
    if (relay->inspect == TOUCH_ALL)
        return left;
    size_t header = relay->inspect == TOUCH_HEADER ? TOUCH_HEADER_BYTES : 0;
    size_t unseen = header > relay->seen ? header - relay->seen : 0;
    return unseen < left ? unseen : left;
}

void relay_look(struct relay *relay, const unsigned char *bytes, size_t count)
{
    size_t unseen = relay_unseen(relay, count);
    if (!unseen)
        return;
    relay->sum = checksum_add(relay->sum, bytes, unseen, relay->seen % 2);
    relay->seen += unseen;
}

void relay_finish(struct relay *relay)
{
    struct relay_file *file = &relay->file;
    relay->messages++;
    if (relay->inspect != TOUCH_NONE)
        relay->looked += checksum_finish(relay->sum);
    relay->sum = 0;
    relay->seen = 0;
    file->at += relay->message_bytes;
    if (file->at == file->end)
        file->at = file->again;
}
