import FoxDecoding
import FoxFiles
import FoxModels
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTransformer

@Suite("BERT", .counted)
struct BERTModelTests {
  static let golden = Result { try GoldenTensors("bert/outputs.safetensors") }
  static func cases() throws -> [BERTCase] { try BERTCase.all("bert/outputs.json") }

  // Measured: 1.0e-6; the reference differs from itself by 1.3e-6.
  private let tolerance: Float = Bound.of("BERT-4")

  private func expect(_ actual: Tensor, _ name: String) throws {
    let expected = try Self.golden.get()[name]
    #expect(actual.shape == expected.shape, "\(name)")
    expectClose(actual.elements, expected.elements, tolerance: tolerance, name)
  }

  @Test(arguments: Computing.allCases, try cases())
  func `BERT-4 BERT-5 hidden states of the reference`(computing: Computing, run: BERTCase) throws {
    let model = try run.model()
    let all = try computing { try model.allHiddenStates(run.batch()) }
    #expect(all.count == model.configuration.layers + 1)
    for (index, states) in all.enumerated() {
      try expect(states.states, "\(run.name).hidden.\(index)")
    }
    let last = try computing { try model.hiddenStates(run.batch()) }
    #expect(last.states.elements == all.last?.states.elements)
    #expect(last.rows.last?.upperBound == last.states.shape[0])
  }

  @Test(arguments: Computing.allCases, try cases())
  func `BERT-6 BERT-7 pooler, means and classifier of the reference`(
    computing: Computing, run: BERTCase
  ) throws {
    try computing { try heads(run) }
  }

  private func heads(_ run: BERTCase) throws {
    let (model, batch) = (try run.model(), try run.batch())
    try expect(model.embeddings(batch), "\(run.name).mean")
    try expect(model.embeddings(batch, normalize: true), "\(run.name).unit")
    let golden = try Self.golden.get()
    guard golden.has("\(run.name).pooled") else {
      for refused in [
        { _ = try model.pooled(batch) }, { _ = try model.logits(batch) },
        { _ = try model.embeddings(batch, pooling: .cls) },
      ] {
        let fault = #expect(throws: Fault.self) { try refused() }
        #expect(fault?.place == "text 0")
        #expect(fault?.found == "a mask that hides its first token")
      }
      return
    }
    try expect(model.pooled(batch), "\(run.name).pooled")
    if golden.has("\(run.name).logits") {
      try expect(model.logits(batch), "\(run.name).logits")
    } else {
      #expect(throws: Fault.noClassifier) { try model.logits(batch) }
    }
    let (first, states) = (
      try model.embeddings(batch, pooling: .cls), try model.hiddenStates(batch)
    )
    let channels = model.configuration.channels
    for (text, rows) in states.rows.enumerated() {
      let start = rows.lowerBound * channels
      #expect(
        Array(first.elements[text * channels..<(text + 1) * channels])
          == Array(states.states.elements[start..<start + channels]))
    }
  }

  @Test
  func `BERT-5 texts without their padding, in any order, give the same`() throws {
    let run = try #require(try Self.cases().first { $0.name == "plain/padded" })
    let (model, padded) = (try run.model(), try run.batch())
    let mask = try #require(padded.mask)
    func cut(_ table: [[Int32]]) -> [[Int32]] {
      zip(table, mask).map { row, mask in zip(row, mask).filter { $1 == 1 }.map(\.0) }
    }
    let (ids, types) = (cut(padded.ids), cut(try #require(padded.typeIDs)))
    let ragged = BERTBatch(ids, typeIDs: types)
    let logits = try model.logits(ragged).elements
    #expect(try model.logits(padded).elements == logits)
    #expect(try model.logits(BERTBatch(ids, typeIDs: types, width: 24)).elements == logits)
    let labels = model.configuration.labels.count
    for (text, ids) in ids.enumerated() {
      let alone = try model.logits(BERTBatch([ids], typeIDs: [types[text]])).elements
      expectClose(
        alone, Array(logits[text * labels..<(text + 1) * labels]), tolerance: tolerance,
        "text \(text)")
    }
  }

  @Test(
    arguments: [
      (BERTBatch([]), nil, "no text", "at least one"),
      (BERTBatch([[1], []]), "text 1", "no token", "at least one"),
      (BERTBatch([[1, 2]], mask: [[0, 0]]), "text 0", "no token", "at least one"),
      (BERTBatch([[1, 2]], mask: [[1]]), nil, "a mask of [1]", "one number for each token, [2]"),
      (
        BERTBatch([[1, 2]], typeIDs: [[1, 1], [1]]), nil, "a list of token types of [2, 1]",
        "one number for each token, [2]"
      ),
      (BERTBatch([[1, 2]], mask: [[1, 2]]), "text 0, mask, column 1", "2", "0 or 1"),
      (BERTBatch([[1, 90]]), "token id", "90", "0 to 89, its vocabulary"),
      (BERTBatch([[1, -1]], mask: [[1, 0]]), "token id", "-1", "0 to 89, its vocabulary"),
      (
        BERTBatch([[1]], typeIDs: [[2]]), "token type", "2", "0 to 1, its types (type_vocab_size)"
      ),
      (BERTBatch([[1, 2]], width: 1), nil, "a text of 2 tokens", "at most its width, 1"),
      (BERTBatch([[1, 2]], width: 25), nil, "25 tokens", "at most the model's 24 positions"),
    ] as [(BERTBatch, String?, String, String)])
  func `BERT-8 what no model reads is refused`(
    batch: BERTBatch, place: String?, found: String, expected: String
  ) throws {
    let model = try BERTModel.load(folder: Places.golden("bert/models/plain")).model
    let fault = try #require(throws: Fault.self) { try model.logits(batch) }
    #expect(fault.place == place && fault.found == found && fault.expected == expected)
  }
}
