import Foundation
import TestSupport
import Testing

@testable import FoxFiles

@Suite("Atomic files", .counted)
struct AtomicFileTests {
  @Test
  func `FILE-4 a new file, and one in the place of another`() throws {
    try inFolder { path in
      try AtomicFile.write([1], to: path)
      #expect(try contents(path) == [1])
      var file = try AtomicFile(path: path)
      for byte in 2...4 { try file.write([UInt8(byte)]) }
      #expect(try contents(path) == [1])
      try file.commit()
      #expect(try contents(path) == [2, 3, 4])
      #expect(try left(beside: path) == ["file"])
    }
  }

  @Test
  func `FILE-4 what is not committed leaves nothing`() throws {
    try inFolder { path in
      try AtomicFile.write([1], to: path)
      do {
        var file = try AtomicFile(path: path)
        try file.write([2])
      }
      #expect(try contents(path) == [1])
      #expect(try left(beside: path) == ["file"])
    }
  }

  @Test
  func `FILE-4 a process that dies leaves the old file`() async throws {
    let path = try makeOldFile()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      var file = try AtomicFile(path: path)
      try file.write([UInt8](repeating: 2, count: 100_000))
      kill(getpid(), SIGKILL)
      try file.commit()
    }
    #expect(try contents(path) == [1])
    try removeFolder(of: path)
  }

  @Test
  func `FILE-4 a full disk leaves the old file and no part of the new one`() async throws {
    let path = try makeOldFile()
    await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
      limitFileSize(to: 50_000)
      let error = refusal { try AtomicFile.write([UInt8](repeating: 2, count: 100_000), to: path) }
      let reason = String(cString: strerror(EFBIG))
      exit(error == .unwritable(path: path, reason: reason) ? 7 : 1)
    }
    #expect(try contents(path) == [1])
    #expect(try left(beside: path) == ["file"])
    try removeFolder(of: path)
  }

  @Test
  func `FILE-3 the words`() {
    let fault = Fault.unwritable(path: "f", reason: "No space left on device")
    #expect(
      fault.description
        == #"f: found the error "No space left on device", expected a file that can be written"#)
  }

  @Test
  func `FILE-5 a folder, a device or a pipe is not replaced`() throws {
    try Places.withTemporaryFolder { folder in
      #expect(throws: Fault.notAFile(path: folder.path)) {
        try AtomicFile.write([1], to: folder.path)
      }
      #expect(throws: Fault.notAFile(path: "/dev/null")) {
        try AtomicFile.write([1], to: "/dev/null")
      }
    }
  }

  @Test
  func `FILE-5 a link is replaced, what it names is not touched`() throws {
    try inFolder { path in
      let link = path + ".link"
      try AtomicFile.write([1], to: path)
      #expect(symlink(path, link) == 0)
      try AtomicFile.write([2], to: link)
      #expect(try contents(path) == [1])
      #expect(try contents(link) == [2])
    }
  }

  @Test
  func `FILE-5 no such folder, a file for a folder`() throws {
    try inFolder { path in
      expectUnwritable(path + "/absent/file", ENOENT)
      try AtomicFile.write([1], to: path)
      expectUnwritable(path + "/file", ENOTDIR)
    }
  }

  @Test
  func `FILE-5 no permission`() async throws {
    let path = try makeOldFile()
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    #expect(chmod(folder, 0o555) == 0)
    await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
      giveUpRoot()
      let error = refusal { try AtomicFile.write([2], to: path) }
      let reason = String(cString: strerror(EACCES))
      exit(error == .unwritable(path: path, reason: reason) ? 7 : 1)
    }
    #expect(chmod(folder, 0o755) == 0)
    #expect(try contents(path) == [1])
    try removeFolder(of: path)
  }

  private func expectUnwritable(
    _ path: String, _ code: Int32, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = Fault.unwritable(path: path, reason: String(cString: strerror(code)))
    #expect(throws: error, sourceLocation: sourceLocation) {
      try AtomicFile.write([1], to: path)
    }
  }

  private func inFolder(_ body: (String) throws -> Void) throws {
    try Places.withTemporaryFolder { try body($0.appendingPathComponent("file").path) }
  }

  private func left(beside path: String) throws -> [String] {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return try FileManager.default.contentsOfDirectory(atPath: folder)
  }

  private func contents(_ path: String) throws -> [UInt8] {
    try MappedFile(path: path).withBytes { Array($0) }
  }
}

/// A limit on the size of files stands for a full disk; its signal would end the process.
private func limitFileSize(to size: UInt) {
  signal(SIGXFSZ, SIG_IGN)
  var limit = rlimit(rlim_cur: rlim_t(size), rlim_max: rlim_t(size))
  #if canImport(Glibc)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  #else
    setrlimit(RLIMIT_FSIZE, &limit)
  #endif
}

private func refusal(_ body: () throws -> Void) -> Fault? {
  do {
    try body()
    return nil
  } catch {
    return error as? Fault
  }
}

/// A file of one byte in a folder of its own.
private func makeOldFile() throws -> String {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("brownfox-\(UUID().uuidString)", isDirectory: true)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  let path = folder.appendingPathComponent("file").path
  try AtomicFile.write([1], to: path)
  return path
}

private func removeFolder(of path: String) throws {
  try FileManager.default.removeItem(
    at: URL(fileURLWithPath: path).deletingLastPathComponent())
}

/// Root may read and write everything; nobody may not.
private func giveUpRoot() {
  if geteuid() == 0 { _ = seteuid(65_534) }
}
