import Foundation
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks on every format", .spec("FORM-4"))
struct FormatAttacks {
  @Test("truncated at every byte", arguments: RecordedCheckpoint.all)
  func truncated(entry: RecordedCheckpoint) throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: entry.path)))
    #expect(throws: Never.self) { try open(whole).readEverything() }
    for count in 0..<whole.count {
      do throws(CheckpointError) {
        _ = try open(Array(whole.prefix(count)))
        Issue.record("\(entry.file) is taken when it is cut after \(count) bytes")
      } catch {
        if count % 100 == 0 { #expect(!error.description.isEmpty) }
      }
    }
  }

  @Test(
    "three hundred mutations: a typed error, or every tensor can be read",
    arguments: RecordedCheckpoint.all)
  func mutations(entry: RecordedCheckpoint) throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: entry.path)))
    var random = SplitMix(state: UInt64(whole.count))
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0...Int.random(in: 0..<3, using: &random) { bytes.mutate(&random) }
      do throws(CheckpointError) {
        try open(bytes).readEverything()
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }
}

extension Checkpoint {
  /// Touches every byte and widens what can be widened.
  func readEverything() throws(CheckpointError) {
    for tensor in tensors {
      let sum = try storedBytes(of: tensor).withBytes { $0.reduce(0) { $0 &+ Int($1) } }
      #expect(sum >= 0)
      if tensor.dtype.readsAsFloat {
        #expect(try self.tensor(named: tensor.name).count == tensor.count)
      }
    }
  }
}
