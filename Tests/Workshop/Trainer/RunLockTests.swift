import Foundation
import FoxDecoding
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("The lock of an output folder", .counted)
struct RunLockTests {
  @Test
  func `CKPT-8 a folder in use is refused, a free one taken`() throws {
    try Places.withTemporaryFolder { folder in
      let other = open(folder.path, O_RDONLY | O_DIRECTORY)
      #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
      let fault = #expect(throws: Fault.self) { try RunLock.take(folder.path) }
      #expect(fault?.subject == folder.path && fault?.found == "another process that trains here")
      close(other)
      try RunLock.take(folder.path)
      // The same process may run again.
      try RunLock.take(folder.path)
    }
  }
}
