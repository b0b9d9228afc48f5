import FoxDecoding

/// # Blocks
///
/// A language model learns from any text, so there is no need to keep stories apart: their ids are
/// joined and cut into blocks of one size, which stack into a batch without padding. A block is its
/// own labels, as each of its tokens is to be predicted from those before it.
///
///     stories  [5 6 7] [8 9] [1 2 3 4]     blocks of 4     [5 6 7 8] [9 1 2 3]     dropped  4
///
/// `datasets` does this for 1,000 texts at a time and drops what is left of each thousand. That
/// decides what the model sees, so it is kept. A thousand with fewer ids than one block becomes one
/// *short* block, as in the notebook, whose collator would then fail to stack it:
/// ``requireWholeBlocks()`` says so beforehand.
///
/// Source: homework Q2.1, `group_texts` of the training cell and of transformers' `run_clm.py`.
/// Clauses `DATA-9` and `DATA-10`. Knows no tokenizer, and puts nothing between two texts
/// (`run_clm` does not either).
public struct LanguageModelBlocks: Equatable, Sendable {
  /// What the texts are called in faults.
  package let name: String
  /// The ids of a whole block.
  package let blockSize: Int
  /// All blocks, one after the other. Four bytes an id: a corpus has hundreds of millions.
  package private(set) var ids: [Int32] = []
  /// Where each block begins in ``ids``, and where the last ends.
  ///
  /// n blocks have n + 1 offsets, so that block i is offsets[i] ..< offsets[i + 1] without a
  /// special case.
  package private(set) var offsets = [0]
  /// The blocks that are shorter than the others.
  package private(set) var shortBlocks: [ShortBlock] = []
  /// How many ids the texts have.
  package private(set) var tokens = 0
  /// How many of them are in no block.
  package private(set) var dropped = 0

  /// How many texts `datasets` maps at a time.
  ///
  /// `Dataset.map(batched=True)` has this default. CoQA's 7,199 stories are eight batches, and so
  /// at most eight remainders are dropped.
  public static let batchSize = 1000

  private init(name: String, blockSize: Int) { (self.name, self.blockSize) = (name, blockSize) }

  /// Tokenizes texts and cuts them into blocks.
  ///
  /// - Parameter encode: Gives the ids of each of some texts; called for `batchSize` texts at a
  ///   time.
  public static func cut(
    _ texts: [String], name: String = "the texts", blockSize: Int, batchSize: Int = batchSize,
    encode: (_ texts: [String]) throws -> [[Int]]
  ) throws -> LanguageModelBlocks {
    // 0 would divide by zero below, or step nowhere; the names are those of the command line.
    for (option, value) in [("block_size", blockSize), ("batch_size", batchSize)] where value < 1 {
      throw Fault(option, found: "\(value)", expected: "at least 1")
    }
    var blocks = LanguageModelBlocks(name: name, blockSize: blockSize)
    // One call of `encode` for a whole batch: an encoder may then work on several texts at once.
    for start in stride(from: 0, to: texts.count, by: batchSize) {
      // The last batch may be smaller.
      let rows = start..<min(start + batchSize, texts.count)
      let encodings = try encode(Array(texts[rows]))  // [rows][ids of each text]
      // One list too few would go unnoticed: everything is joined anyway.
      guard encodings.count == rows.count else {
        throw Fault(
          "the encoder", found: "\(encodings.count) lists of ids",
          expected: "one for each of \(rows.count) texts")
      }
      try blocks.append(encodings, rows: rows)
    }
    return blocks
  }

  /// One step of `datasets`' map.
  private mutating func append(_ encodings: [[Int]], rows: Range<Int>) throws(Fault) {
    // All ids of the batch go to the end; what does not fill a block is taken off again.
    let start = ids.count
    // `sum(examples[k], [])` in `group_texts`, without its quadratic cost.
    for id in encodings.joined() {
      // No vocabulary comes near 2³¹. A negative id would index before the embedding table.
      guard let id = Int32(exactly: id), id >= 0 else {
        throw Fault("the encoder", found: "the id \(id)", expected: "0 to \(Int32.max)")
      }
      ids.append(id)
    }
    let length = ids.count - start
    // Counted before anything is dropped: the report says both.
    tokens += length
    // A thousand empty texts make no block at all, not an empty one.
    if length == 0 { return }
    if length < blockSize {
      // `group_texts` only drops a remainder when there is a whole block before it.
      shortBlocks.append(ShortBlock(block: count, length: length, rows: rows))
      // The short block ends here; nothing of it is dropped.
      offsets.append(ids.count)
      return
    }
    // `total_length = (total_length // block_size) * block_size`
    let rest = length % blockSize
    dropped += rest
    // Dropped with this batch, not carried into the next: the notebook's map sees one batch at a
    // time.
    ids.removeLast(rest)
    // One offset for the end of each whole block. `through`, as the last block ends at the end of
    // `ids`.
    offsets += stride(from: start + blockSize, through: ids.count, by: blockSize)
  }

  /// How many blocks there are.
  package var count: Int { offsets.count - 1 }

  /// The ids of a block, counted from 0; none where there is no such block.
  package subscript(block: Int) -> ArraySlice<Int32> {
    guard (0..<count).contains(block) else { return [] }
    // A slice of one array: a million blocks are not a million arrays.
    return ids[offsets[block]..<offsets[block + 1]]
  }

  /// The first `limit` blocks (`max_train_samples`), or all when there are fewer.
  package func prefix(_ limit: Int) -> LanguageModelBlocks {
    var result = self
    // A negative limit gives none, one that is too large gives all.
    let count = max(0, min(limit, count))
    result.offsets = Array(offsets.prefix(count + 1))  // the end of the last block too
    result.ids = Array(ids.prefix(offsets[count]))
    result.shortBlocks = shortBlocks.filter { $0.block < count }
    return result
  }

  /// Refuses short blocks, which cannot be stacked into a batch.
  package func requireWholeBlocks() throws(Fault) {
    // The first is enough to act on. Texts are numbered from 1 in the fault, and the range is
    // half-open: its upper bound is the number of the last text.
    guard let short = shortBlocks.first else { return }
    throw Fault(
      name, at: "texts \(short.rows.lowerBound + 1) to \(short.rows.upperBound)",
      found: "\(short.length) tokens in all", expected: "at least one block of \(blockSize)",
      hint: "give a smaller block_size or more text")
  }
}

/// A block with fewer ids than the others.
package struct ShortBlock: Equatable, Sendable {
  /// The number of the block, from 0.
  package let block: Int
  /// How many ids it has.
  package let length: Int
  /// The texts that it was made of, numbered from 0.
  package let rows: Range<Int>

  package init(block: Int, length: Int, rows: Range<Int>) {
    (self.block, self.length, self.rows) = (block, length, rows)
  }
}
