import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxWeights

@Suite("Attacks on what the header says of a tensor", .counted)
struct EntryAttacks {
  private let tensor = #"tensor "a""#
  private let offsets = "two non-negative integers"
  private let sizes = "an array of non-negative integers"

  @Test(arguments: [
    (#""F32""#, "a string"), ("null", "null"), ("[]", "an array"), ("7", "an integer"),
  ])
  func `SAFE-4 no object`(value: String, kind: String) {
    HandMade("{\"a\":\(value)}", data: 0).expectRefusal(
      at: tensor, found: kind, expected: "an object")
  }

  @Test(arguments: [
    (#""shape":[1],"data_offsets":[0,4]"#, "dtype"),
    (#""dtype":"F32","data_offsets":[0,4]"#, "shape"),
    (#""dtype":"F32","shape":[1]"#, "data_offsets"), ("", "dtype"),
  ])
  func `SAFE-4 a field is absent`(body: String, field: String) {
    HandMade("{\"a\":{\(body)}}").expectRefusal(
      at: tensor, found: "no \(field)", expected: "dtype, shape and data_offsets")
  }

  @Test(arguments: ["strides", "Dtype", "data_offsets ", ""])
  func `SAFE-4 an unknown field`(field: String) {
    HandMade("{\"a\":{\(HandMade.body),\"\(field)\":[1]}}").expectRefusal(
      at: tensor, found: "a field \(shown(field))",
      expected: "only dtype, shape and data_offsets")
  }

  @Test(arguments: ["f32", "F128", "float32", "", " F32"])
  func `SAFE-4 an unknown dtype`(name: String) {
    HandMade(dtype: "\"\(name)\"").expectRefusal(
      at: "\(tensor), dtype", found: shown(name), expected: "a kind that the format has")
  }

  @Test(arguments: [
    ("32", "an integer"), ("null", "null"), (#"["F32"]"#, "an array"),
    (#"{"F32":null}"#, "an object"),
  ])
  func `SAFE-4 a dtype that is no string`(value: String, kind: String) {
    HandMade(dtype: value).expectRefusal(
      at: "\(tensor), dtype", found: kind, expected: "a string")
  }

  @Test(arguments: [
    ("1", "an integer"), ("null", "null"), ("[1.0]", "a number"), ("[1e0]", "a number"),
    ("[-1]", "a negative integer"), ("[-1,-1]", "a negative integer"), ("[-0]", "a number"),
    (#"["1"]"#, "a string"), ("[[1]]", "an array"), ("[18446744073709551616]", "a number"),
    ("[9223372036854775808]", "a number"), ("[true]", "a boolean"),
  ])
  func `SAFE-4 sizes that are no integers, or negative`(shape: String, found: String) {
    HandMade(shape: shape).expectRefusal(
      at: "\(tensor), shape", found: found, expected: sizes)
  }

  @Test(arguments: [
    ("[0.0,4]", "a number"), ("[0,4e0]", "a number"), ("[-4,0]", "a negative integer"),
    ("[0,-4]", "a negative integer"), ("[4]", "1 integers"), ("[0,4,4]", "3 integers"),
    ("[]", "0 integers"), ("4", "an integer"), (#"{"0":4}"#, "an object"),
    ("[0,9223372036854775808]", "a number"), (#"["0","4"]"#, "a string"),
  ])
  func `SAFE-4 float, negative, one, three and other offsets`(value: String, found: String) {
    HandMade(offsets: value).expectRefusal(
      at: "\(tensor), data_offsets", found: found, expected: offsets)
  }

  @Test(arguments: [
    [1 << 40, 1 << 40], [1 << 40, 1 << 40, 0], [1 << 61], [1 << 62, 4], [.max, .max, .max],
  ])
  func `SAFE-6 sizes that overflow`(shape: [Int]) {
    HandMade(shape: "\(shape)", offsets: "[0,0]", data: 0).expectRefusal(
      at: tensor, found: "F32 \(shape)", expected: "sizes whose product can be counted")
  }

  @Test
  func `SAFE-6 a size of 0 before those that would overflow`() throws {
    let made = HandMade(shape: "[0,\(1 << 40),\(1 << 40)]", offsets: "[0,0]", data: 0)
    #expect(try made.open().tensors[0].count == 0)
  }

  @Test
  func `SAFE-6 SAFE-9 a product that UInt counts and Int does not`() throws {
    let shape = [1 << 62, 2, 0]
    let file = try HandMade(shape: "\(shape)", offsets: "[0,0]", data: 0).open()
    #expect(file.tensors[0].count == 0)
    expectFault(
      HandMade.path, at: tensor, found: "F32 \(shape)",
      expected: "sizes whose product can be counted"
    ) { try file.tensor(named: "a") }
  }

  @Test(arguments: [
    ("[2]", 8), ("[0]", 0), ("[]", 4), ("[1,1,3]", 12), ("[1000000]", 4_000_000),
  ])
  func `SAFE-6 the wrong number of bytes`(shape: String, expected: Int) {
    let words = shape.replacing(",", with: ", ")
    let range = shape == "[]" ? 0..<3 : 0..<4
    let made = HandMade(shape: shape, offsets: "[\(range.lowerBound),\(range.upperBound)]")
    made.expectRefusal(
      at: tensor, found: "\(range.count) bytes, [0, \(range.count))",
      expected: "\(expected) bytes of F32 \(words)")
  }

  @Test(arguments: [
    ("F4", [1], 4), ("F6_E2M3", [3], 18), ("F6_E3M2", [1, 1], 6),
  ])
  func `SAFE-6 elements that do not fill bytes`(name: String, shape: [Int], bits: Int) {
    HandMade(dtype: "\"\(name)\"", shape: "\(shape)").expectRefusal(
      at: tensor, found: "\(bits) bits of \(name) \(shape)", expected: "whole bytes")
  }
}
