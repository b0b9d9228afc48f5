import FoxDecoding

/// # What became of names
///
/// After loading, every parameter of the model and every tensor of the file has a fate: used,
/// missing, unexpected, of another shape, or ignored for a reason (LOAD-5). Names of parameters are
/// the model's, names of tensors the file's. The lists are in the order in which the model or the
/// file has them.
///
/// The warnings of `PreTrainedModel.from_pretrained` in transformers, `modeling_utils.py` ("Some
/// weights of … were not used"), as one paragraph. Does not decide what is an error: see
/// ``ParameterLoader``, which fills this in.
public struct LoadReport: Equatable, Sendable {
  /// A parameter that the file has in another shape.
  package struct Mismatch: Equatable, Sendable {
    package let name: String
    package let expected, found: [Int]  // the model's shape, the file's
  }

  /// A tied name whose tensor differs from the one that is used for both.
  package struct Disagreement: Equatable, Sendable {
    package let ignored, used: String  // both in the file; one is loaded for both names
  }

  package let file: String
  /// Parameters that the file does not have.
  package internal(set) var missing: [String] = []
  /// Tensors that no parameter takes.
  package internal(set) var unexpected: [String] = []
  /// Parameters that the file has in another shape.
  package internal(set) var mismatched: [Mismatch] = []
  /// Tensors that no parameter takes and that mean nothing: buffers, and copies of tied weights.
  package internal(set) var ignored: [String] = []
  package internal(set) var disagreeing: [Disagreement] = []
  /// Parameters, missing or of another shape, that the model cannot work without.
  package internal(set) var fatal: [String] = []

  init(file: String) { self.file = file }

  /// Whether every parameter has its tensor and every tensor its use.
  package var isClean: Bool {
    // `ignored` is left out: what means nothing to the model is nothing to tell. `fatal` is a part
    // of `missing` and `mismatched`.
    missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty && disagreeing.isEmpty
  }
}

extension LoadReport: CustomStringConvertible {
  /// One paragraph of what the user should know; empty when there is nothing.
  public var description: String {
    if isClean { return "" }  // so that a caller can print it without a question
    var sentences: [String] = []
    // The words are close to those of transformers, whose users know what they mean: BERT's
    // masked-word head is unused when a classifier is loaded, and that is as it should be.
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
      // One of two must be wrong, and the model can only hold one; the user should know which.
      let pairs = disagreeing.map { "\(shown($0.ignored)) (\(shown($0.used)) is used)" }
      sentences.append("Tied by the model, but different in the file: \(shown(items: pairs)).")
    }
    return "\(file): " + sentences.joined(separator: " ")
  }

  /// Why no model can be made of the file.
  var failure: Fault {
    var found: [String] = []
    // All three, because together they tell what happened: names that are missing on one side and
    // unexpected on the other are a checkpoint with other names.
    if !missing.isEmpty { found.append("no \(shown(missing))") }
    if !mismatched.isEmpty { found.append("another shape of \(shapes)") }
    if !unexpected.isEmpty { found.append("\(shown(unexpected)) instead") }
    // `missing` and not `fatal`: what is not required is in the list too, as a clue.
    return Fault(
      file, found: found.joined(separator: ", "), expected: "the parameters of the model",
      hint: "is it the checkpoint of another model, or of another size?")
  }

  private var shapes: String {
    // Both shapes, because the wrong one often tells what the file really is.
    shown(
      items:
        mismatched.map {
          "\(shown($0.name)) (\(shown($0.expected)) expected, \(shown($0.found)) found)"
        })
  }
}
