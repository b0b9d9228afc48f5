import FoxDecoding

/// # Exercise 1 (homework Q1.1): the third most probable sequence
///
/// > Write your own code in the cell below to generate 3 tokens with a beam size of 4, and then print out
/// > the **third most probable** output sequence found during the search.
///
/// Read `Sources/Book/Decoding/BeamSearch.swift` first. `next` is the language model: it is given texts of
/// ids and answers with the log-probability of every token, one row for each text.
///
/// - Returns: All ids of that sequence, those of the prompt included.
public func thirdMostProbable(after prompt: [Int], next: @escaping NextTokens) throws -> [Int] {
  // YOUR CODE HERE
  throw NotSolved("Make a BeamSearch, run it from the prompt, and choose one of its beams.")
}
