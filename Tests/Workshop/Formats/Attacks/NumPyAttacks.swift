import FoxFiles
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks with NumPy arrays")
struct NumPyAttacks {
  private let path = HandMadeZip.path

  private func array(_ header: String, data: Int = 24, version: UInt8 = 1) -> [UInt8] {
    var bytes = LittleEndian(bytes: NumPyHeader.magic + [version, 0])
    if version == 1 { bytes.add(UInt16(header.utf8.count)) }
    if version != 1 { bytes.add(UInt32(header.utf8.count)) }
    return bytes.bytes + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  private func expectRefusal(
    _ bytes: [UInt8], _ problem: NumPyProblem, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      throws: CheckpointError.numpy(file: path, problem: problem), sourceLocation: sourceLocation
    ) { try open(bytes) }
  }

  @Test(
    "headers without faults", .spec("NPY-1"),
    arguments: [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n",
      #"{"shape":(2,3),"descr":"<f4","fortran_order":False}"#,
      "{'descr': '=i4', 'fortran_order': True, 'shape': (2L, 3L)}",
      "{'descr': '|b1', 'fortran_order': False, 'shape': (24,)}",
      "{'descr': '>f8', 'fortran_order': False, 'shape': (3,)}",
    ])
  func whole(header: String) throws {
    #expect(try open(array(header)).tensors[0].byteRange.count == 24)
    #expect(try open(array(header, version: 3)).tensors.count == 1)
  }

  @Test(
    "headers that lie or run", .spec("NPY-1"),
    arguments: [
      "", "{", "{}", "[]", "{'descr': '<f4'}", "__import__('os').system('echo owned')",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (6)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2.0, 3)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (2, 3)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}",
    ])
  func lies(header: String) {
    #expect {
      try open(array(header))
    } throws: { error in
      guard case CheckpointError.numpy(_, .header) = error else { return false }
      return true
    }
  }

  @Test(
    "objects, which are pickles, structures and texts", .spec("NPY-2"),
    arguments: ["|O", "<U3", "|S4", "<M8[s]", "|V2", "f4", "", "<f16", "<c16"])
  func kinds(kind: String) {
    expectRefusal(
      array("{'descr': '\(kind)', 'fortran_order': False, 'shape': (2, 3)}"), .kind(kind))
  }

  @Test("a structure is shown as it is written", .spec("NPY-2"))
  func structure() {
    #expect {
      try open(array("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"))
    } throws: { error in
      guard case CheckpointError.numpy(_, .kind(let kind)) = error else { return false }
      return kind.hasPrefix("[('a', '<f4')]")
    }
  }

  @Test("sizes that do not fit, or overflow; lengths and versions that lie", .spec("NPY-1"))
  func sizes() {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"
    for data in [0, 23, 25] {
      expectRefusal(array(header, data: data), .size(shape: [2, 3], expected: 24, found: data))
    }
    let huge = 1 << 40
    expectRefusal(
      array("{'descr': '<f4', 'fortran_order': True, 'shape': (\(huge), \(huge))}"),
      .tooMany(shape: [huge, huge]))
    expectRefusal(Array(array(header).prefix(40)), .cut)
    expectRefusal(array(header, version: 4), .version(4))
    expectRefusal(
      NumPyHeader.magic + [2, 0, 255, 255, 255, 255],
      .headerTooLong(length: 0xFFFF_FFFF, limit: 10_000))
  }

  @Test("sizes of 0 beside ones that overflow as Int", .spec("NPY-1", "VIEW-1"))
  func emptyArrays() throws {
    for isFortran in ["True", "False"] {
      let header = "{'descr': '<f4', 'fortran_order': \(isFortran), 'shape': (0, \(1 << 62), 2)}"
      let checkpoint = try open(array(header, data: 0))
      #expect(try checkpoint.withBytes(of: path) { $0.count } == 0)
    }
  }

  @Test("an entry of an archive of arrays that is none", .spec("NPY-3"))
  func entries() {
    let entry = HandMadeZip.Entry("a.npy", [1, 2, 3])
    #expect(throws: CheckpointError.numpy(file: "\(path)/a.npy", problem: .cut)) {
      try open(HandMadeZip(entry).bytes)
    }
  }
}
