import FoxKernels
import FoxModels
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Softmax over a sample of the vocabulary", .counted)
struct SampledVocabularyTests {
  @Test
  func `LAYER-12 the frequent words, then labels, then draws of the rest`() {
    // Counts: 3 of id 4, 2 of ids 1 and 6, one of 0; of the two words with 2, the lower id comes first.
    let words = SampledVocabulary(
      of: [4, 6, 1, 4, 0, 6, 1, 4], vocabulary: 9, frequent: 2, sample: 5)
    var generator = TorchGenerator(seed: 3)
    var same = generator
    let found = words.candidates(for: [8, -100, 4, 2], generator: &generator)
    #expect(found.ids.prefix(found.certain) == [1, 2, 4, 8])
    #expect(found.labels == [3, -100, 2, 1])
    let rest: [Int32] = [0, 3, 5, 6, 7]
    expectSame(
      Array(found.ids.dropFirst(found.certain)),
      (0..<5).map { _ in rest[Int(same.nextInt64(in: 0..<5))] }, "drawn")
    #expect(generator.drawn == same.drawn && generator.drawn == 5)
    #expect(found.lift == 0)
  }

  @Test
  func `LAYER-12 each drawn word stands for rest / sample words`() {
    let words = SampledVocabulary(of: [], vocabulary: 100, frequent: 20, sample: 8)
    var generator = TorchGenerator(seed: 1)
    let found = words.candidates(for: [5], generator: &generator)
    #expect(found.certain == 20 && found.ids.count == 28)
    #expect(abs(found.lift - 2.302585) < 1e-6)
  }

  @Test
  func `LAYER-12 LAYER-9 with nothing left to draw it is the whole softmax`() throws {
    let (words, channels, labels) = (7, 4, [2, -100, 6, 0, 2] as [Int32])
    var generator = TorchGenerator(seed: 11)
    func parameters() throws -> Parameters { try Parameters([("weight", [words, channels])]) }
    let (all, part) = (try parameters(), try parameters())
    for index in 0..<all.count {
      all.values.pointer[index] = generator.uniform() - 0.5
      part.values.pointer[index] = all.values.pointer[index]
    }
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let (x, dx, dxPart) = (
      arena.matrix(labels.count, channels), arena.matrix(labels.count, channels),
      arena.matrix(labels.count, channels)
    )
    for index in 0..<labels.count * channels { x.start[index] = generator.uniform() - 0.5 }
    func head(_ parameters: Parameters) throws -> Linear {
      let entry = try #require(parameters["weight"])
      return try Linear(Weight(parameters.tensor(entry)), bias: nil, isTransposed: true)
    }
    let loss = CrossEntropy.loss(x, labels: labels, head: try head(all), (2, dx, all), arena)
    let drawn = generator.drawn
    let vocabulary = SampledVocabulary(of: [], vocabulary: words, frequent: words, sample: 3)
    let same = vocabulary.loss(
      x, labels: labels, scale: 2, into: dxPart, head: try head(part), part,
      generator: &generator)
    #expect(same == loss && generator.drawn == drawn && dx.elements == dxPart.elements)
    for index in 0..<all.count {
      #expect(part.gradients.pointer[index] == all.gradients.pointer[index])
    }
  }
}
