import FoxDecoding
import FoxKernels
import FoxModels
import TestSupport
import Testing

@Suite("Damaged weights and strange tokenizers", .counted)
struct ModelFaultsTests {
  @Test
  func `GPT2-10 damaged weights are named`() throws {
    let good = try GPT2Model.load(folder: Places.golden("gpt2/models/plain")).model
    let damaged = try GPT2Model(good.configuration) { name in
      let tensor = try #require(good.parameters.first { $0.name == name }?.tensor)
      guard name == "h.1.mlp.c_fc.weight" else { return tensor }
      var elements = tensor.elements
      elements[7] = .infinity
      return try Tensor(shape: tensor.shape, elements)
    }
    #expect(
      damaged.firstBadWeight()
        == .badWeight(tensor: "h.1.mlp.c_fc.weight", index: 7, value: .infinity))
    #expect(good.firstBadWeight() == nil)
  }

  @Test
  func `BERT-8 a tokenizer has to fit the vocabulary`() throws {
    let model = try BERTModel.load(folder: Places.golden("bert/models/plain")).model
    try model.checkTokenizer(tokens: 90)
    let fault = #expect(throws: Fault.self) { try model.checkTokenizer(tokens: 91) }
    #expect(fault?.found == "ids up to 90" && fault?.expected == "at most the model's 90 words")
  }

  @Test
  func `BERT-8 damaged weights are named`() throws {
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
