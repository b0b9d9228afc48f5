/// BERT's normalizer: what the chapter's ``BasicTokenizer`` does to a text before it cuts it into words,
/// in one pass that knows for each byte where it comes from, and with each step to be left out.
///
/// Source: `BertNormalizer` in tokenizers 0.13.3. Spec: `WP-2`.
struct BERTNormalizer: Equatable, Sendable {
  var cleansText = true
  var separatesChinese = true
  /// `nil`: as ``lowercases`` is.
  var stripsAccents: Bool?
  var lowercases = true

  private var characters: BERTCharacters { BERTCharacters.shared }

  /// Whether accents are stripped in the end.
  var strips: Bool { stripsAccents ?? lowercases }

  /// Appends the normalized form of `range` of `text`, whose first scalar has the number `first`.
  ///
  /// - Complexity: O(*n*), and O(*m* log *m*) for *m* marks in a row.
  func append(_ text: UTF8Buffer, _ range: Range<Int>, first: Int, to out: inout NormalizedText) {
    var run = MarkRun()
    var number = UInt32(truncatingIfNeeded: first)
    var place = range.lowerBound
    while place < range.upperBound {
      let (scalar, length) = text.scalar(at: place)
      append(scalar, number, &run, to: &out)
      place += length
      number &+= 1
    }
    flush(&run, to: &out)
  }

  @inline(__always) private func append(
    _ scalar: UInt32, _ origin: UInt32, _ run: inout MarkRun, to out: inout NormalizedText
  ) {
    let kind = BERTClass(rawValue: characters.classes.number(of: scalar))
    if kind.rawValue == 0 { return plain(scalar, origin, &run, to: &out) }
    if cleansText, kind.contains(.dropped) || kind.contains(.space) {
      if !kind.contains(.dropped) { strip(0x20, origin, [], &run, to: &out) }
    } else if separatesChinese, kind.contains(.chinese) {
      strip(0x20, origin, [], &run, to: &out)
      strip(scalar, origin, kind, &run, to: &out)
      strip(0x20, origin, [], &run, to: &out)
    } else {
      strip(scalar, origin, kind, &run, to: &out)
    }
  }

  /// A character that nothing is done to; most are.
  @inline(__always) private func plain(
    _ scalar: UInt32, _ origin: UInt32, _ run: inout MarkRun, to out: inout NormalizedText
  ) {
    flush(&run, to: &out)
    run.last = origin
    out.append(scalar, origin)
  }

  @inline(__always) private func strip(
    _ scalar: UInt32, _ origin: UInt32, _ kind: BERTClass, _ run: inout MarkRun,
    to out: inout NormalizedText
  ) {
    if !strips { return lower(scalar, origin, kind, to: &out) }
    if !kind.contains(.decomposes) {
      return order(scalar, origin, kind, false, &run, to: &out)
    }
    var isInserted = false
    for part in characters.parts(of: scalar) {
      order(part, origin, characters[part], isInserted, &run, to: &out)
      isInserted = true
    }
  }

  /// Takes the next scalar of the decomposed text.
  @inline(__always) private func order(
    _ scalar: UInt32, _ origin: UInt32, _ kind: BERTClass, _ isInserted: Bool, _ run: inout MarkRun,
    to out: inout NormalizedText
  ) {
    if kind.contains(.ordered) {
      run.append(scalar, kind, characters.rank(of: scalar), origin, isInserted)
      return
    }
    flush(&run, to: &out)
    if !isInserted { run.last = origin }
    if !kind.contains(.mark) { lower(scalar, origin, kind, to: &out) }
  }

  /// Puts the marks in order and appends those that are left.
  @inline(__always) private func flush(_ run: inout MarkRun, to out: inout NormalizedText) {
    if run.isEmpty { return }
    run.forEachInOrder { scalar, origin, kind in
      if !kind.contains(.mark) { lower(scalar, origin, kind, to: &out) }
    }
  }

  @inline(__always) private func lower(
    _ scalar: UInt32, _ origin: UInt32, _ kind: BERTClass, to out: inout NormalizedText
  ) {
    if lowercases, kind.contains(.lowers) {
      for letter in characters.small(scalar) { out.append(letter, origin) }
    } else {
      out.append(scalar, origin)
    }
  }
}

/// Marks that follow one another, which the canonical order may move.
private struct MarkRun {
  private struct Mark {
    let scalar: UInt32
    let kind: BERTClass
    let rank: UInt8
    let isInserted: Bool
  }

  private var marks: [Mark] = []
  /// The origins of the marks that are no later part of a decomposition, in the order of the text.
  private var origins: [UInt32] = []
  /// The origin of the last scalar before the run.
  var last: UInt32 = 0

  var isEmpty: Bool { marks.isEmpty }

  mutating func append(
    _ scalar: UInt32, _ kind: BERTClass, _ rank: UInt8, _ origin: UInt32, _ isInserted: Bool
  ) {
    marks.append(Mark(scalar: scalar, kind: kind, rank: rank, isInserted: isInserted))
    if !isInserted { origins.append(origin) }
  }

  /// Calls `body` with each mark, and empties the run.
  ///
  /// The reference keeps origins by place, not by mark: whatever comes first after sorting has the
  /// origin of the first; the later parts of a decomposition have that of what is before them.
  mutating func forEachInOrder(_ body: (UInt32, UInt32, BERTClass) -> Void) {
    // Stable: marks of one rank keep their order.
    let isOrdered = zip(marks, marks.dropFirst()).allSatisfy { $0.rank <= $1.rank }
    if !isOrdered {
      let sorted = marks.enumerated().sorted { a, b in
        (a.element.rank, a.offset) < (b.element.rank, b.offset)
      }
      marks = sorted.map(\.element)
    }
    var next = 0
    for mark in marks {
      if !mark.isInserted {
        last = origins[next]
        next += 1
      }
      body(mark.scalar, last, mark.kind)
    }
    marks.removeAll(keepingCapacity: true)
    origins.removeAll(keepingCapacity: true)
  }
}

/// Normalized text, and of each of its bytes the scalar of the text that it comes from.
struct NormalizedText: Sendable {
  private(set) var bytes: [UInt8] = []
  /// Numbers of scalars, one a byte.
  private(set) var origins: [UInt32] = []

  /// Forgets the text, not the memory.
  mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    origins.removeAll(keepingCapacity: true)
  }

  @inline(__always) fileprivate mutating func append(_ scalar: UInt32, _ origin: UInt32) {
    if scalar < 0x80 { return add(scalar, origin) }
    if scalar < 0x800 {
      add(0xC0 | scalar >> 6, origin)
    } else {
      if scalar < 0x10000 {
        add(0xE0 | scalar >> 12, origin)
      } else {
        add(0xF0 | scalar >> 18, origin)
        add(0x80 | scalar >> 12 & 0x3F, origin)
      }
      add(0x80 | scalar >> 6 & 0x3F, origin)
    }
    add(0x80 | scalar & 0x3F, origin)
  }

  @inline(__always) private mutating func add(_ byte: UInt32, _ origin: UInt32) {
    bytes.append(UInt8(truncatingIfNeeded: byte))
    origins.append(origin)
  }

  /// The scalars that a range of bytes, which is not empty, comes from.
  func origin(of range: Range<Int>) -> Range<Int> {
    let start = Int(origins[range.lowerBound])
    return start..<Swift.max(Int(origins[range.upperBound - 1]) + 1, start)
  }
}
