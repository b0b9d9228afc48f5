import Synchronization

/// The next task of the loop that is on, and how many tasks it has, in one word.
///
/// A thread claims a task when it exchanges the whole word for the next one. A success proves that
/// the word was still there: the task belongs to the loop that is on at that instant, and that loop
/// cannot end before the task is finished. Two words, an index and a number of tasks, prove nothing:
/// between looking at one and looking at the other, a loop may end and a longer one begin. It does no
/// harm that two loops may show the same word, because whoever exchanges it then gets a task of the
/// loop that is on. SPEC `TENS-10`.
struct Ticket: RawRepresentable, AtomicRepresentable, Hashable {
  /// The number of tasks in the upper half, the next index in the lower.
  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The first ticket of a loop.
  init(tasks: Int) { rawValue = UInt64(UInt32(tasks)) << 32 }

  /// The task that this ticket is for; `nil` when all have been handed out.
  var task: Int? {
    let index = rawValue & 0xFFFF_FFFF
    return index < rawValue >> 32 ? Int(index) : nil
  }

  /// The ticket after this one. Only a ticket with a task has one, so the index never reaches the
  /// upper half.
  var next: Ticket { Ticket(rawValue: rawValue + 1) }
}
