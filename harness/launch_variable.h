/* The environment variable that tells an executed launch the file descriptor of its run. */
#ifndef COPYCOST_HARNESS_LAUNCH_VARIABLE_H
#define COPYCOST_HARNESS_LAUNCH_VARIABLE_H

#define LAUNCH_VARIABLE "COPYCOST_LAUNCH"

#endif
