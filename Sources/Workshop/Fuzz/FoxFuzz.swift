import Foundation
import FoxFiles
import FoxFormats

/// Feeds mutated checkpoints to the readers until the time is over (`FORM-4`): `make fuzz SECONDS=60`.
///
///     foxfuzz FOLDER SECONDS [SEED]
///
/// Every input must be refused with a typed error or be readable to the last byte, within a second.
/// An input that is slow is written to `.artifacts/`; a crash is found again with the same seed.
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
    guard arguments.count >= 3, let seconds = Double(arguments[2]) else {
      print("usage: foxfuzz FOLDER SECONDS [SEED]")
      exit(64)
    }
    let seed = arguments.count > 3 ? UInt64(arguments[3]) ?? 1 : 1
    var run = try FuzzRun(corpus: arguments[1], seed: seed)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while clock.now < end { try run.step() }
    run.report()
    if run.slow > 0 || run.untyped > 0 { exit(1) }
  }
}

/// The corpus, the random numbers and the counts of a run.
struct FuzzRun {
  private static let limit = Duration.seconds(1)
  private static let artifacts = ".artifacts"

  private let seeds: [(name: String, bytes: [UInt8])]
  private var random: SplitMix
  private var inputs = 0
  private var accepted = 0
  private var refusals: [String: Int] = [:]
  private var longest = Duration.zero
  private(set) var slow = 0
  private(set) var untyped = 0

  init(corpus: String, seed: UInt64) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: corpus).sorted()
    seeds = try names.map { name in
      (name, try MappedFile(path: "\(corpus)/\(name)").withBytes { Array($0) })
    }
    if seeds.isEmpty { throw BytesError.unreadable(path: corpus, reason: "no files to mutate") }
    random = SplitMix(state: seed)
    try FileManager.default.createDirectory(
      atPath: Self.artifacts, withIntermediateDirectories: true)
  }

  mutating func step() throws {
    let (name, whole) = seeds[Int.random(in: 0..<seeds.count, using: &random)]
    var bytes = whole
    Mutation.apply(to: &bytes, &random)
    // Archives whose sums are wrong go no further than that: every other one gets right sums.
    if Bool.random(using: &random) {
      bytes = Mutation.insideArchive(whole, &random) ?? bytes
    }
    try run(bytes, name)
    inputs += 1
  }

  private mutating func run(_ bytes: [UInt8], _ name: String) throws {
    let clock = ContinuousClock()
    let start = clock.now
    do {
      try Self.readEverything(bytes, seeds)
      accepted += 1
    } catch let error as CheckpointError {
      refusals[Self.kind(error), default: 0] += 1
    } catch {
      untyped += 1
      print("\(name): not a typed error: \(error)")
    }
    let time = clock.now - start
    longest = max(longest, time)
    if time > Self.limit {
      slow += 1
      let path = "\(Self.artifacts)/slow-\(inputs)-\(name)"
      try AtomicFile.write(bytes, to: path)
      print("\(path): took \(time)")
    }
  }

  /// Opens a checkpoint, touches every byte and widens what can be widened.
  private static func readEverything(
    _ bytes: [UInt8], _ seeds: [(name: String, bytes: [UInt8])]
  ) throws {
    let checkpoint = try Memory(bytes).open { name in
      seeds.first { $0.name == name }.map { Memory($0.bytes) }
    }
    var sum: UInt64 = 0
    for tensor in checkpoint.tensors {
      try checkpoint.withBytes(of: tensor.name) { bytes in
        for byte in bytes { sum &+= UInt64(byte) }
      }
      if tensor.dtype.readsAsFloat {
        sum &+= UInt64(try checkpoint.tensor(named: tensor.name).elements.count)
      }
    }
    if sum == .max { print("") }  // so that the bytes are read
  }

  /// The case of an error, without what it carries.
  private static func kind(_ error: CheckpointError) -> String {
    String(describing: Mirror(reflecting: error).children.first?.label ?? "\(error)")
  }

  func report() {
    print("\(inputs) inputs, \(accepted) accepted, \(inputs - accepted - untyped) refused")
    for (kind, count) in refusals.sorted(by: { $0.value > $1.value }) {
      print("  \(kind): \(count)")
    }
    print("longest \(longest), \(slow) over \(Self.limit), \(untyped) without a typed error")
    var usage = rusage()
    getrusage(.init(RUSAGE_SELF.rawValue), &usage)
    print("greatest memory \(usage.ru_maxrss / 1024) MB")
  }
}

/// Bytes at an address that does not change, exactly as long as the input: what reads behind them is
/// seen by AddressSanitizer.
final class Memory: Sendable {
  private nonisolated(unsafe) let buffer: UnsafeRawBufferPointer

  init(_ bytes: [UInt8]) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
    memory.copyBytes(from: bytes)
    buffer = UnsafeRawBufferPointer(memory)
  }

  func open(_ sibling: @escaping (String) -> Memory?) throws(CheckpointError) -> Checkpoint {
    try Checkpoint(bytes: buffer, owner: self, path: "input") { (name) throws(CheckpointError) in
      guard let other = sibling(name) else { throw .file(.fileMissing(path: name)) }
      return StoredBytes(borrowing: other.buffer, owner: other)
    }
  }

  deinit { buffer.deallocate() }
}

/// Random numbers that are the same in every run (Steele, Lea and Flood 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
