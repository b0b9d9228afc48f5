import Foundation

/// # Memory
///
/// A ``Storage`` is memory that tensors share and nobody writes: allocated here, or a part of a file
/// that the system maps into memory. A ``FloatBuffer`` is memory that is written again and again. A
/// buffer becomes a storage when its last writer gives it up.

/// Memory that is read again from where it came when somebody needs it: a mapped file.
package protocol Rereadable: AnyObject {
  /// All of it.
  var bytes: UnsafeRawBufferPointer { get }

  /// Gives back the memory of a part that is not needed soon.
  func giveBack(_ range: Range<Int>)
}

/// Memory that tensors share: allocated here, or borrowed from a mapped file.
///
/// What a storage holds does not change once a ``Tensor`` shows it, so tensors can be passed between
/// tasks; buffers that are written again and again (activations, caches) are ``FloatBuffer``s.
public final class Storage: @unchecked Sendable {
  /// The first byte; 64-byte aligned when the storage was allocated here.
  public let base: UnsafeRawPointer
  /// How many bytes there are.
  public let byteCount: Int
  private let owner: AnyObject

  /// Shows memory that `owner` keeps alive.
  public init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    guard let start = bytes.baseAddress else {
      // An empty file has no address to show.
      let nothing = FloatBuffer(count: 0)
      (base, byteCount, self.owner) = (UnsafeRawPointer(nothing.pointer), 0, nothing)
      return
    }
    (base, byteCount, self.owner) = (start, bytes.count, owner)
  }

  /// Gives back the memory of a part of a mapped file that is not needed soon; reading it again reads
  /// the file again. Other memory stays.
  package func giveBack(_ range: Range<Int>) {
    if let file = owner as? any Rereadable, file.bytes.baseAddress == base {
      file.giveBack(range)
    } else if let outer = owner as? Storage {
      let lead = base - outer.base
      outer.giveBack(range.lowerBound + lead..<range.upperBound + lead)
    }
  }

  /// Takes over a buffer that nobody writes any more.
  init(_ buffer: FloatBuffer) {
    base = UnsafeRawPointer(buffer.pointer)
    byteCount = buffer.count * MemoryLayout<Float>.stride
    owner = buffer
  }
}

/// Float32 memory that is written: activations, caches, scratch. One owner at a time.
///
/// The memory is 64-byte aligned. From 2 MB on it is asked for in huge pages, because on virtual
/// machines a page fault costs more than the arithmetic on the page's 1,024 numbers.
public final class FloatBuffer {
  static let alignment = 64
  private static let hugePage = 2 << 20

  /// The first element.
  public let pointer: UnsafeMutablePointer<Float>
  /// How many elements there are.
  public let count: Int

  /// Memory for `count` numbers, all 0.
  public convenience init(count: Int) {
    self.init(uninitialized: count)
    pointer.initialize(repeating: 0, count: count)
  }

  /// Memory for `count` numbers that are written before they are read.
  package init(uninitialized count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let alignment = bytes >= Self.hugePage ? Self.hugePage : Self.alignment
    let rounded = (bytes + alignment - 1) / alignment * alignment
    let raw = UnsafeMutableRawPointer.allocate(byteCount: rounded, alignment: alignment)
    #if os(Linux)
      // The rest that does not fill a huge page is left alone: it would take a whole one.
      let whole = bytes / Self.hugePage * Self.hugePage
      if whole > 0 { madvise(raw, whole, MADV_HUGEPAGE) }
    #endif
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}
