#include "harness/writer.h"

#include <errno.h>
#include <string.h>

REGISTRY_DECLARE(writer, writer);

size_t writer_count(void)
{
    return REGISTRY_COUNT(writer);
}

const struct writer *writer_at(size_t index)
{
    return REGISTRY_BEGIN(writer)[index];
}

const struct writer *writer_find(const char *name)
{
    for (size_t i = 0; i < writer_count(); i++)
        if (strcmp(writer_at(i)->name, name) == 0)
            return writer_at(i);
    return NULL;
}

int writer_check(FILE *file, const char *path, struct fault *fault)
{
    errno = 0;
    if (fflush(file) == 0 && !ferror(file))
        return 0;
    int error = errno ? errno : EIO;
    return fail(fault, error, "can't write to '%s': %s; make room or choose another --out", path,
                strerror(error));
}
