import Foundation
import FoxFiles

/// A reader, and what it is fed with.
struct FuzzTarget {
  /// The name on the command line.
  let name: String
  /// Good files.
  let seeds: [Seed]
  /// A bad one of a good one.
  let mutate: (Seed, inout SplitMix) -> [UInt8]
  /// Reads it to its end.
  let read: (Seed, [UInt8]) throws -> Void

  init(
    name: String, seeds: [Seed],
    mutate: @escaping (Seed, inout SplitMix) -> [UInt8] = Mutation.structured,
    read: @escaping (Seed, [UInt8]) throws -> Void
  ) {
    (self.name, self.seeds, self.mutate, self.read) = (name, seeds, mutate, read)
  }

  /// All of them, in the order in which they run.
  static func all(golden: String, _ scratch: Scratch) throws -> [FuzzTarget] {
    [
      try checkpoints(golden), try configurations(golden), try vocabularies(golden, scratch),
      try tokenizers(golden, scratch), try tables(golden), try results(golden),
      try translations(golden, scratch), try training(golden, scratch), try runs(golden, scratch),
    ]
  }
}

/// A good file.
struct Seed {
  let name: String
  let bytes: [UInt8]

  init(_ name: String, _ bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }
  init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }

  /// A file, under its own name or another.
  init(path: String, as name: String? = nil) throws {
    let bytes = try MappedFile(path: path).withBytes { Array($0) }
    self.init(name ?? (path as NSString).lastPathComponent, bytes)
  }

  /// The files of a folder, by their names.
  static func files(in folder: String) throws -> [Seed] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map {
      try Seed(path: "\(folder)/\($0)")
    }
  }
}

/// A folder for readers that take a path.
struct Scratch {
  let path: String

  init() throws {
    // In memory where that is possible: Foundation waits for the disk after every write.
    let memory = "/dev/shm"
    let folder = access(memory, W_OK) == 0 ? memory : NSTemporaryDirectory()
    path = "\(folder)/foxfuzz-\(getpid())"
    try Folder.create(path)
  }

  /// Makes a folder of its own.
  func folder(_ name: String) throws -> String {
    try Folder.create("\(path)/\(name)")
    return "\(path)/\(name)"
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file.
  static func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }
}
