import Synchronization

/// # The table of operations
///
/// Nearly all the time of a language model goes into about two dozen loops over many numbers. Each
/// is an entry of this table. Its default is the plain Swift of this chapter, which is written to
/// be read and is tested against PyTorch; the Workshop replaces the entries by kernels that are
/// tested against the plain ones (`Kernels.install()`). Code that computes calls
/// `Operations.current` and does not know which of the two it gets.
///
/// What an entry takes and gives is said where its default stands, in the file of its idea. There
/// `x` is `[N, C]`, and `y` has its shape, unless something else is said.
///
/// Source: PyTorch's dispatcher. The table does not choose by size or by device; an entry may.
package final class Operations: @unchecked Sendable {
  // A class, so that a reference is all that is passed around. Unchecked, because only whoever
  // makes a table changes its entries, before anybody else sees it.

  /// What this table is called in test names.
  package let name: String

  /// A table of plain Swift, whose entries may be replaced before anybody computes with it.
  package init(name: String) { self.name = name }

  // Products. All weights of a model are read here, once for each step: nine tenths of the time.
  // The two with slots are attention over a cache.
  package var product = Plain.product
  package var linear = Plain.linear
  package var slotScores = Plain.slotScores
  package var slotSum = Plain.slotSum

  // Softmax: of [T, T] numbers for every head, and of a vocabulary of 50,257 for every token.
  package var softmax = Plain.softmax
  package var softmaxBackward = Plain.softmaxBackward
  package var logSoftmax = Plain.logSoftmax
  package var crossEntropy = Plain.crossEntropy
  package var largest = Plain.largest

  // Layers. A few operations for each number, so memory is what they wait for. That is why most may
  // write over what they read.
  package var gelu = Plain.gelu
  package var geluBackward = Plain.geluBackward
  package var layerNorm = Plain.layerNorm
  package var layerNormBackward = Plain.layerNormBackward
  package var layerNormBackwardColumns = Plain.layerNormBackwardColumns
  package var keep = Plain.keep
  package var addKept = Plain.addKept
  package var add = Plain.add
  package var addColumns = Plain.addColumns

  // The optimizer: four buffers as long as the model in each training step, the values, their
  // gradients, m and v.
  package var adamHF = Plain.adamHF
  package var adamTorch = Plain.adamTorch
  package var squareSum = Plain.squareSum

  // Precisions and random numbers. A mask of dropout takes two words of the generator for each
  // number: six million flags for one mask of 8 texts of 512 tokens in GPT-2.
  package var widen = Plain.widen
  package var twist = Plain.twist
  package var drawBelow = Plain.drawBelow

  // How work is shared among threads: here not at all.

  /// How many loops may run at once. The `thread` of ``forEach`` is less than this.
  package var threads: () -> Int = { 1 }
  /// Runs `body` on each of `0 ..< count`. Results must not depend on the order.
  package var forEach: (_ count: Int, _ body: (_ element: Int, _ thread: Int) -> Void) -> Void =
    { count, body in for element in 0..<count { body(element, 0) } }
  /// Runs `body` on ranges that together are `0 ..< count`, each a multiple of `grain` long but the
  /// last. `grain` says how much work is worth waking a thread for.
  package var ranges: (_ count: Int, _ grain: Int, _ body: (Range<Int>) -> Void) -> Void =
    { count, _, body in if count > 0 { body(0..<count) } }
}

extension Operations {
  /// The plain Swift of this chapter.
  package static let plain = Operations(name: "plain")

  /// What the current task computes with instead of what is installed: for tests, which run side by
  /// side. Plain entries never leave the calling thread, so it holds for all of a computation.
  @TaskLocal package static var override: Operations?

  // Written once, and read without a lock.
  private static let installed = AtomicLazyReference<Operations>()

  /// What everybody computes with.
  package static var current: Operations { override ?? installed.load() ?? plain }

  /// Makes `table` what everybody computes with. Only the first call has an effect: a table that
  /// changed in the middle of a computation would change its last digits.
  package static func install(_ table: Operations) { _ = installed.storeIfNil(table) }
}

/// The plain entries, each in the file of its idea.
package enum Plain {}

/// Numbers that an operation reads, one after the other in memory.
package typealias Reading = UnsafePointer<Float>
/// Numbers that an operation writes.
package typealias Writing = UnsafeMutablePointer<Float>
