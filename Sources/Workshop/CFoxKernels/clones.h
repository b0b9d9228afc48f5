// One function, compiled for several instruction sets; the loader picks the best one at start.
// FOX_NO_CLONES leaves only the default one. ThreadSanitizer needs that: its code would run in the
// loader's choice, before the sanitizer itself has started.
#ifndef FOX_CLONES_H
#define FOX_CLONES_H

#if defined(__x86_64__) && defined(__linux__) && !defined(FOX_NO_CLONES)
#define FOX_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOX_CLONES
#endif

#endif
