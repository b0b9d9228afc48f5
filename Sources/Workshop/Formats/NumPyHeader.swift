import FoxDecoding
import FoxWeights

/// The header of a NumPy array (`NPY-1`, `NPY-2`): numpy/lib/format.py.
///
/// Magic, version, length, and a Python dictionary of three members, which is read, never evaluated.
struct NumPyHeader: Equatable, Sendable {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// NumPy's own limit of what it evaluates.
  static let maximumLength = 10_000

  let view: StridedView
  /// Where the numbers begin.
  let dataStart: Int
  /// How many bytes they take.
  let dataSize: Int

  /// Reads the header at the start of `bytes`, of which more may follow than the header.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(Fault) {
    guard bytes.starts(with: Self.magic), bytes.count >= 10 else {
      throw Self.cut(file)
    }
    let isWide = bytes[6] > 1
    guard (1...3).contains(bytes[6]), bytes[7] == 0 else {
      throw Fault(file, at: "version", found: "\(bytes[6])", expected: "1, 2 or 3")
    }
    let length =
      isWide
      ? bytes.number(at: 8, as: UInt32.self).map(Int.init)
      : bytes.number(at: 8, as: UInt16.self).map(Int.init)
    guard let length else { throw Self.cut(file) }
    if length > Self.maximumLength {
      throw Fault(
        file, at: "length of the header", found: "\(length) bytes",
        expected: "at most \(Self.maximumLength)")
    }
    let start = isWide ? 12 : 10
    guard let text = bytes.slice(at: start, count: length) else {
      throw Self.cut(file)
    }
    var literal = NumPyLiteral(text, file: file)
    try literal.parse()
    dataStart = start + length
    (view, dataSize) = try Self.view(literal, file)
  }

  private static func cut(_ file: String) -> Fault {
    Fault(
      file, found: "the end of the file in the header", expected: "an array of NumPy",
      hint: "is the download complete?")
  }

  private static func view(
    _ literal: NumPyLiteral, _ file: String
  ) throws(Fault) -> (StridedView, Int) {
    guard let (dtype, isBigEndian) = dtype(literal.kind) else {
      throw .kind(literal.kind, file: file)
    }
    let shape = literal.shape
    guard shape.count <= 64, let bits = dtype.bitCount(of: shape) else {
      throw Fault(
        file, at: "shape", found: shown(shape), expected: "sizes whose product can be counted")
    }
    let strides =
      literal.isFortran ? Self.columnMajor(shape) : StridedView.rowMajor(shape)
    let view = StridedView(
      dtype: dtype, shape: shape, strides: strides, isBigEndian: isBigEndian)
    return (view, Int(bits / 8))
  }

  /// Strides of a column-major shape, as Fortran has it.
  private static func columnMajor(_ shape: [Int]) -> [Int] {
    StridedView.rowMajor(shape.reversed()).reversed()
  }

  /// NumPy's kinds of numbers: an order of bytes, a letter and a size.
  static let kinds: [(name: String, dtype: DType)] = [
    ("b1", .bool), ("u1", .u8), ("i1", .i8), ("u2", .u16), ("i2", .i16), ("f2", .f16),
    ("u4", .u32), ("i4", .i32), ("f4", .f32), ("u8", .u64), ("i8", .i64), ("f8", .f64),
    ("c8", .c64),
  ]

  private static func dtype(_ text: String) -> (DType, isBigEndian: Bool)? {
    guard let order = text.first, "<>|=".contains(order) else { return nil }
    guard let kind = kinds.first(where: { $0.name == text.dropFirst() }) else { return nil }
    return (kind.dtype, order == ">")
  }
}

/// A Python dictionary of a text, a boolean and a tuple of integers.
struct NumPyLiteral {
  private(set) var kind = ""
  private(set) var isFortran = false
  private(set) var shape: [Int] = []

  private let bytes: UnsafeRawBufferPointer
  private let file: String
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer, file: String) { (self.bytes, self.file) = (bytes, file) }

  /// Reads the dictionary, its members in any order, and the spaces behind it.
  mutating func parse() throws(Fault) {
    var missing: Set = ["descr", "fortran_order", "shape"]
    try expect("{")
    while !accept("}") {
      let place = position
      let key = try text()
      guard missing.remove(key) != nil else { throw fault("one of each member", at: place) }
      try expect(":")
      switch key {
      case "descr": kind = try descriptor()
      case "fortran_order": isFortran = try boolean()
      default: shape = try tuple()
      }
      if !accept(",") && peek() != UInt8(ascii: "}") { throw fault("',' or '}'") }
    }
    skipSpace()
    if position < bytes.count { throw fault("only spaces after the dictionary") }
    if let name = missing.sorted().first { throw fault("the member \(name)") }
  }

  /// A kind of numbers; that of a structure is shown as it is written.
  private mutating func descriptor() throws(Fault) -> String {
    if peek() != UInt8(ascii: "[") && peek() != UInt8(ascii: "(") { return try text() }
    throw .kind(String(decoding: bytes[position...].prefix(60), as: UTF8.self), file: file)
  }

  private mutating func text() throws(Fault) -> String {
    guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw fault("a text")
    }
    position += 1
    guard let end = bytes[position...].firstIndex(of: quote) else { throw fault("a text's end") }
    let text = bytes[position..<end]
    position = end + 1
    guard text.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }) else {
      throw fault("a plain text")
    }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func boolean() throws(Fault) -> Bool {
    if accept("True") { return true }
    if accept("False") { return false }
    throw fault("True or False")
  }

  private mutating func tuple() throws(Fault) -> [Int] {
    try expect("(")
    var sizes: [Int] = []
    while !accept(")") {
      sizes.append(try integer())
      // `(3)` is a number in Python; NumPy writes `(3,)`.
      let hasComma = accept(",")
      if !hasComma && (sizes.count == 1 || peek() != UInt8(ascii: ")")) { throw fault("','") }
    }
    return sizes
  }

  /// Digits, which Python 2 ended with an L.
  private mutating func integer() throws(Fault) -> Int {
    skipSpace()
    let digits = bytes[position...].prefix { (0x30..<0x3A).contains($0) }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw fault("an integer that can be counted")
    }
    position += digits.count
    _ = accept("L")
    return value
  }

  private mutating func expect(_ word: String) throws(Fault) {
    if !accept(word) { throw fault("'\(word)'") }
  }

  /// Takes the word when it comes next, behind spaces.
  private mutating func accept(_ word: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func peek() -> UInt8? {
    skipSpace()
    return position < bytes.count ? bytes[position] : nil
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x0A].contains(bytes[position]) { position += 1 }
  }

  /// What follows, cut, is not what is expected.
  private func fault(_ expected: String, at place: Int? = nil) -> Fault {
    let place = place ?? position
    let rest = String(decoding: bytes[place...].prefix(20), as: UTF8.self)
    return Fault(
      file, at: "byte \(place) of the header", found: rest.isEmpty ? "its end" : shown(rest),
      expected: expected)
  }
}

extension Fault {
  /// Kinds of numbers that are not read: objects (pickles), structures, text.
  fileprivate static func kind(_ kind: String, file: String) -> Fault {
    Fault(file, at: "descr", found: shown(kind), expected: "a kind of numbers")
  }
}
