import FoxFiles
import TestSupport
import Testing

@testable import FoxTables

@Suite("Blocks, splits and sentence pairs against Python")
struct BlockTests {
  @Test("group_texts, 1,000 texts at a time", .spec("DATA-9", "DATA-10"))
  func blocks() throws {
    for golden in try Golden.cases("datasets/blocks.json") {
      let texts = try golden.required("texts").array?.map { try $0.integers() } ?? []
      let size = try golden.required("block_size").integer ?? 0
      let expected = try golden.required("blocks").array?.map { try $0.integers() } ?? []
      let blocks = try LanguageModelBlocks(
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

  @Test("a short block is refused where blocks are stacked", .spec("DATA-10"))
  func short() throws {
    let blocks = try LanguageModelBlocks(
      ["a", "b", "c"], name: "train.txt", blockSize: 4, batchSize: 2
    ) { $0.map { $0 == "a" ? [1, 2, 3] : [4, 5] } }
    #expect(blocks.shortBlocks == [ShortBlock(block: 1, length: 2, rows: 2..<3)])
    #expect(throws: DatasetError.self) { try blocks.requireWholeBlocks() }
    try blocks.prefix(1).requireWholeBlocks()
  }

  @Test("an encoder that cannot be one", .spec("DATA-9"))
  func encoder() throws {
    #expect(throws: DatasetError.encoder("0 encodings for 1 texts")) {
      try LanguageModelBlocks(["a"], blockSize: 4) { _ in [] }
    }
    for id in [-1, .max] {
      #expect(throws: DatasetError.encoder("\(id) is not a token id")) {
        try LanguageModelBlocks(["a"], blockSize: 4) { _ in [[id]] }
      }
    }
    #expect(throws: DatasetError.option(name: "block_size", value: "0", expected: "at least 1")) {
      try LanguageModelBlocks([], blockSize: 0) { _ in [] }
    }
    #expect(try LanguageModelBlocks([], blockSize: .max) { _ in [] }.count == 0)
  }

  @Test("train[:5%] and train[5%:], only when they are needed", .spec("DATA-11"))
  func percentage() throws {
    for golden in try Golden.json("datasets/tables.json").required("splits").array ?? [] {
      let count = try golden.required("count").integer ?? 0
      let table = try Table(
        name: "t", columns: ["n"], rows: (0..<count).map { [.integer($0)] })
      let expected = try golden.required("validation").integer ?? 0
      let parts = try table.split(
        validationPercentage: golden.required("percentage").integer ?? 0)
      #expect(parts.validation.count == expected && parts.train.count == count - expected)
      #expect(parts.validation == table.prefix(expected))
      #expect(parts.train[0, 0] == (expected < count ? .integer(expected) : .null))
    }
    let table = try Table(name: "t", columns: ["n"], rows: (0..<40).map { [.integer($0)] })
    let file = table.prefix(3)
    #expect(try table.split(validation: nil, evaluates: false) == (table, nil))
    #expect(try table.split(validation: file, evaluates: true) == (table, file))
    #expect(try table.split(validation: nil, evaluates: true).validation?.count == 2)
    #expect(throws: DatasetError.self) { try table.split(validationPercentage: 101) }
  }

  @Test("one of twenty is held out", .spec("DATA-6"))
  func holdOut() throws {
    let table = try Table(name: "t", columns: ["n"], rows: (0..<45).map { [.integer($0)] })
    let parts = try table.holdOut(every: 20)
    #expect(parts.heldOut.rows == [[19], [39]])
    #expect(parts.train.count == 43)
    #expect(throws: DatasetError.self) { try table.holdOut(every: 1) }
  }

  @Test("preprocess_coqa", .spec("DATA-12"))
  func pairs() throws {
    let golden = try Golden.json("datasets/tables.json")
    let cases = try golden.required("pairs").array ?? []
    for row in cases {
      let story = try row.required("story").string ?? ""
      let pairs = SentencePairs(stories: [story])
      let expected = row["pair"]?.array?.compactMap(\.string)
      let found = pairs.pairs.first.map { [$0.first, $0.second] }
      #expect(found.map { $0.map { Array($0.utf8) } } == expected.map { $0.map { Array($0.utf8) } })
      #expect(pairs.skipped == (expected == nil ? 1 : 0))
    }
    let all = SentencePairs(stories: cases.compactMap { $0["story"]?.string })
    #expect(all.pairs.count + all.skipped == cases.count)
    #expect(all.pairs.map(\.row) == cases.indices.filter { cases[$0]["pair"]?.array != nil })
    let spaces = try golden.required("spaces").integers()
    let ours = (0..<0x110000).filter { Unicode.Scalar($0).map(PythonText.isSpace) ?? false }
    expectSame(ours, spaces, "white space")
  }

  @Test("split and strip at their edges", .spec("DATA-12"))
  func python() {
    #expect(PythonText.split("aXbXc", separator: "X") == ["a", "b", "c"])
    #expect(PythonText.split("XX", separator: "X") == ["", "", ""])
    #expect(PythonText.split("aXb", separator: "X", maximumSplits: 0) == ["aXb"])
    #expect(PythonText.split("aaa", separator: "aa") == ["", "a"])
    #expect(PythonText.split("abc", separator: "") == ["abc"])
    // Cut by bytes: the accent stays behind the cut.
    #expect(PythonText.split("e\u{301}", separator: "e") == ["", "\u{301}"])
    #expect(PythonText.strip(" \u{2003}a b\n") == "a b" && PythonText.strip("\t ") == "")
  }
}
