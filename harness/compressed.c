#include "harness/compressed.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

int compressed_open(struct compressed *file, const char *path, const char *option, bool plain,
                    struct fault *fault)
{
    *file = (struct compressed){.option = option};
    snprintf(file->path, sizeof file->path, "%s", path);
    file->file = gzopen(path, plain ? "wbTe" : "wbe");
    return file->file ? 0 : fail(fault, errno, "can't write '%s': %s", path, strerror(errno));
}

bool compressed_print(struct compressed *file, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written = gzvprintf(file->file, format, arguments);
    va_end(arguments);
    return written > 0;
}

bool compressed_write(struct compressed *file, const char *text, size_t bytes)
{
    return gzfwrite(text, 1, bytes, file->file) == bytes;
}

int compressed_check(struct compressed *file, bool written, struct fault *fault)
{
    if (written)
        return 0;
    int code = Z_OK;
    const char *message = gzerror(file->file, &code);
    int error = code == Z_ERRNO && errno ? errno : EIO;
    return fail(fault, error, "can't write to '%s': %s; make room or choose another %s", file->path,
                code == Z_ERRNO ? strerror(error) : message, file->option);
}

int compressed_close(struct compressed *file, struct fault *fault)
{
    gzFile closing = file->file;
    file->file = NULL;
    if (!closing || gzclose(closing) == Z_OK)
        return 0;
    return fail(fault, EIO, "can't finish '%s': %s; make room or choose another %s", file->path,
                strerror(errno), file->option);
}
