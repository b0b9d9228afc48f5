import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxFormats

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

  @Test("tensors and files that are not there; no map", .spec("SHARD-2"))
  func absent() {
    #expect(
      throws: CheckpointError.shards(file: "index", problem: .notThere(tensor: "b", file: "1"))
    ) { try index(#"{"b":"1"}"#) }
    #expect(throws: CheckpointError.file(.fileMissing(path: "3"))) { try index(#"{"a":"3"}"#) }
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

@Suite("Indexes of indexes")
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
      #expect(
        throws: CheckpointError.shards(file: path, problem: .nested(file: part)),
        sourceLocation: sourceLocation
      ) { try Checkpoint(path: path) }
    }
  }

  @Test("a few bytes that name themselves", .spec("SHARD-3", "FORM-5"))
  func itself() throws {
    let bytes = index(of: Self.name)
    try expectRefusal([(Self.name, bytes)], part: Self.name)
    try Places.withTemporaryFolder { folder in
      try AtomicFile.write(bytes, to: folder.appendingPathComponent(Self.name).path)
      #expect(throws: CheckpointError.self) { try Checkpoint(folder: folder.path) }
      #expect(throws: CheckpointError.self) { try Checkpoint(fileOrFolder: folder.path) }
    }
  }

  @Test("two that name each other", .spec("SHARD-3", "FORM-5"))
  func eachOther() throws {
    try expectRefusal(
      [("a.json", index(of: "b.json")), ("b.json", index(of: "a.json"))], part: "b.json")
  }

  @Test("other names of the same file", .spec("SHARD-3", "SHARD-2", "FORM-5"))
  func otherNames() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("index").path
      for (link, target) in [
        ("symbolic", "index"), ("around", "../\(folder.lastPathComponent)/index"),
      ] {
        try AtomicFile.write(index(of: link), to: path)
        try FileManager.default.createSymbolicLink(
          atPath: folder.appendingPathComponent(link).path, withDestinationPath: target)
        #expect(throws: CheckpointError.shards(file: path, problem: .nested(file: link))) {
          try Checkpoint(path: path)
        }
      }
      for name in ["./index", "../\(folder.lastPathComponent)/index", path, ".//index"] {
        try AtomicFile.write(index(of: name), to: path)
        #expect(
          throws: CheckpointError.shards(file: path, problem: .badName(tensor: "w", file: name))
        ) { try Checkpoint(path: path) }
      }
    }
  }

  @Test("in an archive, that name themselves or each other", .spec("SHARD-3", "FORM-5"))
  func inArchive() throws {
    for folder in ["", "model/"] {
      let inside = "\(HandMadeZip.path)/\(folder)\(Self.name)"
      let itself = HandMadeZip(.init("\(folder)\(Self.name)", index(of: Self.name)))
      #expect(throws: CheckpointError.shards(file: inside, problem: .nested(file: Self.name))) {
        try open(itself.bytes)
      }
      let pair = HandMadeZip(
        .init("\(folder)\(Self.name)", index(of: "b.json")),
        .init("\(folder)b.json", index(of: Self.name)))
      #expect(throws: CheckpointError.shards(file: inside, problem: .nested(file: "b.json"))) {
        try open(pair.bytes)
      }
    }
  }

  @Test("in an archive that is a part", .spec("SHARD-3", "FORM-5"))
  func archiveAsPart() throws {
    let archive = HandMadeZip(
      .init(Self.name, index(of: "1")), .init("1", HandMade("{\"w\":{\(HandMade.body)}}").bytes))
    #expect(try open(archive.bytes).format == .sharded)
    try expectRefusal([(Self.name, index(of: "w.zip")), ("w.zip", archive.bytes)], part: "w.zip")
    let nested = HandMadeZip(
      .init(Self.name, index(of: "w.zip")), .init("w.zip", archive.bytes))
    #expect(throws: CheckpointError.self) { try open(nested.bytes) }
  }

  @Test("whose parts are not even looked at", .spec("SHARD-3"))
  func unread() throws {
    try expectRefusal(
      [(Self.name, index(of: "b.json")), ("b.json", index(of: "absent"))], part: "b.json")
    // Not even JSON: what begins as an index does is one.
    try expectRefusal(
      [(Self.name, index(of: "b.json")), ("b.json", Array("{\"".utf8))], part: "b.json")
  }

  @Test(
    "a hundred thousand levels of JSON", .spec("FORM-5", "JSON-3"), arguments: ["[", #"{"a":"#])
  func deep(level: String) throws {
    let text = #"{"weight_map":"# + String(repeating: level, count: 100_000)
    #expect {
      try open(Array(text.utf8), path: "index")
    } throws: { error in
      guard case CheckpointError.file(.json(_, .tooDeep, _)) = error else { return false }
      return true
    }
  }
}
