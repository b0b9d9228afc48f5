import FoxFiles
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks with NumPy arrays", .counted)
struct NumPyAttacks {
  private static let start: String = "{'descr': '<f4', 'fortran_order': False, 'shape': "
  private static let complete: String = start + "(2, 3)}"
  private static let rest = "'fortran_order': False, 'shape': (6,)}"
  private let path = HandMadeZip.path

  private func array(_ header: String, data: Int = 24, version: UInt8 = 1) -> [UInt8] {
    var bytes = NumPyHeader.magic + [version, 0]
    if version == 1 { bytes.add(UInt16(header.utf8.count)) }
    if version != 1 { bytes.add(UInt32(header.utf8.count)) }
    return bytes + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  private func expectRefusal(
    _ bytes: [UInt8], at place: String? = nil, _ found: String, _ expected: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectFault(path, at: place, found: found, expected: expected, sourceLocation: sourceLocation) {
      try open(bytes)
    }
  }

  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n",
    #"{"shape":(2,3),"descr":"<f4","fortran_order":False}"#,
    "{'descr': '=i4', 'fortran_order': True, 'shape': (2L, 3L)}",
    "{'descr': '|b1', 'fortran_order': False, 'shape': (24,)}",
    "{'descr': '>f8', 'fortran_order': False, 'shape': (3,)}",
  ])
  func `NPY-1 headers without faults`(header: String) throws {
    #expect(try open(array(header)).tensors[0].byteRange.count == 24)
    #expect(try open(array(header, version: 3)).tensors.count == 1)
  }

  @Test(arguments: [
    ("", "'{'", 0), ("{", "a text", 1), ("{}", "the member descr", 2), ("[]", "'{'", 0),
    ("{'descr': '<f4'}", "the member fortran_order", 16),
    ("__import__('os').system('echo owned')", "'{'", 0),
    (complete + " x", "only spaces after the dictionary", 58),
    (String(complete.dropLast()) + ", 'x': 1}", "one of each member", 58),
    ("{'descr': '<f4', 'descr': '<f4', " + rest, "one of each member", 17),
    (start + "(6)}", "','", 52), (start + "[2, 3]}", "'('", 50),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}", "True or False", 34),
    (start + "(-2, 3)}", "an integer that can be counted", 51),
    (start + "(2.0, 3)}", "','", 52),
    (start + "(99999999999999999999,)}", "an integer that can be counted", 51),
    ("{'descr': '\\x3cf4', " + rest, "a plain text", 18), (start + "(2 3)}", "','", 53),
  ])
  func `NPY-1 headers that lie or run`(header: String, expected: String, byte: Int) {
    let fault = fault { try open(array(header)) }
    #expect(fault?.subject == path)
    #expect(fault?.place == "byte \(byte) of the header")
    #expect(fault?.expected == expected)
  }

  @Test(arguments: ["|O", "<U3", "|S4", "<M8[s]", "|V2", "f4", "", "<f16", "<c16"])
  func `NPY-2 objects, which are pickles, structures and texts`(kind: String) {
    expectRefusal(
      array("{'descr': '\(kind)', 'fortran_order': False, 'shape': (2, 3)}"), at: "descr",
      shown(kind), "a kind of numbers")
  }

  @Test
  func `NPY-2 a structure is shown as it is written`() {
    let header = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"
    let fault = fault { try open(array(header)) }
    #expect(fault?.place == "descr")
    #expect(fault?.found.hasPrefix(shown("[('a', '<f4')]").dropLast()) == true)
  }

  @Test
  func `NPY-1 sizes that do not fit, or overflow; lengths and versions that lie`() {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"
    for data in [0, 23, 25] {
      expectRefusal(array(header, data: data), "\(data) bytes", "24 of the array [2, 3]")
    }
    let huge = 1 << 40
    expectRefusal(
      array("{'descr': '<f4', 'fortran_order': True, 'shape': (\(huge), \(huge))}"),
      at: "shape", "[\(huge), \(huge)]", "sizes whose product can be counted")
    expectRefusal(
      Array(array(header).prefix(40)), "the end of the file in the header", "an array of NumPy")
    expectRefusal(array(header, version: 4), at: "version", "4", "1, 2 or 3")
    expectRefusal(
      NumPyHeader.magic + [2, 0, 255, 255, 255, 255],
      at: "length of the header", "4294967295 bytes", "at most 10000")
  }

  @Test
  func `NPY-1 VIEW-1 sizes of 0 beside ones that overflow as Int`() throws {
    for isFortran in ["True", "False"] {
      let header = "{'descr': '<f4', 'fortran_order': \(isFortran), 'shape': (0, \(1 << 62), 2)}"
      let checkpoint = try open(array(header, data: 0))
      #expect(try checkpoint.withBytes(of: path) { $0.count } == 0)
    }
  }

  @Test
  func `NPY-3 an entry of an archive of arrays that is none`() {
    let entry = HandMadeZip.Entry("a.npy", [1, 2, 3])
    expectFault(
      "\(path)/a.npy", found: "the end of the file in the header", expected: "an array of NumPy"
    ) { try open(HandMadeZip(entry).bytes) }
  }
}
