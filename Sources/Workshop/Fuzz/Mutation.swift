import FoxFormats

/// Changes to inputs.
enum Mutation {
  /// Numbers at which arithmetic overflows, signs turn and fields saturate.
  private static let numbers: [UInt64] = [
    0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
    0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max, 0x2000_0000_0000_0000,
  ]

  /// Changes something in one to four places.
  static func apply(to bytes: inout [UInt8], _ random: inout SplitMix) {
    for _ in 0...Int.random(in: 0..<4, using: &random) { change(&bytes, &random) }
  }

  private static func change(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    if bytes.count < 2 { return }
    let place = position(in: bytes, &random)
    switch Int.random(in: 0..<9, using: &random) {
    case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
    case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
    case 3: bytes.remove(at: place)
    case 4: bytes.removeLast(min(bytes.count, Int.random(in: 1...64, using: &random)))
    case 5: number(&bytes, at: place, &random)
    case 6:
      let piece = bytes[place...].prefix(Int.random(in: 1...40, using: &random))
      bytes.insert(contentsOf: Array(piece), at: position(in: bytes, &random))
    case 7: bytes.swapAt(place, position(in: bytes, &random))
    default:
      let end = min(place + Int.random(in: 1...40, using: &random), bytes.count)
      bytes.removeSubrange(place..<end)
    }
  }

  /// Mostly where headers, directories and pickles are.
  private static func position(in bytes: [UInt8], _ random: inout SplitMix) -> Int {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: Int.random(in: 0..<min(bytes.count, 128), using: &random)
    case 1: bytes.count - 1 - Int.random(in: 0..<min(bytes.count, 300), using: &random)
    default: Int.random(in: 0..<bytes.count, using: &random)
    }
  }

  private static func number(_ bytes: inout [UInt8], at place: Int, _ random: inout SplitMix) {
    let number = numbers.randomElement(using: &random) ?? 0
    let size = [1, 2, 4, 8].randomElement(using: &random) ?? 1
    withUnsafeBytes(of: number.littleEndian) { source in
      for index in 0..<min(size, bytes.count - place) { bytes[place + index] = source[index] }
    }
  }

  /// Changes the contents of entries of an archive, whose sums are right afterwards; `nil` when the
  /// bytes are no archive.
  static func insideArchive(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8]? {
    guard var entries = ArchiveParts.entries(of: bytes), !entries.isEmpty else { return nil }
    for _ in 0...Int.random(in: 0..<2, using: &random) {
      // The first entry is the pickle, or an array like the others.
      let isFirst = Bool.random(using: &random)
      let place = isFirst ? 0 : Int.random(in: 0..<entries.count, using: &random)
      apply(to: &entries[place].bytes, &random)
    }
    return ArchiveParts.archive(of: entries)
  }
}
