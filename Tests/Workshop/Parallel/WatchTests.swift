import Foundation
import FoxTrainer
import TestSupport
import Testing

@testable import FoxParallel

@Suite("Parallel: the other ranks", .counted)
struct WatchTests {
  /// Ranks of which the second is a process of the test's.
  private final class Pair: Ranks {
    let process: Int32
    let rank = 0
    let count = 2
    init(_ process: Int32) { self.process = process }
    func average(_ values: UnsafeMutablePointer<Float>, count: Int) {}
    func gather(_ bytes: [UInt8]) -> [[UInt8]] {
      let machine = String(decoding: bytes, as: UTF8.self).split(separator: "\n")[0]
      return [bytes, Array("\(machine)\n\(process)".utf8)]
    }
  }

  /// Ranks of which the second is on another machine.
  private final class Far: Ranks {
    let rank = 0
    let count = 2
    func average(_ values: UnsafeMutablePointer<Float>, count: Int) {}
    func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes, Array("elsewhere\n1".utf8)] }
  }

  @Test func `MPI-7 a rank that is gone is seen`() async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/cat")
    process.standardInput = Pipe()
    try process.run()
    let watch = Watch(Pair(process.processIdentifier))
    #expect(watch.others == [.init(rank: 1, process: process.processIdentifier)])
    #expect(watch.gone == nil)
    let (lost, tell) = AsyncStream.makeStream(of: Int.self)
    watch.start(look: {}, lost: { tell.yield($0) })
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    var first = lost.makeAsyncIterator()
    #expect(await first.next() == 1)
  }

  @Test func `MPI-7 ranks on other machines are left to mpirun`() {
    #expect(Watch(Far()).others.isEmpty)
    #expect(Watch(SingleRank()).others.isEmpty)
  }
}
