/*
 * Files of /proc and /sys. What is missing, empty or unreadable is unknown, which is no error.
 */
#ifndef COPYCOST_HARNESS_SYSTEM_H
#define COPYCOST_HARNESS_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Every path below is looked up under `root` from here on ("" is the system itself), so that tests
 * can describe a machine by a folder of files. Not thread safe.
 */
void system_set_root(const char *root);

/* NULL if there is no such file; the caller closes it. */
__attribute__((format(printf, 1, 2))) FILE *system_open(const char *format, ...);

/* The first line, without spaces at either end. False (text "") if there is none or it is empty. */
__attribute__((format(printf, 3, 4))) bool system_line(char *text, size_t text_bytes,
                                                       const char *format, ...);

/* The content as it is, at most `bytes` of it; returns how many, 0 if there is none. */
__attribute__((format(printf, 3, 4))) size_t system_bytes(void *content, size_t bytes,
                                                          const char *format, ...);

/* A file that holds one decimal number. False (number untouched) if it does not. */
__attribute__((format(printf, 2, 3))) bool system_number(uint64_t *number, const char *format, ...);

/* Writes that number to a file that is there. Returns 0 or what the kernel says, as -errno. */
int system_write_number(uint64_t number, const char *path);

/* What a symbolic link says. False (text "") if there is none. */
bool system_link(char *text, size_t text_bytes, const char *path);

/* The path that is number `index`, in order, of those that match the shell pattern. */
bool system_match(char *path, size_t path_bytes, size_t index, const char *pattern);

/*
 * The first "key: value" or "key value" line of a file such as /proc/meminfo; blanks around both
 * do not count. False (text "") if there is none or the value is empty.
 */
bool system_field(char *text, size_t text_bytes, const char *path, const char *key);

/*
 * A field in kB of such a file, or of /proc/meminfo, in bytes. False (bytes untouched) if there is
 * none.
 */
bool system_memory_field(uint64_t *bytes, const char *path, const char *key);
bool system_memory(uint64_t *bytes, const char *key);

#endif
