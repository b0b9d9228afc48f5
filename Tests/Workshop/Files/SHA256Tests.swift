import Foundation
import TestSupport
import Testing

@testable import FoxFiles

@Suite("SHA-256", .counted)
struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `FILE-6 the vectors of FIPS 180-4's examples`(text: String, digest: String) {
    #expect(SHA256.hash(of: Array(text.utf8)).hexadecimal == digest)
  }

  @Test
  func `FILE-6 a million times 'a'`() {
    let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000)
    var hash = SHA256()
    for _ in 0..<1_000 { hash.update(piece) }
    #expect(
      hash.finalize().description
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test
  func `FILE-6 the pieces do not matter, and a hash can go on`() {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for size in [1, 3, 55, 56, 63, 64, 65, 128, 299] {
      var hash = SHA256()
      for start in stride(from: 0, to: bytes.count, by: size) {
        #expect(hash.finalize() == SHA256.hash(of: Array(bytes[..<start])))
        hash.update(Array(bytes[start..<min(start + size, bytes.count)]))
      }
      #expect(hash.finalize() == SHA256.hash(of: bytes))
    }
  }

  @Test
  func `FILE-6 of a file`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("abc").path
      try Data("abc".utf8).write(to: URL(fileURLWithPath: path))
      let digest = SHA256.hash(of: try MappedFile(path: path))
      #expect(digest == SHA256.hash(of: Array("abc".utf8)))
      #expect(digest.bytes.count == 32)
    }
  }
}
