import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxKernels

@Suite("Streams of random numbers")
struct RandomStreamTests {
  static let golden = "tensors/streams.json"

  static func cases(_ key: String) throws -> [JSON] {
    try Golden.json(golden).required(key).array ?? []
  }

  /// A mask, compared by its first bytes and its SHA-256.
  static func check(_ mask: [UInt8], _ golden: JSON, _ what: String) throws {
    expectSame(mask.prefix(64).map(Int.init), try golden.required("first").integers(), what)
    #expect(hash(mask) == (try golden.required("sha256").string), "\(what)")
  }

  static func hash(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize().hexadecimal
  }

  static func hash(_ order: [Int]) -> String {
    hash(order.flatMap { value in withUnsafeBytes(of: Int64(value).littleEndian) { Array($0) } })
  }

  @Test(
    "operations one after the other, and their draws",
    .spec("RAND-8", "RAND-9", "RAND-10", "RAND-11"))
  func sequences() throws {
    let sequences = try Self.cases("torch")
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
      #expect(Self.hash(generator.permutation(with.integer ?? 0)) == result.string, "\(what)")
    case "mask":
      let count = with.array?.first?.integer ?? 0
      var mask = [UInt8](repeating: 9, count: count)
      let probability = with.array?.last?.double ?? 0
      generator.fillKept(&mask, count: count, dropping: probability)
      try Self.check(mask, result, what)
    default: Issue.record("no operation \(name)")
    }
  }

  @Test("skipping a mask is drawing it without looking", .spec("RAND-8", "RAND-11"))
  func skipping() {
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

  @Test("the kernels agree with their plain twins", .spec("RAND-7", "RAND-11"))
  func twins() {
    for (start, limit) in [(0, UInt64(1) << 52), (1, 123), (3, 1 << 53 - 1), (17, 1 << 50)] {
      var engine = MersenneTwister(seed: UInt64(start))
      var words = PlainTwister.refilled(engine.words)
      var drawn: [UInt32] = []
      for _ in 0..<4 {
        drawn += words
        words = PlainTwister.refilled(words)
      }
      engine.skip(start)
      // Lengths around a vector, and one over several blocks.
      for count in [0, 1, 7, 8, 9, 620] {
        let from = engine.drawn
        var kept = [UInt8](repeating: 9, count: count)
        engine.fillBelow(limit, &kept, count: count)
        #expect(engine.drawn == from + 2 * count)
        let plain = PlainTwister.below(limit, words: drawn[from..<from + 2 * count])
        expectSame(kept, plain, "\(count) from \(from) below \(limit)")
      }
      #expect(engine.next32() == MersenneTwister.tempered(drawn[engine.drawn - 1]))
    }
  }

  @Test("NumPy's legacy stream", .spec("RAND-13"))
  func numpy() throws {
    let streams = try Self.cases("numpy")
    #expect(streams.count == 3)
    for golden in streams {
      let seed = UInt32(try golden.required("seed").integer ?? 0)
      var random = NumPyRandom(seed: seed)
      for sample in try golden.required("random_sample").array ?? [] {
        #expect(random.randomSample() == sample.double)
      }
      for count in [0, 1, 2, 10, 33] {
        let expected = try golden.required("permutation_\(count)").integers()
        expectSame(random.permutation(count), expected, "seed \(seed), \(count)")
      }
      var letters = Array("abcdefghij")
      random.shuffle(&letters)
      #expect(String(letters) == (try golden.required("shuffled").string))
      let hash = Self.hash(random.permutation(5000))
      #expect(hash == (try golden.required("permutation_5000_sha256").string))
      #expect(random.randomSample() == (try golden.required("after").double))
    }
  }

  @Test("Python's stream", .spec("RAND-14"))
  func python() throws {
    let streams = try Self.cases("python")
    #expect(streams.count == 7)
    for golden in streams {
      let seed = try golden.required("seed").integer ?? 0
      var random = PythonRandom(seed: seed)
      for number in try golden.required("random").array ?? [] {
        #expect(random.random() == number.double, "seed \(seed)")
      }
      for pair in try golden.required("bits").array ?? [] {
        let bits = random.randomBits(pair.array?.first?.integer ?? 0)
        #expect(String(bits) == pair.array?.last?.string, "seed \(seed), \(pair)")
      }
      for pair in try golden.required("below").array ?? [] {
        let pair = try pair.integers()
        #expect(random.below(pair[0]) == pair[1], "seed \(seed), below \(pair[0])")
      }
      var numbers = Array(0..<40)
      random.shuffle(&numbers)
      expectSame(numbers, try golden.required("shuffled").integers(), "seed \(seed), shuffle")
      for choice in try golden.required("choice").integers() {
        #expect(random.choice(Array(0..<7)) == choice)
      }
      try samples(golden, &random)
      #expect(random.random() == (try golden.required("after").double), "seed \(seed)")
    }
  }

  private func samples(_ golden: JSON, _ random: inout PythonRandom) throws {
    for sample in try golden.required("sample").array ?? [] {
      let (total, count) = (sample.array?[0].integer ?? 0, sample.array?[1].integer ?? 0)
      let expected = try sample.array?[2].integers() ?? []
      expectSame(
        random.sample(Array(0..<total), count) ?? [], expected, "\(count) of \(total)")
    }
  }

  @Test("what cannot be drawn is nothing", .spec("RAND-13", "RAND-14"))
  func nothing() {
    var random = PythonRandom(seed: .min)
    let before = random
    #expect(random.below(0) == 0 && random.below(-4) == 0 && random.choice([Int]()) == nil)
    #expect(random.sample([1, 2], 3) == nil && random.sample([1, 2], -1) == nil)
    #expect(random == before)
    var numpy = NumPyRandom(seed: 1)
    #expect(numpy.permutation(-3).isEmpty)
    #expect(MersenneTwister(words: [1, 2], position: 0) == nil)
    #expect(MersenneTwister(words: before.engine.words, position: 625) == nil)
    #expect(MersenneTwister(words: before.engine.words, position: -1) == nil)
  }
}
