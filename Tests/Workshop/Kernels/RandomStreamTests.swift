import FoxFiles
import FoxKernels
import TestSupport
import Testing

@Suite("Streams of NumPy and Python", .counted)
struct RandomStreamTests {
  @Test
  func `RAND-13 NumPy's legacy stream`() throws {
    let streams = try RandomStreams.cases("numpy")
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
      let hash = RandomStreams.hash(random.permutation(5000))
      #expect(hash == (try golden.required("permutation_5000_sha256").string))
      #expect(random.randomSample() == (try golden.required("after").double))
    }
  }

  @Test
  func `RAND-14 Python's stream`() throws {
    let streams = try RandomStreams.cases("python")
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

  @Test
  func `RAND-13 RAND-14 what cannot be drawn is nothing`() {
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
