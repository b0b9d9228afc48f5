import CFoxBLAS
import CFoxKernels
import Foundation

/// Which of its kernels OpenBLAS runs, and the correction of a wrong choice.
///
/// OpenBLAS chooses once, by a table of the processors it knew when it was built. Debian's 0.3.21
/// does not know newer ones and falls back: to `Prescott` (SSE3) on an AVX-512 Xeon, a sixth of the
/// speed, and to `Haswell` (AVX2) on an AVX-512 EPYC, about half. Before the first product this
/// type compares the chosen core with what the processor can run, and has OpenBLAS choose again
/// when it is weaker. A user's own `OPENBLAS_CORETYPE` is respected. See SPEC `BLAS-1`.
public struct BLASKernels: Sendable, Equatable {
  /// The core OpenBLAS chose by itself.
  public let found: String
  /// The core it runs now.
  public let running: String
  /// Why a weak core could not be corrected.
  public let warning: String?

  package init(found: String, running: String, warning: String?) {
    (self.found, self.running, self.warning) = (found, running, warning)
  }

  /// What was selected. The first use makes the selection.
  public static let selected = select()

  /// What a core needs of the processor, and therefore how fast it is: 0 the x86-64 baseline, 1
  /// AVX2 with FMA, 2 AVX-512. Names are those of OpenBLAS; unknown ones count as 0.
  public static func level(of core: String) -> Int {
    switch core.lowercased() {
    case "skylakex", "cooperlake", "sapphirerapids": 2
    case "haswell", "zen", "excavator": 1
    default: 0
    }
  }

  /// The level of the processor this runs on, on the scale of ``level(of:)``.
  public static var processorLevel: Int { Int(fox_processor_level()) }

  private static func runningCore() -> String { String(cString: openblas_get_corename()) }

  /// Corrects what OpenBLAS chose, where that is needed and nobody chose otherwise.
  package static func select() -> BLASKernels {
    let found = runningCore()
    if getenv(variable) != nil || level(of: found) >= processorLevel {
      return BLASKernels(found: found, running: found, warning: nil)
    }
    let better = processorLevel == 2 ? "SkylakeX" : "Haswell"
    let running = choose(better) ? runningCore() : found
    let isCorrected = level(of: running) >= processorLevel
    return BLASKernels(
      found: found, running: running, warning: isCorrected ? nil : advice(running, better))
  }

  /// Has OpenBLAS choose again, told which core to take.
  ///
  /// - Returns: Whether this OpenBLAS can choose again.
  package static func choose(_ core: String) -> Bool {
    guard let (quit, start) = entryPoints() else { return false }
    // The variable is read when OpenBLAS chooses, and only then; child processes shall not see it.
    setenv(variable, core, 1)
    quit()
    start()
    unsetenv(variable)
    return true
  }

  private static let variable = "OPENBLAS_CORETYPE"

  private typealias EntryPoint = @convention(c) () -> Void

  /// OpenBLAS's own functions to forget and to make its choice. They are exported, but in no header.
  private static func entryPoints() -> (EntryPoint, EntryPoint)? {
    let program = dlopen(nil, RTLD_NOW)
    for (quit, start) in [
      ("gotoblas_dynamic_quit", "gotoblas_dynamic_init"), ("gotoblas_quit", "gotoblas_init"),
    ] {
      if let quit = dlsym(program, quit), let start = dlsym(program, start) {
        return (
          unsafeBitCast(quit, to: EntryPoint.self), unsafeBitCast(start, to: EntryPoint.self)
        )
      }
    }
    return nil
  }

  private static func advice(_ core: String, _ better: String) -> String {
    "OpenBLAS runs its \(core) kernels, which are slower than this processor; "
      + "set \(variable)=\(better) before starting"
  }
}
