import Foundation

/// # Memory
///
/// A ``Storage`` is memory that tensors share and nobody writes: allocated here, or a part of a
/// file that the system maps into memory. A ``FloatBuffer`` is memory that is written again and
/// again. A buffer becomes a storage when its last writer gives it up.
///
/// Source: `torch.UntypedStorage`, which tensors share too, but which anybody may write.
///
/// What it does not do: it does not know types or shapes, and it does not check who writes.

/// Memory that tensors share: allocated here, or borrowed from a mapped file.
///
/// What a storage holds does not change once a ``Tensor`` shows it, so tensors can be passed
/// between tasks; buffers that are written again and again (activations, caches) are
/// ``FloatBuffer``s.
public final class Storage: @unchecked Sendable {
  /// The first byte; 64-byte aligned when the storage was allocated here.
  public let base: UnsafeRawPointer
  /// How many bytes there are.
  public let byteCount: Int
  // Nobody reads this. It is held so that the memory lives as long as the storage.
  private let owner: AnyObject

  /// Shows memory that `owner` keeps alive.
  public init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    guard let start = bytes.baseAddress else {
      // An empty file has no address to show.
      let nothing = FloatBuffer(count: 0)
      (base, byteCount, self.owner) = (UnsafeRawPointer(nothing.pointer), 0, nothing)
      return
    }
    // What is mapped stays mapped: `owner` is the file, and its deinit unmaps it.
    (base, byteCount, self.owner) = (start, bytes.count, owner)
  }

  /// Takes over a buffer that nobody writes any more.
  /// It is not copied.
  init(_ buffer: FloatBuffer) {
    base = UnsafeRawPointer(buffer.pointer)
    byteCount = buffer.count * MemoryLayout<Float>.stride  // four bytes for each number
    owner = buffer  // the buffer frees the memory
  }
}

/// Float32 memory that is written: activations, caches, scratch. One owner at a time.
///
/// The memory is 64-byte aligned. From 2 MB on it is asked for in huge pages, because on virtual
/// machines a page fault costs more than the arithmetic on the page's 1,024 numbers.
public final class FloatBuffer {
  static let alignment = 64  // a cache line, and the widest vector (AVX-512)
  private static let hugePage = 2 << 20  // 2 MB, on x86-64 and most others

  /// The first element.
  public let pointer: UnsafeMutablePointer<Float>
  /// How many elements there are.
  public let count: Int

  /// Memory for `count` numbers, all 0.
  public convenience init(count: Int) {
    self.init(uninitialized: count)
    // Writing the zeros also touches every page, so later passes have no page faults.
    pointer.initialize(repeating: 0, count: count)
  }

  /// Memory for `count` numbers that are written before they are read.
  package init(uninitialized count: Int) {
    // Room for one number at least: an allocation of 0 bytes may have no address of its own.
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    // A huge page can only begin at a multiple of its size.
    let alignment = bytes >= Self.hugePage ? Self.hugePage : Self.alignment
    // Rounded up, as an aligned allocation wants it.
    let rounded = (bytes + alignment - 1) / alignment * alignment
    let raw = UnsafeMutableRawPointer.allocate(byteCount: rounded, alignment: alignment)
    #if os(Linux)
      // The rest that does not fill a huge page is left alone: it would take a whole one. This is a
      // wish: where the system has no huge pages, small ones do, so the result is not looked at.
      let whole = bytes / Self.hugePage * Self.hugePage
      if whole > 0 { madvise(raw, whole, MADV_HUGEPAGE) }
    #endif
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}
