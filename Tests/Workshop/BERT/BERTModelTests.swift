import FoxFiles
import FoxKernels
import TestSupport
import Testing

@testable import FoxBERT

/// A case of `bert/outputs.json` or `bert/gradients.json`.
struct BERTCase: CustomTestStringConvertible {
  let name: String
  let json: JSON

  var testDescription: String { name }

  static func all(_ path: String) -> [BERTCase] {
    ((try? Golden.cases(path)) ?? []).compactMap { json in
      json["name"]?.string.map { BERTCase(name: $0, json: json) }
    }
  }

  func model() throws -> BERTModel {
    let name = try json.required("model").string ?? ""
    return try BERTModel.load(folder: Places.golden("bert/models/\(name)")).model
  }

  /// The batch as it is recorded, padding written out.
  func batch() throws -> BERTBatch {
    let ids = try table("ids")
    return try BERTBatch(#require(ids), typeIDs: table("types"), mask: table("mask"))
  }

  func table(_ key: String) throws -> [[Int32]]? {
    guard let value = json[key], !value.isNull else { return nil }
    return try value.array?.map { try $0.integers().map { Int32($0) } }
  }
}

@Suite("BERT")
struct BERTModelTests {
  static let golden = Result { try GoldenTensors("bert/outputs.safetensors") }
  static let cases = BERTCase.all("bert/outputs.json")

  // Measured: 1.0e-6; the reference differs from itself by 1.3e-6.
  private let tolerance: Float = 4e-6

  private func expect(_ actual: Tensor, _ name: String) throws {
    let expected = try Self.golden.get()[name]
    #expect(actual.shape == expected.shape, "\(name)")
    expectClose(actual.elements, expected.elements, tolerance: tolerance, name)
  }

  @Test("hidden states of the reference", .spec("BERT-4", "BERT-5"), arguments: cases)
  func hiddenStates(run: BERTCase) throws {
    let model = try run.model()
    let all = try model.allHiddenStates(run.batch())
    #expect(all.count == model.layers.count + 1)
    for (index, states) in all.enumerated() {
      try expect(states.states, "\(run.name).hidden.\(index)")
    }
    let last = try model.hiddenStates(run.batch())
    #expect(last.states.elements == all.last?.states.elements)
    #expect(last.rows.last?.upperBound == last.states.shape[0])
  }

  @Test(
    "pooler, means and classifier of the reference", .spec("BERT-6", "BERT-7"), arguments: cases)
  func heads(run: BERTCase) throws {
    let (model, batch) = (try run.model(), try run.batch())
    try expect(model.embeddings(batch), "\(run.name).mean")
    try expect(model.embeddings(batch, normalize: true), "\(run.name).unit")
    let golden = try Self.golden.get()
    guard golden.has("\(run.name).pooled") else {
      #expect(throws: BERTError.firstTokenHidden(row: 0)) { try model.pooled(batch) }
      #expect(throws: BERTError.firstTokenHidden(row: 0)) { try model.logits(batch) }
      #expect(throws: BERTError.firstTokenHidden(row: 0)) {
        try model.embeddings(batch, pooling: .cls)
      }
      return
    }
    try expect(model.pooled(batch), "\(run.name).pooled")
    if golden.has("\(run.name).logits") {
      try expect(model.logits(batch), "\(run.name).logits")
    } else {
      #expect(throws: BERTError.missingPart(.classifier)) { try model.logits(batch) }
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

  @Test("texts without their padding, in any order, give the same", .spec("BERT-5"))
  func packing() throws {
    let run = try #require(Self.cases.first { $0.name == "plain/padded" })
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
    "what no model reads is refused", .spec("BERT-8"),
    arguments: [
      (BERTBatch([]), "the batch is empty"),
      (BERTBatch([[1], []]), "text 1 of the batch is empty"),
      (BERTBatch([[1, 2]], mask: [[0, 0]]), "text 0 of the batch is empty"),
      (
        BERTBatch([[1, 2]], mask: [[1]]),
        "the mask of a batch must be as many as its tokens, text by text"
      ),
      (
        BERTBatch([[1, 2]], typeIDs: [[1, 1], [1]]),
        "the token types of a batch must be as many as its tokens, text by text"
      ),
      (BERTBatch([[1, 2]], mask: [[1, 2]]), "the mask of text 0 has 2 at 1; it takes 0 and 1"),
      (
        BERTBatch([[1, 90]]),
        "token id 90 is outside the model's vocabulary of 90 (ids 0 to 89); does the tokenizer belong "
          + "to the model?"
      ),
      (
        BERTBatch([[1, -1]], mask: [[1, 0]]),
        "token id -1 is outside the model's vocabulary of 90 (ids 0 to 89); does the tokenizer belong "
          + "to the model?"
      ),
      (
        BERTBatch([[1]], typeIDs: [[2]]),
        "token type 2 is outside the model's 2 types (type_vocab_size)"
      ),
      (BERTBatch([[1, 2]], width: 1), "a text of 2 tokens does not fit a batch padded to 1"),
      (
        BERTBatch([[1, 2]], width: 25),
        "25 tokens are needed, but the model has 24 positions (max_position_embeddings); give fewer, or "
          + "let the tokenizer cut them"
      ),
    ])
  func refusals(batch: BERTBatch, words: String) throws {
    let model = try BERTModel.load(folder: Places.golden("bert/models/plain")).model
    let error = try #require(throws: BERTError.self) { try model.logits(batch) }
    #expect(error.description == words)
  }

  @Test("a tokenizer has to fit the vocabulary", .spec("BERT-8"))
  func tokenizer() throws {
    let model = try BERTModel.load(folder: Places.golden("bert/models/plain")).model
    try model.checkTokenizer(tokens: 90)
    #expect(throws: BERTError.tokenizer(tokens: 91, vocabulary: 90)) {
      try model.checkTokenizer(tokens: 91)
    }
  }

  @Test("damaged weights are named", .spec("BERT-8"))
  func badWeight() throws {
    let model = try BERTModel.load(folder: Places.golden("bert/models/bare")).model
    #expect(model.firstBadWeight() == nil)
    let damaged = try BERTModel(model.configuration) { name in
      let tensor = model.parameters.first { $0.name == name }?.tensor
      if name != "bert.pooler.dense.bias" { return tensor }
      return try Tensor(shape: [9], [Float](repeating: .infinity, count: 9))
    }
    #expect(
      damaged.firstBadWeight()
        == .badWeight(tensor: "bert.pooler.dense.bias", index: 0, value: .infinity))
  }
}
