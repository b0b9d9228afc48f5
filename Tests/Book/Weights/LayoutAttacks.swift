import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxWeights

@Suite("Attacks on the layout of the data", .counted)
struct LayoutAttacks {
  @Test
  func `SAFE-7 a range that ends before it begins`() {
    HandMade(offsets: "[4,0]").expectRefusal(
      at: #"tensor "a", data_offsets"#, found: "[4, 0]", expected: "an end not before the begin")
  }

  @Test
  func `SAFE-7 a hole at the start`() {
    HandMade(offsets: "[4,8]", data: 8).expectRefusal(
      at: #"tensor "a""#, found: "bytes [0, 4) before it that no tensor has",
      expected: "its first byte right after the start of the data")
  }

  @Test
  func `SAFE-7 a hole between two`() {
    HandMade(ranges: [(8, 12), (0, 4)], data: 12).expectRefusal(
      at: #"tensor "a""#, found: "bytes [4, 8) before it that no tensor has",
      expected: #"its first byte right after tensor "b""#)
  }

  @Test(arguments: [
    ([(0, 8), (4, 12)], 0..<8, 4..<12), ([(0, 4), (0, 4)], 0..<4, 0..<4),
    ([(0, 12), (4, 8)], 0..<12, 4..<8), ([(0, 8), (4, 4)], 0..<8, 4..<4),
  ])
  func `SAFE-7 overlapping`(ranges: [(Int, Int)], first: Range<Int>, second: Range<Int>) {
    HandMade(ranges: ranges, data: 12).expectRefusal(
      at: #"tensor "b""#,
      found: #"bytes \#(shown(second)), some of them in \#(shown(first)) of tensor "a""#,
      expected: "bytes of its own")
  }

  @Test
  func `SAFE-7 any order in the header, the order of the bytes out`() throws {
    let file = try HandMade(ranges: [(5, 9), (0, 0), (0, 5), (9, 9)], data: 9).open()
    #expect(file.tensors.map(\.name) == ["b", "c", "a", "d"])
  }

  @Test
  func `SAFE-7 no bytes at the start, between and at the end`() throws {
    let file = try HandMade(ranges: [(0, 0), (0, 4), (4, 4), (4, 4), (4, 6)], data: 6).open()
    #expect(file.tensors.map(\.name) == ["a", "b", "c", "d", "e"])
  }

  @Test(arguments: [1, 4, 8, 4096])
  func `SAFE-8 a polyglot's tail`(count: Int) {
    var made = HandMade()
    let expected = made.bytes.count
    made.bytes += Array(repeating: 0x50, count: count)
    made.expectRefusal(found: "\(expected + count) bytes", expected: "\(expected)")
  }

  @Test
  func `SAFE-8 data without tensors`() {
    HandMade("{}", data: 4).expectRefusal(found: "14 bytes", expected: "10")
  }

  @Test(arguments: [1, 2, 3, 4])
  func `SAFE-8 a missing tail`(count: Int) {
    var made = HandMade()
    let expected = made.bytes.count
    made.bytes.removeLast(count)
    made.expectRefusal(found: "\(expected - count) bytes", expected: "\(expected)")
  }

  @Test
  func `SAFE-8 offsets at the greatest integer`() {
    // Four ranges of the greatest size whose bits can be counted: they end 4 bytes before Int.max.
    let size = (1 << 61) - 1
    let made = HandMade(ranges: (0..<4).map { (size * $0, size * ($0 + 1)) }, data: 4)
    made.expectRefusal(found: "\(made.bytes.count) bytes", expected: "\(Int.max)")
    HandMade(offsets: "[\(Int.max - 4),\(Int.max)]").expectRefusal(
      at: #"tensor "a""#, found: "bytes [0, \(Int.max - 4)) before it that no tensor has",
      expected: "its first byte right after the start of the data")
  }
}
