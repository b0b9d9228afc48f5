import FoxDecoding
import FoxFiles
import FoxKernels

/// # The processes that train one model together
///
/// Each process, a *rank*, has the whole model and a share of the samples. After the backward pass of a
/// step the gradients are averaged over the ranks, so that every rank makes the same step and has the
/// same weights, without sending them.
///
///     g = (g₀ + g₁ + … ) / ranks
///
/// Source: `DistributedDataParallel` of torch 2.13, as the Trainer of transformers 4.17.0 uses it.
/// SPEC `MPI-1` to `MPI-6`.
///
/// What it does not do: it does not split a model that is too large for one process.
package protocol Ranks: AnyObject {
  /// This process, from 0.
  var rank: Int { get }
  /// How many there are.
  var count: Int { get }
  /// Puts the mean over all ranks in the place of each one's numbers.
  func average(_ values: UnsafeMutablePointer<Float>, count: Int)
  /// Gives every rank the bytes of all, in order. No rank goes on before all have come.
  func gather(_ bytes: [UInt8]) -> [[UInt8]]
}

/// A process by itself.
package final class SingleRank: Ranks {
  /// A process by itself.
  package init() {}
  package var rank: Int { 0 }
  package var count: Int { 1 }
  package func average(_ values: UnsafeMutablePointer<Float>, count: Int) {}
  package func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }
}

extension Ranks {
  /// Whether this rank writes files and speaks.
  package var isFirst: Bool { rank == 0 }
  /// Whether there are others.
  package var areMany: Bool { count > 1 }

  /// The mean of a number over the ranks.
  func mean(_ value: Float) -> Float {
    var value = value
    if areMany { average(&value, count: 1) }
    return value
  }

  /// Whether it is so on any rank.
  func onAny(_ isSo: Bool) -> Bool {
    areMany ? gather([isSo ? 1 : 0]).contains([1]) : isSo
  }

  /// Does pieces of work, each on one rank, and gives all ranks what came of them.
  ///
  /// - Parameter work: Does the piece of this number; rank `r` is asked for `r`, `r + ranks` and so on.
  /// - Returns: The numbers of each piece, in order. SPEC `MPI-3`.
  func share(_ pieces: Int, _ work: (Int) throws -> [Double]) rethrows -> [[Double]] {
    let own = try stride(from: rank, to: pieces, by: count).map(work)
    if !areMany { return own }
    let sent = own.flatMap { [Double($0.count)] + $0 }
    var rest = gather(sent.withUnsafeBytes(Array.init)).map { bytes in
      bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self))[...] }
    }
    return (0..<pieces).map { piece in
      let size = Int(rest[piece % count].popFirst() ?? 0)
      defer { rest[piece % count].removeFirst(size) }
      return Array(rest[piece % count].prefix(size))
    }
  }

  /// What rank 0 decides, told to all.
  ///
  /// - Parameter decide: Runs on rank 0 alone. When it throws, that process ends, and with it all.
  package func first(_ decide: () throws -> String?) rethrows -> String? {
    let own = isFirst ? try decide() : nil
    guard areMany, let bytes = gather(Array((own ?? "").utf8)).first else { return own }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// Refuses ranks that would train something else. SPEC `MPI-4`.
  ///
  /// - Parameter members: What must be the same, by its key.
  func requireSame(_ members: [(key: String, value: JSON)]) throws(Fault) {
    if !areMany { return }
    let all = gather(JSON.object(.init(members)).fileBytes)
    for (other, bytes) in all.enumerated() where bytes != all[0] {
      let (theirs, first) = (try? JSON.parse(bytes), try? JSON.parse(all[0]))
      let key = members.map(\.key).first { theirs?[$0] != first?[$0] } ?? "the configuration"
      func shown(_ value: JSON?) -> String { value.map { Arguments.shown($0) } ?? "nothing" }
      throw Fault(
        "rank \(other)", at: key, found: shown(theirs?[key]),
        expected: "\(shown(first?[key])), as rank 0 has it",
        hint: "all ranks need the same configuration, data and program")
    }
  }
}
