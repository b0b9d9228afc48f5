// One function, compiled for several instruction sets; the loader picks the best one at start.
#ifndef FOX_CLONES_H
#define FOX_CLONES_H

#if defined(__x86_64__) && defined(__linux__)
#define FOX_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOX_CLONES
#endif

#endif
