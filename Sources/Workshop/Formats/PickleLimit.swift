import FoxDecoding
import FoxWeights

/// What a pickle may use up (`PICK-5`). The largest state dictionaries of these models use a
/// hundredth.
enum PickleLimit {
  static let operations = 1_000_000  // GPT-2 small takes about 5,000
  static let stack = 100_000  // a few hundred: the pairs of one SETITEMS
  static let memo = 300_000  // one for each name, tensor and tuple
  static let text = 1 << 16  // 64 KiB; a name has a hundred bytes
  static let levels = 100  // three: arguments in arguments, metadata of modules
  /// Values in tuples, lists and dictionaries. Each operation puts at most one there, unless it
  /// copies a whole list, as `OrderedDict(list)` does.
  static let items = 2_000_000

  /// Stops the machine once it has used up too much.
  static func check(_ machine: PickleReader, isAtEnd: Bool) throws(Fault) {
    if case .text(let text)? = machine.stack.last, text.utf8.count > Self.text {
      throw tooMany("bytes of text", Self.text, machine)
    }
    if machine.stack.count > stack { throw tooMany("values", stack, machine) }
    if machine.memo.count > memo { throw tooMany("memo entries", memo, machine) }
    if machine.heap.count > items {
      throw tooMany("values in tuples, lists and dictionaries", items, machine)
    }
    if isAtEnd {
      var levels = Levels(heap: machine.heap)
      if levels.count(machine.stack[0]) > Self.levels {
        throw tooMany("levels", Self.levels, machine)
      }
    } else if machine.operations >= operations {
      throw tooMany("operations", operations, machine)
    }
  }

  private static func tooMany(_ what: String, _ limit: Int, _ machine: PickleReader) -> Fault {
    machine.fault("too many \(what)", "at most \(limit)")
  }
}

/// How deep the tuples, lists and dictionaries of a value nest, in whatever order they were filled.
private struct Levels {
  let heap: PickleHeap
  private var known: [Int: Int] = [:]

  init(heap: PickleHeap) { self.heap = heap }

  /// Levels of `value`, itself included; 0 when it has no items. A collection in itself counts
  /// once.
  ///
  /// Each collection is walked once. Below one level more than the limit nothing is: so deep, the
  /// count is too large whatever comes.
  mutating func count(_ value: PickleValue, at level: Int = 1) -> Int {
    guard case .node(let node) = value else { return 0 }
    if let levels = known[node] { return levels }
    if level > PickleLimit.levels { return 1 }
    known[node] = 0  // when it is met again below itself
    var deepest = 0
    for item in heap.nodes[node].items { deepest = max(deepest, count(item, at: level + 1)) }
    known[node] = deepest + 1
    return deepest + 1
  }
}
