#include <errno.h>

#include "harness/heads.h"

bool heads_available(void)
{
    return false;
}

const char *heads_backend(void)
{
    return "none: built without libhttp-parser";
}

size_t heads_parse(const struct iovec *fragments, size_t count, struct heads *heads)
{
    (void)fragments;
    (void)count;
    *heads = (struct heads){.pieces = heads->pieces, .room = heads->room};
    return 0;
}

int heads_check(const char *text, size_t bytes, struct fault *fault)
{
    (void)text;
    return fail(fault, ENOTSUP,
                "%zu bytes of request heads, and this program was built without libhttp-parser, "
                "which parses them; build it with that",
                bytes);
}
