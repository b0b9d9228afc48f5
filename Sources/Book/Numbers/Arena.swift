/// # Memory for a pass
///
/// A pass through a model takes what it needs piece by piece and gives it back all at once; the
/// next pass takes the same memory again. Nothing is returned to the system, because a fresh page
/// costs more than the arithmetic on its 1,024 numbers.
///
/// Taking memory means moving a mark forward, and giving it back means moving the mark back. The
/// memory itself comes in chunks, which stay where they are when a new one is added, so that
/// pointers into them stay good:
///
///     chunks[0]  [■■■■■■■■■■■■■■■■····]      what is left of a full chunk is not used
///     chunks[1]  [■■■■■■ ← used            ]
///
/// Source: Hanson 1990, *Fast allocation and deallocation of memory based on object lifetimes*.
///
/// What it does not do: it does not know who still looks at its memory. A view is good until the
/// arena is reset or released past it. It serves one thread at a time.
public final class Arena {
  private static let chunk = 16 << 20  // in numbers: 64 MB
  // In numbers: 64 bytes, a line of the cache and the widest vector.
  private static let alignment = 16

  private var chunks: [FloatBuffer] = []
  // The next free number is `chunks[current].pointer + used`.
  private var current = 0
  private var used = 0

  /// An arena without memory. The first pass allocates it.
  public init() {}

  /// Makes all memory free. Pointers from before must not be used any more.
  public func reset() { (current, used) = (0, 0) }

  /// A `[rows, columns]` matrix whose numbers are not set: whoever takes it writes before reading.
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

  /// Memory for `count` numbers, which are not set.
  public func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    // Rounded up, so that the next piece starts on a cache line too.
    let size = (count + Self.alignment - 1) / Self.alignment * Self.alignment
    // A chunk that is too short for this piece is passed over. This wastes its end until the next
    // reset, but a piece is never split: a matrix needs its numbers in one place.
    while current < chunks.count, used + size > chunks[current].count {
      current += 1
      used = 0
    }
    if current == chunks.count {
      // All chunks are full. A piece larger than a chunk gets a chunk of its own size. Memory that
      // nobody has touched costs nothing yet, so 64 MB are not too much for a small model.
      chunks.append(FloatBuffer(uninitialized: max(size, Self.chunk)))
    }
    defer { used += size }
    return chunks[current].pointer + used
  }

  /// Memory for `count` flags of one byte, which are not set.
  public func takeFlags(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    // Four flags take the place of one float32.
    UnsafeMutableRawPointer(take((count + 3) / 4)).bindMemory(to: UInt8.self, capacity: count)
  }

  /// Memory for `count` ids, which are not set.
  public func takeIDs(_ count: Int) -> UnsafeMutablePointer<Int32> {
    // An id is as wide as a float32.
    UnsafeMutableRawPointer(take(count)).bindMemory(to: Int32.self, capacity: count)
  }

  /// How many bytes there are in all. Chunks are never given back: this is what the largest pass so
  /// far needed, in whole chunks.
  public var byteCount: Int { chunks.reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride }
}
