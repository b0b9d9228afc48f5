import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import TestSupport
import Testing

@Suite("Fresh BERTs and heads", .counted)
struct BERTInitializationTests {
  @Test(arguments: Computing.allCases, try BERTCase.all("bert/init.json"))
  func `BERT-9 BERT-10 every weight, to the last bit`(computing: Computing, run: BERTCase) throws {
    try computing { try compareWeights(run) }
  }

  private func compareWeights(_ run: BERTCase) throws {
    guard case .object(var fields) = try run.json.required("config") else { return }
    fields["model_type"] = "bert"
    var configuration = try BERTConfiguration(.object(fields), path: run.name)
    configuration.architecture = run.json["kind"] == "encoder" ? .encoder : .classifier
    let seed = UInt64(try run.json.required("seed").integer ?? 0)
    let golden = try GoldenTensors("bert/init.safetensors")
    guard let lacks = run.json["lacks"]?.array?.compactMap(\.string) else {
      let model = try BERTModel(fresh: configuration, seed: seed)
      for (name, tensor) in model.parameters {
        let expected = try golden["\(run.name)/\(name)"]
        #expect(tensor.shape == expected.shape)
        expectSame(tensor.elements, expected.elements, "\(run.name), \(name)")
      }
      return
    }
    try Places.withTemporaryFolder { folder in
      let zeros = configuration.parameters.filter { !lacks.contains($0.name) }
        .map { OutgoingTensor($0.name, Tensor(shape: $0.shape) { _ in }) }
      try SafeTensorsFile.write(zeros, to: "\(folder.path)/model.safetensors")
      var generator = TorchGenerator(seed: seed)
      let loaded = try BERTModel.load(
        classifierFrom: folder.path, configuration: configuration, drawing: &generator)
      #expect(Set(loaded.report.missing) == Set(lacks))
      for (name, tensor) in loaded.model.parameters {
        let expected = lacks.contains(name) ? try golden["\(run.name)/\(name)"].elements : nil
        expectSame(
          tensor.elements, expected ?? [Float](repeating: 0, count: tensor.count),
          "\(run.name), \(name)")
      }
      let next = try run.json.required("next").array ?? []
      #expect(Int(generator.engine.next32() % (1 << 20)) == next.first?.integer)
      var normal: Float = 0
      generator.fillNormal(&normal, count: 1, deviation: 1)
      #expect(normal == next.last?.double.map { Float($0) })
    }
  }
}

@Suite("Fresh GPT-2s", .counted)
struct GPT2InitializationTests {
  @Test(
    arguments: Computing.allCases,
    try Golden.cases("gpt2/init.json").compactMap { $0["name"]?.string })
  func `GPT2-11 every weight, to the last bit`(computing: Computing, name: String) throws {
    let run = try #require(
      try Golden.cases("gpt2/init.json").first { $0["name"]?.string == name })
    guard case .object(var fields) = try run.required("config") else { return }
    fields["model_type"] = "gpt2"
    let configuration = try GPT2Configuration(.object(fields), path: name)
    let seed = UInt64(try run.required("seed").integer ?? 0)
    let model = try computing { try GPT2Model(fresh: configuration, seed: seed) }
    let golden = try GoldenTensors("gpt2/init.safetensors")
    for (part, tensor) in model.parameters {
      let expected = try golden["\(name)/\(part)"]
      #expect(tensor.shape == expected.shape)
      expectSame(tensor.elements, expected.elements, "\(name), \(part)")
    }
  }
}
