import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxHub

@Suite("Interrupted downloads", .counted, .serialized)
struct ResumeTests {
  private let hub = TestHub.model()
  private var bytes: [UInt8] { hub.files[Weights.name] ?? [] }

  @Test
  func `HUB-5 HUB-8 a connection that breaks is gone on with`() throws {
    try Folder.with { folder in
      let run = try Weights.fetch(hub, into: folder) { turn, answer, _ in
        if turn < 3 { answer.cut = 100_000 }
      }
      #expect(folder.bytes(Weights.name) == bytes)
      #expect(folder.names == [Weights.name])
      #expect(run.pauses == [1, 2])
      #expect(Weights.ranges(run.requests) == [nil, 100_000, 200_000])
    }
  }

  @Test
  func `HUB-5 HUB-8 attempts are counted, and what came is kept`() throws {
    try Folder.with { folder in
      #expect(throws: HubError.self) {
        try Weights.fetch(hub, into: folder) { turn, answer, _ in answer.cut = turn == 0 ? 1000 : 0
        }
      }
      #expect(folder.names == ["\(Weights.name).incomplete", "\(Weights.name).incomplete.json"])
      #expect(folder.bytes("\(Weights.name).incomplete") == Array(bytes.prefix(1000)))
      // The next run goes on there.
      let run = try Weights.fetch(hub, into: folder) { _, _, _ in }
      #expect(Weights.ranges(run.requests) == [1000])
      #expect(folder.bytes(Weights.name) == bytes && folder.names == [Weights.name])
    }
  }

  @Test
  func `HUB-7 bytes kept earlier that are wrong are fetched again, once`() throws {
    try Folder.with { folder in
      #expect(throws: HubError.self) {
        try Weights.fetch(hub, into: folder) { turn, answer, _ in answer.cut = turn == 0 ? 1000 : 0
        }
      }
      var part = try #require(folder.bytes("\(Weights.name).incomplete"))
      part[500] ^= 1
      try folder.write(part, "\(Weights.name).incomplete")
      let run = try Weights.fetch(hub, into: folder) { _, _, _ in }
      #expect(folder.bytes(Weights.name) == bytes && folder.names == [Weights.name])
      #expect(Weights.ranges(run.requests) == [1000, nil])
    }
  }

  @Test(arguments: [nil, "", "{\"tag\": \"a\", \"val", "{}", "[]"])
  func `HUB-5 a part whose note is missing or damaged begins anew`(note: String?) throws {
    try Folder.with { folder in
      #expect(throws: HubError.self) {
        try Weights.fetch(hub, into: folder) { turn, answer, _ in answer.cut = turn == 0 ? 1000 : 0
        }
      }
      try FileManager.default.removeItem(atPath: folder.file("\(Weights.name).incomplete.json"))
      if let note { try folder.write(Array(note.utf8), "\(Weights.name).incomplete.json") }
      let run = try Weights.fetch(hub, into: folder) { _, _, _ in }
      #expect(Weights.ranges(run.requests) == [nil])
      #expect(folder.bytes(Weights.name) == bytes && folder.names == [Weights.name])
    }
  }

  @Test
  func `HUB-5 a server that ignores ranges`() throws {
    var hub = hub
    hub.hasRanges = false
    try Folder.with { folder in
      let run = try Weights.fetch(hub, into: folder) { turn, answer, _ in
        if turn == 0 { answer.cut = 1000 }
      }
      #expect(Weights.ranges(run.requests) == [nil, 1000])
      #expect(folder.bytes(Weights.name) == bytes && folder.names == [Weights.name])
    }
  }

  @Test
  func `HUB-5 416: what is here is no beginning of what is there`() throws {
    try Folder.with { folder in
      let run = try Weights.fetch(hub, into: folder) { turn, answer, _ in
        if turn == 0 { answer.cut = 1000 }
        if turn == 1 { answer = Answer(416) }
      }
      #expect(Weights.ranges(run.requests) == [nil, 1000, nil])
      #expect(folder.bytes(Weights.name) == bytes)
      #expect(throws: HubError.self) {
        try Weights.fetch(hub, into: folder) { _, answer, _ in answer = Answer(416) }
      }
    }
  }

  @Test(arguments: [
    "bytes 0-299999/300000", "bytes 1000-1999/2000", "bytes 1000", "", "bytes x-y/z",
  ])
  func `HUB-5 HUB-7 a range that was not asked for`(range: String) throws {
    try Folder.with { folder in
      #expect(throws: HubError.self) {
        try Weights.fetch(hub, into: folder) { turn, answer, _ in
          if turn == 0 { answer.cut = 1000 }
          if turn == 1 { answer.fields = [("Content-Range", range)] }
        }
      }
      #expect(folder.names.isEmpty)
    }
  }

  @Test
  func `HUB-5 a file that changes between two runs begins anew`() throws {
    var newer = hub
    newer.files[Weights.name] = TestHub.bytes(200_000, seed: 2)
    try Folder.with { folder in
      #expect(throws: HubError.self) {
        try Weights.fetch(hub, into: folder) { turn, answer, _ in answer.cut = turn == 0 ? 1000 : 0
        }
      }
      let run = try Weights.fetch(newer, into: folder) { _, _, _ in }
      #expect(Weights.ranges(run.requests) == [nil])
      #expect(folder.bytes(Weights.name) == newer.files[Weights.name])
    }
  }

  @Test
  func `HUB-5 HUB-8 a file that changes between two requests`() throws {
    let (old, new) = (TestHub.bytes(5000), TestHub.bytes(5000, seed: 2))
    let turns = Turns()
    let handler: TestServer.Handler = { request in
      // HEAD and half of GET are of the old file, everything later of the new one.
      let turn = turns.next()
      var answer = TestHub(["vocab.txt": turn < 2 ? old : new]).answer(request)
      if turn == 1 { answer.cut = 2500 }
      return answer
    }
    try Folder.with { folder in
      try TestServer.serving(handler) { server in
        try TestClient(server.endpoint).client.fetchFile("vocab.txt", to: folder)
      }
      #expect(folder.bytes("vocab.txt") == new && folder.names == ["vocab.txt"])
    }
    // HEAD of the old file, GET of the new one: noticed by the tag.
    let others = Turns()
    try Folder.with { folder in
      try TestServer.serving { request in
        TestHub(["vocab.txt": others.next() < 1 ? old : new]).answer(request)
      } _: { server in
        let test = try TestClient(server.endpoint)
        try test.client.fetchFile("vocab.txt", to: folder)
        #expect(test.pauses.seconds == [1])
      }
      #expect(folder.bytes("vocab.txt") == new)
    }
  }

  @Test
  func `HUB-5 a weak tag is never gone on with`() throws {
    try Folder.with { folder in
      let run = try Weights.fetch(hub, into: folder) { turn, answer, _ in
        answer.fields = [("ETag", "W/\"a\"")]
        if turn == 0 { answer.cut = 1000 }
      }
      #expect(Weights.ranges(run.requests) == [nil, nil])
      #expect(folder.bytes(Weights.name) == bytes)
    }
  }

  @Test
  func `HUB-5 two processes, one file; a folder in its place`() throws {
    try Folder.with { folder in
      let path = folder.file(Weights.name)
      let first = try PartialFile(beside: path)
      #expect(throws: HubError.busy(path: "\(path).incomplete")) {
        try Weights.fetch(hub, into: folder) { _, _, _ in }
      }
      #expect(first.count == 0)
      try FileManager.default.createDirectory(
        atPath: folder.file("vocab.json"), withIntermediateDirectories: true)
      #expect(throws: HubError.file(.notAFile(path: folder.file("vocab.json")))) {
        _ = try PartialFile(beside: folder.file("vocab.json"))
      }
    }
  }

}
