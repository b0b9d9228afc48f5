import FoxKernels

/// Memory for the activations of a training step, used again by the next one.
///
/// A step takes what it needs piece by piece and gives all back at once. On virtual machines a fresh
/// page costs more than the arithmetic on its numbers, so nothing is returned to the system.
public final class Arena {
  private static let chunk = 16 << 20
  private static let alignment = 16

  private var chunks: [FloatBuffer] = []
  private var current = 0
  private var used = 0

  /// An arena without memory: the first step brings it.
  public init() {}

  /// Makes all memory free. Pointers from before must not be used any more.
  public func reset() { (current, used) = (0, 0) }

  /// Memory for `count` numbers, which hold anything.
  public func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let size = (count + Self.alignment - 1) / Self.alignment * Self.alignment
    while current < chunks.count, used + size > chunks[current].count {
      current += 1
      used = 0
    }
    if current == chunks.count {
      chunks.append(FloatBuffer(uninitialized: max(size, Self.chunk)))
    }
    defer { used += size }
    return chunks[current].pointer + used
  }

  /// Memory for `count` flags, which hold anything.
  public func takeFlags(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(take((count + 3) / 4)).bindMemory(to: UInt8.self, capacity: count)
  }

  /// Memory for `count` ids, which hold anything.
  public func takeIDs(_ count: Int) -> UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(take(count)).bindMemory(to: Int32.self, capacity: count)
  }

  /// How many bytes there are in all.
  public var byteCount: Int { chunks.reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride }
}
