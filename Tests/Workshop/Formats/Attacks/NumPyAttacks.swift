import FoxFiles
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks with NumPy arrays and indexes")
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

@Suite("Checkpoints in several files")
struct ShardTests {
  private static let parts = [
    "1": HandMade().bytes,
    "2": HandMade("{\"b\":{\(HandMade.body)}}").bytes,
    "index": Array(#"{"weight_map":{}}"#.utf8),
  ]

  private func index(_ map: String) throws(CheckpointError) -> Checkpoint {
    try open(Array("{\"weight_map\":\(map)}".utf8), path: "index", siblings: Self.parts)
  }

  @Test("the tensors of all parts", .spec("SHARD-1"))
  func whole() throws {
    let checkpoint = try index(#"{"b":"2","a":"1"}"#)
    #expect(checkpoint.format == .sharded)
    #expect(checkpoint.tensors.map(\.name) == ["a", "b"])
    #expect(try checkpoint.tensor(named: "b").elements == [0])
    #expect(checkpoint.byteCount == Self.parts["1", default: []].count * 2)
    #expect(try index("{}").tensors.isEmpty)
    let loader = try ParameterLoader(checkpoint, expecting: [.init("a", [1]), .init("b", [1])])
    #expect(loader.report.isClean)
  }

  @Test("on disk, beside each other", .spec("SHARD-1", "LOAD-7"))
  func onDisk() throws {
    try Places.withTemporaryFolder { folder in
      for (name, bytes) in Self.parts {
        try AtomicFile.write(bytes, to: folder.appendingPathComponent(name).path)
      }
      try AtomicFile.write(
        Array(#"{"metadata":{},"weight_map":{"a":"1","b":"2"}}"#.utf8),
        to: folder.appendingPathComponent("model.safetensors.index.json").path)
      #expect(try Checkpoint(folder: folder.path).tensors.count == 2)
    }
  }

  @Test(
    "names that lead out of the folder", .spec("SHARD-2"),
    arguments: ["../1", "/1", "", ".", "a\\\\b"])
  func escapes(file: String) {
    let name = file == "a\\\\b" ? "a\\b" : file
    #expect(
      throws: CheckpointError.shards(file: "index", problem: .badName(tensor: "a", file: name))
    ) { try index("{\"a\":\"\(file)\"}") }
  }

  @Test("tensors and files that are not there; indexes of indexes; no map", .spec("SHARD-2"))
  func absent() {
    #expect(
      throws: CheckpointError.shards(file: "index", problem: .notThere(tensor: "b", file: "1"))
    ) { try index(#"{"b":"1"}"#) }
    #expect(throws: CheckpointError.file(.fileMissing(path: "3"))) { try index(#"{"a":"3"}"#) }
    #expect(throws: CheckpointError.shards(file: "index", problem: .nested(file: "index"))) {
      try index(#"{"a":"index"}"#)
    }
    for map in ["[]", "null", #"{"a":1}"#] {
      #expect(throws: CheckpointError.shards(file: "index", problem: .noMap)) { try index(map) }
    }
  }

  @Test("a tensor that two files have", .spec("SHARD-1", "SHARD-2"))
  func twice() throws {
    let both = HandMade(
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
      data: 2)
    let parts = ["1": HandMade().bytes, "2": both.bytes]
    let listed = Array(#"{"weight_map":{"a":"1","b":"2"}}"#.utf8)
    let checkpoint = try open(listed, path: "index", siblings: parts)
    #expect(checkpoint["a"]?.dtype == .f32)
    let extra = HandMade("{\"c\":{\(HandMade.body)}}").bytes
    let unlisted = Array(#"{"weight_map":{"a":"1","b":"2"},"x":1}"#.utf8)
    let three = [
      "1": HandMade(ranges: [(0, 1), (1, 2), (2, 3)], data: 3).bytes, "2": both.bytes, "3": extra,
    ]
    // "c" is in file 1 only: nobody lists it, and it is shown.
    #expect(
      try open(unlisted, path: "index", siblings: three).tensors.map(\.name) == ["a", "c", "b"])
    let clash = Array(#"{"weight_map":{"a":"1","z":"3"}}"#.utf8)
    #expect(throws: CheckpointError.duplicateName(file: "index", tensor: "c")) {
      try open(clash, path: "index", siblings: three)
    }
  }
}
