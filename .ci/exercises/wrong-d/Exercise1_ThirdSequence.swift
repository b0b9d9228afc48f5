import FoxDecoding

public func thirdMostProbable(after prompt: [Int], next: @escaping NextTokens) throws -> [Int] {
  try BeamSearch(beams: 4, steps: 3).run(prompt, next: next).beams[2].ids.suffix(3).map { $0 }
}
