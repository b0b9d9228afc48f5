import Foundation
import FoxFiles
import FoxKernels
import FoxNumbers
import TestSupport
import Testing

@Suite("Streams of random numbers", .counted)
struct TorchDrawsTests {
  @Test(arguments: Computing.allCases)
  func `RAND-8 RAND-9 RAND-10 RAND-11 operations one after the other, and their draws`(
    computing: Computing
  ) throws {
    try computing { try compareSequences() }
  }

  private func compareSequences() throws {
    let sequences = try RandomStreams.cases("torch")
    #expect(sequences.count == 4)
    for sequence in sequences {
      let seed = UInt64(try sequence.required("seed").integer ?? 0)
      var generator = TorchGenerator(seed: seed)
      #expect(generator.seed == seed && generator.drawn == 0)
      for step in try sequence.required("steps").array ?? [] {
        let name = try step.required("do").string ?? ""
        let what = "seed \(seed), \(name) after \(generator.drawn) draws"
        try run(name, step, &generator, what)
        #expect(generator.drawn == (try step.required("drawn").integer), "\(what)")
      }
    }
  }

  private func run(
    _ name: String, _ step: JSON, _ generator: inout TorchGenerator, _ what: String
  ) throws {
    let (with, result) = (try step.required("with"), try step.required("result"))
    switch name {
    case "int64": #expect(String(generator.nextInt64()) == result.string, "\(what)")
    case "below":
      let bound = Int64(with.integer ?? 0)
      #expect(String(generator.nextInt64(in: 0..<bound)) == result.string, "\(what)")
    case "uniform":
      let expected = try result.floats()
      expectSame(expected.map { _ in generator.uniform() }, expected, what)
    case "permutation":
      expectSame(generator.permutation(with.integer ?? 0), try result.integers(), what)
    case "permutation_sha256":
      #expect(
        RandomStreams.hash(generator.permutation(with.integer ?? 0)) == result.string, "\(what)")
    case "mask":
      let count = with.array?.first?.integer ?? 0
      var mask = [UInt8](repeating: 9, count: count)
      let probability = with.array?.last?.double ?? 0
      generator.fillKept(&mask, count: count, dropping: probability)
      try RandomStreams.check(mask, result, what)
    default: Issue.record("no operation \(name)")
    }
  }

  @Test
  func `RAND-8 RAND-11 skipping a mask is drawing it without looking`() {
    for (count, probability) in [(0, 0.5), (7, 0.1), (700, 0.3), (700, 0), (700, 1)] {
      var drawing = TorchGenerator(seed: 3)
      var skipping = drawing
      var mask = [UInt8](repeating: 0, count: count)
      drawing.fillKept(&mask, count: count, dropping: probability)
      skipping.skipKept(count: count, dropping: probability)
      #expect(drawing == skipping)
    }
    #expect(TorchGenerator.keptScale(dropping: 0) == 1)
    #expect(TorchGenerator.keptScale(dropping: 0.1) == 1 / Float(0.9))
    var generator = TorchGenerator(seed: 0)
    #expect(generator.nextInt64(in: 5..<5) == 5 && generator.drawn == 0)
    let all = generator.nextInt64(in: .min..<(.max))
    #expect(all < .max && generator.drawn == 2)
  }
}
