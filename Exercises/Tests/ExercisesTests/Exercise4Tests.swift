import Exercises
import Foundation
import Testing

@Suite("Exercise 4: hyperparameters")
struct Exercise4Tests {
  /// A classifier of words: the label is the sign of the sum of their weights, less noise.
  private struct Task {
    let words = 40
    var train: [(words: [Int], label: Double)] = []
    var test: [(words: [Int], label: Double)] = []

    init() {
      var random = Random(2022)
      let weights = (0..<words).map { _ in random.unit() < 0.5 ? -1.0 : 1.0 }
      func sentence() -> (words: [Int], label: Double) {
        let chosen = (0..<7).map { _ in random.below(words) }
        return (chosen, chosen.map { weights[$0] }.reduce(0, +) > 0 ? 1 : 0)
      }
      train = (0..<80).map { _ in sentence() }
      // Some labels are wrong, as in every data set.
      for index in stride(from: 0, to: 80, by: 10) { train[index].label = 1 - train[index].label }
      test = (0..<40).map { _ in sentence() }
    }

    func accuracy(_ numbers: Hyperparameters, seed: UInt64) -> Double {
      var random = Random(seed)
      var w = (0..<words).map { _ in 0.5 * (random.unit() - 0.5) }
      for _ in 0..<numbers.epochs {
        var order = Array(train.indices)
        for index in order.indices.reversed() { order.swapAt(index, random.below(index + 1)) }
        for start in stride(from: 0, to: order.count, by: numbers.batchSize) {
          let batch = order[start..<min(start + numbers.batchSize, order.count)]
          var gradient = [Double](repeating: 0, count: words)
          for index in batch {
            let error = probability(train[index].words, w) - train[index].label
            for word in train[index].words { gradient[word] += error / Double(batch.count) }
          }
          for word in 0..<words { w[word] -= numbers.learningRate * gradient[word] }
        }
      }
      let right = test.count { (probability($0.words, w) > 0.5) == ($0.label > 0.5) }
      return Double(right) / Double(test.count)
    }

    private func probability(_ sentence: [Int], _ w: [Double]) -> Double {
      1 / (1 + exp(-sentence.map { w[$0] }.reduce(0, +)))
    }
  }

  private static let seeds: [UInt64] = [1234, 2341, 3412, 4123]

  @Test func `the numbers are in their ranges`() {
    #expect((0...10).contains(chosen.learningRate), "a rate from 0 to 10")
    #expect((1...50).contains(chosen.epochs), "1 to 50 epochs: without any nothing is learned")
    #expect((1...80).contains(chosen.batchSize), "1 to 80 sentences, of which there are 80")
  }

  @Test func `the mean over four seeds is better than that of the numbers given`() {
    let numbers = Hyperparameters(
      learningRate: min(max(chosen.learningRate, 0), 10), epochs: min(max(chosen.epochs, 1), 50),
      batchSize: min(max(chosen.batchSize, 1), 80))
    let task = Task()
    let all = Self.seeds.map { task.accuracy(numbers, seed: $0) }
    let mean = all.reduce(0, +) / 4
    #expect(
      mean >= 0.8,
      "mean accuracy \(mean) of \(all); expected at least 0.8. One seed may be lucky: the mean counts."
    )
  }
}
