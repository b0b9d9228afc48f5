import Foundation

@testable import FoxTrainer

/// Ranks that are threads of one process, for tests. One of them runs at a time: the others wait for
/// their turn, or for all to have come.
final class ThreadRanks: Ranks, @unchecked Sendable {
  /// Where they meet.
  final class Meeting: @unchecked Sendable {
    let count: Int
    private let condition = NSCondition()
    private var isRunning = false
    private var come: [Int: [UInt8]] = [:]
    private var last: [[UInt8]] = []
    private var round = 0

    init(_ count: Int) { self.count = count }

    func begin() {
      condition.lock()
      while isRunning { condition.wait() }
      isRunning = true
      condition.unlock()
    }

    func end() {
      condition.lock()
      isRunning = false
      condition.broadcast()
      condition.unlock()
    }

    func exchange(_ rank: Int, _ bytes: [UInt8]) -> [[UInt8]] {
      condition.lock()
      let mine = round
      come[rank] = bytes
      if come.count == count {
        last = (0..<count).map { come[$0] ?? [] }
        (come, round) = ([:], round + 1)
      }
      isRunning = false
      condition.broadcast()
      while round == mine { condition.wait() }
      let all = last
      while isRunning { condition.wait() }
      isRunning = true
      condition.unlock()
      return all
    }
  }

  let rank: Int
  let meeting: Meeting
  var count: Int { meeting.count }

  init(_ rank: Int, _ meeting: Meeting) { (self.rank, self.meeting) = (rank, meeting) }

  func gather(_ bytes: [UInt8]) -> [[UInt8]] { meeting.exchange(rank, bytes) }

  func average(_ values: UnsafeMutablePointer<Float>, count: Int) {
    let own = Array(UnsafeRawBufferPointer(start: values, count: 4 * count))
    let all = gather(own).map { bytes in
      bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
    for index in 0..<count {
      values[index] = all.reduce(0) { $0 + $1[index] } / Float(self.count)
    }
  }

  /// Runs work on so many ranks.
  ///
  /// - Returns: What came of it on each, in order.
  static func run<Value>(
    _ count: Int, _ work: @escaping (any Ranks) throws -> Value
  ) -> [Result<Value, any Error>] {
    let meeting = Meeting(count)
    let results = Results<Value>(count)
    let group = DispatchGroup()
    let job = Job(work)
    for rank in 0..<count {
      group.enter()
      let thread = Thread {
        meeting.begin()
        results.set(rank, Result { try job.work(ThreadRanks(rank, meeting)) })
        meeting.end()
        group.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    group.wait()
    return results.all
  }

  private struct Job<Value>: @unchecked Sendable {
    let work: (any Ranks) throws -> Value
    init(_ work: @escaping (any Ranks) throws -> Value) { self.work = work }
  }

  private final class Results<Value>: @unchecked Sendable {
    private var values: [Result<Value, any Error>?]
    private let lock = NSLock()
    init(_ count: Int) { values = Array(repeating: nil, count: count) }
    func set(_ rank: Int, _ value: Result<Value, any Error>) {
      lock.withLock { values[rank] = value }
    }
    var all: [Result<Value, any Error>] { lock.withLock { values.compactMap { $0 } } }
  }
}
