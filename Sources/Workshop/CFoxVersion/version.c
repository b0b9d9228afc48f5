// The one file that is compiled again for another commit: Package.swift defines FOX_COMMIT for it alone.
#include "fox_version.h"

#ifndef FOX_COMMIT
#define FOX_COMMIT ""
#endif

const char *fox_commit(void) { return FOX_COMMIT; }
