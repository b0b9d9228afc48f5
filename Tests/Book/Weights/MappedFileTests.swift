import Foundation
import FoxDecoding
import FoxFiles
import FoxWeights
import TestSupport
import Testing

@Suite("Mapped files", .counted)
struct MappedFileTests {
  @Test
  func `FILE-1 the bytes of a file, also of an empty one`() throws {
    try Places.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      for count in [0, 1, 4096, 100_001] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        try Data(bytes).write(to: file)
        expectSame(try MappedFile(path: file.path).withBytes { Array($0) }, bytes, "\(count)")
      }
    }
  }

  @Test
  func `FILE-1 a file that is replaced or removed stays readable`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("file").path
      try AtomicFile.write([1, 2, 3], to: path)
      let old = try MappedFile(path: path)
      try AtomicFile.write([4], to: path)
      #expect(old.withBytes { Array($0) } == [1, 2, 3])
      #expect(unlink(path) == 0)
      #expect(old.withBytes { Array($0) } == [1, 2, 3])
    }
  }

  @Test
  func `FILE-2 nothing, a folder, a device, a pipe`() throws {
    try Places.withTemporaryFolder { folder in
      let absent = folder.appendingPathComponent("absent").path
      expectRefusal(.fileMissing(path: absent))
      expectRefusal(.fileMissing(path: ""))
      expectRefusal(.fileMissing(path: "/dev/null/file"))
      expectRefusal(.notAFile(path: folder.path))
      expectRefusal(.notAFile(path: "/dev/null"))
      let pipe = folder.appendingPathComponent("pipe").path
      #expect(mkfifo(pipe, 0o600) == 0)
      expectRefusal(.notAFile(path: pipe))
    }
  }

  @Test
  func `FILE-3 the words`() {
    #expect(Fault.fileMissing(path: "f").description == "f: found nothing, expected a file")
    #expect(
      Fault.notAFile(path: "f").description
        == "f: found a folder, a device or a pipe, expected a file")
    #expect(
      Fault.unreadable(path: "f", reason: "Permission denied").description
        == #"f: found the error "Permission denied", expected a file that can be read"#)
  }

  @Test
  func `FILE-2 no permission`() async throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("brownfox-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("file").path
    try AtomicFile.write([1], to: path)
    #expect(chmod(path, 0) == 0)
    await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
      // Root may read everything; nobody may not.
      if geteuid() == 0 { _ = seteuid(65_534) }
      let expected = Fault.unreadable(path: path, reason: String(cString: strerror(EACCES)))
      do {
        _ = try MappedFile(path: path)
        exit(1)
      } catch { exit(error as? Fault == expected ? 7 : 2) }
    }
  }

  @Test
  func `FILE-2 the system's refusal: a loop of links`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("loop").path
      #expect(symlink(path, path) == 0)
      expectRefusal(.unreadable(path: path, reason: String(cString: strerror(ELOOP))))
    }
  }

  @Test
  func `FILE-2 JSON-8 JSON of a file names the file`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("empty.json").path
      try AtomicFile.write([], to: path)
      expectFault(
        path, at: "line 1, column 1 (byte 0)", found: "the end of the text", expected: "a value"
      ) { try JSON.read(path: path) }
    }
  }

  private func expectRefusal(
    _ fault: Fault, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: fault, sourceLocation: sourceLocation) {
      try MappedFile(path: fault.subject)
    }
  }
}
