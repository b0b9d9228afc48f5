import CFoxKernels
import Foundation
import Synchronization

/// Threads that wait for the next loop.
///
/// A decoding step is some 60 loops of a tenth of a millisecond; waking a sleeping thread for each
/// would cost a tenth of the time. So a worker looks for work for some 50 µs before it sleeps. The
/// caller works too, and takes whatever the others have not begun: no loop waits for a thread that
/// the system does not run. SPEC `TENS-7`, `TENS-10`.
///
/// Dispatch's `concurrentPerform` wakes a thread for each loop. Measured with two threads and loops of
/// 5 to 100 µs, it is no faster than one thread; these workers halve the time from 10 µs on.
final class Workers: @unchecked Sendable {
  /// As many as products have threads beside the caller's.
  static let shared = Workers(count: BLAS.threads - 1)

  private typealias Job = Unchecked<(Int) -> Void>

  /// A loop that its threads share; the caller vouches that they write apart.
  struct Unchecked<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }

  /// How often a worker looks for work before it sleeps.
  private static let patience = 2000

  private let isBusy = Atomic(false)
  private let turn = Atomic(0)
  /// Used up between loops.
  private let ticket = Atomic(Ticket(tasks: 0))
  private let finished = Atomic(0)
  /// The loop; written before `ticket` offers it, valid until every task has finished. Only a thread
  /// that has claimed a task may read it.
  private var job: UnsafePointer<Job>?
  private let lock = NSCondition()
  private var sleepers = 0

  /// Starts `count` threads, which never end.
  init(count: Int) {
    for _ in 0..<count {
      let thread = Thread { [self] in work() }
      thread.name = "fox worker"
      thread.start()
    }
  }

  /// Runs `body` on each of `0 ..< count`, on this thread and those that are free.
  ///
  /// - Returns: Whether it ran: not while another loop does.
  func run(_ count: Int, _ body: (Int) -> Void) -> Bool {
    let wasFree = isBusy.compareExchange(
      expected: false, desired: true, ordering: .acquiringAndReleasing)
    guard wasFree.exchanged else { return false }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: Job(body)) { job in
        self.job = job
        // Nobody else writes these two now: all tasks of the loop before have finished, and without
        // a ticket nobody begins another.
        finished.store(0, ordering: .relaxed)
        // Releasing, so that whoever claims a task sees the job and the zero.
        ticket.store(Ticket(tasks: count), ordering: .releasing)
        announce()
        takeTasks()
        // The ticket is used up from here on, and stays so until the next loop.
        waitForOthers(count)
      }
    }
    isBusy.store(false, ordering: .releasing)
    return true
  }

  private func waitForOthers(_ count: Int) {
    var looks = 0
    while finished.load(ordering: .acquiring) < count {
      fox_pause()
      looks += 1
      // One of them may be waiting for this processor.
      if looks % Self.patience == 0 { sched_yield() }
    }
  }

  private func announce() {
    turn.add(1, ordering: .releasing)
    lock.lock()
    if sleepers > 0 { lock.broadcast() }
    lock.unlock()
  }

  /// Takes tasks of the loop that is on, as long as there are any.
  private func takeTasks() {
    // A guess: the exchange says whether it holds.
    var seen = ticket.load(ordering: .relaxed)
    while let task = seen.task {
      let claim = ticket.compareExchange(expected: seen, desired: seen.next, ordering: .acquiring)
      if claim.exchanged {
        perform(task)
        // Releasing, so that the caller sees what the task wrote, and that the job is not used again.
        finished.add(1, ordering: .releasing)
        seen = ticket.load(ordering: .relaxed)
      } else {
        seen = claim.original
      }
    }
  }

  /// Apart, so that nothing of the job is held when its task counts as finished.
  @inline(never)
  private func perform(_ task: Int) { job?.pointee.value(task) }

  /// The life of a worker.
  private func work() {
    var seen = 0
    while true {
      seen = wait(after: seen)
      takeTasks()
    }
  }

  /// Waits for a turn after `seen`.
  private func wait(after seen: Int) -> Int {
    for _ in 0..<Self.patience {
      let now = turn.load(ordering: .acquiring)
      if now != seen { return now }
      fox_pause()
    }
    lock.lock()
    defer { lock.unlock() }
    sleepers += 1
    while turn.load(ordering: .acquiring) == seen { lock.wait() }
    sleepers -= 1
    return turn.load(ordering: .acquiring)
  }
}
