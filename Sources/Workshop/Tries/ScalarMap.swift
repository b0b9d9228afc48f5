/// A number for every Unicode scalar, looked up in two steps: the block of 128 scalars, then the
/// scalar within it. Blocks of zeros are one.
struct ScalarMap<Value: FixedWidthInteger & Sendable>: @unchecked Sendable {
  /// Gathers the numbers; those that are not set are 0.
  struct Builder {
    fileprivate var blocks = [UInt16](repeating: 0, count: 0x110000 >> 7)
    fileprivate var cells = [Value](repeating: 0, count: 128)

    /// The number of `scalar`, which is at most 0x10FFFF.
    subscript(scalar: Int) -> Value {
      get { cells[Int(blocks[scalar >> 7]) << 7 | scalar & 127] }
      set {
        if blocks[scalar >> 7] == 0 {
          blocks[scalar >> 7] = UInt16(cells.count >> 7)
          cells.append(contentsOf: repeatElement(0, count: 128))
        }
        cells[Int(blocks[scalar >> 7]) << 7 | scalar & 127] = newValue
      }
    }
  }

  private let blocks: UnsafePointer<UInt16>
  private let cells: UnsafePointer<Value>

  /// The map of what was gathered. Its memory is never freed.
  init(_ builder: Builder) {
    blocks = Self.kept(builder.blocks)
    cells = Self.kept(builder.cells)
  }

  private static func kept<Element>(_ values: [Element]) -> UnsafePointer<Element> {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: values.count)
    memory.initialize(from: values, count: values.count)
    return UnsafePointer(memory)
  }

  /// The number of `scalar`, which is at most 0x10FFFF.
  @inline(__always) subscript(scalar: UInt32) -> Value {
    cells[Int(blocks[Int(scalar >> 7)]) << 7 | Int(scalar & 127)]
  }
}
