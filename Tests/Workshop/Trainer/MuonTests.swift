import FoxFiles
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTrainer
@testable import FoxTraining

@Suite("Muon", .counted)
struct MuonTests {
  static func tensors() throws -> GoldenTensors { try GoldenTensors("training/muon.safetensors") }

  private func orthogonal(_ matrix: Tensor) -> [Float] {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    let buffer = FloatBuffer(count: Muon.scratchCount(rows, columns))
    for (index, value) in matrix.elements.enumerated() { buffer.pointer[index] = value }
    return withExtendedLifetime(buffer) {
      Muon.orthogonalize(Matrix(buffer, rows, columns)).elements
    }
  }

  @Test(arguments: Computing.allCases)
  func `OPT-9 matrices of all shapes are made orthogonal`(computing: Computing) throws {
    let tensors = try Self.tensors()
    let cases = try Golden.cases("training/muon.json")
    #expect(cases.count == 9)
    for name in try cases.map({ try $0.required("name").string ?? "" }) {
      let golden = try tensors["orthogonal/\(name)"].elements
      let largest = golden.map(abs).max() ?? 0
      // Five rounds multiply what rounding leaves of a missing direction by 3.4⁵ = 480.
      expectClose(
        try computing { orthogonal(try tensors["matrix/\(name)"]) }, golden,
        tolerance: largest * 1e-4, name)
    }
  }

  @Test
  func `OPT-9 singular values come near 1, whatever they were`() throws {
    // A diagonal matrix keeps its singular values on the diagonal.
    let values: [Float] = [1000, 700, 500, 300, 150, 90, 60, 30]
    let matrix = Tensor(shape: [8, 12]) { out in
      out.update(repeating: 0, count: 96)
      for (index, value) in values.enumerated() { out[index * 12 + index] = value }
    }
    let result = orthogonal(matrix)
    for index in values.indices {
      #expect(0.65...1.25 ~= result[index * 12 + index], "\(result[index * 12 + index])")
    }
    #expect(result.enumerated().allSatisfy { $0.offset % 13 == 0 || abs($0.element) < 1e-5 })
  }

  /// An optimizer, and AdamW beside it.
  private func muon(_ parameters: Parameters, decay: Double = 0) throws -> (Muon, AdamW) {
    var options = AdamW.Options()
    options.weightDecay = decay
    let adamW = try AdamW(parameters, options) { !Muon.moves($0) }
    return (Muon(parameters, beside: adamW), adamW)
  }

  @Test(arguments: Computing.allCases)
  func `OPT-8 three steps with decay and a scale`(computing: Computing) throws {
    let tensors = try Self.tensors()
    let golden = try Golden.json("training/muon.json").required("steps")
    let rates = try golden.required("rates").array?.compactMap(\.double) ?? []
    let scales = try golden.required("gradient_scales").floats()
    let decay = try golden.required("weight_decay").double ?? 0
    let parameters = try OptimizerGolden.start(tensors)
    #expect(parameters.entries.count == 3)
    let (muon, adamW) = try muon(parameters, decay: decay)
    func expect(_ buffer: FloatBuffer, _ key: String) throws {
      for entry in parameters.entries {
        // Measured between the reference's own kernels: 1.5e-6 of the largest.
        expectClose(
          entry.range.map { buffer.pointer[$0] }, try tensors["\(key)/\(entry.name)"].elements,
          tolerance: 2e-6, "\(key)/\(entry.name)")
      }
    }
    for (step, (rate, scale)) in zip(rates, scales).enumerated() {
      try OptimizerGolden.fill(
        parameters.gradients, parameters, tensors, "gradient.\(step + 1)")
      computing { muon.step(learningRate: rate, gradientScale: scale) }
      try expect(parameters.values, "\(step + 1)")
    }
    try expect(adamW.firstMoments, "momentum")
  }

  @Test(arguments: [
    ("transformer.h.0.attn.c_attn.weight", [4, 12], true),
    ("bert.encoder.layer.1.output.dense.weight", [4, 8], true),
    ("transformer.h.0.attn.c_attn.bias", [12], false),
    ("transformer.wte.weight", [9, 4], false), ("transformer.wpe.weight", [5, 4], false),
    ("lm_head.weight", [9, 4], false), ("classifier.weight", [2, 4], false),
    ("bert.embeddings.word_embeddings.weight", [9, 4], false),
    ("bert.pooler.dense.weight", [4, 4], false),
  ])
  func `OPT-8 only matrices of the blocks are Muon's`(name: String, shape: [Int], isMoved: Bool)
    throws
  {
    let parameters = try Parameters([(name, shape)])
    #expect(parameters.entries.map(Muon.moves) == [isMoved])
    let start = parameters.values.pointer
    for index in 0..<parameters.count { parameters.gradients.pointer[index] = 1 }
    let (muon, adamW) = try muon(parameters)
    muon.step(learningRate: 0.1, gradientScale: 1)
    #expect(start[0] < 0)
    // What AdamW moves has a mean of squares.
    #expect((adamW.secondMoments.pointer[0] == 0) == isMoved)
  }

  @Test
  func `OPT-8 a matrix moves alone as it does among others on several threads`() throws {
    let shapes = (0..<5).map { [48, 16 + 40 * $0] }
    let gradient = Tensor(shape: [48, 176]) { out in
      var generator = TorchGenerator(seed: 3)
      generator.fillNormal(out, count: 48 * 176, deviation: 0.1)
    }
    func moved(_ shapes: [[Int]]) throws -> [[UInt32]] {
      let parameters = try Parameters(
        shapes.enumerated().map { ("h.\($0.offset).weight", $0.element) })
      let (muon, _) = try muon(parameters, decay: 0.1)
      for entry in parameters.entries {
        (parameters.gradients.pointer + entry.range.lowerBound).update(
          from: gradient.pointer, count: entry.range.count)
      }
      Computing.kernels {
        for _ in 0..<3 { muon.step(learningRate: 0.01, gradientScale: 1) }
      }
      return try parameters.entries.map {
        try parameters.tensor($0).elements.map(\.bitPattern)
      }
    }
    let together = try moved(shapes)
    for (index, shape) in shapes.enumerated() {
      expectSame(try moved([shape])[0], together[index], "\(shape)")
    }
  }
}
