// Control groups in a place of our own: others may run containers as well, or these tests.
#ifndef PLACE_H
#define PLACE_H

#include <stdbool.h>

#define ALL_GROUPS "/sys/fs/cgroup"

// In a mount namespace of our own: make a group that hands down CONTROLLERS, "+memory +pids" say,
// and mount it over ALL_GROUPS until exit(3). Returns false where this machine has none. Ends the
// program where it fails.
bool place_enter(const char *controllers);

#endif
