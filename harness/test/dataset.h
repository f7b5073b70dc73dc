/*
 * A dataset in a folder that is made and removed around each test.
 */
#ifndef COPYCOST_HARNESS_TEST_DATASET_H
#define COPYCOST_HARNESS_TEST_DATASET_H

#include "harness/test/engine.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "harness/dataset.h"

static const struct axis axes[] = {{"size", "bytes", "", AXIS_BYTES, NULL, 0, {"1", "1"}}};
static const struct counters counters;

static char root[64], folder[128];
static struct dataset *dataset;
static json_t *machine_facts;

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/copycost-dataset-XXXXXX");
    if (!mkdtemp(root))
        return -1;
    snprintf(folder, sizeof folder, "%s/machine/run", root);
    machine_facts = json_pack("{s:s, s:f}", "format", "made-up", "share", 0.25);
    dataset = NULL;
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

static int remove_root(void **state)
{
    (void)state;
    dataset_close(dataset);
    json_decref(machine_facts);
    return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int finish(void)
{
    struct dataset_facts facts = {
        .name = "Made-Up", .profile = "quick", .machine = machine_facts, .topology = &machine};
    return dataset_finish(dataset, &facts, &fault);
}

static size_t read_text(const char *name, char *text, size_t bytes)
{
    gzFile file = gzopen(path_of(name), "rb"); /* reads plain files, too */
    assert_non_null(file);
    int length = gzread(file, text, (unsigned)bytes - 1);
    assert_true(length >= 0);
    gzclose(file);
    text[length] = '\0';
    return (size_t)length;
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

#endif
