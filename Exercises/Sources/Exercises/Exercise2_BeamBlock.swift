import FoxDecoding

/// # Exercise 2 (homework Q1.5): BeamBlock
///
/// > Use the previous WordBlock example to write a new score processor called BeamBlock. Instead of
/// > uni-grams, your implementation should prevent tri-grams from appearing more than once in the sequence.
///
/// A text that ends with "the fox" and has had "the fox jumps" may not continue with "jumps". Read
/// `Sources/Book/Decoding/Processors.swift` as far as `WordBlock`, and no further.
///
/// Give `blockedScore` to what must not come. Report one `Block` for each earlier occurrence, in the order
/// of the text, as the homework's cell prints one line for each.
public struct MyBeamBlock: ScoreProcessor {
  /// A processor without settings.
  public init() {}

  /// Blocks, and reports what it blocked.
  public func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    // YOUR CODE HERE
    []
  }
}
