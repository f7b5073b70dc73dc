#include "arch/fault.h"

#include <stdarg.h>
#include <stdio.h>

int fail(struct fault *fault, int error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    return -error;
}
