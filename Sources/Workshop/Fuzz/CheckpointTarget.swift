import FoxFiles
import FoxFormats

extension FuzzTarget {
  /// Weights, in every format: `FORM-4`.
  static func checkpoints(_ golden: String) throws -> FuzzTarget {
    let seeds = try Seed.files(in: "\(golden)/checkpoints/formats")
    return FuzzTarget(name: "checkpoints", seeds: seeds) { seed, random in
      var bytes = seed.bytes
      Mutation.apply(to: &bytes, &random)
      // Archives whose sums are wrong go no further than that: every other one gets right sums.
      if Bool.random(using: &random) {
        bytes = Mutation.insideArchive(seed.bytes, &random) ?? bytes
      }
      return bytes
    } read: { _, bytes in
      try readEverything(bytes, seeds)
    }
  }

  /// Opens a checkpoint, touches every byte and widens what can be widened.
  private static func readEverything(_ bytes: [UInt8], _ seeds: [Seed]) throws {
    let checkpoint = try Memory(bytes).open { name in
      seeds.first { $0.name == name }.map { Memory($0.bytes) }
    }
    var sum: UInt64 = 0
    for tensor in checkpoint.tensors {
      try checkpoint.storedBytes(of: tensor).withBytes { bytes in
        for byte in bytes { sum &+= UInt64(byte) }
      }
      if tensor.dtype.readsAsFloat {
        sum &+= UInt64(try checkpoint.tensor(named: tensor.name).elements.count)
      }
    }
    if sum == .max { print("") }  // so that the bytes are read
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

  private var stored: StoredBytes { StoredBytes(buffer, owner: self) }

  func open(_ sibling: @escaping (String) -> Memory?) throws(Fault) -> Checkpoint {
    try Checkpoint(stored, path: "input") { name throws(Fault) in
      guard let other = sibling(name) else { throw .fileMissing(path: name) }
      return other.stored
    }
  }

  deinit { buffer.deallocate() }
}
