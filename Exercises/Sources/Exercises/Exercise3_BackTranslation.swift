/// # Exercise 3 (homework Q3.1): a translation strategy
///
/// > Paraphrase the training data of `tinySST` using backtranslation. Feel free to use as many pivot
/// > languages as you like, and also write any postprocessing code you think might help.
///
/// A sentence goes into another language, the *pivot*, and back. What comes back often says the same in
/// other words, and the label is still true.
///
/// The training set that you return must
/// - hold every original, unchanged, once;
/// - use every pivot you are given, there *and back*;
/// - leave out a paraphrase that is the original again, or that the set has already for the same original
///   (both only weigh more);
/// - keep each paraphrase's label, and give every sentence a guid of its own.
public struct Example: Equatable, Sendable {
  /// What it is called: no two have the same.
  public var guid: String
  /// The sentence.
  public var text: String
  /// What it is: `0` or `1`.
  public var label: String

  /// A sentence with its label.
  public init(guid: String, text: String, label: String) {
    (self.guid, self.text, self.label) = (guid, text, label)
  }
}

/// Translates a text from one language to another.
public typealias Translate = (_ text: String, _ source: String, _ target: String) throws -> String

/// The training set that the rules above ask for.
public func augmented(
  _ examples: [Example], by pivots: [String], translate: Translate
) throws -> [Example] {
  // YOUR CODE HERE
  throw NotSolved("For each example: the original, then for each pivot translate en → pivot → en.")
}
