import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Checkpoints in several files", .counted)
struct ShardTests {
  private static let parts = [
    "1": HandMade().bytes,
    "2": HandMade("{\"b\":{\(HandMade.body)}}").bytes,
    "index": Array(#"{"weight_map":{}}"#.utf8),
  ]

  private func index(_ map: String) throws(Fault) -> Checkpoint {
    try open(Array("{\"weight_map\":\(map)}".utf8), path: "index", siblings: Self.parts)
  }

  @Test
  func `SHARD-1 the tensors of all parts`() throws {
    let checkpoint = try index(#"{"b":"2","a":"1"}"#)
    #expect(checkpoint.format == .sharded)
    #expect(checkpoint.tensors.map(\.name) == ["a", "b"])
    #expect(try checkpoint.tensor(named: "b").elements == [0])
    #expect(checkpoint.byteCount == Self.parts["1", default: []].count * 2)
    #expect(try index("{}").tensors.isEmpty)
    let loader = try ParameterLoader(checkpoint, expecting: [.init("a", [1]), .init("b", [1])])
    #expect(loader.report.isClean)
  }

  @Test
  func `SHARD-1 LOAD-7 on disk, beside each other`() throws {
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

  @Test(arguments: ["../1", "/1", "", ".", "a\\\\b"])
  func `SHARD-2 names that lead out of the folder`(file: String) {
    let name = file == "a\\\\b" ? "a\\b" : file
    expectFault(
      "index", at: #"tensor "a""#, found: shown(name),
      expected: "the name of a file beside the index"
    ) { try index("{\"a\":\"\(file)\"}") }
  }

  @Test
  func `SHARD-2 tensors and files that are not there; no map`() {
    expectFault(
      "index", at: #"tensor "b""#, found: #"no such tensor in "1""#,
      expected: "one, as the index says"
    ) { try index(#"{"b":"1"}"#) }
    #expect(throws: Fault.fileMissing(path: "3")) { try index(#"{"a":"3"}"#) }
    for map in ["[]", "null", #"{"a":1}"#] {
      expectFault(
        "index", at: "weight_map", found: "no names of files", expected: "one for each tensor"
      ) { try index(map) }
    }
  }

  @Test
  func `SHARD-1 SHARD-2 a tensor that two files have`() throws {
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
    expectFault("index", at: #"tensor "c""#, found: "two of that name", expected: "one") {
      try open(clash, path: "index", siblings: three)
    }
  }
}

@Suite("Indexes of indexes", .counted)
struct NestedIndexTests {
  private static let name = "model.safetensors.index.json"

  private func index(of file: String) -> [UInt8] { Array(#"{"weight_map":{"w":"\#(file)"}}"#.utf8) }

  /// Writes files, and expects that the first is refused because its part is an index.
  private func expectRefusal(
    _ files: [(name: String, bytes: [UInt8])], part: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try Places.withTemporaryFolder { folder in
      for (name, bytes) in files {
        try AtomicFile.write(bytes, to: folder.appendingPathComponent(name).path)
      }
      let path = folder.appendingPathComponent(files[0].name).path
      expectNested(path, part, sourceLocation: sourceLocation) { try Checkpoint(path: path) }
    }
  }

  private func expectNested(
    _ path: String, _ part: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Checkpoint
  ) {
    expectFault(
      path, at: "weight_map", found: "\(shown(part)), an index", expected: "a file of tensors",
      sourceLocation: sourceLocation, body)
  }

  @Test
  func `SHARD-3 FORM-5 a few bytes that name themselves`() throws {
    let bytes = index(of: Self.name)
    try expectRefusal([(Self.name, bytes)], part: Self.name)
    try Places.withTemporaryFolder { folder in
      try AtomicFile.write(bytes, to: folder.appendingPathComponent(Self.name).path)
      let path = folder.appendingPathComponent(Self.name).path
      expectNested(path, Self.name) { try Checkpoint(folder: folder.path) }
      expectNested(path, Self.name) { try Checkpoint(fileOrFolder: folder.path) }
    }
  }

  @Test
  func `SHARD-3 FORM-5 two that name each other`() throws {
    try expectRefusal(
      [("a.json", index(of: "b.json")), ("b.json", index(of: "a.json"))], part: "b.json")
  }

  @Test
  func `SHARD-3 SHARD-2 FORM-5 other names of the same file`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("index").path
      for (link, target) in [
        ("symbolic", "index"), ("around", "../\(folder.lastPathComponent)/index"),
      ] {
        try AtomicFile.write(index(of: link), to: path)
        try FileManager.default.createSymbolicLink(
          atPath: folder.appendingPathComponent(link).path, withDestinationPath: target)
        expectNested(path, link) { try Checkpoint(path: path) }
      }
      for name in ["./index", "../\(folder.lastPathComponent)/index", path, ".//index"] {
        try AtomicFile.write(index(of: name), to: path)
        expectFault(
          path, at: #"tensor "w""#, found: shown(name),
          expected: "the name of a file beside the index"
        ) { try Checkpoint(path: path) }
      }
    }
  }

  @Test
  func `SHARD-3 FORM-5 in an archive, that name themselves or each other`() throws {
    for folder in ["", "model/"] {
      let inside = "\(HandMadeZip.path)/\(folder)\(Self.name)"
      let itself = HandMadeZip(.init("\(folder)\(Self.name)", index(of: Self.name)))
      expectNested(inside, Self.name) { try open(itself.bytes) }
      let pair = HandMadeZip(
        .init("\(folder)\(Self.name)", index(of: "b.json")),
        .init("\(folder)b.json", index(of: Self.name)))
      expectNested(inside, "b.json") { try open(pair.bytes) }
    }
  }

  @Test
  func `SHARD-3 FORM-5 in an archive that is a part`() throws {
    let archive = HandMadeZip(
      .init(Self.name, index(of: "1")), .init("1", HandMade("{\"w\":{\(HandMade.body)}}").bytes))
    #expect(try open(archive.bytes).format == .sharded)
    try expectRefusal([(Self.name, index(of: "w.zip")), ("w.zip", archive.bytes)], part: "w.zip")
    let nested = HandMadeZip(
      .init(Self.name, index(of: "w.zip")), .init("w.zip", archive.bytes))
    expectFault(
      "\(HandMadeZip.path)/w.zip", found: "an archive in an archive",
      expected: "a checkpoint in one archive"
    ) { try open(nested.bytes) }
  }

  @Test
  func `SHARD-3 whose parts are not even looked at`() throws {
    try expectRefusal(
      [(Self.name, index(of: "b.json")), ("b.json", index(of: "absent"))], part: "b.json")
    // Not even JSON: what begins as an index does is one.
    try expectRefusal(
      [(Self.name, index(of: "b.json")), ("b.json", Array("{\"".utf8))], part: "b.json")
  }

  @Test(arguments: ["[", #"{"a":"#])
  func `FORM-5 JSON-3 a hundred thousand levels of JSON`(level: String) throws {
    let text = #"{"weight_map":"# + String(repeating: level, count: 100_000)
    let fault = fault { try open(Array(text.utf8), path: "index") }
    #expect(fault?.subject == "index")
    #expect(fault?.found == "128 levels of arrays and objects")
  }
}
