import Foundation
import FoxFiles
import FoxWeights
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks on every format", .counted)
struct FormatAttacks {
  @Test(arguments: try RecordedCheckpoint.all())
  func `FORM-4 truncated at every third byte; at every byte in test-heavy`(
    entry: RecordedCheckpoint
  ) throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: entry.path)))
    #expect(throws: Never.self) { try open(whole).readEverything() }
    for count in stride(from: 0, to: whole.count, by: Tier.heavy.isAvailable ? 1 : 3) {
      do throws(Fault) {
        _ = try open(Array(whole.prefix(count)))
        Issue.record("\(entry.file) is taken when it is cut after \(count) bytes")
      } catch {
        if count % 100 == 0 { #expect(!error.description.isEmpty) }
      }
    }
  }

  @Test(arguments: try RecordedCheckpoint.all())
  func `FORM-4 three hundred mutations: a fault, or every tensor can be read`(
    entry: RecordedCheckpoint
  ) throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: entry.path)))
    var random = SplitMix(state: UInt64(whole.count))
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0...Int.random(in: 0..<3, using: &random) { bytes.mutate(&random) }
      do throws(Fault) {
        try open(bytes).readEverything()
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }
}

extension Checkpoint {
  /// Touches every byte and widens what can be widened.
  func readEverything() throws(Fault) {
    for tensor in tensors {
      let sum = try storedBytes(of: tensor).withBytes { $0.reduce(0) { $0 &+ Int($1) } }
      #expect(sum >= 0)
      if tensor.dtype.readsAsFloat {
        #expect(try self.tensor(named: tensor.name).count == tensor.count)
      }
    }
  }
}

@Suite("Attacks with archives that hold checkpoints", .counted)
struct ArchiveAttacks {
  private typealias Entry = HandMadeZip.Entry
  private let path = HandMadeZip.path

  @Test
  func `ZIP-5 FORM-2 an archive that inflates inside of one that inflates`() throws {
    // Says that it inflates to 47 MB, which nobody has to try to refuse it.
    var bomb = Entry("b.npy", [UInt8](repeating: 0, count: 47 << 10 + 47 << 6))
    (bomb.method, bomb.size) = (8, 47 << 20)
    let inner = HandMadeZip(bomb).bytes
    let padding = [UInt8](repeating: 0, count: 2 << 20)
    let outer = HandMadeZip(Entry(deflated: "a.npz", inner), Entry(deflated: "c", padding)).bytes
    let allowance = ZipArchive.allowance(forSize: outer.count) - inner.count - padding.count
    expectFault(
      "\(path)/a.npz", found: "\(47 << 20) or more inflated bytes",
      expected: "at most \(allowance) for its size"
    ) { try open(outer) }
  }

  @Test
  func `FORM-2 archives in archives in archives, nothing, and too much choice`() throws {
    let inner = HandMadeZip(Entry("model.bin", HandMadeZip(Entry("b.bin", [1])).bytes)).bytes
    expectFault(
      "\(path)/a.bin", found: "an archive in an archive",
      expected: "a checkpoint in one archive"
    ) { try open(HandMadeZip(Entry("a.bin", inner)).bytes) }
    for made in [HandMadeZip(Entry("config.json", [1])), HandMadeZip()] {
      expectFault(path, found: "no checkpoint", expected: "one in the archive") {
        try open(made.bytes)
      }
    }
    expectFault(
      path, found: #""a.pt", "b.bin""#, expected: "one checkpoint in the archive"
    ) { try open(HandMadeZip(Entry("a.pt", [1]), Entry("b.bin", [1])).bytes) }
  }
}

@Suite("Files that are not checkpoints", .counted)
struct ForeignCheckpointTests {
  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\n", ForeignFile.gitLFSPointer),
    ("<!DOCTYPE html><html>", .webPage), ("<html>", .webPage), ("GGUF\u{3}\0\0\0", .gguf),
    ("\u{89}HDF\r\n\u{1A}\n", .hdf5),
  ])
  func `SAFE-1 are named by their first bytes`(start: String, kind: ForeignFile) {
    let fault = fault { try open(start.unicodeScalars.map { UInt8($0.value) }) }
    #expect(fault?.hint == kind.hint)
  }

  @Test
  func `TORCH-5 FORM-1 tar archives and pickles of others are refused`() {
    var tar = [UInt8](repeating: 0, count: 512)
    tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
    expectFault(
      HandMadeZip.path, found: "a tar archive, as PyTorch wrote before 0.1.11",
      expected: "a checkpoint"
    ) { try open(tar) }
    for pickle in [HandMadePickle.file(HandMadePickle.op("N")), [0x80, 4, 0x4E, 0x2E]] {
      expectFault(
        HandMadeZip.path, found: "a pickle that torch.save did not write", expected: "a checkpoint"
      ) { try open(pickle) }
    }
  }
}
