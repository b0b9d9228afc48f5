import Synchronization
import TestSupport
import Testing

@testable import FoxKernels

@Suite("The order in which threads take tasks", .counted)
struct WorkersModelTests {
  @Test
  func `TENS-10 a ticket hands out each task once, and then none`() {
    var ticket = Ticket(tasks: 3)
    for task in 0..<3 {
      #expect(ticket.task == task)
      ticket = ticket.next
    }
    #expect(ticket.task == nil)
    #expect(Ticket(tasks: 0).task == nil)
  }

  @Test(arguments: [[1, 3], [3, 1], [2, 2], [1, 2, 3], [2, 1, 2]])
  func `TENS-10 in every order of steps, each task runs once, in its loop, with its loop's job`(
    loops: [Int]
  ) {
    let (states, violation) = WorkersModel.explore(loops, workers: 2, .ticket)
    #expect(violation == nil)
    // Some of the orders were tried.
    #expect(states > 1000)
  }

  @Test
  func `TENS-10 a draw that is compared later fails in some order`() {
    for loops in [[1, 3], [1, 2, 3]] {
      let (_, violation) = WorkersModel.explore(loops, workers: 2, .drawThenCompare)
      #expect(violation != nil)
    }
  }
}

@Suite("Loops on more threads than processors", .counted)
struct WorkersTests {
  @Test(arguments: [2, 3, 4, 8, 16, 32])
  func `TENS-10 short loops of different lengths, in turn`(threads: Int) {
    alternate(threads: threads, for: .milliseconds(150))
  }

  @Test(.tier(.heavy), arguments: [2, 3, 4, 8, 16, 32])
  func `TENS-10 short loops of different lengths, in turn, for a minute`(threads: Int) {
    alternate(threads: threads, for: .seconds(60))
  }

  /// Loops over 128 and 512 floats in turn, in tasks of 64 and of 16.
  private func alternate(threads: Int, for time: Duration) {
    let workers = Workers(count: threads - 1)
    let numbers = FloatBuffer(count: 512)
    let calls = Atomic(0)
    let end = ContinuousClock.now + time
    var (expected, rounds) = (0, 0)
    while ContinuousClock.now < end {
      // Four loops without a pause: a loop that begins while a thread still looks at the one before
      // is what goes wrong when something does.
      for (count, grain) in [(128, 64), (512, 64), (128, 16), (512, 16)] {
        let tasks = min(threads, count / grain)
        let didRun = workers.run(tasks) { task in
          calls.add(1, ordering: .relaxed)
          for index in count * task / tasks..<count * (task + 1) / tasks {
            numbers.pointer[index] += 1
          }
        }
        if !didRun { Issue.record("the workers are free, and did not run") }
        expected += tasks
      }
      rounds += 1
      let areRight = (0..<512).allSatisfy { numbers.pointer[$0] == ($0 < 128 ? 4 : 2) }
      guard areRight, calls.load(ordering: .relaxed) == expected else {
        Issue.record("a task ran twice or not at all: \(threads) threads, round \(rounds)")
        return
      }
      for index in 0..<512 { numbers.pointer[index] = 0 }
    }
  }
}
