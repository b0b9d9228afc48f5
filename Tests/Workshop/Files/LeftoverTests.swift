import Foundation
import TestSupport
import Testing

@testable import FoxFiles

@Suite("What killed commands leave, and what is overwritten", .counted)
struct LeftoverTests {
  /// Above any process id.
  private let dead = 2_000_000_000

  private func names(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  // Before, a killed `fox convert` left its temporary for ever.
  @Test
  func `FILE-10 the next writer of a file removes what killed ones left of it`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.path + "/a.b"
      for name in [
        ".a.b.\(dead)-1.tmp", ".a.b.\(dead)-2.tmp", ".a.\(dead)-3.tmp", ".b.\(dead)-4.tmp",
        ".a.b.1-5.tmp", ".a.b.tmp", "a.b.\(dead)-6.tmp",
      ] { try Data([1]).write(to: folder.appendingPathComponent(name)) }
      try AtomicFile.write([2], to: path)
      let others = [
        ".a.\(dead)-3.tmp", ".a.b.1-5.tmp", ".a.b.tmp", ".b.\(dead)-4.tmp", "a.b",
        "a.b.\(dead)-6.tmp",
      ]
      #expect(try names(folder) == others)
      #expect(Leftovers.remove(in: folder.path) == 2)
      #expect(try names(folder) == [".a.b.1-5.tmp", ".a.b.tmp", "a.b", "a.b.\(dead)-6.tmp"])
    }
  }

  @Test
  func `FILE-10 what is being written stays, by this process too`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.path + "/file"
      var first = try AtomicFile(path: path)
      try first.write([1])
      var second = try AtomicFile(path: path)
      try second.write([2])
      #expect(try names(folder).count == 2)
      #expect(Leftovers.remove(in: folder.path) == 0)
      try first.commit()
      try second.commit()
      #expect(try MappedFile(path: path).withBytes { Array($0) } == [2])
      #expect(try names(folder) == ["file"])
      // One of an earlier process with our number: in a container each run may have it.
      try Data([1]).write(to: folder.appendingPathComponent(".file.\(getpid())-7.tmp"))
      #expect(Leftovers.remove(in: folder.path) == 1)
    }
  }

  // Before, a file of 0600 became one of 0644.
  @Test(arguments: [0o600, 0o644, 0o755, 0o640, 0o444] as [mode_t])
  func `FILE-11 a file keeps its permissions`(old: mode_t) throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.path + "/file"
      try AtomicFile.write([1], to: path)
      #expect(chmod(path, old) == 0)
      var file = try AtomicFile(path: path)
      try file.write([2])
      for name in try names(folder) { #expect(mode("\(folder.path)/\(name)") == old, "\(name)") }
      try file.commit()
      #expect(mode(path) == old)
    }
  }

  @Test
  func `FILE-11 FILE-5 in the place of a link stands a file with the permissions of what it named`()
    throws
  {
    try Places.withTemporaryFolder { folder in
      let (path, link) = (folder.path + "/file", folder.path + "/link")
      try AtomicFile.write([1], to: path)
      #expect(chmod(path, 0o600) == 0 && symlink(path, link) == 0)
      try AtomicFile.write([2], to: link)
      #expect(mode(link) == 0o600)
      #expect(try MappedFile(path: path).withBytes { Array($0) } == [1])
      // A link that names nothing.
      #expect(symlink(folder.path + "/absent", folder.path + "/broken") == 0)
      try AtomicFile.write([3], to: folder.path + "/broken")
      #expect(try names(folder) == ["broken", "file", "link"])
    }
  }

  @Test
  func `FILE-12 one file by several paths`() throws {
    try Places.withTemporaryFolder { folder in
      let (path, other) = (folder.path + "/a", folder.path + "/b")
      try AtomicFile.write([1], to: path)
      try AtomicFile.write([1], to: other)
      #expect(symlink(path, folder.path + "/soft") == 0 && link(path, folder.path + "/hard") == 0)
      #expect(symlink(folder.path, folder.path + "/again") == 0)
      for same in ["a", "soft", "hard", "again/a", "./again/../\(folder.lastPathComponent)/a"] {
        #expect(throws: Fault.self, "\(same)") {
          try Fault.refuse("\(folder.path)/\(same)", ifAmong: [other, path])
        }
      }
      try Fault.refuse(other, ifAmong: [path, "/nowhere"])
      try Fault.refuse("/nowhere", ifAmong: [path, "/nowhere"])
    }
  }

  // Before, each read, added and wrote for itself: of 16 writers most were lost.
  @Test
  func `FILE-13 several that change one file lose nothing`() throws {
    try Places.withTemporaryFolder { folder in
      for round in 0..<10 {
        let path = folder.path + "/\(round)"
        DispatchQueue.concurrentPerform(iterations: 16) { index in
          try? AtomicFile.update(path) { ($0 ?? []) + [UInt8(index)] }
        }
        let bytes = try MappedFile(path: path).withBytes { Array($0) }
        #expect(bytes.sorted() == Array(0..<16), "\(bytes)")
      }
      #expect(try names(folder).count == 10)
    }
  }

  @Test
  func `FILE-13 through a link, the file that it names is added to`() throws {
    try Places.withTemporaryFolder { folder in
      let (path, link) = (folder.path + "/file", folder.path + "/link")
      try AtomicFile.write([1], to: path)
      #expect(symlink("file", link) == 0)
      try AtomicFile.update(link) { ($0 ?? []) + [2] }
      for name in [path, link] {
        #expect(try MappedFile(path: name).withBytes { Array($0) } == [1, 2])
      }
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "file")
    }
  }

  @Test
  func `FILE-13 a change that fails, a folder, a place that is not there`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.path + "/file"
      let fault = Fault(path, found: "a", expected: "b")
      for _ in 0..<2 {
        #expect(throws: fault) { try AtomicFile.update(path) { _ in throw fault } }
        #expect(try !names(folder).contains { $0.hasSuffix(".tmp") })
        try AtomicFile.update(path) { _ in [1] }
      }
      #expect(try MappedFile(path: path).withBytes { Array($0) } == [1])
      #expect(throws: Fault.self) { try AtomicFile.update(folder.path) { _ in [1] } }
      #expect(throws: Fault.self) { try AtomicFile.update(path + "/x") { _ in [1] } }
      #expect(throws: Fault.self) { try AtomicFile.update("/nowhere/x") { _ in [1] } }
    }
  }

  @Test
  func `FILE-8 paths are taken apart as text, whatever the current folder is`() {
    for (path, folder, name) in [
      ("a", ".", "a"), ("a/b", "a", "b"), ("/a", "/", "a"), ("/", "/", ""), ("a//b/", "a/", "b"),
      ("./a", ".", "a"), ("", ".", ""), ("/a/b/", "/a", "b"),
    ] {
      let parts = Folder.split(path)
      #expect(parts.folder == folder && parts.name == name, "\(path): \(parts)")
    }
    #expect(Folder.ancestors(of: "/a/b") == ["/a/b", "/a", "/"])
    #expect(Folder.ancestors(of: "/") == ["/"])
    // What a deleted current folder has for a path: going up from it must end.
    for path in ["", "a", ".", ".."] { #expect(Folder.ancestors(of: path).isEmpty) }
  }
}
