@testable import FoxKernels

/// A small model of how threads share loops, in which every order of steps can be tried.
///
/// A caller runs loops one after the other; workers wait for a turn and take tasks. One access to
/// shared memory is one step, and between two steps of a thread any number of steps of the others
/// may happen. ``explore(_:workers:_:)`` visits every state that some order leads to.
enum WorkersModel {
  /// How a thread gets a task.
  enum Rule {
    /// As ``Workers`` does: number of tasks and next index are one word, exchanged as a whole.
    case ticket
    /// As it was once: an index is drawn, and compared with the number of tasks one step later.
    case drawThenCompare
  }

  /// What must never happen.
  enum Violation: Equatable {
    /// A task ran a second time.
    case twice(loop: Int, task: Int)
    /// A thread ran a task of one loop with what belongs to another, or to none.
    case otherLoop(claimed: Int?, job: Int?)
    /// A task ran after its loop had ended.
    case afterEnd(loop: Int, task: Int)
    /// A loop ended before each of its tasks had run.
    case incomplete(loop: Int)
    /// No thread can go on, and the loops are not all done.
    case stuck
  }

  /// Tries all orders of steps until one does what must never happen.
  ///
  /// - Parameter loops: The number of tasks of each loop.
  /// - Returns: How many states there are, and the first violation.
  static func explore(
    _ loops: [Int], workers: Int, _ rule: Rule
  ) -> (states: Int, violation: Violation?) {
    let start = State(workers: workers)
    var (seen, open): (Set<State>, [State]) = ([start], [start])
    while let state = open.popLast() {
      var canMove = false
      for thread in state.threads.indices {
        var next = state
        switch next.move(thread, loops, rule) {
        case .blocked: continue
        case .failed(let violation): return (seen.count, violation)
        case .moved: canMove = true
        }
        if seen.insert(next).inserted { open.append(next) }
      }
      if !canMove, state.threads[0].step != .done { return (seen.count, .stuck) }
    }
    return (seen.count, nil)
  }

  /// Where a thread is in its program. The caller's is the first row, then both rows.
  private enum Step {
    case setJob, setTasks, clearFinished, offer, announce, wait, close, done
    case idle, look, claim, readJob, perform, finish
  }

  private struct Thread: Hashable {
    var step: Step
    /// The turn that a worker has seen.
    var turn = 0
    /// What it loaded last: the word, or the index that it drew.
    var ticket = Ticket(tasks: 0)
    var index = 0
    /// The loop that was on when it got its task. No thread knows this; the model does.
    var claimed: Int?
    var job: Int?
  }

  private enum Outcome {
    case moved, blocked
    case failed(Violation)
  }

  private struct State: Hashable {
    /// The caller, then the workers.
    var threads: [Thread]
    /// The number of the caller's loop.
    var loop = 0
    /// The loop that is on: from its offer until the caller has seen its last task finish.
    var loopOn: Int?
    /// A bit for each task of the loop that has run.
    var ran = 0

    // What the threads share.
    var ticket = Ticket(tasks: 0)
    var (next, tasks) = (State.none, 0)
    var finished = 0
    var job: Int?
    var turn = 0

    /// An index above every task.
    static let none = 1000

    init(workers: Int) {
      threads = [Thread(step: .setJob)] + Array(repeating: Thread(step: .idle), count: workers)
    }

    mutating func move(_ thread: Int, _ loops: [Int], _ rule: Rule) -> Outcome {
      switch threads[thread].step {
      case .done: return .blocked
      case .setJob:
        job = loop
        threads[thread].step = rule == .ticket ? .clearFinished : .setTasks
      case .setTasks:
        tasks = loops[loop]
        threads[thread].step = .clearFinished
      case .clearFinished:
        finished = 0
        threads[thread].step = .offer
      case .offer:
        (ticket, next) = (Ticket(tasks: loops[loop]), 0)
        (loopOn, ran) = (loop, 0)
        threads[thread].step = .announce
      case .announce:
        turn += 1
        threads[thread].step = .look
      case .wait:
        if finished < loops[loop] { return .blocked }
        if ran != 1 << loops[loop] - 1 { return .failed(.incomplete(loop: loop)) }
        loopOn = nil
        threads[thread].step = .close
      case .close:
        // The ticket is used up by now, and needs no store of its own.
        (job, next) = (nil, Self.none)
        loop += 1
        threads[thread].step = loop < loops.count ? .setJob : .done
      case .idle:
        if threads[thread].turn == turn { return .blocked }
        threads[thread].turn = turn
        threads[thread].step = .look
      default: return take(thread, rule)
      }
      return .moved
    }

    /// The steps in which a thread takes a task, the caller like the workers.
    private mutating func take(_ thread: Int, _ rule: Rule) -> Outcome {
      var own = threads[thread]
      defer { threads[thread] = own }
      let noTask = thread == 0 ? Step.wait : .idle
      switch (own.step, rule) {
      case (.look, .ticket):
        own.ticket = ticket
        own.step = ticket.task == nil ? noTask : .claim
      case (.claim, .ticket):
        guard ticket == own.ticket, let task = ticket.task else {
          own.step = .look
          break
        }
        ticket = ticket.next
        (own.index, own.claimed, own.step) = (task, loopOn, .readJob)
      case (.look, .drawThenCompare):
        (own.index, own.claimed, own.step) = (next, loopOn, .claim)
        next += 1
      case (.claim, .drawThenCompare):
        own.step = own.index < tasks ? .readJob : noTask
      case (.readJob, _):
        own.job = job
        if job == nil || job != own.claimed {
          return .failed(.otherLoop(claimed: own.claimed, job: job))
        }
        own.step = .perform
      case (.perform, _):
        guard let loop = own.job, loop == loopOn else {
          return .failed(.afterEnd(loop: own.job ?? 0, task: own.index))
        }
        if ran & 1 << own.index != 0 { return .failed(.twice(loop: loop, task: own.index)) }
        ran |= 1 << own.index
        own.step = .finish
      default:
        finished += 1
        // What is forgotten here makes equal states equal.
        own = Thread(step: .look, turn: own.turn)
      }
      return .moved
    }
  }
}
