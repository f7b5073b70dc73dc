/* Counters by PAPI. */
#include <errno.h>
#include <papi.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "harness/counter_source.h"

/* Completed by the version that is running, which need not be the one that was compiled with. */
static char name[COUNTER_BACKEND_BYTES] = "PAPI";

static unsigned long thread_number(void)
{
    return (unsigned long)pthread_self();
}

static int papi_open(struct fault *fault)
{
    PAPI_set_debug(PAPI_QUIET);
    int version = PAPI_library_init(PAPI_VER_CURRENT);
    if (version != PAPI_VER_CURRENT)
        return fail(fault, ENOTSUP, "it does not start: %s",
                    version < 0 ? PAPI_strerror(version) : "it is not the version built with");
    version = PAPI_get_opt(PAPI_LIB_VERSION, NULL);
    snprintf(name, sizeof name, "PAPI %d.%d.%d", PAPI_VERSION_MAJOR(version),
             PAPI_VERSION_MINOR(version), PAPI_VERSION_REVISION(version));
    int result = PAPI_thread_init(thread_number);
    if (result != PAPI_OK)
        return fail(fault, ENOTSUP, "it can't count threads: %s", PAPI_strerror(result));
    return 0;
}

/* Why the kernel's counters as a whole can't be used; NULL if they can. */
static const char *perf_event_reason(void)
{
    const PAPI_component_info_t *info =
        PAPI_get_component_info(PAPI_get_component_index("perf_event"));
    if (info == NULL)
        return "PAPI was built without perf_event";
    return info->disabled ? info->disabled_reason : NULL;
}

static int papi_find(const char *event, uint64_t *code, struct fault *fault)
{
    int number;
    if (PAPI_event_name_to_code(event, &number) == PAPI_OK) {
        *code = (unsigned)number;
        return 0;
    }
    const char *reason = perf_event_reason();
    /* Presets are known to PAPI itself, all other names to its components. */
    if (reason != NULL && strncmp(event, "PAPI_", 5) != 0)
        return fail(fault, ENOTSUP, "its perf_event is disabled: %s", reason);
    return fail(fault, EINVAL,
                "papi_avail and papi_native_avail (package papi-tools) list its events");
}

static int papi_set_open(intptr_t *set, struct fault *fault)
{
    int number = PAPI_NULL;
    int result = PAPI_create_eventset(&number);
    if (result != PAPI_OK)
        return fail(fault, ENOTSUP, "it makes no event set: %s", PAPI_strerror(result));
    *set = number;
    return 0;
}

static void papi_set_close(intptr_t set)
{
    int number = (int)set;
    PAPI_stop(number, NULL);
    PAPI_cleanup_eventset(number);
    PAPI_destroy_eventset(&number);
}

static int papi_set_add(intptr_t set, uint64_t code, struct fault *fault)
{
    int result = PAPI_add_event((int)set, (int)code);
    if (result == PAPI_OK)
        return 0;
    const char *reason = perf_event_reason();
    if (reason != NULL)
        return fail(fault, ENOTSUP, "its perf_event is disabled: %s", reason);
    if (result == PAPI_ENOEVNT || result == PAPI_ECMP_DISABLED)
        return fail(fault, ENOTSUP, "this CPU has no such counter, or PAPI does not know the CPU");
    if (result == PAPI_EPERM)
        return fail(fault, ENOTSUP,
                    "not permitted: lower /proc/sys/kernel/perf_event_paranoid to 2 or less");
    return fail(fault, ENOTSUP, "%s", PAPI_strerror(result));
}

static int papi_set_start(intptr_t set, struct fault *fault)
{
    int result = PAPI_start((int)set);
    if (result != PAPI_OK)
        return fail(fault, ENOTSUP, "it does not start to count: %s", PAPI_strerror(result));
    return 0;
}

static int papi_set_stop(intptr_t set, long long *values, struct fault *fault)
{
    int result = PAPI_stop((int)set, values);
    if (result != PAPI_OK)
        return fail(fault, ENOTSUP, "it does not stop counting: %s", PAPI_strerror(result));
    return 0;
}

static const struct counter_source papi = {
    .name = name,
    .open = papi_open,
    .find = papi_find,
    .set_open = papi_set_open,
    .set_close = papi_set_close,
    .set_add = papi_set_add,
    .set_start = papi_set_start,
    .set_stop = papi_set_stop,
};

COUNTER_SOURCE(&papi);
