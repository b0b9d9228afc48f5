// What training needs of MPI, as functions: MPI's own handles are macros, which Swift does not see.
// When MPI fails, the functions tell what `failure` was given, and end all processes.

#ifndef CFOXMPI_H
#define CFOXMPI_H

#include <stddef.h>

// Joins the processes that mpirun started: this one's number, and how many there are.
void fox_mpi_begin(int *rank, int *count, void (*failure)(const char *text));

// Leaves them. Everything that was sent has arrived.
void fox_mpi_end(void);

// The sum over all processes takes the place of each one's numbers, in place.
void fox_mpi_sum(float *values, size_t count);

// Tells everyone's number of bytes: `counts` has an entry for each process.
void fox_mpi_counts(int own, int *counts);

// Gives everyone all bytes, in the order of the processes.
void fox_mpi_gather(const void *bytes, const int *counts, const int *starts, int rank, void *all);

#endif
