import CFoxKernels
import FoxDecoding
import FoxFiles
import FoxKernels
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTraining

@Suite("AdamW", .counted)
struct AdamWTests {
  static let golden = "training/optimizer.json"

  /// Whether products and sums are fused, as those of the golden were: plain Swift always does.
  private func fuses(_ computing: Computing) -> Bool {
    #if arch(arm64)
      true
    #else
      computing == .plain || Int(fox_processor_features()) & FOX_AVX2 != 0
    #endif
  }

  /// One parameter, and the step its optimizer takes with a gradient.
  private struct One {
    let parameters: Parameters
    let optimizer: AdamW

    init(_ value: Float = 0, _ change: (inout AdamW.Options) -> Void = { _ in }) throws {
      parameters = try Parameters([("weight", [1])])
      parameters.values.pointer[0] = value
      var options = AdamW.Options()
      change(&options)
      optimizer = try AdamW(parameters, options)
    }

    /// The value after a step.
    func step(_ gradient: Float, rate: Double) -> Float {
      parameters.gradients.pointer[0] = gradient
      optimizer.step(learningRate: rate)
      return parameters.values.pointer[0]
    }
  }

  @Test(arguments: AdamW.Variant.allCases)
  func `OPT-1 OPT-2 the first step is as long as the learning rate, whatever the gradient`(
    variant: AdamW.Variant
  ) throws {
    // m / c₁ is the gradient and √(v / c₂) its size: what is left is its sign.
    for gradient: Float in [0.001, 1, 1000, -1000] {
      let one = try One { $0.variant = variant }
      let moved = one.step(gradient, rate: 0.1)
      #expect(abs(moved - (gradient > 0 ? -0.1 : 0.1)) < 1e-4, "gradient \(gradient)")
    }
  }

  /// With β₁ = β₂ = ½, ε = 0 and rate 3, from w = 0:
  ///
  ///     g =  4:   m = 2    c₁ = ½    m/c₁ =  4       v = 8    c₂ = ½    √(v/c₂) = 4    w = −3
  ///     g = −4:   m = −1   c₁ = ¾    m/c₁ = −4/3     v = 12   c₂ = ¾    √(v/c₂) = 4    w = −3 + 1
  @Test(arguments: AdamW.Variant.allCases)
  func `OPT-1 OPT-2 two gradients that cancel, by hand`(variant: AdamW.Variant) throws {
    let one = try One {
      $0.variant = variant
      ($0.beta1, $0.beta2, $0.epsilon) = (0.5, 0.5, 0)
    }
    #expect(abs(one.step(4, rate: 3) + 3) < 1e-6)
    #expect(abs(one.step(-4, rate: 3) + 2) < 1e-6)
  }

  /// The gradient is ε itself. PyTorch: m/c₁ = ε, and ε / (ε + ε) = ½. transformers adds ε to a √v that
  /// is not corrected yet, √0.001 ε: the step is √0.001 ε / (√0.001 ε + ε) = 0.0307 of the rate.
  @Test
  func `OPT-1 OPT-2 a gradient as small as ε tells the two variants apart`() throws {
    let torch = try One { $0.variant = .torch }
    #expect(abs(torch.step(1e-8, rate: 1) + 0.5) < 1e-4)
    let transformers = try One { $0.variant = .transformers }
    #expect(abs(transformers.step(1e-8, rate: 1) + 0.0307) < 1e-4)
  }

  @Test(arguments: AdamW.Variant.allCases)
  func `OPT-1 OPT-2 without a gradient only the decay is left`(variant: AdamW.Variant) throws {
    let one = try One(2) {
      $0.variant = variant
      $0.weightDecay = 0.1
    }
    // 2 · (1 − 0.5 · 0.1)
    #expect(abs(one.step(0, rate: 0.5) - 1.9) < 1e-6)
  }

  private func expect(
    _ buffer: FloatBuffer, _ parameters: Parameters, _ tensors: GoldenTensors, _ key: String,
    _ computing: Computing
  ) throws {
    for entry in parameters.entries {
      let golden = try tensors["\(key)/\(entry.name)"].elements
      let actual = entry.range.map { buffer.pointer[$0] }
      if fuses(computing) {
        expectSame(actual.map(\.bitPattern), golden.map(\.bitPattern), "\(key)/\(entry.name)")
      } else {
        // Measured between the reference's own kernels with and without FMA: 8e-7 of the largest.
        let largest = golden.map(abs).max() ?? 0
        expectClose(actual, golden, tolerance: largest * 2e-6, "\(key)/\(entry.name)")
      }
    }
  }

  @Test(
    arguments: Computing.allCases,
    ["hf", "hf-decay", "hf-uncorrected", "torch", "torch-decay", "torch-far"])
  func `OPT-1 OPT-2 OPT-5 five steps of each, bit by bit`(computing: Computing, name: String) throws
  {
    let tensors = try GoldenTensors("training/optimizer.safetensors")
    let parameters = try OptimizerGolden.start(tensors)
    let found = try Golden.cases(Self.golden).first { $0["name"]?.string == name }
    let golden = try #require(found)
    let options = try golden.required("options")
    let optimizer = try AdamW(parameters, try Self.options(options))
    let rates = try golden.required("rates").array?.compactMap(\.double) ?? []
    let norms = try golden.required("norms").floats()
    let coefficients = try golden.required("coefficients").floats()
    #expect(rates.count == 5)
    for step in 1...rates.count {
      try OptimizerGolden.fill(parameters.gradients, parameters, tensors, "gradient.\(step)")
      let norm = computing { GradientClipping.norm(parameters) }
      expectWithin(
        Double(abs(norm - norms[step - 1]) / norms[step - 1]), Bound.of("OPT-5"),
        "norm of step \(step)")
      let maximum = options["max_grad_norm"]?.double ?? 0
      let own = GradientClipping.coefficient(norm: norms[step - 1], maximum: maximum)
      #expect(own == coefficients[step - 1], "coefficient of step \(step)")
      computing { optimizer.step(learningRate: rates[step - 1], gradientScale: own) }
      try expect(parameters.values, parameters, tensors, "\(name).\(step)", computing)
    }
    try expect(optimizer.firstMoments, parameters, tensors, "\(name).m", computing)
    try expect(optimizer.secondMoments, parameters, tensors, "\(name).v", computing)
    #expect(optimizer.steps == rates.count)
    // Square roots of the reference as it is are off by one unit now and then: measured 1.6e-8 of the
    // largest number (and 8e-7 between kernels with and without FMA).
    for entry in parameters.entries {
      let golden = try tensors["\(name).end/\(entry.name)"].elements
      let largest = golden.map(abs).max() ?? 0
      expectClose(
        entry.range.map { parameters.values.pointer[$0] }, golden,
        tolerance: largest * (fuses(computing) ? 2e-8 : 2e-6),
        "\(name).end/\(entry.name)")
    }
  }

  static func options(_ json: JSON) throws -> AdamW.Options {
    var options = AdamW.Options()
    let name = try json.required("optim").string ?? ""
    options.variant = try #require(AdamW.Variant(rawValue: name))
    if let beta = json["adam_beta1"]?.double { options.beta1 = beta }
    if let beta = json["adam_beta2"]?.double { options.beta2 = beta }
    if let epsilon = json["adam_epsilon"]?.double { options.epsilon = epsilon }
    if let decay = json["weight_decay"]?.double { options.weightDecay = decay }
    if json["correct_bias"] == .bool(false) { options.correctsBias = false }
    return options
  }

  @Test
  func `OPT-3 the groups of weight decay in GPT-2 and BERT`() throws {
    let groups = try Golden.json(Self.golden).required("groups").array ?? []
    #expect(groups.count > 60)
    for group in groups {
      let name = try group.required("name").string ?? ""
      #expect(.bool(AdamW.decays(name)) == (try group.required("decays")), "\(name)")
    }
  }

  /// An optimiser over `count` random parameters with random gradients.
  private func random(
    _ count: Int, _ options: AdamW.Options, seed: UInt64 = 1
  ) throws -> (AdamW, Parameters) {
    let third = count / 3
    let parameters = try Parameters([
      ("a.weight", [third]), ("a.bias", [third]), ("b.weight", [count - 2 * third]),
    ])
    var generator = TorchGenerator(seed: seed)
    generator.fillNormal(parameters.values.pointer, count: count, deviation: 1)
    generator.fillNormal(parameters.gradients.pointer, count: count, deviation: 0.1)
    return (try AdamW(parameters, options), parameters)
  }

  private func elements(_ buffer: FloatBuffer) -> [UInt32] {
    numbers(buffer).map(\.bitPattern)
  }

  private func numbers(_ buffer: FloatBuffer) -> [Float] {
    (0..<buffer.count).map { buffer.pointer[$0] }
  }

  @Test
  func `OPT-1 OPT-2 OPT-4 the kernels agree with the plain loops`() throws {
    for variant in AdamW.Variant.allCases {
      for (beta1, decay) in [(0.9, 0), (0.2, 0.3)] {
        var options = AdamW.Options()
        (options.variant, options.beta1, options.weightDecay) = (variant, beta1, decay)
        let moved = try Computing.allCases.map { computing in
          let (optimizer, parameters) = try random(1003, options)
          parameters.gradients.pointer[7] = 1e18
          parameters.gradients.pointer[8] = -1e-30
          computing {
            for _ in 0..<3 { optimizer.step(learningRate: 0.01, gradientScale: 0.7) }
          }
          return [parameters.values, optimizer.firstMoments, optimizer.secondMoments]
        }
        if fuses(.kernels) {
          for (plain, fast) in zip(moved[0], moved[1]) {
            expectSame(elements(fast), elements(plain), "\(variant), decay \(decay)")
          }
        } else {
          expectClose(
            numbers(moved[1][0]), numbers(moved[0][0]), tolerance: 1e-5,
            "\(variant), decay \(decay)")
        }
      }
    }
  }

  @Test(arguments: AdamW.Variant.allCases)
  func `OPT-4 no result depends on how threads share the parameters`(variant: AdamW.Variant) throws
  {
    var options = AdamW.Options()
    (options.variant, options.weightDecay) = (variant, 0.1)
    let count = 200_003
    // Pieces that no number of threads would make, the last first.
    let pieces = Operations(name: "pieces")
    pieces.ranges = { count, _, body in
      let ends = [0, 1, 18, 70_001, 150_000, count]
      for (start, end) in zip(ends, ends.dropFirst()).reversed() { body(start..<end) }
    }
    let kernels = Computing.kernels.table
    (pieces.adamHF, pieces.adamTorch) = (kernels.adamHF, kernels.adamTorch)
    let (optimizer, parameters) = try random(count, options)
    let (alone, same) = try random(count, options)
    Computing.kernels { optimizer.step(learningRate: 0.1) }
    Operations.$override.withValue(pieces) { alone.step(learningRate: 0.1) }
    expectSame(elements(parameters.values), elements(same.values), "values")
    expectSame(elements(optimizer.secondMoments), elements(alone.secondMoments), "moments")
  }

  @Test
  func `OPT-4 goes on from moments and a count of steps`() throws {
    let options = AdamW.Options()
    let (optimizer, parameters) = try random(500, options)
    let (second, copy) = try random(500, options)
    for _ in 0..<3 { optimizer.step(learningRate: 0.1) }
    copy.values.pointer.update(from: parameters.values.pointer, count: 500)
    second.firstMoments.pointer.update(from: optimizer.firstMoments.pointer, count: 500)
    second.secondMoments.pointer.update(from: optimizer.secondMoments.pointer, count: 500)
    second.steps = 3
    optimizer.step(learningRate: 0.1)
    second.step(learningRate: 0.1)
    #expect(second.steps == 4)
    expectSame(elements(copy.values), elements(parameters.values), "values")
    let empty = try AdamW(try Parameters([]))
    empty.step(learningRate: 1)
    #expect(empty.steps == 1)
  }

  /// An option, and a value that it cannot have.
  struct Refusal: CustomTestStringConvertible, Sendable {
    let option: String
    let found: String
    let set: @Sendable (inout AdamW.Options) -> Void
    var testDescription: String { "\(option) = \(found)" }
  }

  static let badOptions = [
    Refusal(option: "adam_beta1", found: "1.0") { $0.beta1 = 1 },
    Refusal(option: "adam_beta2", found: "-0.1") { $0.beta2 = -0.1 },
    Refusal(option: "adam_epsilon", found: "nan") { $0.epsilon = .nan },
    Refusal(option: "weight_decay", found: "-1.0") { $0.weightDecay = -1 },
  ]

  @Test(arguments: badOptions)
  func `OPT-4 options that cannot be are refused`(refusal: Refusal) throws {
    var options = AdamW.Options()
    refusal.set(&options)
    let fault = #expect(throws: Fault.self) { try AdamW(try Parameters([]), options) }
    #expect(fault?.subject == refusal.option && fault?.found == refusal.found)
  }
}
