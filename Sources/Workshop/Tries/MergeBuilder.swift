import FoxFiles

/// Reads merges in order of rank and finds what they join in the vocabulary.
///
/// Spec: `BPE-13`.
struct MergeBuilder {
  /// The merges read so far.
  private(set) var table: MergeTable

  private let vocabulary: TokenTable
  let file: String
  private var places: [MergePlace] = []
  /// The two tokens of a merge, one behind the other.
  private var joined: [UInt8] = []

  init(_ vocabulary: TokenTable, file: String, capacity: Int) {
    self.vocabulary = vocabulary
    self.file = file
    table = MergeTable(capacity: capacity)
  }

  /// Adds the merges of a text file: two tokens a line with one space between them. Lines that
  /// start with `#version` are headers; lines end with LF or CR LF, the last may lack its end.
  ///
  /// - Throws: `Fault`, naming the line.
  mutating func add(lines text: UTF8Buffer) throws(Fault) {
    if text.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw Fault(
        file, at: "line 1", found: "a byte-order mark", expected: "a merge",
        hint: "save the file without one")
    }
    var start = 0
    var line = 0
    while start < text.count {
      line += 1
      let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
      var content = text[start..<end]
      if end < text.count, content.last == UInt8(ascii: "\r") { content.removeLast() }
      start = end + 1
      try add(content, at: .line(line))
    }
  }

  /// Adds one merge, written as two tokens with one space between them. Headers are passed over.
  ///
  /// - Throws: `Fault`, naming `place`.
  mutating func add(_ line: Slice<UTF8Buffer>, at place: MergePlace) throws(Fault) {
    if line.starts(with: "#version".utf8) { return }
    let space = UInt8(ascii: " ")
    guard let middle = line.firstIndex(of: space), middle > line.startIndex,
      middle + 1 < line.endIndex, !line[(middle + 1)...].contains(space)
    else {
      throw Fault(
        file, at: "\(place)", found: shown(String(decoding: line, as: UTF8.self)),
        expected: "two tokens with one space between them")
    }
    try add(line[..<middle], line[(middle + 1)...], at: place)
  }

  /// Adds one merge.
  ///
  /// - Throws: `Fault`, naming `place`.
  mutating func add(
    _ left: Slice<UTF8Buffer>, _ right: Slice<UTF8Buffer>, at place: MergePlace
  ) throws(Fault) {
    joined.removeAll(keepingCapacity: true)
    joined.append(contentsOf: left)
    joined.append(contentsOf: right)
    let leftID = try id(UTF8Buffer(rebasing: left), place)
    let rightID = try id(UTF8Buffer(rebasing: right), place)
    let result = try joined.withBuffer { text throws(Fault) in try id(text, place) }
    if let rank = table.insert(leftID, rightID, rank: places.count, result: result) {
      let pair = [left, right].map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
      throw Fault(
        file, at: "\(place)", found: "the merge \(shown(pair)) of \(places[rank]) again",
        expected: "each merge once")
    }
    places.append(place)
    addJunction(left, right)
  }

  /// What cannot be spelled in bytes is never met in a text, and joins nothing.
  private mutating func addJunction(_ left: Slice<UTF8Buffer>, _ right: Slice<UTF8Buffer>) {
    let (left, right) = (UTF8Buffer(rebasing: left), UTF8Buffer(rebasing: right))
    guard let last = left.spelledByte(at: left.scalarStart(before: left.count)),
      let first = right.spelledByte(at: 0)
    else { return }
    table.addJunction(last, first)
  }

  /// Refuses merges that cannot make most of the vocabulary's words: a file that was cut short, or
  /// one in another format, would give other ids in silence (`BPE-13`).
  ///
  /// - Throws: `Fault` for too few of them.
  func checkIsComplete() throws(Fault) {
    let words = vocabulary.count - 256  // what is not a single byte
    if words > 64, places.count < words / 2 {
      throw Fault(
        file, found: "\(places.count) merges for a vocabulary of \(words) words beside the bytes",
        expected: "a merge for most words", hint: "was the file cut short?")
    }
  }

  private func id(_ token: UTF8Buffer, _ place: MergePlace) throws(Fault) -> UInt32 {
    guard let id = vocabulary.id(token) else {
      throw Fault(
        file, at: "\(place)", found: "the token \(shown(String(decoding: token, as: UTF8.self)))",
        expected: "one of the vocabulary", hint: "are these the merges of another vocabulary?")
    }
    return UInt32(id)
  }
}

extension UTF8Buffer {
  /// The byte that the character at `index` spells.
  fileprivate func spelledByte(at index: Int) -> UInt8? {
    Unicode.Scalar(scalar(at: index).value).flatMap(ByteAlphabet.byte(of:))
  }
}
