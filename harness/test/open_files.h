/*
 * How many files this process has open.
 */
#ifndef COPYCOST_HARNESS_TEST_OPEN_FILES_H
#define COPYCOST_HARNESS_TEST_OPEN_FILES_H

#include <fcntl.h>
#include <stddef.h>

static size_t open_files(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

#endif
