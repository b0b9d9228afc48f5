import Foundation
import FoxDecoding

/// Feeds mutated files to the readers (`FORM-4`, `FORM-6`): `make fuzz SECONDS=60 SEED=1`.
///
///     foxfuzz GOLDEN SECONDS [SEED [TARGET…]]
///
/// Each target is fed for so many seconds, or with so many inputs (`500x`); without names all are. Every
/// input must be refused with a typed error or be readable to its end, within a second of the processor. An input that is slow, or refused without a
/// typed error, is written to `.artifacts/`; a crash is found again with the same seed, and its input
/// is the file that the message of the crash stands behind.
@main
struct FoxFuzz {
  static func main() {
    do { try fuzz() } catch {
      print("foxfuzz: \(error)")
      exit(1)
    }
  }

  private static func fuzz() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3, let length = Length(arguments[2]) else {
      print("usage: foxfuzz GOLDEN SECONDS|COUNTx [SEED [TARGET…]]")
      exit(64)
    }
    let seed = arguments.count > 3 ? UInt64(arguments[3]) ?? 1 : 1
    let scratch = try Scratch()
    defer { scratch.remove() }
    let all = try FuzzTarget.all(golden: arguments[1], scratch)
    let names = Set(arguments.dropFirst(4))
    let targets = names.isEmpty ? all : all.filter { names.contains($0.name) }
    if targets.isEmpty {
      throw Fault(
        "the targets", found: names.sorted().joined(separator: ", "),
        expected: all.map(\.name).joined(separator: ", "))
    }
    var isClean = true
    for target in targets {
      var run = try FuzzRun(target, seed: seed)
      try length.repeating { try run.step() }
      run.report()
      if run.untyped > 0 || (run.slow > 0 && length.isTimed) { isClean = false }
    }
    if !isClean { exit(1) }
  }
}

/// How long a target is fed.
private enum Length {
  case seconds(Double)
  case inputs(Int)

  init?(_ text: String) {
    if text.hasSuffix("x"), let count = Int(text.dropLast()) {
      self = .inputs(count)
    } else if let seconds = Double(text) {
      self = .seconds(seconds)
    } else {
      return nil
    }
  }

  /// Whether time matters at all.
  var isTimed: Bool { if case .seconds = self { true } else { false } }

  func repeating(_ step: () throws -> Void) rethrows {
    switch self {
    case .inputs(let count): for _ in 0..<max(0, count) { try step() }
    case .seconds(let seconds):
      let clock = ContinuousClock()
      let end = clock.now + .seconds(seconds)
      while clock.now < end { try step() }
    }
  }
}
