/*
 * hwloc's XML with what may be published in it, and nothing else.
 */
#ifndef COPYCOST_HARNESS_TOPOLOGY_HWLOC_XML_H
#define COPYCOST_HARNESS_TOPOLOGY_HWLOC_XML_H

#include "arch/fault.h"

/*
 * Writes `xml` to the file, leaving out every <info .../> element whose name is not known to be
 * harmless: others hold host names, serial numbers, addresses and the name of the control group.
 * Errors: EIO and others of writing; no file is left then.
 */
int topology_hwloc_xml_write(const char *xml, const char *path, struct fault *fault);

#endif
