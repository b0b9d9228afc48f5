import Foundation
import FoxFiles
import FoxTries
import TestSupport
import Testing

@testable import FoxTables

@Suite("The homework's data", .counted, .tier(.t3))
struct RealDataTests {
  private func path(_ name: String) -> String {
    Places.data?.appendingPathComponent(name).path ?? name
  }

  private func files() throws -> [JSON] {
    try Golden.arguments("datasets/real.json", in: "files")
  }

  /// The SHA-256 of texts, each followed by a line feed.
  private func digest(_ texts: [String]) -> String {
    SHA256.hash(of: Array(texts.map { $0 + "\n" }.joined().utf8)).description
  }

  @Test
  func `DATA-4 DATA-13 the SST-2`() throws {
    for golden in try files() where golden["columns"] != nil {
      let name = try golden.required("file").string ?? ""
      let table = try Table.read(path: path(name))
      #expect(table.columns == ["sentence", "label"])
      #expect(table.count == golden["rows"]?.integer, "\(name)")
      let cells = try zip(table.texts(column: "sentence"), table.texts(column: "label"))
      #expect(digest(cells.flatMap { [$0, $1] }) == golden["sha256"]?.string, "\(name)")
      guard case .integers(let labels) = try table.values(column: "label") else {
        Issue.record("\(name): labels are no integers")
        continue
      }
      #expect(Set(labels) == [0, 1])
    }
    #expect(try Table.read(path: path("sst2/dev.tsv")).count == 872)
    #expect(try Table.read(path: path("sst2/train.tsv")).count == 67_349)
  }

  @Test
  func `DATA-9 DATA-12 DATA-13 CoQA and MCTest: stories, pairs, blocks`() throws {
    let tokenizer = try GPT2Tokenizer(
      folder: Places.weights.appendingPathComponent("tale-gpt2").path)
    for golden in try files() where golden["pairs"] != nil {
      let name = try golden.required("file").string ?? ""
      let table = try Table.read(path: path(name))
      let texts = try table.texts(column: table.textColumn().name)
      #expect(texts.count == golden["rows"]?.integer && table.has(column: "story"))
      #expect(digest(texts) == golden["sha256"]?.string, "\(name)")
      let pairs = SentencePairs.of(stories: texts).pairs
      #expect(pairs.count == golden["pairs"]?.integer, "\(name)")
      #expect(
        digest(pairs.flatMap { [$0.first, $0.second] }) == golden["pairs_sha256"]?.string, "\(name)"
      )
      var encoder = GPT2Tokenizer.Encoder(tokenizer)
      let blocks = try LanguageModelBlocks.cut(texts, blockSize: 256) { batch in
        try batch.map { try encoder.encodeIDs($0) }
      }
      #expect(blocks.count == golden["blocks"]?.integer, "\(name)")
      #expect(blocks.tokens == golden["tokens"]?.integer, "\(name)")
      let hash = blocks.ids.withUnsafeBytes { SHA256.hash(of: $0).description }
      #expect(hash == golden["ids_sha256"]?.string, "\(name)")
    }
  }

  @Test
  func `DATA-6 DATA-13 29 MB by documents: what the committed model was trained on`() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let table = try Table.read(
      path: path("stories/corpus-children.txt"),
      options: .init(documentSeparator: GPT2Tokenizer.endOfText))
    let read = clock.now - start
    #expect(table.count == 370 && read < .seconds(60), "\(read)")
    let parts = try table.holdOut(every: 20)
    #expect(parts.heldOut.count == 18)
    let results = try JSON.read(
      path: Places.weights.appendingPathComponent("tale-gpt2/results.json").path)
    let tokenizer = try GPT2Tokenizer(
      folder: Places.weights.appendingPathComponent("tale-gpt2").path)
    let blocks = try LanguageModelBlocks.cut(
      parts.train.texts(column: "text"), name: "corpus", blockSize: 256
    ) { try $0.map { try tokenizer.encodeIDs(utf8: Array($0.utf8), threads: 2) } }
    #expect(blocks.tokens == results["training_tokens_in_corpus"]?.integer)
    #expect(blocks.ids.count { $0 == 50256 } <= parts.train.count)
    let lineClock = clock.now
    let lines = try Table.read(path: path("stories/corpus-children.txt"))
    #expect(lines.count > 100_000 && clock.now - lineClock < .seconds(60))
    print("corpus: by document \(read), by line \(clock.now - lineClock), \(lines.count) lines")
  }
}
