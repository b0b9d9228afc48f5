import Foundation
import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import TestSupport
import Testing

/// With the kernels only: in plain Swift an unoptimised build takes seconds for each token.
@Suite("BERT-base, random weights, at full size", .counted, .serialized, .kernels)
struct BERTFullSizeTests {
  /// What `fox init bert --seed 0` makes, once for a run.
  static let model = Result {
    var configuration = BERTConfiguration()
    configuration.architecture = .classifier
    return try BERTModel(fresh: configuration, seed: 0)
  }

  private let run = Result {
    BERTCase(name: "full size", json: try Golden.json("bert/full-size.json"))
  }

  @Test(.tier(.heavy))
  func `BERT-9 BERT-18 the weights are those the reference was given`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("model.safetensors").path
      try SafeTensorsFile.write(
        Self.model.get().parameters.map { OutgoingTensor($0.name, $0.tensor) }, to: path)
      let hash = try SHA256.hash(of: MappedFile(path: path)).hexadecimal
      #expect(hash == (try run.get().json["provenance"]?["models"]?["full-size"]?.string))
    }
  }

  @Test(.tier(.heavy))
  func `BERT-18 logits`() throws {
    let run = try run.get()
    let logits = try Self.model.get().logits(run.batch())
    let golden = try run.json.required("logits").array?.flatMap { try $0.floats() } ?? []
    // Measured: 3.0e-7; the reference differs from itself by 4.5e-7.
    expectClose(logits.elements, golden, tolerance: Bound.of("BERT-18"), "logits")
  }

  @Test(.tier(.heavy))
  func `BERT-18 BERT-12 loss and gradients of a step with dropout`() throws {
    let run = try run.get()
    let trainable = try BERTTrainable(Self.model.get())
    var generator = TorchGenerator(seed: run.seed)
    let loss = try trainable.train(
      run.batch(), labels: run.labels(), scale: 1, generator: &generator)
    let golden = try Float(#require(run.json["loss"]?.double))
    expectWithin(Double(abs(loss - golden) / golden), Bound.of("BERT-11", "the loss"), "loss")
    #expect(generator.drawn == run.json["draws"]?.integer)
    let gradients = try run.json.required("gradients").array ?? []
    #expect(gradients.map { $0["name"]?.string } == trainable.parameters.entries.map(\.name))
    let norms = gradients.map { $0["norm"]?.double ?? 0 }
    let whole = norms.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for (index, entry) in trainable.parameters.entries.enumerated() {
      let gradient = UnsafeBufferPointer(
        start: trainable.parameters.gradients.pointer + entry.range.lowerBound,
        count: entry.range.count)
      let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      let bound =
        entry.name.hasSuffix("key.bias")
        ? 3e-8 * whole : Bound.of("BERT-11", "each gradient") * max(norms[index], 1e-4 * whole)
      #expect(abs(norm - norms[index]) <= bound, "\(entry.name): norm \(norm)")
      let expected = try gradients[index].required("projections").array?.compactMap(\.double) ?? []
      for (actual, expected) in zip(projections(gradient, seed: index), expected) {
        // Of three thousand differences as long as allowed, one would have a projection beyond.
        #expect(
          abs(actual - expected) <= 3 * bound,
          "\(entry.name): \(abs(actual - expected)), allowed \(3 * bound)")
      }
    }
  }

  /// Sums with signs that are drawn, as the golden has them.
  private func projections(_ gradient: UnsafeBufferPointer<Float>, seed: Int) -> [Double] {
    var generator = TorchGenerator(seed: UInt64(seed))
    var signs = [UInt8](repeating: 0, count: gradient.count)
    return (0..<3).map { _ in
      generator.fillKept(&signs, count: gradient.count, dropping: 0.5)
      return gradient.indices.reduce(0.0) {
        $0 + (signs[$1] == 1 ? Double(gradient[$1]) : -Double(gradient[$1]))
      }
    }
  }
}
