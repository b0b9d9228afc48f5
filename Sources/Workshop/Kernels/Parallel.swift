import CFoxKernels

/// Runs loops on as many threads as products use (`OPENBLAS_NUM_THREADS`).
///
/// Results never depend on the number of threads: a task writes only its own range, and each element
/// is computed in the same order whatever the range. A loop within a loop runs on its own thread.
package enum Parallel {
  /// Whether this thread runs a part of a loop already.
  static var isInLoop: Bool { fox_loop_depth() > 0 }

  /// Splits `0 ..< count` into one range per thread and runs `body` on each.
  ///
  /// - Parameters:
  ///   - count: How many elements there are.
  ///   - grain: The fewest elements worth a thread of their own; ranges start at multiples of it.
  package static func ranges(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let grains = (count + grain - 1) / grain
    let tasks = isInLoop ? 1 : min(BLAS.threads, grains)
    if tasks <= 1 {
      if count > 0 { body(0..<count) }
      return
    }
    run(tasks) { task in
      let start = grains * task / tasks * grain
      let end = min(grains * (task + 1) / tasks * grain, count)
      body(start..<end)
    }
  }

  /// Runs `body` on each of `0 ..< count`, of which each thread takes every n-th.
  ///
  /// - Parameter body: Gets the element and the number of its thread, below ``BLAS/threads``.
  package static func interleaved(_ count: Int, _ body: (_ element: Int, _ thread: Int) -> Void) {
    let tasks = isInLoop ? 1 : min(BLAS.threads, count)
    if tasks <= 1 {
      for element in 0..<count { body(element, 0) }
      return
    }
    run(tasks) { task in
      for element in stride(from: task, to: count, by: tasks) { body(element, task) }
    }
  }

  private static func run(_ tasks: Int, _ body: (Int) -> Void) {
    func inLoop(_ task: Int) {
      fox_enter_loop()
      body(task)
      fox_leave_loop()
    }
    if Workers.shared.run(tasks, inLoop(_:)) { return }
    // The workers are at another loop.
    for task in 0..<tasks { inLoop(task) }
  }
}
