/// Valid UTF-8 in memory that somebody else holds.
typealias UTF8Buffer = UnsafeBufferPointer<UInt8>

extension UTF8Buffer {
  /// The scalar that starts at `index` and the number of its bytes. The text must be valid UTF-8
  /// and `index` the first byte of a scalar.
  @inline(__always) func scalar(at index: Int) -> (value: UInt32, length: Int) {
    let lead = UInt32(self[index])
    func next(_ distance: Int) -> UInt32 { UInt32(self[index + distance] & 0x3F) }
    if lead < 0x80 { return (lead, 1) }
    if lead < 0xE0 { return ((lead & 0x1F) << 6 | next(1), 2) }
    if lead < 0xF0 { return ((lead & 0x0F) << 12 | next(1) << 6 | next(2), 3) }
    return ((lead & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4)
  }

  /// The first byte of the scalar that ends before `index`.
  func scalarStart(before index: Int) -> Int {
    var start = index - 1
    while start > 0, isContinuation(start) { start -= 1 }
    return start
  }

  /// Whether the byte at `index` continues a scalar.
  @inline(__always) func isContinuation(_ index: Int) -> Bool { self[index] & 0xC0 == 0x80 }
}
