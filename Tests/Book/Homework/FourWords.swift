import FoxDecoding

@testable import FoxHomework

/// A language of four words, of which the model knows only the last one.
///
///            the   fox  jumps   .        what follows, in bits: 2⁻¹ is a half
enum FourWords {
  static let words = ["the ", "fox ", "jumps ", ". "]
  static let bits: [[Float]] = [
    [9, 1, 2, 3],  // after "the"
    [3, 9, 1, 2],  // after "fox"
    [1, 9, 9, 2],  // after "jumps"
    [1, 2, 3, 9],  // after "."
  ]

  static var model: LanguageModel {
    LanguageModel(
      encode: { $0.split(separator: " ").map { words.firstIndex(of: $0 + " ") ?? 0 } },
      decode: { $0.map { words[$0] }.joined() }, pieces: { $0.map { words[$0] } },
      // bits to nats
      next: { $0.map { bits[$0[$0.count - 1]].map { -$0 * 0.6931472 } } })
  }
}
