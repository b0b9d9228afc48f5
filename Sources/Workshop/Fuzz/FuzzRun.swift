import Foundation
import FoxFiles
import FoxQuestions
import FoxTrainer
import FoxTries

/// The inputs of one target, and their counts.
struct FuzzRun {
  /// Seconds of the processor: a machine that does other things besides makes no input slow.
  private static let limit = 1.0
  private static let artifacts = ".artifacts"

  private let target: FuzzTarget
  private var random: SplitMix
  private var inputs = 0
  private var accepted = 0
  private var refusals: [String: Int] = [:]
  private var longest = 0.0
  private(set) var slow = 0
  private(set) var untyped = 0

  init(_ target: FuzzTarget, seed: UInt64) throws {
    if target.seeds.isEmpty {
      throw Fault(target.name, found: "no files", expected: "files to mutate")
    }
    // Good files are taken; and what is made once, such as tables of characters, is there.
    for seed in target.seeds { try target.read(seed, seed.bytes) }
    self.target = target
    random = SplitMix(state: seed)
    try Folder.create(Self.artifacts)
  }

  mutating func step() throws {
    let seed = target.seeds[Int.random(in: 0..<target.seeds.count, using: &random)]
    let bytes = target.mutate(seed, &random)
    try run(bytes, seed)
    inputs += 1
  }

  private mutating func run(_ bytes: [UInt8], _ seed: Seed) throws {
    let start = Self.processorSeconds()
    do {
      try target.read(seed, bytes)
      accepted += 1
    } catch let error where Self.isTyped(error) {
      refusals[Self.kind(error), default: 0] += 1
    } catch {
      untyped += 1
      print("\(try keep(bytes, "untyped", seed)): not a typed error: \(error)")
    }
    let time = Self.processorSeconds() - start
    longest = max(longest, time)
    if time > Self.limit {
      slow += 1
      print("\(try keep(bytes, "slow", seed)): took \(Self.shown(time))")
    }
  }

  private static func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

  private static func shown(_ seconds: Double) -> String { String(format: "%.3f s", seconds) }

  private func keep(_ bytes: [UInt8], _ what: String, _ seed: Seed) throws -> String {
    let path = "\(Self.artifacts)/\(what)-\(target.name)-\(inputs)-\(seed.name)"
    try AtomicFile.write(bytes, to: path)
    return path
  }

  private static func isTyped(_ error: any Error) -> Bool {
    error is Fault || error is NonFinite
  }

  /// What was expected, without numbers and names.
  private static func kind(_ error: any Error) -> String {
    let text = (error as? Fault)?.expected ?? "\(type(of: error))"
    let plain = text.filter { !$0.isNumber }
    return plain.split(separator: "\"").first.map(String.init) ?? plain
  }

  func report() {
    print(
      "\(target.name): \(inputs) inputs, \(accepted) accepted, "
        + "\(inputs - accepted - untyped) refused")
    for (kind, count) in refusals.sorted(by: { $0.value > $1.value }).prefix(12) {
      print("  \(kind): \(count)")
    }
    var usage = rusage()
    getrusage(.init(RUSAGE_SELF.rawValue), &usage)
    print(
      "  longest \(Self.shown(longest)), \(slow) over \(Self.shown(Self.limit)), \(untyped) without a typed error, "
        + "greatest memory so far \(usage.ru_maxrss / 1024) MB")
    fflush(nil)  // what the next target does may end the process
  }
}
