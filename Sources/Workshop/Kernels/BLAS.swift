import CFoxBLAS
import Synchronization

/// Products of matrices, as this package calls them. All matrices are row-major float32.
///
/// The first call makes sure that OpenBLAS runs kernels that fit the processor; see
/// ``BLASKernels``.
public enum BLAS {
  /// How many threads OpenBLAS uses for a product.
  public static var threads: Int {
    _ = BLASKernels.selected
    return serial.withLock { $0.threads ?? max(1, Int(openblas_get_num_threads())) }
  }

  /// How many ``serially(_:)`` calls there are, and how many threads OpenBLAS had before them.
  private struct Serial {
    var calls = 0
    var threads: Int?
  }

  private static let serial = Mutex(Serial())

  /// Runs `body`, in which each product runs on the thread that asks for it: the way to compute many
  /// small products on several threads at once. Products elsewhere run so too meanwhile.
  package static func serially(_ body: () -> Void) {
    let before = threads
    serial.withLock {
      if $0.calls == 0 {
        $0.threads = before
        openblas_set_num_threads(1)
      }
      $0.calls += 1
    }
    body()
    serial.withLock {
      $0.calls -= 1
      if $0.calls > 0 { return }
      $0.threads = nil
      openblas_set_num_threads(Int32(before))
    }
  }

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
    _ = BLASKernels.selected
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), alpha, a, blasint(strideA), b, blasint(strideB),
      beta, c, blasint(strideC))
  }
}
