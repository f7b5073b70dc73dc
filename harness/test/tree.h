/*
 * A folder of made-up /proc and /sys files, to which system_set_root() points.
 */
#ifndef COPYCOST_HARNESS_TEST_TREE_H
#define COPYCOST_HARNESS_TEST_TREE_H

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch/fault.h" /* before cmocka, whose macro hides fail() */
#include "harness/system.h"

#include <cmocka.h>

static char tree_root[64];

/* A cmocka set-up: an empty tree becomes the root. */
static int tree_make(void **state)
{
    (void)state;
    snprintf(tree_root, sizeof tree_root, "/tmp/copycost-tree-XXXXXX");
    if (!mkdtemp(tree_root))
        return -1;
    system_set_root(tree_root);
    return 0;
}

static int tree_remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

/* A cmocka tear-down. */
static int tree_remove(void **state)
{
    (void)state;
    system_set_root("");
    return nftw(tree_root, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file of that many bytes, with its folders. */
static void tree_write_bytes(const char *path, const void *content, size_t bytes)
{
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s%s", tree_root, path);
    for (char *slash = name + strlen(tree_root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(name, 0700);
        *slash = '/';
    }
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static inline void tree_write(const char *path, const char *text)
{
    tree_write_bytes(path, text, strlen(text));
}

#endif
