import FoxDecoding
import FoxFiles
import FoxWeights
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Pickles, and attacks with them", .counted)
struct PickleTests: ReadsPickles {
  private typealias P = HandMadePickle
  private let names = "one of the few names that stand for tensors"
  private let tooFew = "too few values on the stack"
  private let those = "those that the operation takes"

  @Test
  func `PICK-1 a dictionary of one text and one number, operation by operation`() throws {
    // {"a": 1}, as Python's pickle.dumps({"a": 1}, protocol=2) writes it.
    let pickle: [UInt8] = [
      0x80, 0x02,  // PROTO 2
      0x7D,  // EMPTY_DICT: the stack is {}
      0x71, 0x00,  // BINPUT 0: memo 0 is the dictionary
      0x58, 0x01, 0x00, 0x00, 0x00, 0x61,  // BINUNICODE "a": {} "a"
      0x71, 0x01,  // BINPUT 1
      0x4B, 0x01,  // BININT1 1: {} "a" 1
      0x73,  // SETITEM: {"a": 1}
      0x2E,  // STOP
    ]
    try pickle.withUnsafeBytes { bytes in
      var reader = PickleReader(bytes, file: "p")
      let value = try reader.next()
      try reader.expectEnd()
      let members = try #require(reader.heap.members(value))
      #expect(members.map(\.key) == [.text("a")])
      #expect(members.map(\.value) == [.integer(1)])
    }
  }

  @Test
  func `PICK-3 a pickle that calls os.system`() {
    let pickle = P.file(P.global("posix system"), P.tuple(P.text("echo owned")), P.op("R"))
    expectRefusal(pickle, #""posix.system""#, names, at: 2)
    let fault = fault { try value(pickle) }
    #expect(fault?.hint?.hasPrefix("nothing was called;") == true)
  }

  @Test(arguments: ["torch QInt8Storage", "torch.storage FloatStorage", "os system"])
  func `PICK-3 names that the table does not have, and one of 300 letters`(name: String) {
    expectRefusal(
      P.file(P.global(name)), shown(name.replacing(" ", with: ".")), names, at: 2)
    let long = String(repeating: "x", count: 300)
    expectRefusal(P.file(P.global("torch \(long)")), shown("torch.\(long)"), names, at: 2)
  }

  @Test(
    arguments: "ilopPSVIFLdgT02B\u{0}".utf8.map { $0 } + [0x82, 0x8B, 0x8C, 0x93, 0x94, 0x95, 0xFF])
  func `PICK-1 operations of other protocols, or none`(code: UInt8) {
    expectRefusal(
      P.file(P.op("N"), [code]), "operation 0x\(hexadecimal(code))",
      "one that a state dictionary needs", at: 3)
  }

  @Test(arguments: [0, 1, 3, 4, 5, 255] as [UInt8])
  func `PICK-1 other protocols`(version: UInt8) {
    expectRefusal(
      [0x80, version, 0x4E, 0x2E], "protocol \(version)", "2, which PyTorch writes", at: 0)
  }

  @Test
  func `PICK-2 a stack that is empty, or not at the end; marks that are not there`() {
    expectRefusal(P.file(), "0 values, 0 marks", "one value at the end", at: 2)
    expectRefusal(P.file(P.op("NN")), "2 values, 0 marks", "one value at the end", at: 4)
    expectRefusal(P.file(P.op("N(")), "1 values, 1 marks", "one value at the end", at: 4)
    expectRefusal(P.file(P.op("t")), "no mark", "a mark on the stack", at: 2)
    expectRefusal(P.file(P.op("N("), [0x85]), tooFew, those, at: 4)
    expectRefusal(P.file(P.op("](NNs")), tooFew, those, at: 6)
    expectRefusal(P.file(P.op("q"), [0]), tooFew, those, at: 2)
    expectRefusal(
      P.file(P.op("h"), [7]), "memo entry 7, which is empty", "one that was kept", at: 2)
  }

  @Test
  func `PICK-2 something behind the end, and text that is not UTF-8`() {
    expectRefusal(P.file(P.op("N")) + [0x2E], "1 more bytes", "the end", at: 4)
    expectRefusal(P.file(P.op("U"), [1, 0xFF]), "bytes that are not UTF-8", "a text", at: 2)
    expectRefusal([0x80, 2, 0x4E], "the end of the pickle", "the rest of an operation", at: 3)
    expectRefusal(
      P.file(P.op("X"), [9, 0, 0, 0]), "the end of the pickle", "the rest of an operation", at: 2)
  }

  @Test
  func `PICK-1 integers of many bytes`() throws {
    #expect(try value(P.file(P.int(-5))) == .integer(-5))
    #expect(try value(P.file([0x8A, 0])) == .integer(0))
    #expect(try value(P.file([0x8A, 1, 0xFF])) == .integer(-1))
    #expect(
      try value(P.file([0x8A, 9] + Array(repeating: 1, count: 9)))
        == .other("an integer"))
    #expect(try value(P.file([0x4A, 0xFE, 0xFF, 0xFF, 0xFF])) == .integer(-2))
    #expect(try value(P.file(P.op("G"), [0x3F, 0xF8, 0, 0, 0, 0, 0, 0])) == .number(1.5))
  }
}
