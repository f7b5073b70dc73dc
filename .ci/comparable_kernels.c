/*
 * Prints the names of those copy kernels that this CPU can run and that take any size and
 * alignment, one a line: those that `./run.sh ab` can compare. Built with the kernels of each
 * revision.
 */
#include <stdio.h>

#include "arch/kernel.h"

int main(void)
{
    for (size_t i = 0; i < kernel_count(); i++) {
        const struct kernel *kernel = kernel_at(i);
        if (kernel->operation == KERNEL_COPY && kernel->granule == 1 && kernel->alignment == 1 &&
            !kernel_missing(kernel))
            puts(kernel->name);
    }
    return 0;
}
