#include "CFoxMPI.h"

// The trait MPI of the package: without it there is nothing here, and no header is needed.
#ifdef FOX_MPI

// Debian has Open MPI's and MPICH's headers there, without a flag of the compiler.
#if __has_include(<mpi/mpi.h>)
#include <mpi/mpi.h>
#else
#include <mpi.h>
#endif

static void (*on_failure)(const char *);

// MPI's own default would end the process without a word of ours.
static void failed(MPI_Comm *comm, int *code, ...) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(*code, text, &length);
  on_failure(text);
  MPI_Abort(*comm, 1);
}

void fox_mpi_begin(int *rank, int *count, void (*failure)(const char *)) {
  int level;
  MPI_Errhandler handler;
  on_failure = failure;
  MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
  MPI_Comm_create_errhandler(failed, &handler);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, handler);
  MPI_Comm_rank(MPI_COMM_WORLD, rank);
  MPI_Comm_size(MPI_COMM_WORLD, count);
}

void fox_mpi_end(void) { MPI_Finalize(); }

void fox_mpi_sum(float *values, size_t count) {
  // MPI counts in int: larger buffers go in parts.
  const size_t most = (size_t)1 << 28;
  while (count > 0) {
    size_t part = count < most ? count : most;
    MPI_Allreduce(MPI_IN_PLACE, values, (int)part, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    values += part;
    count -= part;
  }
}

void fox_mpi_counts(int own, int *counts) {
  MPI_Allgather(&own, 1, MPI_INT, counts, 1, MPI_INT, MPI_COMM_WORLD);
}

void fox_mpi_gather(const void *bytes, const int *counts, const int *starts, int rank, void *all) {
  MPI_Allgatherv(
      bytes, counts[rank], MPI_BYTE, all, counts, starts, MPI_BYTE, MPI_COMM_WORLD);
}

#endif
