import FoxWeights

extension LoadReport: CustomStringConvertible {
  /// One paragraph of what the user should know (LOAD-5); empty when there is nothing.
  ///
  /// The words are close to the warnings of transformers' `from_pretrained`, whose users know what
  /// they mean.
  package var description: String {
    if isClean { return "" }
    var sentences: [String] = []
    if !unexpected.isEmpty {
      sentences.append(
        "Not used: \(shown(unexpected)); "
          + "expected when the file is from a model with other heads, otherwise not.")
    }
    // The warning that matters most: a head that was just drawn at random answers, but with noise.
    if !missing.isEmpty {
      sentences.append(
        "Missing and newly initialized: \(shown(missing)); "
          + "train the model on its task before you use it.")
    }
    if !mismatched.isEmpty {
      // Usually a classifier for another number of labels.
      sentences.append("Of another shape and newly initialized: \(shapes).")
    }
    if !disagreeing.isEmpty {
      let pairs = disagreeing.map { "\(shown($0.ignored)) (\(shown($0.used)) is used)" }
      sentences.append("Tied by the model, but different in the file: \(shown(items: pairs)).")
    }
    return "\(file): " + sentences.joined(separator: " ")
  }
}
