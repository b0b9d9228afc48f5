import FoxDecoding
import FoxFiles
import FoxMetrics
import TestSupport
import Testing

@Suite("The standard ROUGE", .counted)
struct ROUGETests {
  private func numbers(_ reference: String, _ prediction: String) -> ([Int], [Int]) {
    var words = Words()
    return (words.numbers(of: reference), words.numbers(of: prediction))
  }

  @Test
  func `ROUGE-4 ROUGE-5 by hand: the cat sat, and the the cat`() throws {
    let (gold, said) = numbers("The cat sat.", "the THE cat, there")
    // Words: "the" counts once though said twice, "cat" once. 2 of 3, and 2 of 4.
    let words = rouge(1, reference: gold, prediction: said)
    #expect(words.recall == 2.0 / 3 && words.precision == 0.5)
    #expect(abs(words.fmeasure - 4.0 / 7) < 1e-15)
    // Pairs: "the cat" of "the cat", "cat sat", and of "the the", "the cat", "cat there".
    let pairs = rouge(2, reference: gold, prediction: said)
    #expect(pairs.recall == 0.5 && pairs.precision == 1.0 / 3)
    // In order: the … cat.
    let longest = try rougeL(reference: gold, prediction: said)
    #expect(longest.recall == 2.0 / 3 && longest.precision == 0.5)
    // In another order the words are the same and the longest sequence is one word.
    let (forth, back) = numbers("a b c", "c b a")
    #expect(rouge(1, reference: forth, prediction: back).fmeasure == 1)
    #expect(try rougeL(reference: forth, prediction: back).recall == 1.0 / 3)
  }

  @Test
  func `ROUGE-4 ROUGE-5 rouge_score's numbers, to the last digit`() throws {
    let kinds = try Golden.arguments("metrics/metrics.json", in: "types").compactMap(\.string)
    for row in try Golden.arguments("metrics/metrics.json", in: "rouge") {
      let (gold, said) = numbers(
        try row.required("target").string ?? "", try row.required("prediction").string ?? "")
      let expected = try (row["plain"]?.array ?? []).map {
        try ($0.array ?? []).map { try $0.number() }
      }
      #expect(expected.count == kinds.count)
      for (kind, expected) in zip(kinds, expected) where kind != "rougeLsum" {
        let score =
          try Int(kind.dropFirst(5)).map { rouge($0, reference: gold, prediction: said) }
          ?? rougeL(reference: gold, prediction: said)
        #expect([score.precision, score.recall, score.fmeasure] == expected, "\(kind) \(row)")
      }
    }
  }

  @Test
  func `ROUGE-4 ROUGE-6 nothing said, nothing to say; too much of both`() throws {
    for (gold, said) in [([], [1]), ([1], []), ([Int](), [])] {
      #expect(rouge(1, reference: gold, prediction: said).fmeasure == 0)
      #expect(try rougeL(reference: gold, prediction: said).fmeasure == 0)
    }
    let long = [Int](repeating: 0, count: 70_000)
    #expect(throws: Fault.self) { try rougeL(reference: long, prediction: long) }
    #expect(rouge(9, reference: long, prediction: long).fmeasure == 1)
    #expect(throws: Fault.self) { try ROUGEScore.mean([]) }
  }
}

@Suite("Words as ROUGE sees them", .counted)
struct WordsTests {
  @Test
  func `ROUGE-4 by hand: case and punctuation go, both texts share numbers`() {
    var words = Words()
    #expect(words.numbers(of: "The fox, the FOX!") == [0, 1, 0, 1])
    #expect(words.numbers(of: "It's naïve 4 the fox") == [2, 3, 4, 5, 6, 0, 1])
    #expect(words.numbers(of: " … ").isEmpty)
    // Kelvin's K is a k; İ becomes i and a dot, and the dot ends the word.
    #expect(words.numbers(of: "\u{212A} k aİb ai b") == [7, 7, 8, 9, 8, 9])
    var stems = Words { Array($0.prefix(3)) }
    #expect(stems.numbers(of: "running runs run ru") == [0, 0, 0, 1])
  }

  @Test
  func `ROUGE-4 which scalars are letters in lower case`() throws {
    let golden = try Golden.arguments("metrics/metrics.json", in: "letters").map { row in
      (row.array?.first?.integer ?? 0, row.array?.last?.string ?? "")
    }
    let ours = (128..<0x110000).compactMap { value in
      Unicode.Scalar(value).flatMap(Words.lowerCase).map { (value, String(Unicode.Scalar($0))) }
    }
    #expect(ours.map(\.0) == golden.map(\.0) && ours.map(\.1) == golden.map(\.1))
  }
}
