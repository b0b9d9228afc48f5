import FoxTries

extension Beam {
  /// The text of the beam without special tokens and without ids that the tokenizer does not have.
  ///
  /// - Parameter cleansUp: Whether blanks before punctuation are removed, as transformers 4.17.0 does
  ///   by default. SPEC `BEAM-6`.
  public func text(
    _ tokenizer: GPT2Tokenizer, cleansUp: Bool = true
  ) throws(Fault) -> String {
    try tokenizer.decode(
      tokenizer.known(ids), skipSpecialTokens: true, cleanUpSpaces: cleansUp)
  }
}

extension Block {
  /// The line that the homework's BeamBlock prints, with the blanks that Python's `print` puts.
  public func line(_ tokenizer: GPT2Tokenizer) throws(Fault) -> String {
    let context = try tokenizer.decode(tokenizer.known(context), cleanUpSpaces: true)
    let token = try tokenizer.decode(tokenizer.known([token]), cleanUpSpaces: true)
    return "Preventing:  \(context) -> \(token)"
  }
}
