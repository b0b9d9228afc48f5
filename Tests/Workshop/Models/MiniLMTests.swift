import FoxFiles
import FoxKernels
import FoxModels
import FoxTries
import TestSupport
import Testing

/// With the kernels only: in plain Swift an unoptimised build takes half a second for each token.
@Suite("all-MiniLM-L6-v2", .counted)
struct MiniLMTests {
  private let folder = Places.weights.appendingPathComponent("minilm").path

  private func expect(_ actual: Tensor, _ name: String) throws {
    let expected = try GoldenTensors("bert/minilm.safetensors")[name]
    #expect(actual.shape == expected.shape)
    // Measured: 2.5e-6, as much as the reference differs from itself.
    expectClose(actual.elements, expected.elements, tolerance: Bound.of("BERT-17"), name)
  }

  @Test(.tier(.t2))
  func `BERT-17 BERT-3 from texts to hidden states, pooler and embeddings`() throws {
    let json = try Golden.json("bert/minilm.json")
    let hash = try SHA256.hash(of: MappedFile(path: "\(folder)/model.safetensors")).hexadecimal
    #expect(hash == json["provenance"]?["models"]?["minilm"]?.string)
    let (loaded, tokenizer) = (
      try BERTModel.load(folder: folder), try BERTTokenizer(folder: folder)
    )
    #expect(loaded.report.isClean && loaded.model.classifier == nil)
    try loaded.model.checkTokenizer(tokens: tokenizer.endID)
    let run = BERTCase(name: "minilm", json: json)
    let padded = try run.batch()
    let texts = try json.required("texts").array?.compactMap(\.string) ?? []
    let ids = try texts.map { try tokenizer.encode($0).ids }
    for (text, ids) in ids.enumerated() {
      let row = zip(padded.ids[text], padded.mask?[text] ?? [])
      expectSame(ids, row.filter { $1 == 1 }.map { Int($0.0) }, "ids of text \(text)")
    }
    let batch = BERTBatch(ids.map { $0.map { Int32($0) } })
    #expect(try loaded.model.embeddings(padded).elements == loaded.model.embeddings(batch).elements)
    let model = loaded.model
    try expect(model.pooled(batch), "pooled")
    try expect(model.embeddings(batch), "mean")
    try expect(model.embeddings(batch, normalize: true), "unit")
    let chosen = try json.required("hidden_texts").integers()
    let states = try model.hiddenStates(BERTBatch(chosen.map { batch.ids[$0] })).states
    try expect(states, "hidden")
  }
}
