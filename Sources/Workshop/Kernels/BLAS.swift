import CFoxBLAS

/// Products of matrices, as this package calls them. All matrices are row-major float32.
///
/// The first call makes sure that OpenBLAS runs kernels that fit the processor; see
/// ``BLASKernels``.
public enum BLAS {
  /// How many threads loops and products use: as many as OpenBLAS would.
  public static var threads: Int { count }

  /// OpenBLAS itself computes on the thread that asks: products are shared out by ``Product``, and many
  /// small ones run side by side in a loop.
  private static let count: Int = {
    _ = BLASKernels.selected
    let count = max(1, Int(openblas_get_num_threads()))
    openblas_set_num_threads(1)
    return count
  }()

  /// `c = alpha · op(a) · op(b) + beta · c`.
  ///
  /// - Parameters:
  ///   - a: `[m, k]`, or `[k, m]` when `transposeA`, rows `strideA` apart.
  ///   - b: `[k, n]`, or `[n, k]` when `transposeB`, rows `strideB` apart.
  ///   - c: `[m, n]`, rows `strideC` apart.
  /// - Complexity: O(*m n k*).
  public static func multiply(
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
