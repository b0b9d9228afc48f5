/// Token ids cut into blocks for a language model: `tokenize_function` and `group_texts` of the
/// homework's cell (and of transformers' `run_clm`).
///
/// The texts are taken a batch at a time (`datasets` maps 1,000). Within a batch all ids are joined
/// and cut into blocks; what is left over is dropped. A batch with fewer ids than one block keeps them
/// as one *short* block, which cannot be stacked with others: ``requireWholeBlocks()`` refuses it. A
/// block is its own labels. SPEC `DATA-9`, `DATA-10`.
public struct LanguageModelBlocks: Equatable, Sendable {
  /// What the texts are called in messages.
  public let name: String
  /// The ids of a whole block.
  public let blockSize: Int
  /// All blocks, one behind the other.
  public private(set) var ids: [Int32]
  /// Where each block begins in ``ids``, and the end of the last.
  public private(set) var offsets: [Int]
  /// The blocks that are shorter than the others.
  public private(set) var shortBlocks: [ShortBlock]
  /// How many ids the texts have.
  public let tokens: Int
  /// How many ids at the ends of batches are in no block.
  public let dropped: Int

  /// How many texts `datasets` maps at a time.
  public static let batchSize = 1000

  /// Tokenises texts and cuts them into blocks.
  ///
  /// - Parameters:
  ///   - texts: The texts, in order.
  ///   - blockSize: The ids of a block, at least 1.
  ///   - batchSize: How many texts are joined, at least 1.
  ///   - encode: Gives the ids of each of some texts, a list for each. Called once a batch.
  /// - Throws: ``DatasetError/option(name:value:expected:)``, ``DatasetError/encoder(_:)``, and what
  ///   `encode` throws.
  /// - Complexity: O(*n*) in the ids, four bytes for each that is kept.
  public init(
    _ texts: [String], name: String = "the texts", blockSize: Int, batchSize: Int = batchSize,
    encode: (_ texts: [String]) throws -> [[Int]]
  ) throws {
    for (name, value) in [("block_size", blockSize), ("batch_size", batchSize)] where value < 1 {
      throw DatasetError.option(name: name, value: "\(value)", expected: "at least 1")
    }
    var builder = BlockBuilder(blockSize: blockSize)
    for start in stride(from: 0, to: texts.count, by: batchSize) {
      let rows = start..<min(start + batchSize, texts.count)
      let encodings = try encode(Array(texts[rows]))
      guard encodings.count == rows.count else {
        throw DatasetError.encoder("\(encodings.count) encodings for \(rows.count) texts")
      }
      try builder.append(encodings, rows: rows)
    }
    self.name = name
    self.blockSize = blockSize
    (ids, offsets, shortBlocks) = (builder.ids, builder.offsets, builder.short)
    (tokens, dropped) = (builder.tokens, builder.dropped)
  }

  /// How many blocks there are.
  public var count: Int { offsets.count - 1 }

  /// The ids of a block, counted from 0; none where there is no such block.
  public subscript(block: Int) -> ArraySlice<Int32> {
    guard (0..<count).contains(block) else { return [] }
    return ids[offsets[block]..<offsets[block + 1]]
  }

  /// Keeps the first `limit` blocks (`max_train_samples`), or all when there are fewer.
  public func prefix(_ limit: Int) -> LanguageModelBlocks {
    var result = self
    let count = max(0, min(limit, count))
    result.offsets = Array(offsets.prefix(count + 1))
    result.ids = Array(ids.prefix(offsets[count]))
    result.shortBlocks = shortBlocks.filter { $0.block < count }
    return result
  }

  /// Refuses short blocks, which cannot be stacked into a batch.
  ///
  /// - Throws: ``DatasetError/shortBlock(name:block:blockSize:)`` for the first.
  public func requireWholeBlocks() throws(DatasetError) {
    if let block = shortBlocks.first {
      throw .shortBlock(name: name, block: block, blockSize: blockSize)
    }
  }
}

/// A block with fewer ids than the others.
public struct ShortBlock: Equatable, Sendable {
  /// The number of the block, from 0.
  public let block: Int
  /// How many ids it has.
  public let length: Int
  /// The texts of its batch, numbered from 0.
  public let rows: Range<Int>

  /// A short block.
  public init(block: Int, length: Int, rows: Range<Int>) {
    self.block = block
    self.length = length
    self.rows = rows
  }
}

/// Joins the ids of batches.
private struct BlockBuilder {
  let blockSize: Int
  var ids: [Int32] = []
  var offsets = [0]
  var short: [ShortBlock] = []
  var tokens = 0
  var dropped = 0

  init(blockSize: Int) { self.blockSize = blockSize }

  mutating func append(_ encodings: [[Int]], rows: Range<Int>) throws(DatasetError) {
    let start = ids.count
    for encoding in encodings {
      for id in encoding {
        guard let id = Int32(exactly: id), id >= 0 else {
          throw .encoder("\(id) is not a token id")
        }
        ids.append(id)
      }
    }
    let length = ids.count - start
    tokens += length
    if length < blockSize {
      if length == 0 { return }
      short.append(ShortBlock(block: offsets.count - 1, length: length, rows: rows))
      offsets.append(ids.count)
      return
    }
    let rest = length % blockSize
    dropped += rest
    ids.removeLast(rest)
    offsets += stride(from: start + blockSize, through: ids.count, by: blockSize)
  }
}
