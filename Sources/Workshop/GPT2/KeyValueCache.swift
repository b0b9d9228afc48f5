import FoxKernels

/// The keys and values of every token seen so far, for all layers.
///
/// Each token has a *slot*: one row of the key and of the value table of each layer. A sequence is
/// a list of slots. Beams that share a history list the same slots, so reordering them copies a few
/// integers and no keys or values; a slot that no sequence lists any more is used again.
public final class KeyValueCache {
  private let channels: Int
  private var keys: [FloatBuffer]
  private var values: [FloatBuffer]
  /// The slots of each sequence, by position.
  public private(set) var sequences: [[Int32]]
  /// How many sequences list each slot.
  private var owners: [Int32] = []
  private var free: [Int32] = []

  /// An empty cache.
  ///
  /// - Parameter capacity: Slots to allocate at once; more are added when they run out.
  public init(layers: Int, channels: Int, sequences: Int, capacity: Int) {
    self.channels = channels
    self.sequences = Array(repeating: [], count: sequences)
    keys = (0..<layers).map { _ in FloatBuffer(uninitialized: capacity * channels) }
    values = (0..<layers).map { _ in FloatBuffer(uninitialized: capacity * channels) }
    self.capacity = capacity
  }

  /// How many slots there is memory for.
  public private(set) var capacity: Int

  /// The key table of a layer, `[capacity, C]`.
  public func keys(layer: Int) -> UnsafeMutablePointer<Float> { keys[layer].pointer }

  /// The value table of a layer, `[capacity, C]`.
  public func values(layer: Int) -> UnsafeMutablePointer<Float> { values[layer].pointer }

  /// Appends `count` slots to a sequence; their keys and values are then to be written.
  ///
  /// - Returns: The slots. They are consecutive when none has been freed, as for a prompt.
  public func append(_ count: Int, to sequence: Int) -> ArraySlice<Int32> {
    for _ in 0..<count {
      let slot = free.popLast() ?? fresh()
      owners[Int(slot)] = 1
      sequences[sequence].append(slot)
    }
    return sequences[sequence].suffix(count)
  }

  /// Replaces the sequences: the new sequence `i` continues the old sequence `parents[i]`.
  ///
  /// - Complexity: O(tokens of all sequences), in integers; no key or value is moved.
  public func reorder(_ parents: [Int]) {
    let old = sequences
    sequences = parents.map { old[$0] }
    for slots in sequences { for slot in slots { owners[Int(slot)] += 1 } }
    for slots in old {
      for slot in slots {
        owners[Int(slot)] -= 1
        if owners[Int(slot)] == 0 { free.append(slot) }
      }
    }
  }

  private func fresh() -> Int32 {
    let slot = owners.count
    if slot == capacity { grow() }
    owners.append(0)
    return Int32(slot)
  }

  private func grow() {
    let larger = max(64, 2 * capacity)
    for layer in keys.indices {
      keys[layer] = keys[layer].grown(to: larger * channels)
      values[layer] = values[layer].grown(to: larger * channels)
    }
    capacity = larger
  }
}

extension FloatBuffer {
  /// A larger buffer that begins with this one's numbers.
  fileprivate func grown(to count: Int) -> FloatBuffer {
    let larger = FloatBuffer(uninitialized: count)
    larger.pointer.update(from: pointer, count: self.count)
    return larger
  }
}
