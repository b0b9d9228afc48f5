import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("Folders, temporaries, UTF-8", .counted)
struct FolderTests {
  @Test
  func `FILE-8 a folder and those above it`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("a/b/c").path
      try Folder.create(path)
      try Folder.create(path)
      #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [])
      try AtomicFile.write([1], to: path + "/file")
      #expect(throws: Fault.unwritable(path: path + "/file/x", reason: "Not a directory")) {
        try Folder.create(path + "/file/x")
      }
      // Before, this passed, and whoever wrote into it failed later.
      #expect(throws: Fault.unwritable(path: path + "/file", reason: "File exists")) {
        try Folder.create(path + "/file")
      }
    }
    #expect(throws: Fault.self) { try Folder.create("/proc/brownfox/x") }
  }

  @Test
  func `FILE-7 a handler finds the temporary files that are open`() async {
    // In a process of its own: all temporary files of the process go.
    await #expect(processExitsWith: .success) {
      let path = FileManager.default.temporaryDirectory.path + "/brownfox-\(getpid())"
      func parts() -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(
          atPath: FileManager.default.temporaryDirectory.path)
        return (names ?? []).filter { $0.contains("brownfox-\(getpid())") }
      }
      var file = try AtomicFile(path: path)
      try file.write([1, 2, 3])
      if parts().count != 1 { exit(1) }
      Temporaries.removeFiles()
      let isGone = parts().isEmpty
      try file.write([4])  // it was open until now
      exit(isGone ? 0 : 2)
    }
  }

  @Test
  func `FILE-9 where UTF-8 ends`() {
    #expect(validUTF8Prefix([0x61, 0xC3, 0xA9, 0xFF, 0x61]) == 3)
    #expect(validUTF8Prefix([0x61, 0xE2, 0x82]) == 1)
    #expect(validUTF8Prefix(Array("aé😀".utf8)) == 7)
  }
}
