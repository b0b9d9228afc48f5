import FoxWeights

/// The SHA-256 hash of bytes that come in pieces (FIPS 180-4, sections 4.1.2, 5 and 6.2; `FILE-6`).
///
///     var hash = SHA256()
///     hash.update(piece)
///     print(hash.finalize().hexadecimal)
package struct SHA256: Sendable {
  /// The 32 bytes of a hash.
  package struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The bytes, first to last.
    package let bytes: [UInt8]
    /// 64 lower-case hexadecimal digits, as `sha256sum` prints them.
    package var hexadecimal: String { bytes.map { FoxWeights.hexadecimal($0) }.joined() }
    /// The same as ``hexadecimal``.
    package var description: String { hexadecimal }
  }

  private static let blockSize = 64
  private var state = Self.initialState
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  /// The hash of nothing yet.
  package init() { pending.reserveCapacity(Self.blockSize) }

  /// Takes in more bytes.
  ///
  /// - Complexity: O(*n*); no copy is made of whole blocks.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let head = rest.prefix(Self.blockSize - pending.count)
      pending.append(contentsOf: head)
      rest = rest.dropFirst(head.count)
      if pending.count < Self.blockSize { return }
      pending.withUnsafeBytes { state.compress($0) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = rest.count / Self.blockSize * Self.blockSize
    state.compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
    pending.append(contentsOf: rest.dropFirst(whole))
  }

  /// Takes in more bytes.
  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// The hash of all bytes taken in. More may follow; the hash then goes on from here.
  package func finalize() -> Digest {
    var padded = pending + [0x80]
    let room = Self.blockSize - 8
    let zeros = (room - padded.count % Self.blockSize + Self.blockSize) % Self.blockSize
    padded.append(contentsOf: repeatElement(0, count: zeros))
    withUnsafeBytes(of: (byteCount &* 8).bigEndian) { padded.append(contentsOf: $0) }
    var last = state
    padded.withUnsafeBytes { last.compress($0) }
    return Digest(bytes: last.bytes)
  }

  package static func hash(of bytes: [UInt8]) -> Digest {
    bytes.withUnsafeBytes { hash(of: $0) }
  }

  package static func hash(of bytes: UnsafeRawBufferPointer) -> Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }

  package static func hash(of file: MappedFile) -> Digest {
    file.withBytes { hash(of: $0) }
  }
}

extension SHA256 {
  /// The eight words H of section 6.2.
  private struct State: Sendable {
    var words: SIMD8<UInt32>

    var bytes: [UInt8] {
      (0..<8).flatMap { index in withUnsafeBytes(of: words[index].bigEndian) { Array($0) } }
    }

    /// Takes in whole blocks of 64 bytes.
    mutating func compress(_ blocks: UnsafeRawBufferPointer) {
      guard let start = blocks.baseAddress else { return }
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
        guard let schedule = schedule.baseAddress else { return }
        roundConstants.withUnsafeBufferPointer { constants in
          guard let constants = constants.baseAddress else { return }
          for offset in stride(from: 0, to: blocks.count, by: blockSize) {
            Self.expand(start + offset, into: schedule)
            words &+= Self.rounds(words, schedule, constants)
          }
        }
      }
    }

    /// Section 6.2.2, step 1: the message schedule W.
    @inline(__always)
    private static func expand(_ block: UnsafeRawPointer, into w: UnsafeMutablePointer<UInt32>) {
      for t in 0..<16 {
        let word = block.loadUnaligned(fromByteOffset: 4 * t, as: UInt32.self)
        w[t] = UInt32(bigEndian: word)
      }
      for t in 16..<64 {
        let (x, y) = (w[t - 15], w[t - 2])
        let sigma0 = rotate(x, 7) ^ rotate(x, 18) ^ x &>> 3
        let sigma1 = rotate(y, 17) ^ rotate(y, 19) ^ y &>> 10
        w[t] = sigma1 &+ w[t - 7] &+ sigma0 &+ w[t - 16]
      }
    }

    /// Steps 2 and 3: the 64 rounds over the working variables a to h.
    @inline(__always)
    private static func rounds(
      _ start: SIMD8<UInt32>, _ w: UnsafePointer<UInt32>, _ k: UnsafePointer<UInt32>
    ) -> SIMD8<UInt32> {
      var (a, b, c, d) = (start[0], start[1], start[2], start[3])
      var (e, f, g, h) = (start[4], start[5], start[6], start[7])
      for t in 0..<64 {
        let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
        let choice = g ^ e & (f ^ g)
        let first = h &+ sum1 &+ choice &+ k[t] &+ w[t]
        let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
        let majority = a & b | c & (a | b)
        (h, g, f, e) = (g, f, e, d &+ first)
        (d, c, b, a) = (c, b, a, first &+ sum0 &+ majority)
      }
      return SIMD8(a, b, c, d, e, f, g, h)
    }

    @inline(__always)
    private static func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x &>> n | x &<< (32 &- n) }
  }

  /// Section 5.3.3: the first 32 bits of the fractional parts of the square roots of the first
  /// eight primes.
  private static let initialState = State(
    words: SIMD8(
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
      0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19))

  /// Section 4.2.2: the same of the cube roots of the first 64 primes.
  private static let roundConstants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}
