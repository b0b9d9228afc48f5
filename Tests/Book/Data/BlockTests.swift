import FoxData
import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@Suite("Blocks", .counted)
struct BlockTests {
  @Test
  func `DATA-9 DATA-10 by hand: three stories, blocks of four`() throws {
    let ids = ["a": [5, 6, 7], "b": [8, 9], "c": [1, 2, 3, 4]]
    func cut(_ size: Int, batch: Int) throws -> LanguageModelBlocks {
      try .cut(["a", "b", "c"], name: "train.txt", blockSize: size, batchSize: batch) { texts in
        texts.map { ids[$0] ?? [] }
      }
    }
    let all = try cut(4, batch: 3)
    #expect(all.count == 2 && all[0] == [5, 6, 7, 8] && all[1] == [9, 1, 2, 3])
    #expect(all.tokens == 9 && all.dropped == 1)
    // Two texts at a time: 9 is dropped with its batch, and c stands alone.
    let two = try cut(4, batch: 2)
    #expect(two[0] == [5, 6, 7, 8] && two[1] == [1, 2, 3, 4] && two.dropped == 1)
    // The last batch has fewer ids than a block of five: a short one, which cannot be stacked.
    let short = try cut(5, batch: 2)
    #expect(short[0] == [5, 6, 7, 8, 9] && short[1] == [1, 2, 3, 4])
    #expect(short.shortBlocks == [ShortBlock(block: 1, length: 4, rows: 2..<3)])
    #expect(
      throws: Fault(
        "train.txt", at: "texts 3 to 3", found: "4 tokens in all",
        expected: "at least one block of 5", hint: "give a smaller block_size or more text")
    ) { try short.requireWholeBlocks() }
    try short.prefix(1).requireWholeBlocks()
  }

  @Test
  func `DATA-9 DATA-10 group_texts, 1,000 texts at a time`() throws {
    for golden in try Golden.arguments("datasets/blocks.json", in: "cases") {
      let texts = try golden.required("texts").array?.map { try $0.integers() } ?? []
      let size = try golden.required("block_size").integer ?? 0
      let expected = try golden.required("blocks").array?.map { try $0.integers() } ?? []
      let blocks = try LanguageModelBlocks.cut(
        texts.indices.map(String.init), blockSize: size,
        batchSize: golden.required("batch_size").integer ?? 0
      ) { batch in batch.map { texts[Int($0) ?? 0] } }
      #expect(blocks.count == expected.count)
      for (index, block) in expected.enumerated() {
        expectSame(blocks[index].map(Int.init), block, "block \(index) of \(size)")
      }
      let short = expected.indices.filter { expected[$0].count < size }
      #expect(blocks.shortBlocks.map(\.block) == short)
      #expect(blocks.tokens == texts.reduce(0) { $0 + $1.count })
      #expect(blocks.tokens - blocks.dropped == expected.reduce(0) { $0 + $1.count })
      let two = blocks.prefix(2)
      #expect(two.count == min(2, expected.count) && two[1].count == blocks[1].count)
      #expect(two.shortBlocks == blocks.shortBlocks.filter { $0.block < 2 })
      #expect(blocks.prefix(-1).count == 0 && blocks.prefix(.max) == blocks)
      #expect(blocks[-1].isEmpty && blocks[expected.count].isEmpty)
    }
  }

  @Test
  func `DATA-9 FAULT-1 an encoder that cannot be one`() throws {
    #expect(
      throws: Fault(
        "the encoder", found: "0 lists of ids", expected: "one for each of 1 texts")
    ) { try LanguageModelBlocks.cut(["a"], blockSize: 4) { _ in [] } }
    for id in [-1, .max] {
      #expect(
        throws: Fault("the encoder", found: "the id \(id)", expected: "0 to \(Int32.max)")
      ) { try LanguageModelBlocks.cut(["a"], blockSize: 4) { _ in [[id]] } }
    }
    #expect(throws: Fault("block_size", found: "0", expected: "at least 1")) {
      try LanguageModelBlocks.cut([], blockSize: 0) { _ in [] }
    }
    #expect(try LanguageModelBlocks.cut([], blockSize: .max) { _ in [] }.count == 0)
  }
}
