import CFoxBLAS
import CFoxKernels
import Foundation

/// Which of its kernels OpenBLAS runs, and the correction of a wrong choice.
///
/// OpenBLAS chooses once, by a table of the processors it knew when it was built. Debian's 0.3.21
/// does not know newer ones and falls back: to `Prescott` (SSE3) on an AVX-512 Xeon, a sixth of the
/// speed, and to `Haswell` (AVX2) on an AVX-512 EPYC, about half. Before the first product this
/// type compares the chosen core with what the processor can run, and has OpenBLAS choose again
/// when it is weaker. A user's own `OPENBLAS_CORETYPE` is respected if the processor can run that
/// core; OpenBLAS itself does not ask, and the first product would end in an illegal instruction. See
/// SPEC `BLAS-1`, `BLAS-3`.
package struct BLASKernels: Sendable, Equatable {
  /// The core OpenBLAS chose at the start.
  package let found: String
  /// The core it runs now.
  package let running: String
  /// What the user should know: a weak core that could not be corrected, a name that did not count.
  package let warning: String?

  package init(found: String, running: String, warning: String?) {
    (self.found, self.running, self.warning) = (found, running, warning)
  }

  /// What was selected. The first use makes the selection.
  package static let selected = select()

  /// What a core needs of the processor, and therefore how fast it is: 0 the x86-64 baseline, 1
  /// AVX2 with FMA, 2 AVX-512. Names are those of OpenBLAS; unknown ones count as 0.
  package static func level(of core: String) -> Int {
    switch core.lowercased() {
    case "skylakex", "cooperlake", "sapphirerapids": 2
    case "haswell", "zen", "excavator": 1
    default: 0
    }
  }

  /// The level of the processor this runs on, on the scale of ``level(of:)``.
  package static var processorLevel: Int {
    canRun("SkylakeX") ? 2 : canRun("Haswell") ? 1 : 0
  }

  /// Whether a processor with these features has the instructions of a core's kernels.
  ///
  /// - Parameter features: `FOX_AVX2` and so on, added up; those of this processor unless given.
  package static func canRun(
    _ core: String, features: Int = Int(fox_processor_features())
  ) -> Bool {
    let needed =
      switch core.lowercased() {
      case "cooperlake", "sapphirerapids": FOX_AVX512 | FOX_AVX512_BF16
      case "skylakex": FOX_AVX512
      case "haswell", "zen": FOX_AVX2
      case "bulldozer", "piledriver", "steamroller", "excavator": FOX_FMA4
      case "sandybridge": FOX_AVX
      case "nehalem": FOX_SSE42
      default: 0
      }
    return features & needed == needed
  }

  private static func runningCore() -> String { String(cString: openblas_get_corename()) }

  /// The core that the user asked for, unless it is the one that runs.
  private static func ignoredName(running: String) -> String? {
    let name = ownName
    return name.isEmpty || name.lowercased() == running.lowercased() ? nil : name
  }

  /// Why nothing should be computed: the user chose a core whose instructions the processor lacks.
  package static var refusal: Fault? {
    // OpenBLAS may have fallen back by itself.
    if canRun(ownName) || ignoredName(running: runningCore()) != nil { return nil }
    return Fault(
      variable, found: quoted(ownName), expected: "a core that this processor can run",
      hint: "unset it, and a fitting one is chosen")
  }

  /// Corrects what OpenBLAS chose, where that is needed and nobody chose otherwise.
  package static func select() -> BLASKernels {
    let found = runningCore()
    let name = ownName
    let isChosen = !name.isEmpty && ignoredName(running: found) == nil && canRun(found)
    let ignored = name.isEmpty || isChosen ? nil : name
    if isChosen || (canRun(found) && level(of: found) >= processorLevel) {
      return BLASKernels(found: found, running: found, warning: ignored.map { advice($0, found) })
    }
    let better = ["Prescott", "Haswell", "SkylakeX"][processorLevel]
    let running = choose(better) ? runningCore() : found
    let isCorrected = canRun(running) && level(of: running) >= processorLevel
    let weak =
      "OpenBLAS runs its \(running) kernels, which do not fit this processor; "
      + "set \(variable)=\(better) before starting"
    return BLASKernels(
      found: found, running: running,
      warning: isCorrected ? ignored.map { advice($0, running) } : weak)
  }

  /// Has OpenBLAS choose again, told which core to take.
  ///
  /// - Returns: Whether this OpenBLAS can choose again.
  package static func choose(_ core: String) -> Bool {
    guard let (quit, start) = entryPoints() else { return false }
    // The variable is read when OpenBLAS chooses, and only then; child processes shall not see it.
    let own = ownName
    setenv(variable, core, 1)
    quit()
    start()
    if own.isEmpty { unsetenv(variable) } else { setenv(variable, own, 1) }
    return true
  }

  private static let variable = "OPENBLAS_CORETYPE"

  /// What the user chose; empty for nothing.
  private static var ownName: String { getenv(variable).map { String(cString: $0) } ?? "" }

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

  private static func advice(_ name: String, _ running: String) -> String {
    "\(variable) is \(quoted(name)), a core that OpenBLAS does not know or this processor cannot run; "
      + "OpenBLAS runs its \(running) kernels"
  }

  /// The user's word, escaped and cut.
  private static func quoted(_ name: String) -> String {
    String(name.unicodeScalars.prefix(80)).debugDescription
  }
}
