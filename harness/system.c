#include "harness/system.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 1024 };

static char system_root[PATH_BYTES];

void system_set_root(const char *root)
{
    snprintf(system_root, sizeof system_root, "%s", root);
}

static FILE *open_below_root(const char *format, va_list arguments)
{
    char path[2 * PATH_BYTES];
    size_t used = (size_t)snprintf(path, sizeof path, "%s", system_root);
    int length = vsnprintf(path + used, sizeof path - used, format, arguments);
    if (length < 0 || (size_t)length >= sizeof path - used)
        return NULL;
    return fopen(path, "re");
}

FILE *system_open(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    FILE *file = open_below_root(format, arguments);
    va_end(arguments);
    return file;
}

/* Copies [start, end) without the blanks at either end, cut to what fits. */
static bool copy_trimmed(char *text, size_t text_bytes, const char *start, const char *end)
{
    while (start < end && isspace((unsigned char)*start))
        start++;
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    size_t length = (size_t)(end - start);
    if (length >= text_bytes)
        length = text_bytes - 1;
    memcpy(text, start, length);
    text[length] = '\0';
    return length > 0;
}

static bool read_line(char *text, size_t text_bytes, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length = file ? getline(&line, &room, file) : -1;
    /* Device-tree strings end in NUL, not in a newline. */
    const char *end = length > 0 ? line + strnlen(line, (size_t)length) : line;
    bool found = length > 0 && copy_trimmed(text, text_bytes, line, end);
    if (!found)
        text[0] = '\0';
    free(line);
    if (file)
        fclose(file);
    return found;
}

bool system_line(char *text, size_t text_bytes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    FILE *file = open_below_root(format, arguments);
    va_end(arguments);
    return read_line(text, text_bytes, file);
}

size_t system_bytes(void *content, size_t bytes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    FILE *file = open_below_root(format, arguments);
    va_end(arguments);
    if (!file)
        return 0;
    size_t length = fread(content, 1, bytes, file);
    fclose(file);
    return length;
}

static bool parse_number(uint64_t *number, const char *text)
{
    if (!isdigit((unsigned char)text[0]))
        return false;
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (*end && !isspace((unsigned char)*end))
        return false;
    *number = value;
    return true;
}

bool system_number(uint64_t *number, const char *format, ...)
{
    char text[64];
    va_list arguments;
    va_start(arguments, format);
    FILE *file = open_below_root(format, arguments);
    va_end(arguments);
    return read_line(text, sizeof text, file) && parse_number(number, text);
}

int system_write_number(uint64_t number, const char *path)
{
    char name[2 * PATH_BYTES], text[24];
    snprintf(name, sizeof name, "%s%s", system_root, path);
    size_t length = (size_t)snprintf(text, sizeof text, "%" PRIu64, number);
    int file = open(name, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (file < 0)
        return -errno;
    ssize_t written = write(file, text, length);
    int error = written < 0 ? -errno : (size_t)written < length ? -EIO : 0;
    return close(file) && !error ? -errno : error;
}

bool system_link(char *text, size_t text_bytes, const char *path)
{
    char name[2 * PATH_BYTES];
    snprintf(name, sizeof name, "%s%s", system_root, path);
    ssize_t length = readlink(name, text, text_bytes - 1);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

bool system_match(char *path, size_t path_bytes, size_t index, const char *pattern)
{
    char name[2 * PATH_BYTES];
    glob_t found;
    snprintf(name, sizeof name, "%s%s", system_root, pattern);
    if (glob(name, 0, NULL, &found))
        return false;
    bool there = index < found.gl_pathc;
    if (there)
        snprintf(path, path_bytes, "%s", found.gl_pathv[index] + strlen(system_root));
    globfree(&found);
    return there;
}

bool system_field(char *text, size_t text_bytes, const char *path, const char *key)
{
    text[0] = '\0';
    FILE *file = system_open("%s", path);
    if (!file)
        return false;
    char *line = NULL;
    size_t room = 0;
    size_t key_bytes = strlen(key);
    bool found = false;
    ssize_t length;
    while (!found && (length = getline(&line, &room, file)) > 0) {
        const char *end = line + length;
        const char *value = line + key_bytes;
        if (strncmp(line, key, key_bytes) || (*value != ':' && !isspace((unsigned char)*value)))
            continue;
        while (isspace((unsigned char)*value) || *value == ':')
            value++;
        found = value < end && copy_trimmed(text, text_bytes, value, end);
    }
    free(line);
    fclose(file);
    return found;
}

bool system_memory_field(uint64_t *bytes, const char *path, const char *key)
{
    char text[64];
    uint64_t kibibytes;
    if (!system_field(text, sizeof text, path, key) || !parse_number(&kibibytes, text))
        return false;
    *bytes = kibibytes * 1024;
    return true;
}

bool system_memory(uint64_t *bytes, const char *key)
{
    return system_memory_field(bytes, "/proc/meminfo", key);
}
