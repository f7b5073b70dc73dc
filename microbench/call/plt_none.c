#include "microbench/call/boundary.h"

const char *const boundary_plt_missing =
    "this program has no procedure linkage table of its own: compiler or C library has no ifunc";

void boundary_plt(struct pair pair, uint64_t calls)
{
    (void)pair;
    (void)calls;
}
