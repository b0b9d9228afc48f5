import Foundation

/// # Memory
///
/// Numbers that are written again and again lie in a ``FloatBuffer``. A pass through a model takes
/// what it needs piece by piece from an ``Arena`` and gives it back all at once; the next pass
/// takes the same memory again. Nothing is returned to the system, because a fresh page costs more
/// than the arithmetic on its 1,024 numbers.
///
/// Taking memory means moving a mark forward, and giving it back means moving the mark back. Chunks
/// stay where they are when a new one is added, so that pointers into them stay good:
///
///     chunks[0]  [■■■■■■■■■■■■■■■■····]      what is left of a full chunk is not used
///     chunks[1]  [■■■■■■ ← used            ]
///
/// Source: Hanson 1990, *Fast allocation and deallocation of memory based on object lifetimes*.
/// Nobody checks who still looks at memory that was given back.

/// Float32 memory that is written: activations, caches, scratch. One owner at a time.
///
/// It begins at a multiple of 64 bytes: a cache line, and the widest vector. From 2 MB on it is
/// asked for in huge pages, because on virtual machines page faults are dear.
package final class FloatBuffer {
  private static let hugePage = 2 << 20  // 2 MB, on x86-64 and most others

  /// The first element.
  package let pointer: UnsafeMutablePointer<Float>
  /// How many elements there are.
  package let count: Int

  /// Memory for `count` numbers, all 0.
  package convenience init(count: Int) {
    self.init(uninitialized: count)
    // Writing the zeros also touches every page, so later passes have no page faults.
    pointer.initialize(repeating: 0, count: count)
  }

  /// Memory for `count` numbers that are written before they are read.
  package init(uninitialized count: Int) {
    // Room for one number at least: an allocation of 0 bytes may have no address of its own.
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    // A huge page can only begin at a multiple of its size.
    let alignment = bytes >= Self.hugePage ? Self.hugePage : 64
    let rounded = (bytes + alignment - 1) / alignment * alignment
    let raw = UnsafeMutableRawPointer.allocate(byteCount: rounded, alignment: alignment)
    #if os(Linux)
      // What does not fill a huge page is left alone: it would take a whole one. This is a wish:
      // where the system has no huge pages, small ones do, so the result is not looked at.
      let whole = bytes / Self.hugePage * Self.hugePage
      if whole > 0 { madvise(raw, whole, MADV_HUGEPAGE) }
    #endif
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}

/// Memory for a pass; for one thread at a time.
public final class Arena {
  private static let chunk = 16 << 20  // in numbers: 64 MB
  private static let alignment = 16  // in numbers: 64 bytes

  private var chunks: [FloatBuffer] = []
  // The next free number is number `used` of chunk `current`.
  package typealias Mark = (current: Int, used: Int)

  /// What has been taken so far; see ``release(to:)``.
  package private(set) var mark: Mark = (0, 0)

  /// An arena without memory. The first pass allocates it.
  public init() {}

  /// Makes all memory free. Pointers from before must not be used any more.
  package func reset() { mark = (0, 0) }  // the chunks stay

  /// Gives back what was taken after `mark`: a block whose intermediate results nobody needs again
  /// leaves its memory to the next block.
  package func release(to mark: Mark) { self.mark = mark }

  /// Memory for `count` numbers, which are not set: whoever takes it writes before reading.
  package func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    // Rounded up, so that the next piece starts on a cache line too.
    let size = (count + Self.alignment - 1) / Self.alignment * Self.alignment
    // A chunk that is too short for this piece is passed over. This wastes its end until the next
    // reset, but a matrix needs its numbers in one place.
    while mark.current < chunks.count, mark.used + size > chunks[mark.current].count {
      mark = (mark.current + 1, 0)  // the beginning of the next
    }
    // A larger piece gets a chunk of its own size. Memory that nobody has touched costs nothing
    // yet, so 64 MB are not too much for a small model.
    if mark.current == chunks.count {
      chunks.append(FloatBuffer(uninitialized: max(size, Self.chunk)))
    }
    defer { mark.used += size }
    return chunks[mark.current].pointer + mark.used
  }

  /// A `[rows, columns]` matrix of such numbers.
  package func matrix(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(take(rows * columns), rows, columns)  // without gaps
  }

  /// Memory for `count` flags of one byte, of which four take the place of a float32.
  package func takeFlags(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(take((count + 3) / 4)).bindMemory(to: UInt8.self, capacity: count)
  }

  /// Memory for `count` ids, which are as wide as a float32.
  package func takeIDs(_ count: Int) -> UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(take(count)).bindMemory(to: Int32.self, capacity: count)
  }
}
