import Foundation
import Testing

/// What a test needs beside the sources. A test whose needs are absent is disabled with the reason
/// and the command that meets them; the table at the end of the run repeats both.
package enum Tier: String, CaseIterable, Sendable {
  /// The models committed in Weights/.
  case t1 = "T1"
  /// MiniLM, a real BERT, brought from the package registry.
  case t2 = "T2"
  /// Real data, in the folder that `FOX_DATA` names.
  case t3 = "T3"
  /// The true `gpt2` weights.
  case t4 = "T4"
  /// Apertium, Debian's translation engine, with the pairs that come back to English.
  case apertium = "AP"
  /// Minutes of work at full size: `make test-heavy`.
  case heavy = "TH"
  /// A cross compiler and an emulator for another processor's kernels.
  case emulator = "QEMU"
  /// MPI, and the program built with it, which FOX_MPI names.
  case mpi = "MPI"
  /// A headless Chromium, for the pages of the report.
  case chromium = "Chromium"

  /// Whether what the tier needs is here.
  package var isAvailable: Bool {
    switch self {
    case .t1: hasModel("tale-gpt2")
    case .t2: hasModel("minilm")
    case .t3: Places.data != nil
    case .t4: hasModel("gpt2")
    case .apertium: hasApertium
    case .heavy: ProcessInfo.processInfo.environment["FOX_HEAVY"] == "1"
    case .emulator:
      ["aarch64-linux-gnu-gcc", "qemu-aarch64", "qemu-x86_64"].allSatisfy(hasProgram)
    case .mpi: Self.mpiProgram != nil && hasProgram("mpirun")
    case .chromium: hasProgram("chromium")
    }
  }

  /// How to make the tier run.
  package var remedy: String {
    switch self {
    case .t1: "Weights/tale-gpt2 is absent: git checkout Weights"
    case .t2: "Weights/minilm is absent: Weights/fetch-minilm.sh"
    case .t3: "FOX_DATA names no folder: FOX_DATA=path/to/data make test"
    case .t4: "Weights/gpt2 is absent: fox fetch gpt2"
    case .apertium: "Apertium is absent or lacks pairs: .ci/apertium (apt-get install apertium …)"
    case .heavy: "full size, minutes of work: make test-heavy"
    case .emulator:
      "no cross compiler and emulator: .ci/emulators (apt-get install gcc-aarch64-linux-gnu "
        + "libc6-dev-arm64-cross qemu-user)"
    case .mpi: "FOX_MPI names no fox built with MPI: make test-mpi"
    case .chromium: "no chromium in PATH: apt-get install chromium"
    }
  }

  /// The program that the tests of tier MPI start.
  package static var mpiProgram: String? {
    guard let path = ProcessInfo.processInfo.environment["FOX_MPI"],
      FileManager.default.isExecutableFile(atPath: path)
    else { return nil }
    return path
  }

  private func hasProgram(_ name: String) -> Bool {
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return folders.split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
    }
  }

  /// Whether the pairs of English that the tests use are there.
  private var hasApertium: Bool {
    ["eng-spa", "spa-eng", "eng-cat", "cat-eng", "en-gl", "gl-en", "en-eo", "eo-en"].allSatisfy {
      FileManager.default.fileExists(atPath: "/usr/share/apertium/modes/\($0).mode")
    }
  }

  private func hasModel(_ name: String) -> Bool {
    let folder = Places.weights.appendingPathComponent(name)
    return FileManager.default.fileExists(atPath: folder.appendingPathComponent("config.json").path)
  }
}

extension Trait where Self == ConditionTrait {
  /// Disables the test, visibly, when what `tier` needs is absent.
  package static func tier(_ tier: Tier) -> Self {
    .enabled(if: tier.isAvailable, "\(tier.rawValue): \(tier.remedy)")
  }
}
