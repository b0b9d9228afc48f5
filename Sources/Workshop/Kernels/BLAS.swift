import CFoxBLAS
import Foundation

/// Products of matrices, as this package calls them. All matrices are row-major float32.
///
/// The first call makes sure that OpenBLAS runs kernels that fit the processor; see
/// ``BLASKernels``.
package enum BLAS {
  /// How many threads loops and products use: as many as OpenBLAS would, or a rank's share of them.
  package static var threads: Int { count }

  /// OpenBLAS itself computes on the thread that asks: products are shared out by ``Product``, and many
  /// small ones run side by side in a loop.
  private static let count: Int = {
    _ = BLASKernels.selected
    let count = threads(
      openBLAS: Int(openblas_get_num_threads()), cores: ProcessInfo.processInfo.processorCount,
      environment: ProcessInfo.processInfo.environment)
    openblas_set_num_threads(1)
    return count
  }()

  /// The threads of this process. Ranks on one machine share its cores, unless the user says how many
  /// each has; where `mpirun` binds a rank to some cores, OpenBLAS counts these. SPEC `MPI-10`.
  static func threads(openBLAS: Int, cores: Int, environment: [String: String]) -> Int {
    let asked = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"].contains { environment[$0] != nil }
    let ranks =
      ["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"].lazy
      .compactMap { environment[$0].flatMap { Int($0) } }.first ?? 1
    return max(1, asked || ranks <= 1 ? openBLAS : min(openBLAS, cores / ranks))
  }

  /// `c = alpha · op(a) · op(b) + beta · c`.
  ///
  /// - Parameters:
  ///   - a: `[m, k]`, or `[k, m]` when `transposeA`, rows `strideA` apart.
  ///   - b: `[k, n]`, or `[n, k]` when `transposeB`, rows `strideB` apart.
  ///   - c: `[m, n]`, rows `strideC` apart.
  /// - Complexity: O(*m n k*).
  package static func multiply(
    m: Int, n: Int, k: Int,
    alpha: Float = 1, _ a: UnsafePointer<Float>, strideA: Int, transposeA: Bool = false,
    _ b: UnsafePointer<Float>, strideB: Int, transposeB: Bool = false,
    beta: Float = 0, _ c: UnsafeMutablePointer<Float>, strideC: Int
  ) {
    if m == 0 || n == 0 { return }
    _ = count
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), alpha, a, blasint(strideA), b, blasint(strideB),
      beta, c, blasint(strideC))
  }
}
