#ifndef FOX_VERSION_H
#define FOX_VERSION_H

/// The commit that was built, with a + when files had changed since; empty outside of a repository.
const char *fox_commit(void);

#endif
