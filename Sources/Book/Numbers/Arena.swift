/// # Memory for a pass
///
/// A pass through a model takes what it needs piece by piece and gives it back all at once; the next
/// pass takes the same memory again. Nothing is returned to the system, because a fresh page costs
/// more than the arithmetic on its 1,024 numbers.
///
/// What it does not do: it does not know who still looks at its memory. A view is good until the arena
/// is reset or released past it.
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

  /// A matrix that holds anything.
  package func matrix(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(take(rows * columns), rows, columns)
  }

  /// How much has been taken; see ``release(to:)``.
  package struct Mark {
    fileprivate let current: Int
    fileprivate let used: Int
  }

  /// What has been taken so far.
  package var mark: Mark { Mark(current: current, used: used) }

  /// Gives back what was taken after `mark`: a block whose intermediate results nobody needs again
  /// leaves its memory to the next block.
  package func release(to mark: Mark) { (current, used) = (mark.current, mark.used) }

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
