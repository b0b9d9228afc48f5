import FoxDecoding

extension TorchGenerator {
  /// How many bytes a state has.
  package static let stateSize = 5056

  /// The bytes of `torch.get_rng_state()`: what ``init(torchState:drawn:)`` and
  /// `torch.set_rng_state()` go on from. SPEC `RAND-12`.
  ///
  /// Little-endian: seed (8 bytes), words left in the block and 1 (4 each), the next word (8), 624 words
  /// (8 each), then the kept number of a Box–Muller pair: 0, the number, 0 (8 each), whether there is
  /// one (4); the rest is 0. Source: `CPUGeneratorImplState` in `ATen/CPUGeneratorImpl.cpp`.
  package var torchState: [UInt8] {
    // Of a generator from which nothing was drawn, PyTorch writes another position than at the end of
    // a block, although both have 624.
    let isFresh =
      engine.position == MersenneTwister.size
      && engine.words == MersenneTwister(seed: seed).words
    let next = isFresh ? 0 : engine.position
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.stateSize)
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(seed)
    append(Int32(next == 0 ? 1 : MersenneTwister.size + 1 - next))
    append(Int32(1))
    append(UInt64(next))
    for word in engine.words { append(UInt64(word)) }
    append(UInt64(0))
    append((cachedNormal ?? 0).bitPattern)
    append(UInt64(0))
    append(UInt64(cachedNormal == nil ? 0 : 1))
    append(UInt64(0))
    return bytes
  }

  /// The generator that goes on where `torch.get_rng_state()` was taken. SPEC `RAND-12`.
  ///
  /// - Parameters:
  ///   - state: 5056 bytes, as ``torchState`` has them.
  ///   - drawn: How many draws there were before, which a state does not tell.
  /// - Throws: ``Fault`` for bytes that are no state that
  ///   PyTorch or this package writes.
  public init(torchState state: [UInt8], drawn: Int = 0) throws(Fault) {
    let fields = try TorchStateFields(state)
    let words = try fields.words()
    let next = try fields.next()
    let normal = try fields.cachedNormal()
    let seed = fields.integer(at: 0, bytes: 8)
    if next == 0 {
      // Nothing was drawn yet; the words must be those of the seed for this to be such a state.
      let fresh = MersenneTwister(seed: seed)
      guard fresh.words == words else {
        throw .randomState(
          "state", found: "words that another seed gives",
          expected: "those of seed \(seed), from which nothing was drawn")
      }
      self.init(seed: seed)
      cachedNormal = normal
      return
    }
    guard let engine = MersenneTwister(words: words, position: next, drawn: drawn) else {
      throw .randomState("next", found: "\(next)", expected: "0 to 624")
    }
    self.init(seed: seed)
    (self.engine, cachedNormal) = (engine, normal)
  }
}

extension MersenneTwister {
  /// Goes on where another generator stood.
  ///
  /// - Parameters:
  ///   - words: The 624 words of its state.
  ///   - position: The word that is drawn next, 0 to 624.
  ///   - drawn: How many words were drawn before.
  /// - Returns: `nil` when there are not 624 words, or the position is not from 0 to 624: a position
  ///   beyond the words would read other memory in the kernels.
  package init?(words: [UInt32], position: Int, drawn: Int = 0) {
    guard words.count == Self.size, (0...Self.size).contains(position) else { return nil }
    self.init(seed: 0)
    (self.words, self.position) = (words, position)
    // Without a check for overflow: the count is for comparing, and a file may hold any number.
    drawnBefore = drawn &- position
  }
}

extension Fault {
  /// Bytes are no state of a random generator.
  package static func randomState(_ field: String, found: String, expected: String) -> Fault {
    Fault(
      "the state of PyTorch's CPU generator", at: field, found: found, expected: expected,
      hint: "save it anew with torch.get_rng_state()")
  }
}

/// The bytes of a state of PyTorch's generator, field by field.
private struct TorchStateFields {
  private static let wordsStart = 24
  private static let normalStart = wordsStart + 8 * MersenneTwister.size
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) throws(Fault) {
    guard bytes.count == TorchGenerator.stateSize else {
      throw .randomState(
        "size", found: "\(bytes.count) bytes", expected: "\(TorchGenerator.stateSize)")
    }
    self.bytes = bytes
    let seeded = integer(at: 12, bytes: 4)
    if seeded != 1 { throw .randomState("seeded", found: "\(seeded)", expected: "1") }
  }

  func integer(at start: Int, bytes count: Int) -> UInt64 {
    (0..<count).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
  }

  /// The position in the block, which the file has twice.
  func next() throws(Fault) -> Int {
    let size = UInt64(MersenneTwister.size)
    let next = integer(at: 16, bytes: 8)
    let left = integer(at: 8, bytes: 4)
    guard next <= size else {
      throw .randomState("next", found: "\(next)", expected: "0 to \(size)")
    }
    let expected = next == 0 ? 1 : size + 1 - next
    guard left == expected else {
      throw .randomState(
        "left", found: "\(left)", expected: "\(expected), as next is \(next)")
    }
    return Int(next)
  }

  func words() throws(Fault) -> [UInt32] {
    var words: [UInt32] = []
    for index in 0..<MersenneTwister.size {
      let word = integer(at: Self.wordsStart + 8 * index, bytes: 8)
      guard let word = UInt32(exactly: word) else {
        throw .randomState(
          "state[\(index)]", found: "\(word)", expected: "a number of 32 bits")
      }
      words.append(word)
    }
    // Of word 0 only the first bit counts; a state of zeros would stay one.
    if words[0] >> 31 == 0, words.dropFirst().allSatisfy({ $0 == 0 }) {
      throw .randomState("state", found: "zeros only", expected: "624 random words")
    }
    return words
  }

  /// The kept number of a pair, for doubles; PyTorch keeps none for floats on the CPU.
  func cachedNormal() throws(Fault) -> Double? {
    let start = Self.normalStart
    if bytes[start + 36] != 0 {
      throw .randomState(
        "is_next_float_normal_sample_valid", found: "\(bytes[start + 36])", expected: "0")
    }
    let isValid = integer(at: start + 24, bytes: 4)
    if isValid == 0 { return nil }
    let normal = Double(bitPattern: integer(at: start + 8, bytes: 8))
    guard isValid == 1, normal.isFinite else {
      throw .randomState(
        "normal_is_valid", found: "\(isValid), with \(normal)",
        expected: "0, or 1 with a finite number")
    }
    return normal
  }
}
