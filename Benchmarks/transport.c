// Times what training sends, for scaling.py: small messages between two ranks, and sums over all.
// Prints one JSON document: seconds of a message of 4 bytes one way, and of sums by their bytes.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static double fastest_sum(float *values, int count, int turns) {
  double best = 1e9;
  for (int turn = 0; turn < turns; turn++) {
    MPI_Barrier(MPI_COMM_WORLD);
    double begin = MPI_Wtime();
    MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    double own = MPI_Wtime() - begin, slowest;
    MPI_Allreduce(&own, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    if (slowest < best) best = slowest;
  }
  return best;
}

int main(int argc, char **argv) {
  int rank, count;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &count);
  const int most = argc > 1 ? atoi(argv[1]) : 1 << 24, turns = 9, messages = 1000;
  float *values = calloc(most, sizeof *values);
  double latency = 0;
  if (count > 1) {
    MPI_Barrier(MPI_COMM_WORLD);
    double begin = MPI_Wtime();
    for (int i = 0; i < messages && rank < 2; i++) {
      if (rank == 0) MPI_Send(values, 1, MPI_FLOAT, 1, 0, MPI_COMM_WORLD);
      MPI_Recv(values, 1, MPI_FLOAT, 1 - rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      if (rank == 1) MPI_Send(values, 1, MPI_FLOAT, 0, 0, MPI_COMM_WORLD);
    }
    latency = (MPI_Wtime() - begin) / (2 * messages);
  }
  if (rank == 0) printf("{\"ranks\": %d, \"latency\": %.3e, \"sums\": {", count, latency);
  for (int size = 1 << 10; size <= most; size = size < most && size * 8 > most ? most : size * 8) {
    double seconds = fastest_sum(values, size, turns);
    if (rank == 0) printf("%s\"%lld\": %.3e", size > 1 << 10 ? ", " : "", 4LL * size, seconds);
    if (size == most) break;
  }
  if (rank == 0) printf("}}\n");
  MPI_Finalize();
}
