#include "harness/nodes.h"

#include <string.h>

#include "harness/system.h"

bool nodes_single(void)
{
    char online[64];
    return !system_line(online, sizeof online, "/sys/devices/system/node/online") ||
           !strcmp(online, "0");
}
