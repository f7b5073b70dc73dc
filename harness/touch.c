#include "harness/touch.h"

#include "harness/checksum.h"

const char *const touch_names[TOUCHES + 1] = {"none", "header", "lines", "all", NULL};

static uint32_t touch_lines(const unsigned char *payload, size_t bytes)
{
    uint32_t sum = bytes ? payload[bytes - 1] : 0;
    for (size_t i = 0; i < bytes; i += TOUCH_LINE_BYTES)
        sum += payload[i];
    return sum;
}

uint32_t touch_payload(enum touch touch, const unsigned char *payload, size_t bytes)
{
    switch (touch) {
    case TOUCH_HEADER:
        return checksum_finish(checksum_add(
            0, payload, bytes < TOUCH_HEADER_BYTES ? bytes : TOUCH_HEADER_BYTES, false));
    case TOUCH_LINES:
        return touch_lines(payload, bytes);
    case TOUCH_ALL:
        return checksum_finish(checksum_add(0, payload, bytes, false));
    case TOUCH_NONE:
    case TOUCHES:
        break;
    }
    return 0;
}
