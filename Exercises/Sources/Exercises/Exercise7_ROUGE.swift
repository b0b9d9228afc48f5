/// # Exercise 7 (homework Q2.1): the homework's ROUGE, and why it exceeds 1
///
/// For every run of 1, 2 and 3 tokens of the reference, count how often the prediction has it; add all
/// that up, and divide by how many runs the reference has:
///
///     Σ over distinct g of the reference: count(g in the prediction)
///     ──────────────────────────────────────────────────────────────
///     Σ over distinct g of the reference: count(g in the reference)
///
/// Nothing is clipped. The usual ROUGE has min(count in the prediction, count in the reference) on top.
public func homeworkROUGE3(reference: [Int], prediction: [Int]) throws -> Double {
  // YOUR CODE HERE
  throw NotSolved(
    "Count the runs of 1, 2 and 3 tokens in both; each distinct one counts once in the sum.")
}

/// A reference and a prediction whose score is more than 2, though the prediction is no longer than 12
/// tokens and has at most two different ones.
public func exceedsTwo() throws -> (reference: [Int], prediction: [Int]) {
  // YOUR ANSWER HERE
  throw NotSolved("What can a prediction say again and again, when nothing is clipped?")
}
