import FoxData
import FoxDecoding

/// # There and back again
///
/// A classifier that has seen 20 sentences knows 20 wordings. Translate each into another language
/// and back, and most come back saying the same in other words; the label is still true. The other
/// language is called the *pivot*.
///
///     train-1          its unerring respect for them
///     train-1-aug-fi   its unmistakable respect for them       (by Finnish)
///     train-1-aug-hi   it's an absolute honor for him          (by Hindi)
///
/// The homework's strategy: keep every original, add one paraphrase for each of 14 pivots, drop
/// nothing: 20 sentences become 300. It helps when the label survives the journey: "it's an
/// absolute honor" is still praise. A pivot that loses a *not* teaches the classifier something
/// false.
///
/// Source: Sennrich et al. 2016, arXiv:1511.06709 (back-translation); homework Q3.1 and Q3.2. Does
/// not translate: a ``Translator`` does, such as the record of what the homework printed.
/// Translates one pivot after the other; the Workshop asks engines for several at once.
package func backTranslate(
  _ examples: [LabelledText], by pivots: [Pivot], with translator: any Translator,
  dropping rule: DropRule = { _, _, _ in nil }  // the homework's: duplicates and all
) throws -> AugmentedSet {
  // A file that was read wrongly: training would fail later and say less.
  if examples.isEmpty {
    throw Fault("the list of examples", found: "nothing", expected: "at least 1")
  }
  // Pivot by pivot, not text by text: an engine is slow to start and fast once it runs. The first
  // pivot that fails ends it: a set with a silent gap would look like a result.
  let passages = try pivots.map { pivot in  // [P, N]
    let passages = try translator.translate(examples.map(\.text), along: pivot.path)
    // One too few, and every later paraphrase would stand beside the wrong sentence.
    if passages.count == examples.count { return passages }
    throw Fault(
      translator.name, at: "pivot \(pivot.name)", found: "\(passages.count) translations",
      expected: "\(examples.count), one for each text")
  }
  return AugmentedSet.assembled(
    examples, pivots, passages, translator: translator.name, dropping: rule)
}

/// Translates texts from language to language.
package protocol Translator: Sendable {
  /// What it is called in tables and faults.
  var name: String { get }

  /// What becomes of each text along a path of at least two languages; the texts are in the first.
  /// All texts at once: a translator that starts a program does it once for the list.
  func translate(_ texts: [String], along path: [Language]) throws -> [Passage]
}

/// A way out of a language and back.
package struct Pivot: Equatable, Sendable {
  package let name: String  // a part of the guid: `fi`, or `spa-fra` for two languages in turn
  package let path: [Language]  // English → Finnish → English is a path of three

  package init(name: String, path: [Language]) { (self.name, self.path) = (name, path) }

  /// `eng→spa→fra→spa→eng`.
  package var shownPath: String { Language.shown(path) }
}

/// What became of a text on its way.
package struct Passage: Equatable, Sendable {
  package var hops: [String]  // the text after each hop; a record may know only the last one

  package init(hops: [String]) { self.hops = hops }

  package var text: String { hops.last ?? "" }  // in the last language
  package var between: ArraySlice<String> { hops.dropLast() }  // in the languages before it
}
