import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks with whole files", .spec("SAFE-14"))
struct FileAttacks {
  @Test("truncated at every byte")
  func truncated() throws {
    let whole = try HandMade(
      bytes: Data(
        contentsOf: Places.golden
          .appendingPathComponent("checkpoints/dtypes.safetensors")))
    #expect(throws: Never.self) { try whole.open() }
    for count in 0..<whole.bytes.count {
      var cut = whole
      cut.bytes = Array(whole.bytes.prefix(count))
      #expect(throws: CheckpointError.self, "cut after \(count) bytes") { try cut.open() }
    }
  }

  @Test("a folder, a device, nothing")
  func notFiles() throws {
    try Places.withTemporaryFolder { folder in
      let absent = folder.appendingPathComponent("absent.safetensors").path
      for (path, error) in [
        (folder.path, BytesError.notAFile(path: folder.path)),
        ("/dev/null", .notAFile(path: "/dev/null")), (absent, .fileMissing(path: absent)),
      ] {
        #expect(throws: CheckpointError.file(error)) { try SafeTensorsFile(path: path) }
      }
    }
  }

  @Test("names that would speak to the terminal are shown escaped", .spec("SAFE-13"))
  func terminalEscapes() {
    let made = HandMade(#"{"\u001b[31m\n":1}"#, data: 0)
    let name = "\u{1B}[31m\n"
    made.expectRefusal(
      .entry(file: HandMade.path, tensor: name, problem: .notObject(found: "an integer")))
    let words = CheckpointError.noTensor(file: "f", tensor: name).description
    #expect(words == #"f: holds no tensor "\u{1B}[31m\n""#)
  }

  @Test("a name of a megabyte is cut in the message", .spec("SAFE-13"))
  func longName() {
    let name = String(repeating: "x", count: 1 << 20)
    let words = CheckpointError.noTensor(file: "f", tensor: name).description
    #expect(words.utf8.count < 150)
  }

  @Test("four thousand mutations: a typed error, or a file that can be read to the last byte")
  func mutations() throws {
    let path = Places.golden("checkpoints/dtypes.safetensors")
    let seeds = [
      HandMade(ranges: [(0, 4), (4, 9)], data: 9), HandMade(),
      try HandMade(bytes: Data(contentsOf: URL(fileURLWithPath: path))),
    ]
    var random = SplitMix(state: 7)
    var accepted = 0
    for round in 0..<4_000 {
      var made = seeds[round % seeds.count]
      for _ in 0...Int.random(in: 0..<3, using: &random) { made.mutate(&random) }
      do throws(CheckpointError) {
        try made.open().readEverything()
        accepted += 1
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
    // Changes to the data and to names are harmless; if nothing passed, nothing was tried.
    #expect(accepted > 100 && accepted < 3_500)
  }
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

extension HandMade {
  init(bytes: Data) { self.init("", data: 0); self.bytes = Array(bytes) }

  fileprivate mutating func mutate(_ random: inout SplitMix) { bytes.mutate(&random) }
}

extension [UInt8] {
  /// Changes, inserts, removes, repeats or swaps something, mostly at the beginning.
  mutating func mutate(_ random: inout SplitMix) {
    if count < 2 { return }
    let end = Bool.random(using: &random) ? Swift.min(count, 90) : count
    let place = Int.random(in: 0..<end, using: &random)
    let other = Int.random(in: 0..<end, using: &random)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: self[place] = UInt8.random(in: .min ... .max, using: &random)
    case 1: self[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2:
      insert(Array("0123456789{}[],:\"\\- ".utf8).randomElement(using: &random) ?? 0, at: place)
    case 3: remove(at: place)
    case 4: removeLast(Swift.min(count, place / 4))
    case 5: swapAt(place, other)
    default:
      let (low, high) = (Swift.min(place, other), Swift.max(place, other))
      insert(contentsOf: Array(self[low..<high].prefix(40)), at: place)
    }
  }
}

extension SafeTensorsFile {
  /// Touches every byte and widens what can be widened.
  fileprivate func readEverything() throws(CheckpointError) {
    for tensor in tensors {
      let sum = try? withBytes(of: tensor.name) { $0.reduce(0) { $0 &+ Int($1) } }
      #expect(sum != nil)
      if tensor.dtype.readsAsFloat {
        let values = try self.tensor(named: tensor.name)
        #expect(values.elements.count == tensor.count)
      } else {
        #expect(throws: CheckpointError.self) { try self.tensor(named: tensor.name) }
      }
    }
  }
}
